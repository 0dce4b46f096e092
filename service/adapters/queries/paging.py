"""Bounded pages. A cursor is the key of the last item, so a growing list neither repeats nor skips items."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

import base64
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class AnswerModel(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Page(AnswerModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    total: int | None = Field(default=None, description="Number of all matches; null: not counted.")
    next_cursor: str | None = Field(
        default=None, description="Value of `cursor` for the next page; null: this is the last page."
    )


Key = tuple[str, ...]

MAX_PAGE = 500


class CursorError(ValueError):
    """The cursor is invalid, or belongs to another list."""


def encode_cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str, *, length: int | None = None) -> Key:
    """Raises `CursorError` unless it holds `length` strings; None: any number."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = msgspec.json.decode(raw, type=tuple[str, ...])
    except ValueError as error:
        raise CursorError(cursor) from error
    if (length is not None and len(key) != length) or any("\0" in part for part in key):
        raise CursorError(cursor)
    return key


def cut(items: Sequence[T], key: Callable[[T], Key], *, limit: int, cursor: str | None) -> Page[T]:
    """The page of `items` after `cursor`. `items` are sorted by `key`."""
    rest = items
    if cursor is not None:
        after = decode_cursor(cursor, length=len(key(items[0])) if items else None)
        rest = [item for item in items if key(item) > after]
    page = list(rest[:limit])
    following = encode_cursor(key(page[-1])) if len(rest) > limit else None
    return Page(items=page, total=len(items), next_cursor=following)
