"""Many exposures' keys as one relation to join with."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, TableValuedAlias, Text, and_

from service.adapters.postgres.unnest import unnested
from service.core.exposure import ExposureKey

KEY = ExposureKey._fields


def key_rows(keys: Iterable[ExposureKey]) -> TableValuedAlias:
    columns = list(zip(*keys, strict=True)) or [() for _ in KEY]
    return unnested(*((name, Text(), values) for name, values in zip(KEY, columns, strict=True)))


def same_key(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    return and_(*(left.c[name] == right.c[name] for name in KEY))
