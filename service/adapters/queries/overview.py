"""All exposures in numbers: for the sentence above the list, for the deprecations, and for the metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import exposures, usage_daily
from service.adapters.postgres.usage_keys import KEY, model_rows, same_model
from service.adapters.queries.answers import Callers, DeprecationAnswer
from service.adapters.queries.exposures import deadline_key
from service.adapters.queries.lifecycle import lifecycle_of
from service.adapters.queries.listing import NO_TEAM, ORDER, public, shown
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey, State

_e = exposures.c


@dataclass(frozen=True, slots=True)
class Headline:
    """The whole in numbers. Services are counted once, however many models and environments they use."""

    any: bool
    """Whether there is an exposure at all."""
    calling: int
    """Services that have called within 7 days, or whose last calls were past the day."""
    silent: int
    """Services that have not, and whose silence is too short yet to count as migrated."""
    past: int
    """Of those that call, services whose day is past."""
    within_30: int
    """Of those that call or are silent, services with a day, or a change freeze before it, at most so far ahead."""
    migrated: int
    """Services that have stopped calling every deprecated model that they used."""
    untold: int
    """Services that call or are silent, and of which no message has been delivered."""
    next_one: ExposureKey | None
    """Of those that call or are silent, one with the nearest deadline ahead."""
    teams: list[str]
    platforms: list[str]


async def read_headline(connection: AsyncConnection, *, known: datetime, now: datetime) -> Headline:
    today = now.date()
    is_open = _e.quiet_at > min(known, now)
    is_active = and_(_e.state_while_calling == "active", func.coalesce(_e.waived_until <= now, True))
    is_silent = and_(is_active, _e.last_day <= today - timedelta(days=7))
    is_ahead = and_(is_open, _e.deadline >= today)
    told_of = {
        "open": is_open,
        "calling": and_(is_open, ~is_silent),
        "past": and_(is_open, ~is_silent, _e.deadline < today),
        "within_30": and_(is_ahead, _e.change_by <= today + timedelta(days=30)),
        "untold": and_(is_open, _e.told_at.is_(None)),
    }
    kinds = (func.bool_or(which).label(name) for name, which in told_of.items())
    by_service = select(_e.service, func.min(_e.team).label("team"), *kinds).where(public(now))
    s = by_service.group_by(_e.service).subquery("by_service").c
    count = (await connection.execute(select(
        func.count().label("services"),
        *(func.count().filter(s[name]).label(name) for name in told_of),
        func.count().filter(s.open, ~s.calling).label("silent"),
        func.array_agg(func.coalesce(s.team, NO_TEAM).distinct()).label("teams"),
    ))).one()  # fmt: skip
    nearest = select(*(_e[name] for name in KEY)).where(public(now), is_ahead).order_by(*ORDER).limit(1)
    next_one = (await connection.execute(nearest)).first()
    platforms = await connection.scalars(select(_e.platform).distinct())
    return Headline(
        any=count.services > 0,
        calling=count.calling,
        silent=count.silent,
        past=count.past,
        within_30=count.within_30,
        migrated=count.services - count.open,
        untold=count.untold,
        next_one=ExposureKey(*next_one) if next_one else None,
        teams=sorted(count.teams or ()),
        platforms=sorted(platforms),
    )


async def count_callers(
    connection: AsyncConnection, catalog: Catalog, *, known: datetime, now: datetime
) -> list[DeprecationAnswer]:
    """Every deprecation that was public on `now`'s UTC day, in the order of its deadline."""
    today = now.date()
    is_quiet = shown(known=known, now=now) == "quiet"
    model = (_e.platform, _e.model)
    numbers = (func.count().filter(~is_quiet), func.count().filter(is_quiet))
    rows = await connection.execute(select(*model, *numbers).where(public(now)).group_by(*model))
    services = {(platform, model): (calling, quiet) for platform, model, calling, quiet in rows}
    calls = await _calls_of_week(connection, services, today)
    found = []
    for record in catalog:
        if record.known_on(today):
            calling, quiet = services.get(record.key, (0, 0))
            callers = Callers(calling=calling, quiet=quiet, calls_7d=calls.get(record.key, 0))
            found.append(DeprecationAnswer(**dict(lifecycle_of(record, today)), callers=callers))
    return sorted(found, key=deadline_key)


async def _calls_of_week(
    connection: AsyncConnection, models: Mapping[tuple[str, str], object], today: date
) -> dict[tuple[str, str], int]:
    d = usage_daily.c
    v = model_rows(models)
    week = and_(d.day > today - timedelta(days=7), d.day <= today)
    rows = await connection.execute(
        select(d.platform, d.model, func.sum(d.calls))
        .join(v, same_model(usage_daily, v))
        .where(week)
        .group_by(d.platform, d.model)
    )
    return {(platform, model): int(calls) for platform, model, calls in rows}


@dataclass(frozen=True, slots=True)
class PlatformState:
    """Exposures of one platform in one state."""

    platform: str
    state: State
    number: int
    nearest: date | None
    """Of their deadlines, the first. None: none has one."""


async def count_states(connection: AsyncConnection, *, known: datetime, now: datetime) -> list[PlatformState]:
    state: ColumnElement[str] = shown(known=known, now=now).label("state")
    rows = await connection.execute(
        select(_e.platform, state, func.count(), func.min(_e.deadline)).where(public(now)).group_by(_e.platform, state)
    )
    return [PlatformState(*row) for row in rows]
