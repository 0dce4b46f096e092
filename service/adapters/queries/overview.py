"""Totals over all exposures: for the headline of the list, the deprecations and the metrics."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from pydantic import Field
from sqlalchemy import ColumnElement, Executable, Text, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.exposure_phases import GIVEN, SERVICE_COUNTS, as_of, counted_now, is_ahead, public
from service.adapters.postgres.tables import exposures, service_counts
from service.adapters.postgres.usage_keys import KEY
from service.adapters.queries.lifecycle import Lifecycle, deadline_key, lifecycle_of
from service.adapters.queries.listing import NO_TEAM, ORDER, CountsByDay, count_by_day, count_by_model
from service.adapters.queries.paging import AnswerModel
from service.adapters.queries.uses import read_calls_by_model
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey

_e = exposures.c
AHEAD_DAYS = 183


class AheadAnswer(Lifecycle):
    """A model that is still called, and the day by which some of its callers must change."""

    changes_until: date | None = Field(
        default=None,
        description="The first day of a change freeze of the owner that reaches up to the shutdown. None: there "
        "is none.",
    )
    callers: int = Field(description="Services, by environment, that have not migrated.")

    @property
    def change_by(self) -> date | None:
        return self.changes_until or self.shutdown_on


class CallerCounts(AnswerModel):
    """Number of services that use a deprecated model, by state."""

    calling: int = Field(
        default=0, description="Services (per environment) that still call it, whether the calls succeed or not."
    )
    quiet: int = Field(
        default=0, description="Services that have been silent for longer than their quiet period: migrated."
    )
    calls_7d: int = 0


class DeprecationAnswer(Lifecycle):
    """A deprecated model, and the number of services that still call it."""

    callers: CallerCounts


@dataclass(frozen=True, slots=True)
class Headline:
    """Totals. A service counts once, whatever the number of its models and environments."""

    any: bool
    """True: there is an exposure."""
    calling: int
    """Services that called within 7 days, or whose last calls were after the shutdown date."""
    silent: int
    """Services that did not, but have not been silent long enough to count as migrated."""
    past: int
    """Calling services whose shutdown date is past."""
    within_30: int
    """Calling or silent services with a shutdown date, or a change freeze before it, within the span."""
    migrated: int
    """Services that stopped calling all deprecated models that they used."""
    untold: int
    """Calling or silent services without a delivered message."""
    next_one: ExposureKey | None
    """A calling or silent exposure with the next deadline."""
    ahead: list[AheadAnswer]
    """Models that are still called and go within `AHEAD_DAYS`, by the day by which their callers must change."""
    teams: list[str]
    by_day: CountsByDay

    @property
    def platforms(self) -> list[str]:
        return sorted({platform for platform, _, _ in self.by_day})


async def read_headline(connection: AsyncConnection, catalog: Catalog, *, known: datetime, now: datetime) -> Headline:
    at = as_of(known, now)._asdict()
    by_day = await count_by_day(connection, known=known, now=now)
    count = (await connection.execute(_services(), at)).one()
    next_one = (await connection.execute(_nearest(), at)).first()
    teams = (await connection.scalars(_teams(), at)).all()
    return Headline(
        any=count.uses > 0,
        calling=count.calling,
        silent=count.silent,
        past=count.past,
        within_30=count.near,
        migrated=count.uses - count.unmigrated,
        untold=count.untold,
        next_one=ExposureKey(*next_one) if next_one else None,
        teams=[*sorted(filter(None, teams)), *([NO_TEAM] if None in teams else [])],
        ahead=_ahead(by_day, catalog, now.date()),
        by_day=by_day,
    )


def _ahead(by_day: CountsByDay, catalog: Catalog, today: date) -> list[AheadAnswer]:
    found: list[AheadAnswer] = []
    for (platform, model, change_by), by_state in by_day.items():
        record, callers = catalog.get(platform, model), by_state.total() - by_state["quiet"]
        if record is None or not callers or (deadline := record.shutdown.deadline) is None or deadline < today:
            continue
        if change_by <= today + timedelta(days=AHEAD_DAYS):
            freeze = change_by if change_by < deadline else None
            found.append(AheadAnswer(**vars(lifecycle_of(record, today)), changes_until=freeze, callers=callers))
    return sorted(found, key=lambda one: (max(one.change_by or today, today), one.platform, one.id))


@cache
def _services() -> Executable:
    s = counted_now(service_counts).c
    has = {name: s[name] > 0 for name in SERVICE_COUNTS}
    counts: list[ColumnElement[int]] = [func.count().filter(which).label(name) for name, which in has.items()]
    return select(*counts, func.count().filter(has["unmigrated"], ~has["calling"]).label("silent"))


@cache
def _nearest() -> Executable:
    nearest = select(*(_e[name] for name in KEY)).where(public(GIVEN), ~_e.lacks_deadline, is_ahead(GIVEN))
    return nearest.order_by(*ORDER).limit(1)


@cache
def _teams() -> Executable:
    """Distinct teams, by skipping through the index: there are far fewer of them than exposures."""
    team = _e.team
    public_ones = select(team.label("value")).where(public(GIVEN))
    some = public_ones.where(team.is_not(None)).order_by(team).limit(1).cte("some", recursive=True)
    following = public_ones.where(team > some.c.value).order_by(team).limit(1).scalar_subquery()
    some = some.union_all(select(following).where(some.c.value.is_not(None)))
    found = select(some.c.value).where(some.c.value.is_not(None))
    none = select(literal(None, Text())).where(public_ones.where(team.is_(None)).exists())
    return found.union_all(none)


async def count_callers(
    connection: AsyncConnection, catalog: Catalog, *, known: datetime, now: datetime
) -> list[DeprecationAnswer]:
    """Every deprecation that was public on `now`'s UTC day, by deadline. Of a closed model behind a router: if it is
    called."""
    today = now.date()
    services = await count_by_model(connection, known=known, now=now)
    calls = await read_calls_by_model(connection, now=now, days=7)
    found = []
    for record in catalog:
        by_state = services.get(record.key, Counter())
        if record.known_on(today) and (by_state or record.through is None):
            quiet, calls_7d = by_state["quiet"], calls.get(record.key, 0) if by_state else 0
            callers = CallerCounts(calling=by_state.total() - quiet, quiet=quiet, calls_7d=calls_7d)
            found.append(DeprecationAnswer(**vars(lifecycle_of(record, today)), callers=callers))
    return sorted(found, key=deadline_key)
