"""Hours become days, by the largest reporter; a new catalog takes effect on history."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, delete, select, update

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.daily_usage import recompute_days
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_evidence import with_evidence
from service.adapters.postgres.exposure_store import load_public_exposures
from service.adapters.postgres.lifecycle_store import compared
from service.adapters.postgres.stale_days import StaleDay, mark_stale
from service.adapters.postgres.tables import agenda, catalog_loads, deprecations, series, stale_days, usage_daily
from service.adapters.postgres.watermark_store import clock
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.cleaning import event_of
from service.core.exposure import ExposureKey, redirection
from service.core.usage import Call
from service.engine.reconcile import Reconciled, reconcile
from tests.builders import make_deprecation, make_world
from tests.calls import count_calls, make_call
from tests.locks import waits_for_a_lock
from tests.processes import until

NOW = datetime(2025, 6, 2, 18, tzinfo=UTC)
DAY = date(2025, 6, 2)
MODEL = "gpt-4.5-preview-2025-02-27"
AT = datetime(2025, 6, 2, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def days_of(database: Database, model: str = MODEL) -> Mapping[tuple[str, date], Row[Any]]:
    async with database.connect() as connection:
        rows = await connection.execute(select(usage_daily).where(usage_daily.c.model == model))
        return {(row.service, row.day): row for row in rows}


async def count_and_reconcile(database: Database, loaded: LoadedCatalog, *events: Call) -> Reconciled:
    await count_calls(database, loaded, events, NOW)
    return await reconcile(database, make_world(), now=NOW)


async def test_volume_is_the_largest_reporters_hour_by_hour(database: Database, loaded: LoadedCatalog) -> None:
    """The gateway sees 2 + 4 calls, the SDK 3 + 1, of the same: 3 + 4 were made."""
    later = AT + timedelta(hours=1)
    events = [make_call(at=AT, reporter="gateway")] * 2 + [make_call(at=AT, reporter="sdk")] * 3
    events += [make_call(at=later, reporter="gateway")] * 4 + [make_call(at=later, reporter="sdk")]
    await count_and_reconcile(database, loaded, *events)
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.input_tokens, row.tokens_known) == (7, 560, 7)
    assert row.reporters == {"gateway": 6, "sdk": 4}
    assert (row.first_at, row.last_at) == (AT, later)


async def test_of_equal_reporters_the_one_that_says_more_counts(database: Database, loaded: LoadedCatalog) -> None:
    silent = make_call(at=AT, reporter="a-gateway", input_tokens=None, output_tokens=None)
    await count_and_reconcile(database, loaded, silent, make_call(at=AT, reporter="sdk"))
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.input_tokens) == (1, 80)


async def test_errors_that_only_a_smaller_reporter_saw_count(database: Database, loaded: LoadedCatalog) -> None:
    """The gateway sees 3 calls and no error, the SDK 2, both of which were told that the model is gone."""
    gone = make_call(at=AT, reporter="sdk", status=404, error_code="model_not_found")
    refused = make_call(at=AT, reporter="otel", status=429, error_code="rate_limited")
    await count_and_reconcile(database, loaded, *[make_call(at=AT, reporter="gateway")] * 3, gone, gone, refused)
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.errors, row.end_of_life) == (3, 2, 2)


async def test_model_that_was_asked_for_and_answered_counts_once(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT))
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.redirected) == (1, 0)


async def test_call_that_another_model_answered_counts_for_both(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT, served_id="gpt-4.1-2025-04-14"))
    asked = (await days_of(database))["search-api", DAY]
    (answered,) = (await days_of(database, "gpt-4.1-2025-04-14")).values()
    assert (asked.calls, asked.redirected) == (1, 1)
    assert (answered.calls, answered.redirected) == (1, 0)


@pytest.mark.parametrize(
    ("model", "served", "redirected"),
    [
        pytest.param("gpt-4o", "gpt-4o-2024-08-06", 0, id="an alias and its version"),
        pytest.param("gpt-4o-2024-08-06", "gpt-4o", 0, id="the log shortens what answered"),
        pytest.param("gpt-4", "gpt-4-0613", 0, id="a version by month and day"),
        pytest.param("gpt-4o", "gpt-4o-mini-2024-07-18", 1, id="a smaller one"),
        pytest.param("gpt-4", "gpt-4.1-2025-04-14", 1, id="a later one whose name begins alike"),
        pytest.param("gpt-4-0613", "gpt-4-0314", 1, id="another version than the one asked for"),
        pytest.param("gpt-4o", "a-name-nobody-knows", 0, id="what answered is not known"),
        pytest.param("gpt-4o", None, 0, id="the log does not say"),
    ],
)
async def test_version_of_an_alias_is_not_another_model(
    database: Database, loaded: LoadedCatalog, model: str, served: str | None, redirected: int
) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT, requested_id=model, served_id=served))
    row = (await days_of(database, model))["search-api", DAY]
    assert (row.calls, row.redirected) == (1, redirected)


async def test_what_answered_instead_counts_though_only_a_smaller_reporter_saw_it(
    database: Database, loaded: LoadedCatalog
) -> None:
    """The gateway repeats the model that it was asked for, the SDK reads the answer's."""
    seen = [make_call(at=AT, reporter="sdk", served_id="gpt-4.1-2025-04-14")] * 2
    await count_and_reconcile(database, loaded, *[make_call(at=AT, reporter="gateway")] * 3, *seen)
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.redirected) == (3, 2)


async def test_exposure_names_what_answers_instead_the_latest_first(database: Database, loaded: LoadedCatalog) -> None:
    yesterday = AT - timedelta(days=1)
    events = [make_call(at=yesterday, served_id="gpt-4o-2024-08-06")] * 5
    events += [make_call(at=AT, served_id=served) for served in ("gpt-4.1", "o3", "gpt-4.1", "gpt-4.5-preview")]
    await count_and_reconcile(database, loaded, *events)
    async with database.connect() as connection:
        found = await load_public_exposures(connection, loaded.catalog, now=NOW)
        exposures = await with_evidence(connection, found, now=NOW)
    (asked,) = [exposure for exposure in exposures if exposure.deprecation.model == MODEL]
    assert asked.served_ids == ("gpt-4.1", "o3", "gpt-4o-2024-08-06")
    assert redirection(asked) == (DAY, 4, 3, DAY - timedelta(days=1))


async def test_late_call_is_added_to_its_day(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT))
    recomputed = await count_and_reconcile(database, loaded, make_call(at=AT - timedelta(days=3)))
    assert recomputed.days == 1
    days = await days_of(database)
    assert {day for _, day in days} == {DAY, DAY - timedelta(days=3)}


async def test_reconciling_twice_does_nothing_the_second_time(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT))
    before = await days_of(database)
    again = await reconcile(database, make_world(), now=NOW)
    assert (again.deprecations, again.series, again.days) == (0, 0, 0)
    assert await days_of(database) == before


async def test_days_equal_a_plain_count_whatever_the_order(database: Database, loaded: LoadedCatalog) -> None:
    events = [
        make_call(
            at=AT + timedelta(hours=n * 31 % 48 - 40, minutes=n % 60),
            service="ab"[n % 7 > 2],
            reporter=("gateway", "sdk", "otel")[n * 17 % 5 % 3],
        )
        for n in range(600)
    ]
    hours: dict[tuple[str, date, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in events:
        who = event_of(call)
        assert who.service
        hours[who.service, call.at.date(), call.at.hour][who.reporter] += 1
    expected: dict[tuple[str, date], int] = defaultdict(int)
    for (service, day, _), reporters in hours.items():
        expected[service, day] += max(reporters.values())
    for part in (events[:200], events[200:500], events[500:]):
        await count_and_reconcile(database, loaded, *part)
    assert {key: row.calls for key, row in (await days_of(database)).items()} == expected


# --- a new catalog ----------------------------------------------------------------------------------------------------


async def test_corrected_alias_takes_effect_on_history(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT))
    async with database.begin() as connection:
        await connection.execute(
            series.update().values(requested_model="gpt-4", served_model="gpt-4", resolved_by="another catalog")
        )
        await connection.execute(usage_daily.update().values(model="gpt-4"))
    done = await reconcile(database, make_world(), now=NOW)
    assert (done.series, done.days) == (1, 2)
    assert not await days_of(database, "gpt-4")
    assert (await days_of(database))["search-api", DAY].calls == 1


async def test_corrected_alias_says_anew_whether_another_model_answered(
    database: Database, loaded: LoadedCatalog
) -> None:
    """Another catalog took what answered for the model that was asked for."""
    await count_and_reconcile(database, loaded, make_call(at=AT, served_id="gpt-4.1-2025-04-14"))
    async with database.begin() as connection:
        wrong = {"served_model": MODEL, "served_is_another": False, "resolved_by": "another catalog"}
        await connection.execute(series.update().values(wrong))
    await reconcile(database, make_world(), now=NOW)
    row = (await days_of(database))["search-api", DAY]
    assert (row.calls, row.redirected) == (1, 1)


async def test_catalog_is_stored_once_and_moves_are_recorded(database: Database, loaded: LoadedCatalog) -> None:
    first = Catalog([make_deprecation(model=MODEL)], digest="first")
    moved = Catalog([make_deprecation(model=MODEL, shutdown_on=date(2025, 8, 14))], digest="second")
    assert (await reconcile(database, make_world(first), now=NOW)).deprecations == 1
    assert (await reconcile(database, make_world(first), now=NOW)).deprecations == 0
    later = NOW + timedelta(hours=1)
    assert (await reconcile(database, make_world(moved), now=later)).deprecations == 1
    async with database.connect() as connection:
        (row,) = (await connection.execute(select(deprecations))).all()
        changes = await connection.scalar(select(catalog_loads.c.changes).where(catalog_loads.c.digest == "second"))
    assert (row.shutdown_on, row.first_seen_at) == (date(2025, 8, 14), NOW)
    assert changes == [
        {
            "platform": "openai-api",
            "model": MODEL,
            "before": "2025-07-14",
            "precision_before": "exact",
            "after": "2025-08-14",
            "precision_after": "exact",
        }
    ]


async def test_record_that_left_the_catalog_is_kept(database: Database, loaded: LoadedCatalog) -> None:
    await reconcile(database, make_world(Catalog([make_deprecation(model=MODEL)], digest="first")), now=NOW)
    await reconcile(database, make_world(Catalog([], digest="none")), now=NOW + timedelta(hours=1))
    async with database.connect() as connection:
        (row,) = (await connection.execute(select(deprecations))).all()
    assert row.withdrawn


# --- what a writer does meanwhile ------------------------------------------------------------------------------------


async def test_day_that_a_writer_holds_is_left_for_the_next_tick(database: Database, loaded: LoadedCatalog) -> None:
    await count_calls(database, loaded, [make_call(at=AT)], NOW)
    async with database.begin() as writer:
        await writer.execute(select(stale_days).with_for_update())
        assert (await reconcile(database, make_world(), now=NOW)).days == 0
    assert (await reconcile(database, make_world(), now=NOW)).days == 1


async def test_steady_traffic_does_not_keep_work_from_ending(database: Database, loaded: LoadedCatalog) -> None:
    """What is touched first after the bound waits; what was touched before it and is touched again does not."""
    await count_calls(database, loaded, [make_call(at=AT)], NOW)
    async with database.begin() as connection:
        until = await clock(connection)
    await count_calls(database, loaded, [make_call(at=AT), make_call(at=AT, service="another")], NOW)
    taken = []
    for _ in range(2):
        async with database.begin() as connection:
            taken.append(len((await recompute_days(connection, until=until, now=NOW)).taken))
    assert taken == [1, 0]
    assert {key: row.calls for key, row in (await days_of(database)).items()} == {("search-api", DAY): 2}


async def test_calls_written_while_their_series_is_resolved_again_count_for_the_new_model(
    database: Database, loaded: LoadedCatalog
) -> None:
    """The writer has read that its series is of gpt-4, and is not done when the alias is corrected."""
    tomorrow = AT + timedelta(days=1)
    await count_and_reconcile(database, loaded, make_call(at=AT))
    async with database.begin() as connection:
        wrong = {"requested_model": "gpt-4", "served_model": "gpt-4", "resolved_by": "another catalog"}
        await connection.execute(series.update().values(wrong))
        await connection.execute(usage_daily.update().values(model="gpt-4"))
    async with database.connect() as holder, asyncio.TaskGroup() as group:
        key = ExposureKey("search-api", "production", "openai-api", "gpt-4")
        await mark_stale(holder, [StaleDay(key, tomorrow.date())])
        group.create_task(count_calls(database, loaded, [make_call(at=tomorrow)], NOW))
        await until(lambda: waits_for_a_lock(database))
        resolving = group.create_task(reconcile(database, make_world(), now=NOW))
        await until(lambda: waits_for_a_lock(database, at_least=2))
        await holder.rollback()
    assert resolving.result().series == 1
    await reconcile(database, make_world(), now=NOW)
    assert {day: row.calls for (_, day), row in (await days_of(database)).items()} == {DAY: 1, tomorrow.date(): 1}
    assert not await days_of(database, "gpt-4")


async def test_use_is_put_on_the_agenda(database: Database, loaded: LoadedCatalog) -> None:
    await count_and_reconcile(database, loaded, make_call(at=AT))
    async with database.begin() as connection:
        looks = {row.model: row.due_at for row in await connection.execute(select(agenda))}
        await connection.execute(delete(agenda))
    assert looks == {MODEL: AT}


async def test_late_call_makes_its_exposure_due(database: Database, loaded: LoadedCatalog) -> None:
    world, later = make_world(loaded.catalog), NOW + timedelta(days=9)

    async def due_after_a_call(at: datetime) -> datetime | None:
        async with database.begin() as connection:
            await connection.execute(update(agenda).values(due_at=later, wakes_on_call=False))
        await count_calls(database, loaded, [make_call(at=at)], NOW)
        await reconcile(database, world, now=NOW)
        async with database.connect() as connection:
            return await connection.scalar(select(agenda.c.due_at).where(agenda.c.model == MODEL))

    await count_calls(database, loaded, [make_call(at=AT)], NOW)
    await reconcile(database, world, now=NOW)
    assert await due_after_a_call(AT + timedelta(hours=2)) == later
    assert await due_after_a_call(AT - timedelta(hours=2)) == NOW
    assert await due_after_a_call(AT - timedelta(days=3)) == NOW
    assert await due_after_a_call(AT - timedelta(days=1)) == NOW
    assert await due_after_a_call(AT) == later


def test_each_fact_of_a_deprecation_is_compared_or_is_only_worded() -> None:
    """A fact that a decision reads makes the uses of the model due when a new catalog changes it: it is compared."""
    only_worded = {"id", "aliases", "released", "after_shutdown", "redirect_to", "last_verified"}
    only_worded |= {"superseded", "notes", "closed", "dates_of", "versions", "maker_id", "by_operator"}
    plain = Deprecation("openai-api", "m", "m")
    changes: dict[str, Any] = {
        "announced": DAY,
        "shutdown": Shutdown(DAY, "exact"),
        "standing": "reported",
        "replacements": (Replacement("n", "n"),),
        "sources": ("https://example.com",),
    }
    assert {one.name for one in fields(Deprecation)} == {"platform", "model"} | only_worded | changes.keys()
    for name, value in changes.items():
        assert compared(replace(plain, **{name: value})) != compared(plain), name
