"""Days of closed months: their total at the close is final, and later calls are added to it.

    usage_daily = usage_closed + the late hours' volume

The hours of usage_closed are deleted: a corrected alias does not move them, and no later reporter is compared with
them. Late hours are kept, so among themselves they follow the usual rules.
"""

from sqlalchemy import BigInteger, ColumnElement, FromClause, Select, and_, cast, func, select, text, true, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.stale_days import DAY
from service.adapters.postgres.tables import usage_closed, usage_daily

_TIMES = ("first_at", "last_at")
_COLUMNS = tuple(column.name for column in usage_closed.c)
_SUMS = tuple(name for name in _COLUMNS if name not in (*DAY, *_TIMES, "reporters"))


async def keep_closed(connection: AsyncConnection, touched: FromClause) -> None:
    """Call it before the first late calls are added to a day: stores its present total, which may be empty."""
    d = usage_daily.c
    sums = [func.coalesce(d[name], 0) for name in _SUMS]
    reporters = func.coalesce(d.reporters, text("'{}'"))
    kept = (*(touched.c[name] for name in DAY), *(d[name] for name in _TIMES), *sums, reporters)
    found = select(*kept).join_from(touched, usage_daily, _same_day(usage_daily, touched), isouter=True)
    columns = (*DAY, *_TIMES, *_SUMS, "reporters")
    await connection.execute(insert(usage_closed).from_select(columns, found).on_conflict_do_nothing())


def added_to_closed(late: Select[tuple[object, ...]], touched: FromClause) -> Select[tuple[object, ...]]:
    """Totals of the marked days; `late` are the totals of their late hours."""
    is_there = and_(_same_day(usage_closed, touched), usage_closed.c.first_at.is_not(None))
    closed = select(*usage_closed.c).join_from(usage_closed, touched, is_there)
    ordered = late.subquery("late")
    parts = union_all(select(*(ordered.c[name] for name in _COLUMNS)), closed).cte("parts")
    p = parts.c
    reporters = _reporters(parts)
    day = [p[name] for name in DAY]
    return (
        select(
            *day,
            func.min(p.first_at).label("first_at"),
            func.max(p.last_at).label("last_at"),
            *(func.sum(p[name]).label(name) for name in _SUMS),
            reporters.c.reporters,
        )
        .join_from(parts, reporters, _same_day(parts, reporters))
        .group_by(*day, reporters.c.reporters)
    )


def _reporters(parts: FromClause) -> FromClause:
    """Calls by reporter, as one object per day."""
    day = [parts.c[name] for name in DAY]
    each = func.jsonb_each_text(parts.c.reporters).table_valued("key", "value").render_derived(name="each")
    calls = func.sum(cast(each.c.value, BigInteger)).label("calls")
    by_name = (
        select(*day, each.c.key, calls).join_from(parts, each, true()).group_by(*day, each.c.key).subquery("names")
    )
    n = by_name.c
    names = [n[name] for name in DAY]
    return select(*names, func.jsonb_object_agg(n.key, n.calls).label("reporters")).group_by(*names).subquery("told")


def _same_day(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    return and_(*(left.c[name] == right.c[name] for name in DAY))
