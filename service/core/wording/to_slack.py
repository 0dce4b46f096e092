"""Spans and blocks -> Slack's mrkdwn and Block Kit. The only module that escapes for Slack and knows its markup."""

from typing import Any

from service.core.wording.blocks import Block, Divider, Fields, Header, Section, SmallText
from service.core.wording.spans import Bold, Code, Link, Span, Spans

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ"})
"""Slack cannot escape a backtick, which would begin or end a code span."""
_IN_URL = str.maketrans({"|": "%7C", " ": "%20", "<": "%3C", ">": "%3E", "&": "&amp;"})


def size(text: str) -> int:
    """Length of the escaped text in UTF-16 units, as Slack counts."""
    return _units(escaped(text))


def size_of(spans: Spans) -> int:
    return _units(mrkdwn(spans))


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def escaped(text: str) -> str:
    """Escaped, `<!channel>` is plain text, also in the fallback text of a message."""
    return text.translate(_ESCAPED)


def mrkdwn(spans: Spans) -> str:
    return "".join(map(_span, spans))


def _span(span: Span) -> str:
    match span:
        case str():
            return escaped(span)
        case Code(text):
            return f"`{escaped(text)}`"
        case Bold(spans):
            return f"*{mrkdwn(spans)}*"
        case Link(url, label):
            return f"<{url.translate(_IN_URL)}|{escaped(label)}>"


def block(part: Block) -> dict[str, Any]:
    match part:
        case Header(text):
            return {"type": "header", "text": {"type": "plain_text", "text": escaped(text), "emoji": True}}
        case Section(spans):
            return {"type": "section", "text": _text(mrkdwn(spans))}
        case Fields(pairs):
            return {
                "type": "section",
                "fields": [_text(f"*{escaped(label)}*\n{escaped(value)}") for label, value in pairs],
            }
        case SmallText(spans):
            return {"type": "context", "elements": [_text(mrkdwn(spans))]}
        case Divider():
            return {"type": "divider"}


def _text(text: str) -> dict[str, Any]:
    # verbatim: Slack does not turn text that resembles a channel or a person into a link or a mention.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
