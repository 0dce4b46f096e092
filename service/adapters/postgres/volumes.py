"""The volume of calls in SQL: the largest reporter's, hour by hour. `core.volume` says why, and is the same in Python.

    reported(use, ...) -> by_reporter -> ranked -> volume

Whoever reads calls of several series reads them this way. A use is what the reporters' counts are compared by.
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
    """Calls by use, hour and reporter, and the sums `more`; joins and conditions are the reader's. `called` and
    `hours` are where it takes series and their hours from."""
    s, u = called.c, hours.c
    sums = (func.sum(u[name]).label(name) for name in ("calls", "tokens_known"))
    return select(*use, u.hour, s.reporter, *sums, *more).group_by(*use, u.hour, s.reporter)


def ranked(reported: FromClause, use: Iterable[str], *, evidence: Collection[str] = ()) -> Subquery:
    """`reported`, rows of `by_reporter`, each with its `rank` in its use and hour: 1 is the largest reporter's. Among
    equals it is the one that says more tokens, and the name decides last, so that the answer is always the same.

    Of the columns `evidence` each row has the most that any reporter saw: not every reporter sees an error.
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
    """The sum over the largest reporters' of `rows`, which `ranked` gave and which are grouped by their use or less."""
    return func.sum(rows.c[name]).filter(rows.c.rank == 1)
