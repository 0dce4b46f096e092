"""When escalation looks at each use of a model next. A row is also the lock of the decision about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, Text, collate, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import agenda, exposures, usage_dirty
from service.adapters.postgres.unnest import chunked, unnested
from service.adapters.postgres.usage_keys import KEY, key_rows, model_rows, same_key, same_model
from service.core.exposure import ExposureKey

_INSTANT = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class Look:
    """When to look again. `wakes_on_call`: and at once when there is a new call."""

    key: ExposureKey
    at: datetime | None
    wakes_on_call: bool


@dataclass(frozen=True, slots=True)
class Due:
    key: ExposureKey
    is_behind: bool
    """It has calls that are not worked out yet."""


async def take_due(
    connection: AsyncConnection, *, worked_out_until: datetime | None, now: datetime, limit: int
) -> list[Due]:
    """Uses that are due, locked until the transaction ends. Those that another process decides on are left to it.

    So are those with days that should be worked out by now: first touched up to `worked_out_until`, by the database's
    clock; None: ever. Days touched since may be touched again and again, and hold nothing up.
    """
    marks = select(usage_dirty.c.day).where(same_key(usage_dirty, agenda))
    left = marks if worked_out_until is None else marks.where(usage_dirty.c.touched_at <= worked_out_until)
    rows = await connection.execute(
        select(*(agenda.c[name] for name in KEY), marks.exists().label("is_behind"))
        .where(agenda.c.look_at <= now, ~left.exists())
        .order_by(agenda.c.look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Due(ExposureKey(*row[:4]), row.is_behind) for row in rows]


async def look_again(connection: AsyncConnection, looks: Iterable[Look]) -> None:
    """The rows are locked by `take_due`."""
    for some in chunked(list(looks)):
        v = unnested(
            *((name, Text(), [getattr(look.key, name) for look in some]) for name in KEY),
            ("look_at", _INSTANT, [look.at for look in some]),
            ("wakes_on_call", agenda.c.wakes_on_call.type, [look.wakes_on_call for look in some]),
        )
        await connection.execute(
            update(agenda).where(same_key(agenda, v)).values(look_at=v.c.look_at, wakes_on_call=v.c.wakes_on_call)
        )


async def look_after_calls(connection: AsyncConnection, first_calls: Mapping[ExposureKey, datetime]) -> None:
    """There are calls, new to us, from these times on: look then, where a new call matters or nobody ever looked."""
    for some in chunked(sorted(first_calls.items())):
        v = unnested(
            *((name, Text(), [getattr(key, name) for key, _ in some]) for name in KEY),
            ("look_at", _INSTANT, [at for _, at in some]),
        )
        statement = insert(agenda).from_select([c.name for c in v.c], select(v))
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(KEY),
                set_={"look_at": func.least(agenda.c.look_at, statement.excluded.look_at)},
                where=agenda.c.wakes_on_call,
            )
        )


async def look_at_uses(connection: AsyncConnection, keys: Iterable[ExposureKey], *, now: datetime) -> None:
    """Whatever they wait for: something about their calls cannot wait."""
    v = key_rows(sorted(keys))
    await _look(connection, same_key(agenda, v), now)


async def look_at_what_goes_on(connection: AsyncConnection, *, now: datetime) -> None:
    """Another lastcall.yaml is in force: an exposure may have another owner, or a step due by another policy; and what
    waits for a time of the day may wait for another one in the owner's zone."""
    is_exposure = select(exposures.c.service).where(same_key(exposures, agenda)).exists()
    await _look(connection, or_(is_exposure, agenda.c.look_at.is_not(None)), now)


async def look_at_models(connection: AsyncConnection, models: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """Something about these (platform, model) changed: look at every use of them."""
    await _look(connection, same_model(agenda, model_rows(models)), now)


async def lock_use(connection: AsyncConnection, key: ExposureKey, *, now: datetime) -> None:
    """Nobody else decides on it until the transaction ends; the next tick looks at it."""
    row = insert(agenda).values(**key._asdict(), look_at=now, wakes_on_call=True)
    await connection.execute(row.on_conflict_do_update(index_elements=list(KEY), set_={"look_at": now}))


async def look_at_services(connection: AsyncConnection, services: Iterable[str], *, now: datetime) -> None:
    """Whoever answers for them may have changed: look at every use of a model by them."""
    v = unnested(("service", Text(), sorted(set(services))))
    await _look(connection, agenda.c.service == v.c.service, now)


async def _look(connection: AsyncConnection, which: ColumnElement[bool], now: datetime) -> None:
    """Rows are locked in the order of their keys, in which calls lock them too, so that two who look never wait for one
    another. It is the order of the keys in Python, whatever the database's language sorts by."""
    in_order = [collate(agenda.c[name], "C") for name in KEY]
    keys = select(*(agenda.c[name] for name in KEY)).where(which).order_by(*in_order).with_for_update(of=agenda)
    locked = keys.cte("locked")
    await connection.execute(update(agenda).where(same_key(agenda, locked)).values(look_at=now))


async def uses_of(connection: AsyncConnection, service: str) -> list[ExposureKey]:
    """Every use of a model by the service, deprecated or not."""
    rows = await connection.execute(select(*(agenda.c[name] for name in KEY)).where(agenda.c.service == service))
    return sorted(ExposureKey(*row) for row in rows)


async def services_on_agenda(connection: AsyncConnection) -> list[str]:
    """Every service whose uses are decided on."""
    return list(await connection.scalars(select(agenda.c.service).distinct().order_by(agenda.c.service)))
