"""Many exposures' keys as one relation to join with, and which model is another one."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, TableValuedAlias, Text, and_, func, not_

from service.adapters.postgres.unnest import unnested
from service.core.exposure import ExposureKey

KEY = ExposureKey._fields
_VERSION = "^(-[0-9]{3,8}|-[0-9]{4}-[0-9]{2}-[0-9]{2})$"


def key_rows(keys: Iterable[ExposureKey]) -> TableValuedAlias:
    columns = list(zip(*keys, strict=True)) or [() for _ in KEY]
    return unnested(*((name, Text(), values) for name, values in zip(KEY, columns, strict=True)))


def same_key(left: FromClause, right: FromClause) -> ColumnElement[bool]:
    return and_(*(left.c[name] == right.c[name] for name in KEY))


def is_another(served: ColumnElement[str], requested: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether the model that answered is another one than was asked for, and not a version of it.

    An alias is there to be answered by a version: `gpt-4o` by `gpt-4o-2024-08-06`, `mistral-large-latest` by
    `mistral-large-2411`. `gpt-4.1` and `gpt-4-turbo` are other models than `gpt-4`.
    """
    return and_(served != requested, not_(_is_version(served, requested)), not_(_is_version(requested, served)))


def _is_version(snapshot: ColumnElement[str], alias: ColumnElement[str]) -> ColumnElement[bool]:
    """The alias with a number or a date behind it."""
    stem = func.regexp_replace(alias, "-latest$", "")
    rest = func.substr(snapshot, func.length(stem) + 1)
    return and_(func.starts_with(snapshot, stem), rest.op("~")(_VERSION))
