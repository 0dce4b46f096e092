"""Answers of the queries, and bounded pages of them."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

import base64
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
Key = TypeVar("Key", bound=tuple[object, ...])

MAX_PAGE = 500


class AnswerModel(BaseModel):
    """One set of types for the page, the API and the command. Pydantic, because the API publishes the schema.

    Every time is aware and in UTC; every day is a UTC day. Names of services, environments, reporters and ids come from
    logs: they are bounded when stored, and untrusted when shown.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)


class Page(AnswerModel, Generic[T]):
    """One page of a list. Its cursor is the key of the last item, so a growing list neither repeats nor skips items."""

    items: list[T]
    total: int | None = Field(default=None, description="Number of all matches; null: not counted.")
    next_cursor: str | None = Field(
        default=None, description="Value of `cursor` for the next page; null: this is the last page."
    )


class CursorError(ValueError):
    """The cursor is invalid, or belongs to another list."""


def encode_cursor(key: tuple[object, ...]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, kind: type[Key]) -> Key:
    """Raises `CursorError` unless it holds a key of this type."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = msgspec.json.decode(raw, type=kind)
    except ValueError as error:
        raise CursorError(cursor) from error
    if any("\0" in part for part in key if isinstance(part, str)):
        raise CursorError(cursor)
    return key


def cut(items: Sequence[T], key: Callable[[T], tuple[str, ...]], *, limit: int, cursor: str | None) -> Page[T]:
    """The page of `items` after `cursor`. `items` are sorted by `key`."""
    rest = items
    if cursor is not None:
        after = decode_cursor(cursor, tuple[str, ...])
        if items and len(after) != len(key(items[0])):
            raise CursorError(cursor)
        rest = [item for item in items if key(item) > after]
    page = list(rest[:limit])
    following = encode_cursor(key(page[-1])) if len(rest) > limit else None
    return Page(items=page, total=len(items), next_cursor=following)
