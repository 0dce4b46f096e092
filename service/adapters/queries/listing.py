"""Which exposures a list shows, in which order, and how many there are: filtered, sorted and paged by index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import exposures
from service.adapters.queries.paging import CursorError, decode_cursor, encode_cursor
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey, State

_e = exposures.c
ORDER = (_e.lacks_deadline, _e.change_by, _e.platform, _e.model, _e.service, _e.environment)
"""The nearest deadline first, then "not before", then those without a day."""
NO_TEAM = "(unowned)"
"""How a filter names exposures that nobody owns."""


@dataclass(frozen=True, slots=True)
class ExposureFilter:
    """What is None does not narrow. `calling` keeps every state but quiet."""

    platform: str | None = None
    model: str | None = None
    """Canonical, or as a request on the platform spells it."""
    models: frozenset[str] | None = None
    """Canonical."""
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    state: State | None = None
    calling: bool = False
    within_days: int | None = None
    """Keeps deadlines, or change freezes that reach up to them, at most so many days away, past ones included."""


class Position(NamedTuple):
    """Of an exposure in the order of all."""

    lacks_deadline: bool
    change_by: date
    platform: str
    model: str
    service: str
    environment: str


@dataclass(frozen=True, slots=True)
class KeyPage:
    keys: Sequence[ExposureKey]
    total: int
    next_cursor: str | None


def shown(*, known: datetime, now: datetime) -> ColumnElement[str]:
    """`core.escalation.holding.shown_state` in SQL: the state as of `now`, where calls are on record up to `known`."""
    return case(
        (_e.quiet_at <= min(known, now), literal("quiet")),
        (_e.state_while_calling == "broken", literal("broken")),
        (_e.waived_until > now, literal("waived")),
        else_=_e.state_while_calling,
    )


def public(now: datetime) -> ColumnElement[bool]:
    """Whether the deprecation was public, and the first call made."""
    return and_(_e.public_from <= now.date(), _e.first_at <= now)


async def read_page(
    connection: AsyncConnection,
    catalog: Catalog,
    wanted: ExposureFilter,
    *,
    known: datetime,
    now: datetime,
    limit: int | None,
    after: Position | None,
) -> KeyPage:
    scope = and_(*_narrowing(catalog, wanted, known=known, now=now))
    query = select(*ORDER).where(scope).order_by(*ORDER)
    if after is not None:
        position = (literal(value, column.type) for value, column in zip(after, ORDER, strict=True))
        query = query.where(tuple_(*ORDER) > tuple_(*position))
    if limit is not None:
        query = query.limit(limit + 1)
    found = [Position(*row) for row in await connection.execute(query)]
    page = found if limit is None else found[:limit]
    keys = [ExposureKey(one.service, one.environment, one.platform, one.model) for one in page]
    is_all = after is None and len(page) == len(found)
    total = len(page) if is_all else await _count(connection, scope)
    return KeyPage(keys, total, _cursor(page[-1]) if len(page) < len(found) else None)


async def _count(connection: AsyncConnection, scope: ColumnElement[bool]) -> int:
    return (await connection.execute(select(func.count()).select_from(exposures).where(scope))).scalar_one()


def _narrowing(
    catalog: Catalog, wanted: ExposureFilter, *, known: datetime, now: datetime
) -> Sequence[ColumnElement[bool]]:
    given: Mapping[Any, str | None] = {
        _e.platform: wanted.platform,
        _e.service: wanted.service,
        _e.environment: wanted.environment,
    }
    found = [public(now), *(column == value for column, value in given.items() if value is not None)]
    if wanted.team is not None:
        found.append(_e.team.is_(None) if wanted.team == NO_TEAM else _e.team == wanted.team)
    if wanted.models is not None:
        found.append(_e.model.in_(wanted.models))
    if wanted.model is not None:
        named = [one.key for one in catalog if wanted.model in {one.model, one.id}]
        found.append(tuple_(_e.platform, _e.model).in_(named) if named else false())
    if wanted.calling:
        found.append(_e.quiet_at > min(known, now))
    if wanted.state is not None:
        found.append(shown(known=known, now=now) == wanted.state)
    if wanted.within_days is not None:
        found += [~_e.lacks_deadline, _e.change_by <= now.date() + timedelta(days=wanted.within_days)]
    return found


def position_in(cursor: str) -> Position:
    """Raises CursorError."""
    lacks_deadline, change_by, *names = decode_cursor(cursor, length=len(ORDER))
    try:
        return Position(bool(int(lacks_deadline)), date.fromisoformat(change_by), *names)
    except ValueError as error:
        raise CursorError(cursor) from error


def _cursor(one: Position) -> str:
    return encode_cursor((f"{one.lacks_deadline:d}", one.change_by.isoformat(), *one[2:]))
