"""Block Kit's blocks, and Slack's limits on them in one place.

Source: the Block Kit reference (50 blocks, 3,000 characters a text, 150 a header, 10 fields of 2,000). It does not
state the limit of a whole message, behind the refusal `msg_blocks_too_long`: people met it from 11,000 characters on.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from service.core.messages.message import Block
from service.core.messages.text import size

MAX_BLOCKS = 50
MAX_TEXT = 3000
MAX_HEADER = 150
MAX_MESSAGE = 10_000
"""Bytes of JSON of all blocks of one message."""

CONTINUES = "The list goes on in the thread."


def header(text: str) -> Block:
    """`text` is escaped and within MAX_HEADER."""
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def sections(lines: Iterable[str]) -> Iterator[Block]:
    """As few sections as hold the lines, in order. A line is never divided, and is within MAX_TEXT."""
    held: list[str] = []
    room = MAX_TEXT
    for line in lines:
        needed = size(line) + 1
        if held and needed > room:
            yield section("\n".join(held))
            held, room = [], MAX_TEXT
        held.append(line)
        room -= needed
    if held:
        yield section("\n".join(held))


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Label above value, two columns. At most ten pairs."""
    return {"type": "section", "fields": [_mrkdwn(f"*{label}*\n{value}") for label, value in pairs]}


def context(parts: Iterable[str]) -> Iterator[Block]:
    """Small grey print, one line where it fits; nothing for no parts."""
    if text := " · ".join(parts):
        yield {"type": "context", "elements": [_mrkdwn(text)]}


def divider() -> Block:
    return {"type": "divider"}


def paginate(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Pages within MAX_BLOCKS and MAX_MESSAGE, in order and complete. The first says so when others follow. No page
    ends with a header that belongs to what follows, or begins with a divider."""
    closing = list(context([CONTINUES]))
    budget = MAX_MESSAGE - sum(map(_weight, closing))
    page: list[Block] = []
    weight = 0
    pages: list[list[Block]] = []
    for block in blocks:
        if page and (len(page) >= MAX_BLOCKS - len(closing) or weight + _weight(block) > budget):
            kept = _without_trailing(page)
            pages.append(page[:kept])
            page = [one for one in page[kept:] if one["type"] == "header"]
            weight = sum(map(_weight, page))
        if page or block["type"] != "divider":
            page.append(block)
            weight += _weight(block)
    pages.append(page)
    if len(pages) > 1:
        pages[0] += closing
    yield from pages


def _without_trailing(page: Sequence[Block]) -> int:
    """How many blocks are left without the headers and dividers at the end; at least one."""
    kept = len(page)
    while kept > 1 and page[kept - 1]["type"] in {"header", "divider"}:
        kept -= 1
    return kept


def _weight(block: Block) -> int:
    return len(msgspec.json.encode(block))


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack makes no links or mentions of what merely looks like a channel or a person.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
