"""usage_hourly x series -> usage_daily: recalculates marked days, one batch per transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import (
    CTE,
    Date,
    DateTime,
    FromClause,
    Select,
    TableValuedAlias,
    Text,
    and_,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.agenda import make_uses_due, schedule_check_after_calls
from service.adapters.postgres.closed_days import added_to_closed, keep_closed
from service.adapters.postgres.exposure_rows import COUNTED_DAY, CountedDay, counted_day
from service.adapters.postgres.stale_days import DAY, StaleDay, take_stale_days
from service.adapters.postgres.tables import model_days, series, usage_daily, usage_hourly
from service.adapters.postgres.unnest import insert_rows, unnested
from service.adapters.postgres.usage_keys import KEY
from service.adapters.postgres.usage_months import closed_of
from service.adapters.postgres.volumes import by_reporter, ranked, volume
from service.core.calendar import utc_midnight
from service.core.exposure import ExposureKey
from service.core.retention import month_of

BATCH = 2_000
_INSTANT = DateTime(timezone=True)
_SUMS = (
    "calls", "errors", "end_of_life", "input_tokens", "output_tokens", "cached_tokens", "tokens_known",
    "latency_ms", "latency_known",
)  # fmt: skip
_EVIDENCE = ("errors", "end_of_life", "redirected")


@dataclass(frozen=True, slots=True)
class RecomputedDays:
    """The recalculated days, sorted, with their use. A day without use has calls of another model."""

    taken: Sequence[StaleDay]
    use: Mapping[StaleDay, CountedDay]
    calls_before: Mapping[StaleDay, int]
    """Of days that had any."""


async def recompute_days(connection: AsyncConnection, *, until: datetime, now: datetime) -> RecomputedDays:
    """Take a batch of days first marked up to `until` and write their totals. The keys of their uses are locked on the
    agenda until the transaction ends.

    An empty result: nothing is left but days that another process has locked. Taking and reading are two statements,
    so that reading sees what another writer committed before we got the lock of its day.
    """
    touched = await take_stale_days(connection, until=until, limit=BATCH)
    if not touched:
        return RecomputedDays((), {}, {})
    closed = await closed_of(connection, {month_of(day) for _, day in touched})
    written = await _write_open(connection, [one for one in touched if month_of(one.day) not in closed])
    written |= await _write_closed(connection, [one for one in touched if month_of(one.day) in closed])
    dropped = await _drop(connection, [one for one in touched if one not in written])
    use = {mark: one for mark, (one, _) in written.items()}
    before = {mark: calls for mark, (_, calls) in written.items() if calls} | dropped
    firsts = {mark: one.first_at for mark, one in use.items()}
    await schedule_check_after_calls(
        connection,
        {key: min(firsts.get(one, now) for one in days) for key, days in groupby(touched, key=lambda one: one[0])},
    )
    # An early death or a redirection is reported before any step is due.
    abnormal = {mark.key for mark, one in use.items() if one.use.end_of_life or one.use.redirected}
    await make_uses_due(connection, abnormal, now=now)
    return RecomputedDays(touched, use, before)


_Written = tuple[CountedDay, int | None]
"""A day of use, and its calls before."""


async def _write_open(connection: AsyncConnection, touched: Sequence[StaleDay]) -> dict[StaleDay, _Written]:
    return await _write(connection, _totals(_by_reporter(_relation(touched)))) if touched else {}


async def _write_closed(connection: AsyncConnection, touched: Sequence[StaleDay]) -> dict[StaleDay, _Written]:
    if not touched:
        return {}
    days = _relation(touched)
    await keep_closed(connection, days)
    return await _write(connection, added_to_closed(_totals(_by_reporter(days)), days))


async def _write(connection: AsyncConnection, totals: Select[tuple[object, ...]]) -> dict[StaleDay, _Written]:
    """A subquery of RETURNING sees the rows as they were before the statement."""
    columns = [column.name for column in totals.selected_columns]
    old = usage_daily.alias("old")
    before = select(old.c.calls).where(*(old.c[name] == literal_column(f"usage_daily.{name}") for name in DAY))
    statement = insert(usage_daily).from_select(columns, totals)
    updated = {name: statement.excluded[name] for name in columns if name not in DAY}
    written = await connection.execute(
        statement.on_conflict_do_update(index_elements=list(DAY), set_=updated).returning(
            *(usage_daily.c[name] for name in (*KEY, *COUNTED_DAY)), before.scalar_subquery().label("before")
        )
    )
    return {StaleDay(ExposureKey(*row[:4]), row.day): (counted_day(row[4:-1]), row.before) for row in written}


def _relation(touched: Sequence[StaleDay]) -> TableValuedAlias:
    """`starts` and `ends` bound the day as instants, so that hours are found by index."""
    return unnested(
        *((name, Text(), [getattr(key, name) for key, _ in touched]) for name in KEY),
        ("day", Date(), [day for _, day in touched]),
        ("starts", _INSTANT, [utc_midnight(day) for _, day in touched]),
        ("ends", _INSTANT, [utc_midnight(day + timedelta(days=1)) for _, day in touched]),
    )


def _by_reporter(touched: TableValuedAlias) -> CTE:
    """Totals by marked day, hour and reporter, of calls that requested the model or were answered by it."""
    called = _series_of(touched)
    hours = _hours_of(called, touched)
    s, t, u = called.c, touched.c, hours.c
    day = [t[name] for name in DAY]
    another = and_(s.requested_model == t.model, s.served_is_another)
    more = (
        func.min(u.first_at).label("first_at"),
        func.max(u.last_at).label("last_at"),
        *(func.sum(u[name]).label(name) for name in _SUMS if name not in {"calls", "tokens_known"}),
        func.coalesce(func.sum(u.calls).filter(another), 0).label("redirected"),
    )
    reported = by_reporter(day, *more, called=called, hours=hours)
    return reported.select_from(touched).join(called, true()).join(hours, true()).cte("by_reporter")


def _series_of(touched: TableValuedAlias) -> FromClause:
    """Series that requested the model or were answered by it. OFFSET 0 keeps the planner from reading all series."""
    s, t = series.c, touched.c
    asked_or_answered = or_(s.requested_model == t.model, s.served_model == t.model)
    return (
        select(series)
        .where(*(s[name] == t[name] for name in KEY[:3]), asked_or_answered)
        .correlate(touched)
        .offset(0)
        .lateral("called")
    )


def _hours_of(called: FromClause, touched: TableValuedAlias) -> FromClause:
    """The hours of a series on a marked day. OFFSET 0 keeps the planner from reading all hours of the series."""
    u, t = usage_hourly.c, touched.c
    return (
        select(usage_hourly)
        .where(u.series_id == called.c.id, u.hour >= t.starts, u.hour < t.ends)
        .correlate(called, touched)
        .offset(0)
        .lateral("hours")
    )


def _totals(reported: CTE) -> Select[tuple[object, ...]]:
    """The volume of a day is the sum of the largest reporter's hours: several reporters may describe the same calls.

    Errors and redirections are evidence, which not every reporter has. For each hour, the reporter with most of them
    counts.
    """
    rows = ranked(reported, DAY, evidence=_EVIDENCE)
    k = rows.c
    volumes = (
        select(
            *(k[name] for name in DAY),
            k.reporter,
            func.min(k.first_at).label("first_at"),
            func.max(k.last_at).label("last_at"),
            func.sum(k.calls).label("reported"),
            *(volume(rows, name).label(name) for name in (*_SUMS, "redirected")),
        )
        .group_by(*(k[name] for name in DAY), k.reporter)
        .subquery("volumes")
    )
    v = volumes.c
    return select(
        *(v[name] for name in DAY),
        func.min(v.first_at).label("first_at"),
        func.max(v.last_at).label("last_at"),
        *(func.sum(v[name]).label(name) for name in (*_SUMS, "redirected")),
        func.jsonb_object_agg(v.reporter, v.reported).label("reporters"),
    ).group_by(*(v[name] for name in DAY))


async def _drop(connection: AsyncConnection, empty: Sequence[StaleDay]) -> dict[StaleDay, int]:
    """Delete days whose calls now belong to another model, after a corrected alias. Returns the calls that they had."""
    if not empty:
        return {}
    days = _relation(empty)
    same = and_(*(usage_daily.c[name] == days.c[name] for name in DAY))
    gone = delete(usage_daily).where(select(days.c.day).where(same).exists())
    rows = await connection.execute(gone.returning(*(usage_daily.c[name] for name in DAY), usage_daily.c.calls))
    return {StaleDay(ExposureKey(*row[:4]), row.day): row.calls for row in rows}


async def add_to_models(connection: AsyncConnection, recomputed: RecomputedDays) -> None:
    """Add the change of each day to the day of its model. Call it last in a transaction: whoever recalculates the same
    day of a model waits for the end of it."""
    more: Counter[tuple[date, str, str]] = Counter()
    for mark in recomputed.taken:
        use = recomputed.use.get(mark)
        calls = (use.use.calls if use else 0) - recomputed.calls_before.get(mark, 0)
        more[mark.day, mark.key.platform, mark.key.model] += calls
    key = ("day", "platform", "model")
    rows = [dict(zip(key, one, strict=True)) | {"calls": calls} for one, calls in sorted(more.items()) if calls]
    if rows:
        added = insert_rows(model_days, rows)
        total = model_days.c.calls + added.excluded.calls
        await connection.execute(added.on_conflict_do_update(index_elements=key, set_={"calls": total}))
