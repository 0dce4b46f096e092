"""Many rows in one statement: each column is one array parameter."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, TableValuedAlias, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, Insert, insert
from sqlalchemy.types import TypeEngine

ROWS_A_STATEMENT = 5_000
T = TypeVar("T")


def unnested(*columns: tuple[str, TypeEngine[Any], Sequence[object]]) -> TableValuedAlias:
    """`unnest(...) AS v(...)`. A column is its name, its type and its values, all of the same length."""
    arrays: list[ColumnElement[Any]] = [
        bindparam(f"v_{name}", list(values), type_=ARRAY(kind)) for name, kind, values in columns
    ]
    shape = [column(name, kind) for name, kind, _ in columns]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="v")


def insert_rows(table: Table, rows: Sequence[Mapping[str, object]]) -> Insert:
    """Insert `rows`, at least one, all with the same columns. JSON is given as text."""
    columns = [table.c[name] for name in rows[0]]
    is_json = {c.name: isinstance(c.type, JSONB) for c in columns}
    v = unnested(*((c.name, Text() if is_json[c.name] else c.type, [row[c.name] for row in rows]) for c in columns))
    values = (cast(v.c[name], JSONB) if json else v.c[name] for name, json in is_json.items())
    return insert(table).from_select(list(is_json), select(*values))


def chunked(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        yield rows[start : start + ROWS_A_STATEMENT]
