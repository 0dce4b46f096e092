"""Many rows in one statement: each column travels as one array."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, TableValuedAlias, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

ROWS_A_STATEMENT = 5_000
T = TypeVar("T")


def unnested(*columns: tuple[str, TypeEngine[Any], Sequence[object]]) -> TableValuedAlias:
    """`unnest(...) AS v(...)`. Each column is its name, its type and its values, all of one length."""
    arrays: list[ColumnElement[Any]] = [
        bindparam(f"v_{name}", list(values), type_=ARRAY(kind)) for name, kind, values in columns
    ]
    shape = [column(name, kind) for name, kind, _ in columns]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="v")


def chunked(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        yield rows[start : start + ROWS_A_STATEMENT]
