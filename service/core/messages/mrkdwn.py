"""Slack's mrkdwn -> spans. Total: what is no markup is text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Style = Literal["bold", "italic", "strike"]
_STYLES: dict[str, Style] = {"*": "bold", "_": "italic", "~": "strike"}
_TOKEN = re.compile(
    r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>|(?P<newline>\n)|(?P<mark>[*_~])", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Of a person, a channel, a group, or everybody."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line."""


@dataclass(frozen=True, slots=True)
class Styled:
    style: Style
    spans: tuple["Span", ...]


Span = Text | Code | Link | Mention | Break | Styled


@dataclass(frozen=True, slots=True)
class _Mark:
    """A `*`, `_` or `~` that may begin or end a style: not inside a word, and next to what it styles."""

    sign: str
    opens: bool
    closes: bool


def parse(text: str) -> tuple[Span, ...]:
    """Styles nest, span one line, and may hold code and links."""
    spans: list[Span | _Mark] = []
    for token in _tokens(text):
        match token:
            case _Mark(sign=sign, closes=True) if (start := _opening(spans, sign)) is not None:
                inner = tuple(_settled(span) for span in spans[start + 1 :])
                spans[start:] = [Styled(_STYLES[sign], inner)]
            case Break():
                spans = [*map(_settled, spans), token]
            case _:
                spans.append(token)
    return tuple(map(_settled, spans))


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _tokens(text: str) -> Iterator[Span | _Mark]:
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield Text(unescape(text[end : match.start()]))
        end = match.end()
        yield _token(match)
    if end < len(text):
        yield Text(unescape(text[end:]))


def _token(match: re.Match[str]) -> Span | _Mark:
    match match.lastgroup:
        case "pre" | "code":
            return Code(unescape(match[match.lastgroup]))
        case "angle":
            return _angle(match["angle"])
        case "newline":
            return Break()
        case _:
            text, start, end = match.string, match.start(), match.end()
            before, after = text[max(0, start - 1) : start], text[end : end + 1]
            return _Mark(
                match["mark"],
                opens=not before.isalnum() and bool(after.strip()),
                closes=bool(before.strip()) and not after.isalnum(),
            )


def _angle(inside: str) -> Span:
    """`<url|label>`, `<@U1>`, `<#C1|name>`, `<!here>`"""
    target, _, label = inside.partition("|")
    if target[0] in "@#!":
        return Mention(unescape(label or target))
    return Link(unescape(target), unescape(label or target))


def _opening(spans: Sequence[Span | _Mark], sign: str) -> int | None:
    for index in range(len(spans) - 1, -1, -1):
        span = spans[index]
        if isinstance(span, _Mark) and span.sign == sign and span.opens:
            return index if index < len(spans) - 1 else None
    return None


def _settled(span: Span | _Mark) -> Span:
    return Text(span.sign) if isinstance(span, _Mark) else span
