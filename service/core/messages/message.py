"""A message: the payload for one destination, stored as sent."""

from msgspec import Struct

from service.core.wording.blocks import Block


class Message(Struct, frozen=True):
    """`blocks`, then each of `replies` in its thread."""

    text: str
    """Fallback text, as a phone's notification shows it. One line, not escaped."""
    blocks: tuple[Block, ...]
    replies: tuple[tuple[Block, ...], ...] = ()
    """Continuations: the blocks of each reply in the thread, in order."""
