"""Times as logs write them -> aware UTC. The unit is known by format and field, unless a docstring says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from service.core.rollup import EARLIEST, END
from service.core.usage import Words
from service.formats.rejecting import UnreadableError

_FROM_S, _TO_S = int(EARLIEST.timestamp()), int(END.timestamp())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST = len("2025-06-30T09:14:03")
_LONGEST_TO_MICROSECONDS = len("2025-06-30T09:14:03.123456Z")
_from_iso = datetime.fromisoformat


def from_seconds(seconds: float) -> datetime:
    if not _FROM_S <= seconds < _TO_S:
        raise UnreadableError("bad_time", "outside 2015-2100")
    return datetime.fromtimestamp(seconds, UTC)


def from_milliseconds(milliseconds: float) -> datetime:
    if not _FROM_S * 1000 <= milliseconds < _TO_S * 1000:  # before it is divided: a whole number has no limit
        raise UnreadableError("bad_time", "outside 2015-2100")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def from_nanoseconds(nanoseconds: int) -> datetime:
    if not _FROM_S <= nanoseconds // 1_000_000_000 < _TO_S:
        raise UnreadableError("bad_time", "outside 2015-2100")
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def from_any(value: Any) -> datetime:
    """ISO 8601 text with date and time, UTC where it has no offset; or a number since 1970: in the range of years
    allowed, its size tells the unit, from seconds to nanoseconds. Where msgspec can read the text as a time, the answer
    is the same."""
    if type(value) is not str:
        return _from_number(value)
    try:
        moment = _from_iso(value) if len(value) <= _LONGEST_TO_MICROSECONDS else _from_rfc3339(value)
    except ValueError:  # which quotes the value
        moment = _from_rfc3339(value)
    if moment.tzinfo is not UTC:
        moment = _in_utc(moment)
    if not EARLIEST <= moment < END:
        raise UnreadableError("bad_time", "outside 2015-2100")
    if len(value) < _SHORTEST:
        raise UnreadableError("bad_time", "not an ISO 8601 time")
    return moment


def _from_rfc3339(value: str) -> datetime:
    """Other text than most: small letters, parts of a microsecond."""
    try:
        return msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        pass
    try:
        return _from_iso(value)
    except ValueError:
        raise UnreadableError("bad_time", "not an ISO 8601 time") from None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise UnreadableError("bad_time", "outside 2015-2100") from error


def _from_number(value: Any) -> datetime:
    if type(value) is not float and type(value) is not int:
        raise UnreadableError("bad_time", "neither text nor a number")
    if value < _TO_S:
        return from_seconds(value)
    if value < _TO_S * 1_000:
        return from_milliseconds(value)
    return from_nanoseconds(int(value) * 1_000 if value < _TO_S * 1_000_000 else int(value))


def first(words: Words) -> datetime | None:
    """The first that is a time: of an envelope, where a bad one is as good as none."""
    if isinstance(words, tuple):
        return next((found for word in words if (found := first(word)) is not None), None)
    try:
        return from_any(words)
    except UnreadableError:
        return None
