"""Slack blocks -> HTML for the outbox page, and -> text for the terminal: what a person would read in Slack.

Total: any JSON gives something, and a block that is not known is named, not dropped. The HTML has no script, no style,
and no attribute from the message but the address of a link, http or https only.

The HTML stands in an element of class `slack`. Its own classes: `slack-header`, `slack-section`, `slack-fields` of
`slack-field`, `slack-context`, `slack-divider`, `slack-actions` of `slack-button`, `slack-unknown`; in texts
`slack-mention`. Indented lines begin with spaces: `.slack` needs `white-space: pre-wrap`.
"""

import html
from collections.abc import Iterator, Sequence
from typing import Any

from service.core.messages.blocks import CONTINUES, context
from service.core.messages.mrkdwn import Break, Code, Link, Mention, Span, Style, Styled, Text, parse, unescape

_TAGS: dict[Style, str] = {"bold": "b", "italic": "i", "strike": "s"}


def to_html(blocks: Sequence[Any]) -> str:
    return "".join(map(_block_html, blocks))


def to_text(blocks: Sequence[Any]) -> str:
    """Lines of plain text, a block after the other; no colour, no line wrapping."""
    return "\n".join(line for block in blocks for line in _block_lines(block))


def thread_to_text(blocks: Sequence[Any], replies: Sequence[Sequence[Any]]) -> str:
    """A message and what follows in its thread as one text, without the line that sends a reader of Slack there."""
    whole = [*blocks, *(block for reply in replies for block in reply)]
    onward = list(context([CONTINUES]))
    return to_text([block for block in whole if block not in onward])


def _block_html(block: Any) -> str:
    match block:
        case {"type": "header", "text": text}:
            return f'<div class="slack-header">{_text_html(text)}</div>'
        case {"type": "section", **parts} if "text" in parts or "fields" in parts:
            text = f'<div class="slack-section">{_text_html(parts["text"])}</div>' if "text" in parts else ""
            return text + _many_html("slack-fields", "slack-field", parts.get("fields"))
        case {"type": "context", "elements": elements}:
            return _many_html("slack-context", None, elements)
        case {"type": "actions", "elements": elements}:
            return _many_html("slack-actions", "slack-button", [_label(element) for element in _list(elements)])
        case {"type": "divider"}:
            return '<hr class="slack-divider">'
        case _:
            return f'<div class="slack-unknown">{html.escape(_unknown(block))}</div>'


def _many_html(around: str, each: str | None, texts: Any) -> str:
    tag = f'<span class="{each}">' if each else "<span>"
    inside = "".join(f"{tag}{_text_html(text)}</span>" for text in _list(texts))
    return f'<div class="{around}">{inside}</div>' if inside else ""


def _text_html(text: Any) -> str:
    match text:
        case {"type": "plain_text", "text": str(plain)}:
            return html.escape(unescape(plain))
        case {"type": "mrkdwn", "text": str(mrkdwn)}:
            return "".join(map(_span_html, parse(mrkdwn)))
        case _:
            return html.escape(_unknown(text))


def _span_html(span: Span) -> str:
    match span:
        case Text(text):
            return html.escape(text)
        case Code(text):
            return f"<code>{html.escape(text)}</code>"
        case Mention(text):
            return f'<span class="slack-mention">{html.escape(text)}</span>'
        case Break():
            return "<br>"
        case Styled(style, spans):
            return f"<{_TAGS[style]}>{''.join(map(_span_html, spans))}</{_TAGS[style]}>"
        case Link(url, label):
            return _link_html(url, label)


def _link_html(url: str, label: str) -> str:
    if not url.lower().startswith(("http://", "https://")):
        return html.escape(label)
    return f'<a href="{html.escape(url)}" rel="noopener noreferrer nofollow">{html.escape(label)}</a>'


def _block_lines(block: Any) -> Iterator[str]:
    match block:
        case {"type": "header", "text": text}:
            yield _text_plain(text)
        case {"type": "section", **parts} if "text" in parts or "fields" in parts:
            if "text" in parts:
                yield _text_plain(parts["text"])
            for field in _list(parts.get("fields")):
                yield "  " + _text_plain(field).replace("\n", ": ", 1)
        case {"type": "context" | "actions" as kind, "elements": elements}:
            texts = map(_label, _list(elements)) if kind == "actions" else _list(elements)
            yield " · ".join(map(_text_plain, texts))
        case {"type": "divider"}:
            yield "─" * 40
        case _:
            yield _unknown(block)


def _text_plain(text: Any) -> str:
    match text:
        case {"type": "plain_text", "text": str(plain)}:
            return unescape(plain)
        case {"type": "mrkdwn", "text": str(mrkdwn)}:
            return "".join(map(_span_plain, parse(mrkdwn)))
        case _:
            return _unknown(text)


def _span_plain(span: Span) -> str:
    match span:
        case Text(text) | Code(text) | Mention(text):
            return text
        case Break():
            return "\n"
        case Styled(_, spans):
            return "".join(map(_span_plain, spans))
        case Link(url, label):
            return label if label == url else f"{label} ({url})"


def _label(element: Any) -> Any:
    """The text object of a button."""
    return element.get("text", element) if isinstance(element, dict) else element


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _unknown(part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return f"[{kind if isinstance(kind, str) else 'something'} that lastcall cannot show]"
