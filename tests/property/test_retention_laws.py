"""Any order of calls, late ones, corrected aliases and closings leaves the totals of a count from scratch, as far as
hours are kept: what a closed month had is added up by the aliases of then, and is final."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.tables import usage_daily
from service.adapters.postgres.usage_months import open_months, table_of
from service.adapters.postgres.usage_store import UsageStore
from service.config.world import World
from service.core.catalog.lifecycle import Catalog
from service.core.identity import Knowledge, Names, Resolver, known_platforms
from service.core.retention import Retention, month_of, months_ahead
from service.engine.clean_up import clean_up
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call

EXAMPLES = max(24, int(os.environ.get("LASTCALL_LAWS_EXAMPLES", "0")) // 25)
"""A history here takes as long as fifteen of escalation."""
LOADED = load_catalog()
BEGIN = datetime(2025, 7, 5, 12, tzinfo=UTC)
DAYS = (date(2025, 6, 3), date(2025, 6, 4), date(2025, 7, 2))
KEPT = Retention(hourly=35, daily=3650)
SERVICES, REPORTERS, IDS = ("mail", "search"), ("gateway", "sdk"), ("o3", "gpt-4.1")
ALIASES = ({"o3": "o3", "gpt-4.1": "gpt-4.1"}, {"o3": "gpt-4.1", "gpt-4.1": "gpt-4.1"}, {"o3": "o3", "gpt-4.1": "o3"})
"""What identity makes of the ids of the log: as it is, and with the one or the other mistaken."""

Series = tuple[str, str, str]
"""Service, reporter, id."""
Day = tuple[str, str, date]
"""Service, model, day."""


@dataclass(frozen=True)
class Calls:
    series: Series
    day: date
    hour: int
    calls: int


@dataclass(frozen=True)
class Aliases:
    number: int


@dataclass(frozen=True)
class Pass:
    days: int


Event = Calls | Aliases | Pass | str
"""A string: the verb that runs; both of them to settle."""
CALLS = st.builds(
    Calls,
    series=st.tuples(st.sampled_from(SERVICES), st.sampled_from(REPORTERS), st.sampled_from(IDS)),
    day=st.sampled_from(DAYS),
    hour=st.integers(0, 1),
    calls=st.integers(1, 3),
)
SETTLE = st.just("settle")
events = st.lists(
    st.one_of(
        *(CALLS, CALLS, CALLS, SETTLE, SETTLE),
        st.builds(Aliases, st.integers(0, len(ALIASES) - 1)),
        st.builds(Pass, st.sampled_from((1, 8, 45))),
        st.sampled_from(("reconcile", "clean_up")),
    ),
    min_size=10,
    max_size=28,
)


@dataclass
class FromScratch:
    """A count of what happened, in plain Python, that remembers every call."""

    now: datetime = BEGIN
    alias: int = 0
    resolved: dict[Series, int] = field(default_factory=dict)
    hours: Counter[tuple[Series, datetime]] = field(default_factory=Counter)
    """Calls that are not closed, and late ones."""
    final: Counter[Day] = field(default_factory=Counter)
    made_at: dict[date, datetime] = field(default_factory=dict)
    closed: set[date] = field(default_factory=set)
    unsettled: set[date] = field(default_factory=set)
    """Months with days that are not worked out."""

    def count(self, calls: Calls) -> datetime:
        at = datetime(calls.day.year, calls.day.month, calls.day.day, calls.hour, 5, tzinfo=UTC)
        self.resolved.setdefault(calls.series, self.alias)
        self.hours[calls.series, at] += calls.calls
        self.made_at.setdefault(month_of(at.date()), self.now)
        self.unsettled.add(month_of(at.date()))
        return at

    def reconcile(self) -> None:
        self.resolved = dict.fromkeys(self.resolved, self.alias)
        self.unsettled.clear()

    def clean_up(self) -> None:
        for month in months_ahead(self.now):
            self.made_at.setdefault(month, self.now)
        before = len(self.closed)
        for month in KEPT.closable({m: at for m, at in self.made_at.items() if m not in self.closed}, self.now):
            if month not in self.unsettled:
                gone = {key: n for key, n in self.hours.items() if month_of(key[1].date()) == month}
                self.final += self.volumes(gone.items())
                self.hours -= Counter(gone)
                self.closed.add(month)
        if len(self.closed) > before:
            self.forget_series()

    def forget_series(self) -> None:
        """Those with neither an hour nor a day of the model that they count for."""
        counted = {series for series, _ in self.hours}
        uses = {(service, model) for service, model, _ in self.totals}
        for series, alias in list(self.resolved.items()):
            if series not in counted and (series[0], ALIASES[alias][series[2]]) not in uses:
                del self.resolved[series]

    def volumes(self, hours: Iterable[tuple[tuple[Series, datetime], int]]) -> Counter[Day]:
        reported: defaultdict[tuple[Day, datetime], Counter[str]] = defaultdict(Counter)
        for ((service, reporter, id_), at), calls in hours:
            model = ALIASES[self.resolved[service, reporter, id_]][id_]
            reported[(service, model, at.date()), at][reporter] += calls
        volumes: Counter[Day] = Counter()
        for (day, _), reporters in reported.items():
            volumes[day] += max(reporters.values())
        return volumes

    @property
    def totals(self) -> Counter[Day]:
        return self.final + self.volumes(self.hours.items())


def world_of(alias: int, version: int) -> World:
    names = Names(models=frozenset(IDS), pinned=ALIASES[alias])
    catalog = Catalog([], digest=f"version {version}")
    return replace(make_world(catalog), resolver=Resolver(Knowledge({}, {"openai-api": names}, known_platforms())))


@pytest.mark.slow
async def test_totals_equal_a_count_from_scratch_as_far_as_hours_are_kept(database: Database) -> None:
    loop = asyncio.get_running_loop()

    def run(what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, loop).result()

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(happens=events)
    def law(happens: Sequence[Event]) -> None:
        run(play(database, happens))

    await asyncio.to_thread(law)


async def play(database: Database, happens: Sequence[Event]) -> None:
    """Tables are emptied, and not made anew, for each history."""
    await empty(database)
    expected = FromScratch()
    world = world_of(0, 0)
    store = UsageStore(database, SeriesBook(world.catalog, world.resolver))
    for version, event in enumerate((*happens, "reconcile"), 1):
        match event:
            case Calls(series, calls=calls):
                service, reporter, id_ = series
                at = expected.count(event)
                made = make_call(at=at, service=service, reporter=reporter, requested_id=id_, served_id=None)
                await count_calls(database, LOADED, [made] * calls, expected.now, store=store)
            case Aliases(number):
                expected.alias = number
                world = world_of(number, version)
                store = UsageStore(database, SeriesBook(world.catalog, world.resolver))
            case Pass(days):
                expected.now += timedelta(days=days)
        if event in ("reconcile", "settle"):
            expected.reconcile()
            await reconcile(database, world, now=expected.now)
        if event in ("clean_up", "settle"):
            expected.clean_up()
            await clean_up(database, KEPT, now=expected.now)
    assert await totals_in(database) == expected.totals


async def totals_in(database: Database) -> Counter[Day]:
    d = usage_daily.c
    async with database.connect() as connection:
        rows = await connection.execute(select(d.service, d.model, d.day, d.calls))
        return Counter({(row.service, row.model, row.day): row.calls for row in rows})


async def empty(database: Database) -> None:
    async with database.begin() as connection:
        for month in await open_months(connection):
            await connection.execute(text(f"DROP TABLE {table_of(month)}"))
        tables = "series, usage_hourly, usage_daily, usage_closed, stale_days, usage_months, agenda, catalog_loads"
        await connection.execute(text(f"TRUNCATE {tables}"))
