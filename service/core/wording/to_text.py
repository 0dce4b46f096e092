"""Spans and blocks -> plain text for the terminal: no colour, no line wrapping."""

from collections.abc import Iterable, Iterator, Sequence

from service.core.wording.blocks import CONTINUES, Block, Divider, Fields, Header, Section, SmallText
from service.core.wording.spans import Bold, Code, Link, Span, Spans


def to_text(blocks: Iterable[Block]) -> str:
    return "\n".join(line for block in blocks for line in _lines(block))


def thread_to_text(blocks: Sequence[Block], replies: Sequence[Sequence[Block]]) -> str:
    """A message and its replies as one text, without the line that points to the thread."""
    whole = [*blocks, *(block for reply in replies for block in reply)]
    return to_text(block for block in whole if block != CONTINUES)


def plain(spans: Spans) -> str:
    return "".join(map(_span, spans))


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Header(text):
            yield text
        case Section(spans) | SmallText(spans):
            yield plain(spans)
        case Fields(pairs):
            yield from (f"  {label}: {value}" for label, value in pairs)
        case Divider():
            yield "─" * 40


def _span(span: Span) -> str:
    match span:
        case str():
            return span
        case Code(text):
            return text
        case Bold(spans):
            return plain(spans)
        case Link(url, label):
            return f"{label} ({url})"
