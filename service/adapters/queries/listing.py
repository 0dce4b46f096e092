"""Lists of exposures: filtered, sorted, counted and paged by index."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.exposure_phases import STATES, as_of, counted_now, public, shown
from service.adapters.postgres.tables import exposures, model_counts
from service.adapters.postgres.usage_keys import key_rows, same_key
from service.adapters.queries.paging import Page, decode_cursor, encode_cursor
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey, State

_e = exposures.c
ORDER = (_e.lacks_deadline, _e.change_by, _e.platform, _e.model, _e.service, _e.environment)
"""Earliest deadline first, then "not before" dates, then those without a date."""
NO_TEAM = "(unowned)"
"""Filter value for exposures without an owner."""


@dataclass(frozen=True, slots=True)
class ExposureFilter:
    """None: no filter. `calling` keeps all states except quiet."""

    platform: str | None = None
    model: str | None = None
    """Canonical id, or as a request on the platform spells it."""
    models: frozenset[str] | None = None
    """Canonical id."""
    keys: frozenset[ExposureKey] | None = None
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    state: State | None = None
    calling: bool = False
    within_days: int | None = None
    """Maximum number of days to the deadline, or to a change freeze that lasts until it; past ones are included."""


CountsByDay = Mapping[tuple[str, str, date], Counter[State]]
"""Number of exposures by state, without zeros; the keys are platform, model, and the day by which changes must be out
(`date.max`: none)."""


class Position(NamedTuple):
    """Position of an exposure in the sort order."""

    lacks_deadline: bool
    change_by: date
    platform: str
    model: str
    service: str
    environment: str


async def read_page(
    connection: AsyncConnection,
    catalog: Catalog,
    wanted: ExposureFilter,
    *,
    known: datetime,
    now: datetime,
    limit: int | None = None,
    cursor: str | None = None,
    by_day: CountsByDay | None = None,
) -> Page[ExposureKey]:
    """`by_day`: the counts, if the caller has read them. Raises `CursorError`."""
    scope = and_(*_narrowing(catalog, wanted, known=known, now=now))
    query = select(*ORDER).where(scope).order_by(*ORDER)
    if cursor is not None:
        after = decode_cursor(cursor, Position)
        position = (literal(value, column.type) for value, column in zip(after, ORDER, strict=True))
        query = query.where(tuple_(*ORDER) > tuple_(*position))
    if limit is not None:
        query = query.limit(limit + 1)
    found = [Position(*row) for row in await connection.execute(query)]
    page = found[:limit]
    is_last = len(page) == len(found)
    if cursor is None and is_last:
        total = len(page)
    elif wanted.service is None and wanted.environment is None and wanted.team is None and wanted.keys is None:
        by_day = by_day or await count_by_day(connection, known=known, now=now)
        total = _total(by_day, catalog, wanted, now)
    else:
        total = (await connection.execute(select(func.count()).select_from(exposures).where(scope))).scalar_one()
    keys = [ExposureKey(one.service, one.environment, one.platform, one.model) for one in page]
    return Page(items=keys, total=total, next_cursor=None if is_last else encode_cursor(page[-1]))


def _total(by_day: CountsByDay, catalog: Catalog, wanted: ExposureFilter, now: datetime) -> int:
    """`wanted` narrows by models, states and days only."""
    until = date.max if wanted.within_days is None else now.date() + timedelta(days=wanted.within_days)
    return sum(
        number
        for (platform, model, change_by), by_state in by_day.items()
        if change_by <= until and _is_wanted_model(platform, model, wanted, catalog)
        for state, number in by_state.items()
        if wanted.state in {None, state} and not (wanted.calling and state == "quiet")
    )


async def count_by_model(
    connection: AsyncConnection, *, known: datetime, now: datetime
) -> dict[tuple[str, str], Counter[State]]:
    """Number of exposures of each (platform, model) by state, without zeros."""
    found: dict[tuple[str, str], Counter[State]] = {}
    for (platform, model, _), by_state in (await count_by_day(connection, known=known, now=now)).items():
        found.setdefault((platform, model), Counter()).update(by_state)
    return found


async def count_by_day(connection: AsyncConnection, *, known: datetime, now: datetime) -> CountsByDay:
    rows = await connection.execute(_models(), as_of(known, now)._asdict())
    return {
        (platform, model, change_by): Counter({state: n for state, n in zip(STATES, numbers, strict=True) if n})
        for platform, model, change_by, *numbers in rows
        if any(numbers)
    }


@cache
def _models() -> Select[Any]:
    counted = counted_now(model_counts)
    return select(*(counted.c[name] for name in ("platform", "model", "change_by", *STATES)))


def _is_wanted_model(platform: str, model: str, wanted: ExposureFilter, catalog: Catalog) -> bool:
    if wanted.model is not None and wanted.model != model:
        record = catalog.get(platform, model)
        if record is None or record.id != wanted.model:
            return False
    return wanted.platform in {None, platform} and (wanted.models is None or model in wanted.models)


def _narrowing(
    catalog: Catalog, wanted: ExposureFilter, *, known: datetime, now: datetime
) -> Sequence[ColumnElement[bool]]:
    given: Mapping[Any, str | None] = {
        _e.platform: wanted.platform,
        _e.service: wanted.service,
        _e.environment: wanted.environment,
    }
    at = as_of(known, now)
    found = [public(at), *(column == value for column, value in given.items() if value is not None)]
    if wanted.team is not None:
        found.append(_e.team.is_(None) if wanted.team == NO_TEAM else _e.team == wanted.team)
    if wanted.models is not None:
        found.append(_e.model.in_(wanted.models))
    if wanted.keys is not None:
        v = key_rows(wanted.keys)
        found.append(select(v.c.model).where(same_key(exposures, v)).exists())
    if wanted.model is not None:
        named = [one.key for one in catalog if wanted.model in {one.model, one.id}]
        found.append(tuple_(_e.platform, _e.model).in_(named) if named else false())
    if wanted.calling:
        found.append(_e.quiet_at > at.on_record)
    if wanted.state is not None:
        found.append(shown(at) == wanted.state)
    if wanted.within_days is not None:
        found += [~_e.lacks_deadline, _e.change_by <= at.today + timedelta(days=wanted.within_days)]
    return found
