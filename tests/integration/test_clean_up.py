"""clean_up: hours by whole months, days, and all else that grows; and what it never touches."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, delete, func, select, text, update

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.clean_up_store import NAMES, USES
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.stale_days import StaleDay, mark_stale
from service.adapters.postgres.tables import (
    agenda,
    campaigns,
    conditions,
    digests,
    exposures,
    messages,
    notifications,
    rejections,
    series,
    usage_closed,
    usage_daily,
    usage_hourly,
    usage_hourly_late,
    usage_months,
)
from service.adapters.postgres.usage_keys import KEY
from service.adapters.postgres.usage_store import UsageStore
from service.adapters.queries.listing import ExposureFilter
from service.core.condition_ingest import Gap
from service.core.exposure import ExposureKey
from service.core.retention import KEEP
from service.core.usage import Call
from service.engine import ask
from service.engine.clean_up import CleanedUp, clean_up
from service.engine.reconcile import catch_up, reconcile
from tests import rows
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.locks import waits_for_a_lock
from tests.processes import until
from tests.rows import put_campaign, put_condition, put_message, put_notification, put_rejection, put_use

MODEL = "gpt-4.5-preview-2025-02-27"
AT = datetime(2025, 6, 2, 10, tzinfo=UTC)
DAY = AT.date()
CLOSED = datetime(2025, 8, 12, 9, tzinfo=UTC)
"""The first day on which June is past by 42 days."""
JUNE, JULY, AUGUST = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)
ONE_DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def count(database: Database, loaded: LoadedCatalog, *calls: Call, now: datetime = AT) -> None:
    await count_calls(database, loaded, calls, now)
    await reconcile(database, make_world(), now=now)


async def clean(database: Database, now: datetime = CLOSED) -> CleanedUp:
    return await clean_up(database, KEEP, now=now)


async def days_of(database: Database, model: str = MODEL) -> Mapping[date, Row[Any]]:
    async with database.connect() as connection:
        rows = await connection.execute(select(usage_daily).where(usage_daily.c.model == model))
        return {row.day: row for row in rows}


async def rows_of(database: Database, table: Any) -> int:
    async with database.connect() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)


async def months_of(database: Database) -> dict[date, bool]:
    """Whether each is open."""
    async with database.connect() as connection:
        rows = await connection.execute(select(usage_months).order_by(usage_months.c.month))
        return {row.month: row.closed_at is None for row in rows}


# --- months -----------------------------------------------------------------------------------------------------------


async def test_months_are_made_ahead(database: Database) -> None:
    assert (await clean(database, AT)).made == 3
    assert await months_of(database) == {JUNE: True, JULY: True, AUGUST: True}
    assert (await clean(database, AT)).made == 0


async def test_month_is_made_when_its_first_calls_come(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT), make_call(at=AT - timedelta(days=40)))
    assert await months_of(database) == {date(2025, 4, 1): True, JUNE: True}
    assert await rows_of(database, usage_hourly_late) == 0


@pytest.mark.parametrize("days", [pytest.param(120, id="ahead"), pytest.param(-800, id="years back")])
async def test_calls_of_a_clock_that_is_far_off_make_no_month(
    database: Database, loaded: LoadedCatalog, days: int
) -> None:
    await count(database, loaded, make_call(at=AT + timedelta(days=days)))
    assert await months_of(database) == {}
    assert [row.calls for row in (await days_of(database)).values()] == [1]


async def test_hours_of_a_clock_that_was_ahead_move_into_their_month(database: Database, loaded: LoadedCatalog) -> None:
    then = AT + timedelta(days=120)
    await count(database, loaded, make_call(at=then))
    await count(database, loaded, make_call(at=then, reporter="sdk"), make_call(at=then), now=then)
    assert await rows_of(database, usage_hourly_late) == 0
    assert [row.calls for row in (await days_of(database)).values()] == [2]


async def test_month_is_closed_once_all_of_it_is_past(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT))
    assert (await clean(database, CLOSED - ONE_DAY)).closed == ()
    assert await rows_of(database, usage_hourly) == 1
    assert (await clean(database)).closed == (JUNE,)
    assert await rows_of(database, usage_hourly) == 0
    assert [row.calls for row in (await days_of(database)).values()] == [1]


async def test_month_with_days_still_to_be_worked_out_is_not_closed(database: Database, loaded: LoadedCatalog) -> None:
    await count_calls(database, loaded, [make_call(at=AT)], AT)
    assert (await clean(database)).closed == ()
    await reconcile(database, make_world(), now=CLOSED)
    assert (await clean(database)).closed == (JUNE,)


async def test_old_file_is_read_for_a_week_before_its_months_are_closed(
    database: Database, loaded: LoadedCatalog
) -> None:
    await count(database, loaded, make_call(at=AT), now=CLOSED)
    assert (await clean(database, CLOSED + timedelta(days=6))).closed == ()
    assert (await clean(database, CLOSED + timedelta(days=7))).closed == (JUNE,)


async def test_reader_who_takes_long_only_puts_closing_off(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT))
    async with database.connect() as reader:
        await reader.execute(select(usage_hourly))
        assert (await clean(database)) == CleanedUp(made=None, closed=(), deleted={})
    assert (await clean(database)).closed == (JUNE,)


# --- calls that come late ---------------------------------------------------------------------------------------------


async def test_late_call_is_added_to_a_closed_day(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT), make_call(at=AT, reporter="sdk"))
    await clean(database)
    late = make_call(at=AT + timedelta(hours=1), status=429, error_code="rate_limited")
    for _ in range(2):
        await count(database, loaded, late, now=CLOSED)
    row = (await days_of(database))[DAY]
    assert (row.calls, row.errors, row.reporters) == (3, 2, {"lastcall": 3, "sdk": 1})
    assert (row.first_at, row.last_at, row.input_tokens) == (AT, AT + timedelta(hours=1), 240)


async def test_reporter_who_comes_late_adds_and_is_compared_with_late_ones(
    database: Database, loaded: LoadedCatalog
) -> None:
    """What the hours before said is not known any more: 2 and, of the late ones, the larger of 3 and 1."""
    await count(database, loaded, *[make_call(at=AT)] * 2)
    await clean(database)
    for calls in ([make_call(at=AT, reporter="gateway")] * 3, [make_call(at=AT, reporter="sdk")]):
        await count(database, loaded, *calls, now=CLOSED)
    row = (await days_of(database))[DAY]
    assert (row.calls, row.reporters) == (5, {"lastcall": 2, "gateway": 3, "sdk": 1})


async def test_late_call_of_a_day_without_any_makes_its_row(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT))
    await clean(database)
    for _ in range(2):
        await count(database, loaded, make_call(at=AT + ONE_DAY), now=CLOSED)
    assert {day: row.calls for day, row in (await days_of(database)).items()} == {DAY: 1, DAY + ONE_DAY: 2}


async def test_alias_corrected_after_closing_moves_late_calls_alone(database: Database, loaded: LoadedCatalog) -> None:
    await count(database, loaded, make_call(at=AT))
    await clean(database)
    await count(database, loaded, *[make_call(at=AT)] * 3, now=CLOSED)
    async with database.begin() as connection:
        wrong = {"requested_model": "gpt-4", "served_model": "gpt-4", "resolved_by": "another catalog"}
        await connection.execute(series.update().values(wrong))
        key = ExposureKey("search-api", "production", "openai-api", MODEL)
        await mark_stale(connection, [StaleDay(key._replace(model=model), DAY) for model in (MODEL, "gpt-4")])
    await catch_up(database, make_world(), now=CLOSED)
    assert ((await days_of(database))[DAY].calls, (await days_of(database, "gpt-4"))[DAY].calls) == (1, 3)
    await reconcile(database, make_world(), now=CLOSED)
    assert (await days_of(database))[DAY].calls == 4
    assert not await days_of(database, "gpt-4")


async def test_late_hours_are_final_with_their_day(database: Database, loaded: LoadedCatalog) -> None:
    """An open campaign keeps the day for longer than its hours: what comes still later is added."""
    await count(database, loaded, make_call(at=AT))
    await clean(database)
    await count(database, loaded, make_call(at=AT), now=CLOSED)
    async with database.begin() as connection:
        await put_campaign(connection, model=MODEL)
    later = AT + timedelta(days=401)
    assert (await clean(database, later)).deleted == {"late hours": 1}
    await count(database, loaded, make_call(at=AT), now=later)
    assert (await days_of(database))[DAY].calls == 3


async def test_nothing_is_lost_while_a_month_is_closed_under_a_writer(
    database: Database, loaded: LoadedCatalog
) -> None:
    await count(database, loaded, make_call(at=AT))
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))

    async def write() -> None:
        for _ in range(20):
            await count_calls(database, loaded, [make_call(at=AT)], CLOSED, store=store)
            await reconcile(database, make_world(), now=CLOSED)

    async def close() -> None:
        while not (await clean(database)).closed:
            pass

    await asyncio.gather(write(), close())
    await reconcile(database, make_world(), now=CLOSED)
    assert (await days_of(database))[DAY].calls == 21


# --- what else goes, and what stays -----------------------------------------------------------------------------------


async def test_days_and_series_go_once_they_are_old(database: Database, loaded: LoadedCatalog) -> None:
    unknown = make_call(at=AT, service="another", requested_id="who-knows", served_id=None)
    await count(database, loaded, make_call(at=AT), unknown)
    await clean(database)
    assert await rows_of(database, series) == 1, "of an id that nobody knows no day is kept"
    async with database.begin() as connection:
        await connection.execute(update(agenda).values(due_at=None))
    assert (await clean(database, AT + timedelta(days=400))).deleted == {}
    gone = (await clean(database, AT + timedelta(days=401))).deleted
    assert gone == {"days": 1, "series": 1, "exposures": 1, "agenda": 1, "days of models": 1}


async def test_series_that_a_writer_remembers_is_made_again(database: Database, loaded: LoadedCatalog) -> None:
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    await count_calls(database, loaded, [make_call(at=AT)], AT, store=store)
    await reconcile(database, make_world(), now=AT)
    later = AT + timedelta(days=401)
    assert (await clean(database, later)).deleted["series"] == 1
    await count_calls(database, loaded, [make_call(at=later)] * 2, later, store=store)
    await reconcile(database, make_world(), now=later)
    assert {day: row.calls for day, row in (await days_of(database)).items()} == {later.date(): 2}
    assert await rows_of(database, usage_hourly) == 1


async def test_series_is_not_deleted_while_a_writer_counts_by_it(database: Database, loaded: LoadedCatalog) -> None:
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    await count_calls(database, loaded, [make_call(at=AT)], AT, store=store)
    await reconcile(database, make_world(), now=AT)
    later = AT + timedelta(days=401)
    async with database.connect() as holder, asyncio.TaskGroup() as group:
        await holder.execute(text("LOCK TABLE stale_days IN SHARE MODE"))  # the writer waits here, its hours written
        await holder.execute(text("UPDATE usage_daily SET day = day - 500"))
        await holder.execute(text("DELETE FROM usage_hourly"))
        group.create_task(count_calls(database, loaded, [make_call(at=later)], later, store=store))
        await until(lambda: waits_for_a_lock(database))
        cleaning = group.create_task(clean(database, later))
        await asyncio.sleep(0)
        await holder.commit()
    assert "series" not in cleaning.result().deleted
    assert await rows_of(database, series) == 1


@pytest.mark.parametrize("is_open", [True, False])
async def test_open_campaign_keeps_its_days_and_notifications(
    database: Database, loaded: LoadedCatalog, is_open: bool
) -> None:
    later = AT + timedelta(days=500)
    await count(database, loaded, make_call(at=AT))
    async with database.begin() as connection:
        campaign = await put_campaign(connection, model=MODEL)
        message = await put_message(connection)
        await put_notification(connection, campaign_id=campaign, message_id=message)
        if not is_open:
            await connection.execute(update(campaigns).values(state="closed", closed_at=AT))
    gone = (await clean(database, later)).deleted
    kept = {"days", "series", "notifications", "messages"}
    assert kept & gone.keys() == (set() if is_open else kept)
    assert await rows_of(database, campaigns) == 1


async def test_notification_that_waits_or_was_settled_lately_stays(database: Database) -> None:
    later = AT + timedelta(days=500)
    async with database.begin() as connection:
        for state, at in (("pending", AT), ("unknown", AT), ("delivered", AT), ("delivered", later)):
            await put_notification(connection, state=state, decided_at=at)
    assert (await clean(database, later)).deleted == {"notifications": 1}
    assert await rows_of(database, notifications) == 3


async def test_notification_goes_after_the_one_that_came_in_its_place(database: Database) -> None:
    async with database.begin() as connection:
        first, second = [await put_notification(connection, decided_at=AT) for _ in range(2)]
        n = notifications.c
        await connection.execute(update(notifications).where(n.id == second).values(rerouted_from=first))
    assert (await clean(database, AT + timedelta(days=500))).deleted == {"notifications": 2}


async def test_counts_of_rejections_conditions_and_digests_go(database: Database) -> None:
    async with database.begin() as connection:
        await put_rejection(connection)
        await put_condition(connection, cleared=True)
        await put_condition(connection, condition=Gap(topic="calls", partition=0, first=0, last=9))
        await put_message(connection)
        await connection.execute(digests.insert().values(week="2025-W20", audience="a", picture={}, recorded_at=AT))
    gone = (await clean(database, AT + timedelta(days=500))).deleted
    assert gone == {"messages": 1, "digests": 1, "rejections": 1, "conditions": 1}
    for table, left in ((conditions, 1), (rejections, 0), (messages, 0), (usage_closed, 0)):
        assert await rows_of(database, table) == left


async def test_exposure_whose_days_were_just_deleted_is_left_out(database: Database) -> None:
    """Until its row is deleted too, a moment later."""
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, service="mail")
        await connection.execute(delete(usage_daily).where(usage_daily.c.service == "mail"))
    found = await ask.exposures(database, rows.WORLD, ExposureFilter(), now=rows.NOW)
    assert [one.service for one in found.items] == ["search-api"]


async def test_a_use_stays_on_the_agenda_as_long_as_its_exposure(database: Database) -> None:
    """The clean-up finds exposures by the agenda, and leaves out those that are locked: it would never look again."""
    async with database.begin() as connection:
        await put_use(connection, with_hours=False)
        await connection.execute(agenda.insert().from_select([*KEY], select(*(exposures.c[name] for name in KEY))))
        await connection.execute(delete(usage_daily))

        assert await NAMES["agenda"](connection, KEEP, AT) == 0
        assert await USES["exposures"](connection, KEEP, AT) == 1
        assert await NAMES["agenda"](connection, KEEP, AT) == 1
