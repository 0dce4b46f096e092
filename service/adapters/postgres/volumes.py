"""The volume of calls in SQL: the largest reporter's, hour by hour. `core.volume` explains the rule and has it in
Python.

    reported(use, ...) -> by_reporter -> ranked -> volume

Every query over calls of several series uses these functions. A use is the key by which reporters are compared.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, func, select

from service.adapters.postgres.tables import series, usage_hourly


def by_reporter(
    use: Sequence[ColumnElement[Any]],
    *more: ColumnElement[Any],
    called: FromClause = series,
    hours: FromClause = usage_hourly,
) -> Select[Any]:
    """Calls by use, hour and reporter, and the sums `more`. The caller adds joins and conditions. `called` and `hours`
    are the sources of series and hours."""
    s, u = called.c, hours.c
    sums = (func.sum(u[name]).label(name) for name in ("calls", "tokens_known"))
    return select(*use, u.hour, s.reporter, *sums, *more).group_by(*use, u.hour, s.reporter)


def ranked(reported: FromClause, use: Iterable[str], *, evidence: Collection[str] = ()) -> Subquery:
    """`reported`, the rows of `by_reporter`, with their `rank` per use and hour: 1 is the largest reporter. Among
    equals, more known tokens win, then the name, so the result is deterministic.

    Of the columns `evidence`, each row has the maximum over all reporters: not every reporter sees an error.
    """
    r = reported.c
    hour = (*(r[name] for name in use), r.hour)
    largest_first = (r.calls.desc(), r.tokens_known.desc(), r.reporter)
    return select(
        *(column for column in r if column.name not in evidence),
        *(func.max(r[name]).over(partition_by=hour).label(name) for name in evidence),
        func.row_number().over(partition_by=hour, order_by=largest_first).label("rank"),
    ).subquery("ranked")


def volume(rows: Subquery, name: str = "calls") -> ColumnElement[Any]:
    """The sum over the largest reporters of `rows`, the result of `ranked`, grouped by use or fewer columns."""
    return func.sum(rows.c[name]).filter(rows.c.rank == 1)
