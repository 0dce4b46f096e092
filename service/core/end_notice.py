"""What a provider's answer says of the end of its model: response headers, in the words of the log.

`Sunset` (RFC 8594) and `Deprecation` (RFC 9745 and its drafts) may be about an address of the API, not about the model.
`x-model-deprecation-timestamp` is Mistral's header, and about the model.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TypeVar

from service.core.usage import EndNotice, EndWords, Scalar, Words

Usable = TypeVar("Usable", date, bool)
_LONGEST = 64
_FIRST_YEAR, _LAST_YEAR = 2015, 2100


def end_notice(words: EndWords) -> EndNotice | None:
    """None: no word is usable. Total."""
    model, sunset = _day_in(words.model_deprecation), _day_in(words.sunset)
    deprecated_on = _day_in(words.deprecation)
    if model is not None:
        return EndNotice("x-model-deprecation-timestamp", deprecated_on, model)
    if sunset is not None:
        return EndNotice("sunset", deprecated_on, sunset)
    if deprecated_on is not None or _first(words.deprecation, _is_true):
        return EndNotice("deprecation", deprecated_on, None)
    return None


def _day_in(words: Words) -> date | None:
    return _first(words, _day)


def _first(words: Words, usable: Callable[[Scalar], Usable | None]) -> Usable | None:
    if isinstance(words, tuple):
        return next((found for word in words if (found := _first(word, usable))), None)
    return usable(words)


def _is_true(word: Scalar) -> bool:
    return word is True or (isinstance(word, str) and word.strip().lower() in {"true", "?1"})


@lru_cache(maxsize=1024)
def _day(word: Scalar) -> date | None:
    """The UTC day of an HTTP date, an ISO 8601 time or day, or seconds since 1970, with or without `@`."""
    if isinstance(word, bool) or word is None:
        return None
    text = str(word).strip()
    if not 0 < len(text) <= _LONGEST:
        return None
    for parse in (_seconds, datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
            day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError, OSError, TypeError, IndexError):
            continue
        return day if _FIRST_YEAR <= day.year < _LAST_YEAR else None
    return None


def _seconds(text: str) -> datetime:
    return datetime.fromtimestamp(float(text.removeprefix("@")), UTC)
