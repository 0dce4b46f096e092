"""A message: what is posted to one destination, and stored as it is sent."""

from dataclasses import dataclass

from msgspec import Struct

from service.core.wording.blocks import Block


class Message(Struct, frozen=True):
    """`blocks`, then each of `replies` in its thread."""

    text: str
    """The fallback text: what a notification on a phone shows. One line, not escaped."""
    blocks: tuple[Block, ...]
    replies: tuple[tuple[Block, ...], ...] = ()
    """What did not fit: each is the blocks of one reply in the thread, in this order."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message can point to. `page` is the address of lastcall's own page; None: it has no public address."""

    page: str | None = None
