"""The phase of an exposure: bits for the counts that include it; and the counts, stored in tables.

A phase changes when the row changes, or at a few moments in time. Each row stores its phase and the span in which the
phase is valid; a writer ends the span if the phase may have changed. The stored counts plus the changes of rows whose
span is over are exact at any time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, get_args

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import exposures, model_counts, service_counts
from service.adapters.postgres.unnest import chunked, insert_rows
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.core.exposure import ExposureKey, State

SILENT_DAYS, NEAR_DAYS = 7, 30
SERVICE_COUNTS = ("uses", "unmigrated", "calling", "past", "near", "untold")
STATES: tuple[State, ...] = get_args(State)
_BITS = {name: 1 << n for n, name in enumerate((*SERVICE_COUNTS, *STATES))}
_INSTANT = DateTime(timezone=True)
UNCERTAIN: ColumnElement[Any] = literal_column("'-infinity'::timestamptz", _INSTANT)
"""`phase_until` of a changed row."""
_e = exposures.c
_CHANGE_BY: ColumnElement[date] = case((_e.lacks_deadline, literal(date.max, Date())), else_=_e.change_by)
"""Date in the counts of models: days that are no deadline count as none."""


class AsOf(NamedTuple):
    """Reference times of a query, as values or as parameters of a statement that is built once."""

    on_record: Any
    """All calls up to this time are recorded; at most `now`."""
    now: Any
    today: Any
    """The UTC day of `now`."""


def as_of(known: datetime, now: datetime) -> AsOf:
    return AsOf(min(known, now), now, now.date())


GIVEN = AsOf(bindparam("on_record", type_=_INSTANT), bindparam("now", type_=_INSTANT), bindparam("today", type_=Date()))
"""Parameters of a statement that is built once; `as_of` has their values."""


def shown(at: AsOf) -> ColumnElement[str]:
    """`core.escalation.holding.shown_state` in SQL."""
    return case(
        (_e.quiet_at <= at.on_record, literal("quiet")),
        (_e.state_while_calling == "broken", literal("broken")),
        (_e.waived_until > at.now, literal("waived")),
        else_=_e.state_while_calling,
    )


def public(at: AsOf) -> ColumnElement[bool]:
    """True: the deprecation was public, and the first call made."""
    return and_(_e.public_from <= at.today, _e.first_at <= at.now)


def is_ahead(at: AsOf) -> ColumnElement[bool]:
    """True: it is not quiet, and its deadline is in the future."""
    return and_(_e.quiet_at > at.on_record, _e.deadline >= at.today)


def _phase() -> ColumnElement[int]:
    at, state = GIVEN, shown(GIVEN)
    is_open = _e.quiet_at > at.on_record
    is_calling = and_(is_open, or_(state != "active", _e.last_day + SILENT_DAYS > at.today))
    in_counts: dict[str, ColumnElement[bool]] = {
        "unmigrated": is_open,
        "calling": is_calling,
        "past": and_(is_calling, _e.deadline < at.today),
        "near": and_(is_ahead(at), _e.change_by - NEAR_DAYS <= at.today),
        "untold": and_(is_open, _e.told_at.is_(None)),
    }
    bits: ColumnElement[int] = case({name: _BITS[name] for name in STATES}, value=state) + _BITS["uses"]
    for name, which in in_counts.items():
        bits = bits + case((which, _BITS[name]), else_=0)
    return case((public(at), bits), else_=0)


def _moments() -> Sequence[ColumnElement[datetime]]:
    """Moments at which the phase may change. An exposure becomes quiet by the time up to which calls are recorded; all
    other changes depend on the clock."""
    return (
        _e.first_at,
        _midnight(_e.public_from),
        _e.quiet_at,
        _e.waived_until,
        _midnight(_e.last_day + SILENT_DAYS),
        _midnight(_e.deadline + 1),
        _midnight(_e.change_by - NEAR_DAYS),
    )


def _midnight(day: ColumnElement[date]) -> ColumnElement[datetime]:
    return func.timezone("UTC", cast(day, DateTime()))


def counted_now(counts: Table) -> FromClause:
    """The rows of `service_counts` or `model_counts`, current as of the parameters from `as_of`.

    No moment falls within the span of a row, neither by the clock nor by the time up to which calls are recorded. The
    statement takes longer to build than to run, so build it once.
    """
    key, names = [column.name for column in counts.primary_key], _names(counts)
    uncertain, phase = or_(_e.phase_until <= GIVEN.now, _e.phase_from > GIVEN.on_record), _phase()
    counted_by = {name: _e.phase_change_by if name == "change_by" else _e[name] for name in key}
    gone = (*counted_by.values(), *(-_in(_e.phase, name) for name in names))
    come_by = (_CHANGE_BY if name == "change_by" else _e[name] for name in key)
    come = (*come_by, *(_in(phase, name) for name in names))
    columns = [each.label(name) for each, name in zip(gone, (*key, *names), strict=True)]
    moved = select(*columns).where(uncertain, _e.phase > 0).union_all(select(*come).where(uncertain)).subquery("moved")
    m = moved.c
    more = select(*(m[name] for name in key), *(func.sum(m[name]).label(name) for name in names))
    some = more.group_by(*(m[name] for name in key)).subquery("some")
    same = and_(*(counts.c[name] == some.c[name] for name in key))
    either = (func.coalesce(counts.c[name], some.c[name]).label(name) for name in key)
    sums = ((func.coalesce(counts.c[name], 0) + func.coalesce(some.c[name], 0)).label(name) for name in names)
    return select(*either, *sums).join_from(counts, some, same, full=True).subquery("counted")


def _names(counts: Table) -> list[str]:
    return [column.name for column in counts.c if not column.primary_key]


def _in(phase: ColumnElement[int], name: str) -> ColumnElement[int]:
    return cast(phase.bitwise_and(_BITS[name]) > 0, Integer)


def stays_in_phase(after: Mapping[str, ColumnElement[Any]]) -> ColumnElement[bool]:
    """True: a row that is set to `after` keeps its phase at least until the end of its span, because only further
    calls were added."""
    same = ("first_at", "deadline", "public_from", "state_while_calling")
    later = ("last_day", "quiet_at")
    return and_(
        _e.phase.bitwise_and(_BITS["calling"]) > 0,
        *(_e[name].is_not_distinct_from(after[name]) for name in same),
        *(_e[name] <= after[name] for name in later),
    )


class Place(NamedTuple):
    """The counts that include an exposure."""

    phase: int = 0
    """0: no count."""
    change_by: date | None = None


Move = tuple[ExposureKey, Place, Place]
"""An exposure, its previous place and its new one."""


async def count_phases(connection: AsyncConnection, *, now: datetime, limit: int) -> int:
    """Recalculates the phases of rows whose span is over; returns their number. Skips locked rows."""
    some = select(*(_e[name] for name in KEY), _e.phase, _e.phase_change_by).where(_e.phase_until <= now).limit(limit)
    found = await connection.execute(some.with_for_update(skip_locked=True))
    was = {ExposureKey(*row[:4]): Place(row.phase, row.phase_change_by) for row in found}
    if not was:
        return 0
    v = key_rows(was)
    passed = (case((moment <= GIVEN.now, moment)) for moment in _moments())
    ahead = (case((moment > GIVEN.now, moment)) for moment in _moments())
    rows = await connection.execute(
        update(exposures)
        .where(same_key(exposures, v))
        .values(
            phase=_phase(),
            phase_from=func.coalesce(func.greatest(*passed), UNCERTAIN),
            phase_until=func.coalesce(func.least(*ahead), literal_column("'infinity'::timestamptz")),
            phase_change_by=_CHANGE_BY,
        )
        .returning(*(_e[name] for name in KEY), _e.phase, _e.phase_change_by),
        as_of(now, now)._asdict(),
    )
    are = {ExposureKey(*row[:4]): Place(row.phase, row.phase_change_by) for row in rows}
    await move(connection, [(key, was[key], one) for key, one in are.items() if one != was[key]])
    return len(was)


async def move(connection: AsyncConnection, moves: Iterable[Move]) -> None:
    """Updates the counts. Call it last in a transaction, so that concurrent writers wait for one another only
    briefly."""
    of_service: Counter[tuple[tuple[object, ...], str]] = Counter()
    of_model: Counter[tuple[tuple[object, ...], str]] = Counter()
    for key, before, after in moves:
        for place, number in ((before, -1), (after, 1)):
            for name in (name for name, bit in _BITS.items() if place.phase & bit):
                of_service[(key.service,), name] += number
                of_model[(key.platform, key.model, place.change_by), name] += number
    await _add(connection, service_counts, of_service)
    await _add(connection, model_counts, of_model)


async def _add(connection: AsyncConnection, counts: Table, more: Mapping[tuple[tuple[object, ...], str], int]) -> None:
    """`more`: changes by the table's key and the name of a count. Rows are written in the order of their keys, as by
    all writers, to prevent deadlocks."""
    key, names = [column.name for column in counts.primary_key], _names(counts)
    rows = [
        dict(zip(key, one, strict=True)) | {name: more[one, name] for name in names}
        for one in sorted({one for (one, name), number in more.items() if number and name in names})
    ]
    for some in chunked(rows):
        added = insert_rows(counts, some)
        await connection.execute(
            added.on_conflict_do_update(
                index_elements=key, set_={name: counts.c[name] + added.excluded[name] for name in names}
            )
        )
    less = sorted({one for (one, name), number in more.items() if number < 0 and name in names})
    for some_keys in chunked(less):
        empty = (tuple_(*counts.primary_key).in_(some_keys), *(counts.c[name] == 0 for name in names))
        await connection.execute(delete(counts).where(*empty))
