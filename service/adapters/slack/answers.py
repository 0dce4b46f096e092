"""The fields of Slack's answers that are read. Answers of another shape are rejected as a whole."""

from typing import Annotated, Any

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,50}$")]
Ts = Annotated[str, Meta(pattern=r"^[0-9.]{1,50}$")]


class Ok(Struct, frozen=True):
    """An answer without further fields."""


class Posted(Struct, frozen=True):
    channel: Id
    ts: Ts


class _WithId(Struct, frozen=True):
    id: Id


class User(Struct, frozen=True):
    user: _WithId


class OpenedChannel(Struct, frozen=True):
    channel: _WithId


class _Group(Struct, frozen=True):
    id: Id
    handle: str
    users: list[Id] = []


class Groups(Struct, frozen=True):
    usergroups: list[_Group]


class _More(Struct, frozen=True):
    next_cursor: str = ""


class _Channel(Struct, frozen=True):
    id: Id
    name: str


class Conversations(Struct, frozen=True):
    channels: list[_Channel]
    response_metadata: _More | None = None


class Listed(Struct, frozen=True):
    """A message of a conversation."""

    ts: Ts
    metadata: dict[str, Any] | None = None


class Messages(Struct, frozen=True):
    messages: list[Listed]
    response_metadata: _More | None = None


def cursor_of(page: Conversations | Messages) -> str:
    """Empty after the last page."""
    return page.response_metadata.next_cursor if page.response_metadata else ""
