"""The agenda: when escalation evaluates each use of a model next. A row is also the lock for decisions about the
use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, Text, collate, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import agenda, exposures, stale_days
from service.adapters.postgres.unnest import chunked, unnested
from service.adapters.postgres.usage_keys import KEY, key_rows, model_rows, same_key, same_model
from service.core.exposure import ExposureKey

_INSTANT = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class NextEvaluation:
    """The next evaluation. `wakes_on_call`: a new call makes the use due at once."""

    key: ExposureKey
    at: datetime | None
    wakes_on_call: bool


@dataclass(frozen=True, slots=True)
class DueUse:
    key: ExposureKey
    has_stale_days: bool
    """Some of its days are not recalculated yet."""


async def take_due(
    connection: AsyncConnection, *, recomputed_until: datetime | None, now: datetime, limit: int
) -> list[DueUse]:
    """Due uses, locked until the transaction ends. Skips uses that another process has locked.

    Also skips uses with days that became stale up to `recomputed_until`, by the database's clock, and are not
    recalculated yet; None: with any stale day. Days that became stale later do not delay a use: under steady traffic
    there may always be one.
    """
    marks = select(stale_days.c.day).where(same_key(stale_days, agenda))
    left = marks if recomputed_until is None else marks.where(stale_days.c.stale_since <= recomputed_until)
    rows = await connection.execute(
        select(*(agenda.c[name] for name in KEY), marks.exists().label("has_stale_days"))
        .where(agenda.c.due_at <= now, ~left.exists())
        .order_by(agenda.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [DueUse(ExposureKey(*row[:4]), row.has_stale_days) for row in rows]


async def set_next_evaluations(connection: AsyncConnection, evaluations: Iterable[NextEvaluation]) -> None:
    """Set the next evaluations. `take_due` has locked the rows."""
    for some in chunked(list(evaluations)):
        v = unnested(
            *((name, Text(), [getattr(look.key, name) for look in some]) for name in KEY),
            ("due_at", _INSTANT, [look.at for look in some]),
            ("wakes_on_call", agenda.c.wakes_on_call.type, [look.wakes_on_call for look in some]),
        )
        await connection.execute(
            update(agenda).where(same_key(agenda, v)).values(due_at=v.c.due_at, wakes_on_call=v.c.wakes_on_call)
        )


async def schedule_check_after_calls(connection: AsyncConnection, first_calls: Mapping[ExposureKey, datetime]) -> None:
    """Make uses that are new, or wait for a call, due from their first new call on."""
    for some in chunked(sorted(first_calls.items())):
        v = unnested(
            *((name, Text(), [getattr(key, name) for key, _ in some]) for name in KEY),
            ("due_at", _INSTANT, [at for _, at in some]),
        )
        statement = insert(agenda).from_select([c.name for c in v.c], select(v))
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(KEY),
                set_={"due_at": func.least(agenda.c.due_at, statement.excluded.due_at)},
                where=agenda.c.wakes_on_call,
            )
        )


async def make_uses_due(connection: AsyncConnection, keys: Iterable[ExposureKey], *, now: datetime) -> None:
    """Make these uses due at once, whatever they wait for."""
    if in_order := sorted(keys):
        await _make_due(connection, same_key(agenda, key_rows(in_order)), now)


async def make_open_exposures_due(connection: AsyncConnection, *, now: datetime) -> None:
    """After a change of lastcall.yaml: make open exposures due. Owner, policy and time zone may have changed."""
    is_exposure = select(exposures.c.service).where(same_key(exposures, agenda)).exists()
    await _make_due(connection, or_(is_exposure, agenda.c.due_at.is_not(None)), now)


async def make_models_due(connection: AsyncConnection, models: Iterable[tuple[str, str]], *, now: datetime) -> None:
    """Make every use of these (platform, model) due."""
    await _make_due(connection, same_model(agenda, model_rows(models)), now)


async def lock_use(connection: AsyncConnection, key: ExposureKey, *, now: datetime) -> None:
    """Lock the use against decisions until the transaction ends, and make it due at the next tick."""
    row = insert(agenda).values(**key._asdict(), due_at=now, wakes_on_call=True)
    await connection.execute(row.on_conflict_do_update(index_elements=list(KEY), set_={"due_at": now}))


async def make_services_due(connection: AsyncConnection, services: Iterable[str], *, now: datetime) -> None:
    """Make every use of a model by these services due, because their owner may have changed."""
    v = unnested(("service", Text(), sorted(set(services))))
    await _make_due(connection, agenda.c.service == v.c.service, now)


async def _make_due(connection: AsyncConnection, which: ColumnElement[bool], now: datetime) -> None:
    """Make rows due. Locks them in the order of their keys, as `schedule_check_after_calls` does, so no deadlock is
    possible. The order is Python's, whatever the collation of the database."""
    in_order = [collate(agenda.c[name], "C") for name in KEY]
    keys = select(*(agenda.c[name] for name in KEY)).where(which).order_by(*in_order).with_for_update(of=agenda)
    locked = keys.cte("locked")
    await connection.execute(update(agenda).where(same_key(agenda, locked)).values(due_at=now))


async def uses_of_service(connection: AsyncConnection, service: str) -> list[ExposureKey]:
    """Every use of a model by the service, deprecated or not."""
    rows = await connection.execute(select(*(agenda.c[name] for name in KEY)).where(agenda.c.service == service))
    return sorted(ExposureKey(*row) for row in rows)


async def services_on_agenda(connection: AsyncConnection) -> list[str]:
    """Every service with a use on the agenda."""
    return list(await connection.scalars(select(agenda.c.service).distinct().order_by(agenda.c.service)))
