"""Lines -> blocks -> pages within Slack's limits.

Source: the Block Kit reference (50 blocks, 3,000 characters a text, 150 a header, 10 fields of 2,000). It does not
state the limit for a whole message, which Slack refuses as `msg_blocks_too_long`: reports of this error start at
11,000 characters.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from service.core.wording import to_slack
from service.core.wording.blocks import CONTINUES, Block, Divider, Header, Section, SmallText
from service.core.wording.names import name
from service.core.wording.spans import Span, Spans, say

MAX_BLOCKS = 50
MAX_TEXT = 3000
MAX_HEADER = 150
MAX_MESSAGE = 10_000
"""Maximum JSON bytes of all blocks of one message."""


def header(mark: str, id_: str, what: str) -> Header:
    """`🔴 gpt-4.5-preview shuts down today`: the id is cut if it is too long."""
    return Header(f"{mark} {name(id_, MAX_HEADER - to_slack.size(mark + what) - 1)}{what}")


def section(*parts: Span | Spans) -> Section:
    return Section(say(*parts))


def sections(lines: Iterable[Spans]) -> Iterator[Section]:
    """Combines lines into as few sections as possible, in order. No line is split; each is within MAX_TEXT."""
    held: list[Spans] = []
    room = MAX_TEXT
    for line in lines:
        needed = to_slack.size_of(line) + 1
        if held and needed > room:
            yield Section(_joined(held, "\n"))
            held, room = [], MAX_TEXT
        held.append(line)
        room -= needed
    if held:
        yield Section(_joined(held, "\n"))


def context(parts: Iterable[Span | Spans]) -> Iterator[SmallText]:
    """Empty without parts."""
    if held := list(parts):
        yield SmallText(_joined(held, " · "))


def _joined(parts: Sequence[Span | Spans], joint: str) -> Spans:
    return say(*[one for part in parts for one in (joint, part)][1:])


def paginate(blocks: Sequence[Block]) -> Iterator[tuple[Block, ...]]:
    """Pages within MAX_BLOCKS and MAX_MESSAGE, in order and complete. The first points to the others, if any. No page
    ends with a header of the next page's content, or begins with a divider."""
    budget = MAX_MESSAGE - _weight(CONTINUES)
    page: list[Block] = []
    weight = 0
    pages: list[list[Block]] = []
    for block in blocks:
        if page and (len(page) >= MAX_BLOCKS - 1 or weight + _weight(block) > budget):
            kept = len(page)
            while kept > 1 and isinstance(page[kept - 1], Header | Divider):
                kept -= 1
            pages.append(page[:kept])
            page = [one for one in page[kept:] if isinstance(one, Header)]
            weight = sum(map(_weight, page))
        if page or not isinstance(block, Divider):
            page.append(block)
            weight += _weight(block)
    pages.append(page)
    if len(pages) > 1:
        pages[0].append(CONTINUES)
    yield from map(tuple, pages)


def _weight(block: Block) -> int:
    return len(msgspec.json.encode(to_slack.block(block)))
