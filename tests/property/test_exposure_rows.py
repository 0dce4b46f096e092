"""The row of an exposure is what all its days come to, in whatever order they were counted; and the counts of exposures
are what all rows come to, in whatever order they were written."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_history import stream_exposures_as_of
from service.adapters.postgres.exposure_rows import drop_exposures, save_listings
from service.adapters.postgres.exposure_store import load_public_exposures
from service.adapters.queries.listing import ExposureFilter, count_by_model
from service.adapters.queries.overview import read_headline
from service.core.catalog.lifecycle import Catalog, Standing
from service.core.escalation.listing import new_listing
from service.core.exposure import Exposure, ExposureKey, State, state_of
from service.core.ownership import NOBODY
from service.core.usage import Call
from service.engine import ask
from service.engine.reconcile import reconcile
from tests.builders import make_deprecation, make_world
from tests.calls import count_calls, make_call
from tests.rows import put_campaign, put_notification

MIDNIGHT = datetime(2025, 7, 14, tzinfo=UTC)
MODEL = "gpt-4.5-preview-2025-02-27"
ANSWERS: dict[str, dict[str, Any]] = {
    "answered": {},
    "gone": {"status": 404, "error_code": "model_not_found", "error_text": f"The model `{MODEL}` has been deprecated"},
    "failed": {"status": 500},
    "by another": {"served_id": "gpt-4.1-2025-04-14"},
}


@dataclass(frozen=True)
class Step:
    """Calls come in, by event time up to two days ahead; then, at a later moment, the engine works them out."""

    calls: Sequence[tuple[int, str, str]]
    """Hours from the moment, service, answer."""
    hours: int
    """Since the step before."""
    ends_in: int
    """Days from the first moment to the shutdown, by the catalog of now."""
    waived: int | None = None
    """The risk of each exposure is accepted for so many hours."""
    is_told: bool = False
    """A message about one service is delivered."""
    standing: Standing = "provider"
    """Who gives the shutdown, by the catalog of now."""


steps = st.lists(
    st.builds(
        Step,
        calls=st.lists(
            st.tuples(
                st.integers(-70 * 24, 48), st.sampled_from(("search-api", "mail")), st.sampled_from(sorted(ANSWERS))
            ),
            max_size=12,
        ),
        hours=st.integers(0, 80),
        ends_in=st.sampled_from((-20, 0, 3, 32)),
        waived=st.none() | st.integers(1, 100),
        is_told=st.booleans(),
        standing=st.sampled_from(get_args(Standing)),
    ),
    min_size=1,
    max_size=6,
)


async def test_rows_are_what_the_days_come_to(database: Database) -> None:
    loaded = load_catalog()
    loop = asyncio.get_running_loop()

    def run(what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, loop).result()

    @settings(max_examples=10, deadline=None)
    @given(history=steps)
    @example(history=[Step([(30, "mail", "answered")], 0, 3), Step([], 20, 3), Step([], 20, 3)])
    @example(history=[Step([(-1, "mail", "answered")], 13, 3), Step([(-5, "mail", "answered")], 0, 3)])
    @example(history=[Step([(3, "mail", "answered")], 13, 3), Step([(0, "mail", "answered")], 0, 3)])
    @example(
        history=[Step([(-72, "mail", "failed")], 0, -20, standing="reported"), Step([], 1, -20, standing="provider")]
    )
    @example(history=[Step([(-30, "mail", "gone")], 0, 3), Step([(-80, "mail", "answered")], 1, 3)])
    def law(history: Sequence[Step]) -> None:
        run(agree(database, loaded, history))

    await asyncio.to_thread(law)


async def agree(database: Database, loaded: LoadedCatalog, history: Sequence[Step]) -> None:
    async with database.begin() as connection:
        for tables in (
            "series, usage_hourly, usage_daily, stale_days",
            "exposures, agenda, service_counts, model_counts, model_days",
            "deprecations, catalog_loads, campaigns, notifications",
        ):
            await connection.execute(text(f"TRUNCATE {tables}"))
    now = MIDNIGHT
    for step in history:
        now += timedelta(hours=step.hours)
        await count_calls(database, loaded, [_call(now, *one) for one in step.calls], now)
        ends = MIDNIGHT.date() + timedelta(days=step.ends_in)
        catalog = _catalog(ends, step.standing)
        await reconcile(database, make_world(catalog), now=now)
        async with database.connect() as connection:
            stored = await load_public_exposures(connection, catalog, now=now)
            counted = [one async for some in stream_exposures_as_of(connection, catalog, now=now) for one in some]
        assert {one.key: one for one in stored} == {one.key: one for one in counted}
        await _act(database, step, stored, now)
        await _counted_alike(database, catalog, now)
    await _act(database, replace(step, waived=None), stored, now)
    await _listed_alike(database, catalog, {one.key: state_of(one, now) for one in counted}, now)
    async with database.begin() as connection:
        await drop_exposures(connection, [one.key for one in stored if one.service == "mail"])
    await _counted_alike(database, catalog, now)


async def _act(database: Database, step: Step, exposures: Sequence[Exposure], now: datetime) -> None:
    async with database.begin() as connection:
        until = None if step.waived is None else now + timedelta(hours=step.waived)
        listed = {one.key: new_listing(one.deprecation, NOBODY, now.date(), until) for one in exposures}
        await save_listings(connection, listed)
        if step.is_told and any(one.service == "mail" for one in exposures):
            campaign = await put_campaign(connection, service="mail", model=MODEL)
            await save_listings(connection, listed)
            await put_notification(connection, campaign_id=campaign, decided_at=now)


async def _counted_alike(database: Database, catalog: Catalog, now: datetime) -> None:
    """What is kept is what all rows come to: as of now, before, later, and where calls are on record up to a while ago.
    The calls of a model are those of its uses."""
    async with database.connect() as connection:
        spans = ((0, 0), (-4, 0), (-5, -5), (1, 1), (-400, 9), (60, 60))
        moments = [(now + timedelta(days=known), now + timedelta(days=ahead)) for known, ahead in spans]
        kept = [await _counts(connection, catalog, *one) for one in moments]
        await connection.execute(text("TRUNCATE service_counts, model_counts"))
        await connection.execute(text("UPDATE exposures SET phase = 0, phase_until = '-infinity'"))
        assert kept == [await _counts(connection, catalog, *one) for one in moments]
        await connection.rollback()
        of_uses = "SELECT day, platform, model, sum(calls) FROM usage_daily GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        of_models = "SELECT day, platform, model, calls FROM model_days WHERE calls > 0 ORDER BY 1, 2, 3"
        assert (await connection.execute(text(of_models))).all() == (await connection.execute(text(of_uses))).all()


async def _counts(connection: AsyncConnection, catalog: Catalog, known: datetime, now: datetime) -> object:
    headline = await read_headline(connection, catalog, known=known, now=now)
    return headline, await count_by_model(connection, known=known, now=now)


async def _listed_alike(database: Database, catalog: Catalog, states: dict[ExposureKey, State], now: datetime) -> None:
    """The state in SQL is the one in Python."""
    for state in get_args(State):
        found = await ask.exposures(database, make_world(catalog), ExposureFilter(state=state), now=now)
        assert {one.key for one in found.items} == {key for key, one in states.items() if one == state}
        assert [one.state for one in found.items] == [state] * (found.total or 0)


def _call(now: datetime, hours: int, service: str, answer: str) -> Call:
    return make_call(at=now + timedelta(hours=hours), service=service, requested_id=MODEL, **ANSWERS[answer])


def _catalog(ends: date, standing: Standing) -> Catalog:
    record = make_deprecation(model=MODEL, shutdown_on=ends, announced=date(2025, 4, 1), standing=standing)
    return Catalog([record], digest=f"ends on {ends}, {standing}")
