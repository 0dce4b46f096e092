"""Cleans the raw words of a call, for identity, attribution and outcome. No other module cleans calls."""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import msgspec

from service.core.end_notice import end_notice
from service.core.end_of_life import says_end_of_life
from service.core.error_text import UNNAMED, code_in, status_in
from service.core.identity.platforms import Platforms, known_platforms
from service.core.identity.provider_words import NOTHING, answering_platform, names_deployments, read_word
from service.core.series import UNKNOWN_SERVICE, SeriesKey, bounded
from service.core.usage import Call, EndNotice, FieldKind, Format, Scalar, UsageEvent, Who, Words
from service.core.values import count, environment, first, host, http_status, memoised, milliseconds, name, text, truth

_LONGEST_REMEMBERED = 2_048
"""Characters of all words together. Longer words are mostly unique per call; they are not cached, to bound memory."""
_LONGEST_ERROR = 256
_IDENTIFIER = re.compile(r"<class '([\w.]+)'>|([\w.:/#-]+)")


class Cleaned(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The cleaned words of a call. Fields have the same meaning as in `UsageEvent`."""

    format: Format
    series: SeriesKey
    service: str | None
    operation: str | None
    status: int | None
    error_code: str | None
    end_of_life: bool
    streaming: bool | None
    end_notice: EndNotice | None
    key_owner: str | None

    @property
    def failed(self) -> bool:
        """Whether the call has a status of 400 or more, or an error code."""
        return self.error_code is not None or (self.status is not None and self.status >= 400)


def cleaned(who: Who) -> Cleaned:
    """Cleans with the platforms of this process. Cached for words that calls share."""
    platforms = known_platforms()
    return _remembered(platforms)(who) if may_be_remembered(who) else _clean(platforms, who)


def may_be_remembered(who: Who) -> bool:
    """False for long error texts, which are mostly unique per call."""
    return (who.error_text is None or len(who.error_text) <= _LONGEST_ERROR) and are_short(who)


def are_short(words: Any) -> bool:
    """Words, or tuples and structs of words, that a bounded number of may be remembered."""
    return _length(words) <= _LONGEST_REMEMBERED


def _length(words: Any) -> int:
    if type(words) is str or type(words) is bytes:
        return len(words)
    if isinstance(words, msgspec.Struct):
        words = msgspec.structs.astuple(words)
    elif type(words) is not tuple:
        return 8
    length = 0
    for word in words:  # a loop: this runs for all words of each batch
        length += len(word) if type(word) is str else 8 if word is None else _length(word)
    return length


def event_of(call: Call) -> UsageEvent:
    """The whole call in clean words and numbers."""
    who = cleaned(call.who)
    series = who.series
    return UsageEvent(
        format=who.format,
        reporter=series.reporter,
        at=call.at,
        service=who.service,
        environment=series.environment or None,
        provider=series.provider,
        host=series.host,
        requested_id=series.requested_id,
        requested_field=series.requested_field,
        served_id=series.served_id,
        operation=who.operation,
        status=who.status,
        error_code=who.error_code,
        end_of_life=who.end_of_life,
        input_tokens=count(call.input_tokens),
        output_tokens=count(call.output_tokens),
        cached_tokens=count(call.cached_tokens),
        latency_ms=milliseconds(call.latency_ms),
        streaming=who.streaming,
        request_id=text(call.request_id),
        end_notice=who.end_notice,
        key_owner=who.key_owner,
    )


def _clean(platforms: Platforms, who: Who) -> Cleaned:
    provider, endpoint = _provider(platforms, who.provider), first(who.host, host)
    service = first(who.service)
    status, error_code, end_of_life = _outcome(platforms, who, answering_platform(platforms, provider, endpoint))
    failed = error_code is not None or (status is not None and status >= 400)
    either = first(who.either_id)
    series = SeriesKey(
        service=bounded(service or UNKNOWN_SERVICE),
        environment=bounded(first(who.environment, environment) or ""),
        reporter=first(who.reporter) or who.format,
        provider=provider,
        host=endpoint,
        requested_id=first(who.requested_id) or (either if failed else None),
        requested_field=who.requested_field or _field_of_argument(platforms, provider, endpoint),
        served_id=None if failed else first(who.served_id) or either,
    )
    return Cleaned(
        format=who.format,
        series=series,
        service=service,
        operation=first(who.operation),
        status=status,
        error_code=error_code,
        end_of_life=end_of_life,
        streaming=truth(who.streaming),
        end_notice=end_notice(who.end) if who.end is not None else None,
        key_owner=first(who.key_owner),
    )


@lru_cache(maxsize=2)
def _remembered(platforms: Platforms) -> Callable[[Who], Cleaned]:
    return memoised(partial(_clean, platforms))


def _provider(platforms: Platforms, words: Words) -> str | None:
    """The first word that identifies a platform; a framework's word does not. Without one: the first word."""

    def telling(word: Scalar) -> str | None:
        found = name(word)
        return found if found is not None and read_word(platforms, found) != NOTHING else None

    return first(words, telling) or first(words)


def _field_of_argument(platforms: Platforms, provider: str | None, endpoint: str | None) -> FieldKind:
    return "deployment" if names_deployments(platforms, provider, endpoint) else "model"


def _outcome(platforms: Platforms, who: Who, platform: str | None) -> tuple[int | None, str | None, bool]:
    """(HTTP status, error code, end of life). Most instrumentations have the status only in the error's text or
    class."""
    status = _status(who.status)
    code, error_class = first(who.error_code), first(who.error_class)
    failed = who.failed or code is not None or error_class is not None or (status is not None and status >= 400)
    if not failed or who.failed is False:
        return status, None, False
    class_as_status = _status(error_class)
    status = status or class_as_status or status_in(who.error_text)
    code = code or code_in(who.error_text)
    named = _identifier(code) or (_identifier(error_class) if class_as_status is None else None)
    end_of_life = says_end_of_life(platforms, platform, named, who.error_text, status)
    if named is None and (status is None or status < 400):
        named = UNNAMED
    return status, named, end_of_life


def _identifier(word: str | None) -> str | None:
    """A code, or the bare name of a Python class. None for other text, such as an error's text, which may quote the
    request."""
    found = _IDENTIFIER.fullmatch(word) if word is not None else None
    return found[1] or found[2] if found else None


def _status(words: Words) -> int | None:
    if isinstance(words, tuple):
        return next((found for word in words if (found := _status(word)) is not None), None)
    return http_status(words)
