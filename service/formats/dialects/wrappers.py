"""A call and what is only wrapped round it: two spans of one scope, one below the other, are one call."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.core.usage import Call

_DEEPEST = 64
"""Parents looked at above a call."""


class Span(NamedTuple):
    """Of one request, with the call that it may stand for."""

    trace: str
    id: str
    parent: str
    scope: str
    is_tool: bool
    call: Call | None = None


def without_wrappers(spans: Sequence[Span]) -> Iterator[Call | None]:
    """Of each span its call, and None for one that has a call of its own scope below it.

    Another scope's is another reporter's, and stays: reporters are never added up. Below a tool begins other work.
    """
    calls = [span for span in spans if span.call is not None]
    scopes: defaultdict[tuple[str, str], int] = defaultdict(int)
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


def _above(call: Span, by_id: dict[tuple[str, str], Span]) -> Iterator[tuple[str, str]]:
    span: Span | None = call
    for _ in range(_DEEPEST):
        span = by_id.get((span.trace, span.parent)) if span is not None and span.parent else None
        if span is None or span.is_tool or span.id == call.id:
            return
        if span.call is not None and span.scope == call.scope:
            yield span.trace, span.id
