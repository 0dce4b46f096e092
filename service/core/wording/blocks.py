"""The blocks of a message, as data: stored, and rendered for Slack, the page and the terminal."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from service.core.wording.spans import Spans


class Header(Struct, frozen=True, tag="header"):
    text: str


class Section(Struct, frozen=True, tag="section"):
    text: Spans


class Fields(Struct, frozen=True, tag="fields"):
    """Label above value, in two columns. At most ten pairs."""

    pairs: tuple[tuple[str, str], ...]


class SmallText(Struct, frozen=True, tag="context"):
    """Small grey text on one line."""

    text: Spans


class Divider(Struct, frozen=True, tag="divider"):
    pass


Block = Header | Section | Fields | SmallText | Divider
CONTINUES = SmallText(("The list goes on in the thread.",))
"""Last block of a message with replies, in Slack."""


def read_blocks(stored: Sequence[object]) -> tuple[Block, ...]:
    """Total: a block of another release that this one cannot read is replaced by a placeholder."""
    return tuple(map(_read, stored))


def _read(stored: object) -> Block:
    try:
        block: Block = msgspec.convert(stored, Block)
    except msgspec.ValidationError:
        return Section(("[something that lastcall cannot show]",))
    return block
