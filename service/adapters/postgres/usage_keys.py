"""Keys of many exposures as one relation for joins."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, TableValuedAlias, Text, and_

from service.adapters.postgres.unnest import unnested
from service.core.exposure import ExposureKey

KEY = ExposureKey._fields


def key_rows(keys: Iterable[ExposureKey]) -> TableValuedAlias:
    columns = list(zip(*keys, strict=True)) or [() for _ in KEY]
    return unnested(*((name, Text(), values) for name, values in zip(KEY, columns, strict=True)))


def model_rows(models: Iterable[tuple[str, str]]) -> TableValuedAlias:
    """Relation of (platform, model)."""
    named = sorted(models)
    return unnested(
        ("platform", Text(), [platform for platform, _ in named]), ("model", Text(), [model for _, model in named])
    )


def same_model(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    return and_(left.c.platform == right.c.platform, left.c.model == right.c.model)


def same_key(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    return and_(*(left.c[name] == right.c[name] for name in KEY))
