"""Parses single values from untrusted logs: bounded, printable, of the right type, or None.

A missing, misspelt or absurd field is unknown; its call still counts.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from service.core.secret import SHORTEST_SECRET, holds_secret
from service.core.usage import Scalar, Words

MAX_TEXT = 256
"""Longest accepted text. The longest real ids are Bedrock ARNs, below 200 characters."""
MAX_COUNT = 1_000_000_000
"""Largest accepted token count. The sum of a busy hour still fits into 64 bits."""
MAX_MS = 604_800_000.0
"""A week: the longest accepted duration."""
_MAX_URL = 2048
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}")


class _Memo(dict[Any, Any]):
    """Cache of a pure function of a short hashable value, for the few values that most records share.

    A hit takes a fifth of the time of a call. A full cache is cleared, so its size is bounded.
    """

    _SIZE = 8192

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, value: Any) -> Any:
        answer = self._answer(value)
        if type(value) is not str or len(value) <= MAX_TEXT:
            if len(self) >= self._SIZE:
                self.clear()
            self[value] = answer
        return answer


def memoised(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """For hashable values."""
    return _Memo(answer).__getitem__


def text(value: Any) -> str | None:
    """Printable text of 1 to 256 characters, stripped. None for anything else, for text with a key, and for text with a
    replacement character."""
    if type(value) is not str:
        return None
    found: str = value.strip()
    length = len(found)
    if not 0 < length <= MAX_TEXT or not found.isprintable() or "\ufffd" in found:
        return None
    return None if length >= SHORTEST_SECRET and holds_secret(found) else found


name: Callable[[Scalar], str | None] = memoised(text)
"""Cached `text`, for values that repeat (services, models, providers), not for request ids."""


def first(words: Words, usable: Callable[[Scalar], str | None] = name) -> str | None:
    """The first usable word."""
    if isinstance(words, tuple):
        return next((found for word in words if (found := first(word, usable)) is not None), None)
    return usable(words)


def count(value: Any) -> int | None:
    """A whole number from 0 to `MAX_COUNT`, also from text or a float."""
    if type(value) is int:
        return value if 0 <= value <= MAX_COUNT else None
    if value is None:
        return None
    number = _whole(value)
    return number if number is not None and 0 <= number <= MAX_COUNT else None


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.isdigit():
        return int(value)
    return None


def http_status(value: Any) -> int | None:
    """100 to 599, from a number or its text."""
    number = count(value)
    return number if number is not None and 100 <= number <= 599 else None


def milliseconds(value: Any) -> float | None:
    """A duration from 0 to a week."""
    if type(value) is float or type(value) is int:
        return float(value) if 0 <= value <= MAX_MS else None
    return None


def truth(value: Any) -> bool | None:
    """A boolean, its text in any case, or 1 and 0."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value[:5].lower())
    return bool(value) if value in (0, 1) else None


def _environment(value: Any) -> str | None:
    found = text(value)
    return found.lower() if found is not None else None


environment: Callable[[Scalar], str | None] = memoised(_environment)
"""In lower case. "prod" and "production" stay different: they may be two environments."""


def _host(url: Any) -> str | None:
    if type(url) is not str or not 0 < len(url) <= _MAX_URL:
        return None
    try:
        found = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None
    return text(found) if found and _HOST.fullmatch(found) else None


host: Callable[[Scalar], str | None] = memoised(_host)
"""Host name of a URL or of `host[:port]`, lower case."""
