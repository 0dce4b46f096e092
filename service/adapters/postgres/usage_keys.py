"""Keys of many exposures as one relation for joins."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, FromClause, TableValuedAlias, Text, and_

from service.adapters.postgres.unnest import unnested
from service.core.exposure import ExposureKey

KEY = ExposureKey._fields


def key_rows(keys: Iterable[ExposureKey] = ()) -> TableValuedAlias:
    """Without `keys`, for a statement that is built once: `key_values` has its parameters."""
    return unnested(*((name, Text(), values) for name, values in zip(KEY, _columns(keys), strict=True)))


def key_values(keys: Iterable[ExposureKey]) -> dict[str, Sequence[str]]:
    return {f"v_{name}": values for name, values in zip(KEY, _columns(keys), strict=True)}


def _columns(keys: Iterable[ExposureKey]) -> list[Sequence[str]]:
    return list(zip(*keys, strict=True)) or [() for _ in KEY]


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
