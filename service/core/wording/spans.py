"""Text with its style, as data. A plain string is a span: a renderer escapes it, so it may quote a name from a log."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct


class Code(Struct, frozen=True, tag="code"):
    """A name, shown as code."""

    text: str


class Link(Struct, frozen=True, tag="link"):
    """`url` is http or https, as `names.link` ensures."""

    url: str
    label: str


class Bold(Struct, frozen=True, tag="bold"):
    spans: tuple[str | Code, ...]


Span = str | Code | Link | Bold
Spans: TypeAlias = tuple[Span, ...]
"""A text. A line break is `\\n` in a string."""


def say(*parts: Span | Spans) -> Spans:
    """Joins the parts to one text; adjacent strings become one."""
    said: list[Span] = []
    for part in _flat(parts):
        if isinstance(part, str) and said and isinstance(said[-1], str):
            said[-1] += part
        elif part != "":
            said.append(part)
    return tuple(said)


def _flat(parts: Iterable[Span | Spans]) -> Iterator[Span]:
    for part in parts:
        yield from part if isinstance(part, tuple) else (part,)


def bold(*parts: str | Code) -> Bold:
    return Bold(parts)


def listed(items: Iterable[Span | Spans], joint: str = "and") -> Spans:
    """`a`, `a and b`, `a, b and c`. Not empty."""
    *most, last = items
    between = [part for item in most for part in (", ", item)]
    return say(*between[1:], f" {joint} ", last) if most else say(last)
