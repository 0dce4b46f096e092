"""Spans and blocks -> HTML. The only module that escapes messages for HTML.

The HTML belongs inside an element of class `slack`. Its own classes: `slack-header`, `slack-section`, `slack-fields`
of `slack-field`, `slack-context`, `slack-divider`. Indented lines begin with spaces: `.slack` needs `white-space:
pre-wrap`.
"""

import html
from collections.abc import Iterable

from service.core.wording.blocks import Block, Divider, Fields, Header, Section, SmallText
from service.core.wording.spans import Bold, Code, Link, Span, Spans


def to_html(blocks: Iterable[Block]) -> str:
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Header(text):
            return f'<div class="slack-header">{html.escape(text)}</div>'
        case Section(spans):
            return f'<div class="slack-section">{_spans(spans)}</div>'
        case Fields(pairs):
            inside = (
                f'<span class="slack-field"><b>{_span(label)}</b><br>{_span(value)}</span>' for label, value in pairs
            )
            return f'<div class="slack-fields">{"".join(inside)}</div>'
        case SmallText(spans):
            return f'<div class="slack-context"><span>{_spans(spans)}</span></div>'
        case Divider():
            return '<hr class="slack-divider">'


def _spans(spans: Spans) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    match span:
        case str():
            return html.escape(span).replace("\n", "<br>")
        case Code(text):
            return f"<code>{html.escape(text)}</code>"
        case Bold(spans):
            return f"<b>{_spans(spans)}</b>"
        case Link(url, label):
            return f'<a href="{html.escape(url)}" rel="noopener noreferrer nofollow">{html.escape(label)}</a>'
