"""Detects errors that report that a model is gone. Each platform has its own wording, which counts for it only.

The wording is in the head of the platform's file. Some platforms use the same wording for a misspelt model or a missing
permission. So the flag counts only for models that are deprecated in the catalog.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from service.core.error_text import LONGEST_READ
from service.core.identity.platform import Gone
from service.core.identity.platforms import Platforms

_BARE_STATUS = frozenset({404, 410})
_BARE_CODES = frozenset(
    {None, "404", "410", "NOT_FOUND", "NotFound", "NotFoundError", "not_found_error", "resource_not_found_error"}
)
"""Codes of a "not found" without further text: gateways that do not store bodies log no more."""


class _Words(NamedTuple):
    literal: str
    """Part of every matching text. Searching for it costs a hundredth of the expression."""
    expression: re.Pattern[str]
    status: int | None

    @classmethod
    def of(cls, words: str, status: str | None) -> "_Words":
        """The literal is empty if the expression contains more than plain characters and what `_LITERALS` splits."""
        parts = _LITERALS.split(words)
        literal = "" if any(map(_SPECIAL.search, parts)) else max(parts, key=len)
        return cls(literal, re.compile(words), int(status) if status else None)

    def match(self, text: str, status: int | None) -> bool:
        return (
            self.literal in text
            and (self.status is None or self.status == status)
            and self.expression.search(text) is not None
        )


_LITERALS = re.compile(r"\(\?:[^)]*\)\??|\[[^]]*\]|\\\\\*|\\.[+*]?|\.\{[^}]*\}")
"""Splits an expression at everything but plain characters."""
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")


class _Phrases(NamedTuple):
    codes: frozenset[str]
    words: tuple[_Words, ...]

    @classmethod
    def of(cls, ways: Iterable[Gone]) -> "_Phrases":
        ways = tuple(ways)
        words = dict.fromkeys((way.words, way.status) for way in ways if way.words)
        return cls(frozenset(way.code for way in ways if way.code), tuple(_Words.of(*each) for each in words))

    def match(self, code: str | None, message: str | None, status: int | None) -> bool:
        if code in self.codes:
            return True
        if not message:
            return False
        text = message[:LONGEST_READ].lower()
        return any(words.match(text, status) for words in self.words)


class _Table(NamedTuple):
    every: _Phrases
    by_platform: Mapping[str, _Phrases]


@lru_cache(maxsize=4)
def _table(platforms: Platforms) -> _Table:
    return _Table(
        _Phrases.of(way for each in platforms for way in each.gone),
        {each.platform: _Phrases.of(each.gone) for each in platforms if each.gone and not each.router},
    )


def says_end_of_life(
    platforms: Platforms, platform: str | None, code: str | None, message: str | None, status: int | None = None
) -> bool:
    """For a failed call on `platform`. Its wording counts; that of all platforms if it is None (unknown, or a gateway
    answered), a router, or has no wording in the catalog.

    A "not found" without further text means the model: the path of a call names little else.
    """
    if not message and code in _BARE_CODES and (status in _BARE_STATUS or (status is None and code is not None)):
        return True
    table = _table(platforms)
    return table.by_platform.get(platform or "", table.every).match(code, message, status)
