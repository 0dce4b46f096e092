"""Wrapper spans: two spans of one scope, one below the other, are one call."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from service.core.usage import Call, Words

_DEEPEST = 64
"""Maximum number of parents checked per call."""
_SIDE_WORK = frozenset({"embeddings", "rerank"})
"""Operations that a chat does not wrap: a look-up below a chat is a separate call."""


class PlacedSpan(NamedTuple):
    """A span of one request, with the call that it may be."""

    trace: str
    id: str
    parent: str
    scope: Hashable
    """Identifies the process: another resource has its own spans."""
    is_tool: bool
    call: Call | None = None


def without_wrappers(spans: Sequence[PlacedSpan]) -> Iterator[Call | None]:
    """The call of each span; None for a span with a call of its own scope below it.

    A call of another scope has another reporter, and stays: reporters are never added up. Below a tool, separate work
    begins.
    """
    calls = [span for span in spans if span.call is not None]
    scopes: defaultdict[tuple[str, Hashable], int] = defaultdict(int)
    for span in calls:
        scopes[span.trace, span.scope] += 1
    wrappers: set[tuple[str, str]] = set()
    if any(number > 1 for number in scopes.values()):
        by_id = {(span.trace, span.id): span for span in spans}
        for span in calls:
            if scopes[span.trace, span.scope] > 1:
                wrappers.update(_above(span, by_id))
    for span in spans:
        yield span.call if (span.trace, span.id) not in wrappers else None


def _above(call: PlacedSpan, by_id: dict[tuple[str, str], PlacedSpan]) -> list[tuple[str, str]]:
    """Wrappers of a call. Empty if the parents form a cycle: the wrapper is unknown."""
    found: list[tuple[str, str]] = []
    span: PlacedSpan | None = call
    for _ in range(_DEEPEST):
        span = by_id.get((span.trace, span.parent)) if span is not None and span.parent else None
        if span is None or span.is_tool:
            return found
        if span.id == call.id:
            return []
        if span.call is not None and span.scope == call.scope and _side_work(span) == _side_work(call):
            found.append((span.trace, span.id))
    return found


def _side_work(span: PlacedSpan) -> Words:
    """The operation if it is one of `_SIDE_WORK`."""
    operation = span.call.who.operation if span.call is not None else None
    words = operation if isinstance(operation, tuple) else (operation,)
    return next((word for word in words if word in _SIDE_WORK), None)
