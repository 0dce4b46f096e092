"""Times as logs write them -> aware UTC. The unit is known by format and field, unless a docstring says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.usage import Words
from service.formats.rejecting import UnreadableError

EARLIEST = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())
LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST = len("2025-06-30T09:14:03")
_LONGEST = 64


def from_seconds(seconds: float) -> datetime:
    if not EARLIEST <= seconds < LATEST:
        raise UnreadableError("bad_time", "outside 2015-2100")
    return datetime.fromtimestamp(seconds, UTC)


def from_milliseconds(milliseconds: float) -> datetime:
    if not EARLIEST * 1000 <= milliseconds < LATEST * 1000:  # before it is divided: a whole number has no limit
        raise UnreadableError("bad_time", "outside 2015-2100")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def from_nanoseconds(nanoseconds: int) -> datetime:
    if not EARLIEST <= nanoseconds // 1_000_000_000 < LATEST:
        raise UnreadableError("bad_time", "outside 2015-2100")
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def from_any(value: Any) -> datetime:
    """ISO 8601 text with date and time, UTC where it has no offset; or a number since 1970: in the range of years
    allowed, its size tells the unit, from seconds to nanoseconds."""
    if type(value) is not str:
        return _from_number(value)
    if not _SHORTEST <= len(value) <= _LONGEST:
        raise UnreadableError("bad_time", "not an ISO 8601 time")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableError("bad_time", "not an ISO 8601 time") from error
    if not 2015 <= moment.year < 2100:
        raise UnreadableError("bad_time", "outside 2015-2100")
    return moment


def _from_number(value: Any) -> datetime:
    if type(value) is not float and type(value) is not int:
        raise UnreadableError("bad_time", "neither text nor a number")
    if value < LATEST:
        return from_seconds(value)
    if value < LATEST * 1_000:
        return from_milliseconds(value)
    return from_nanoseconds(int(value) * 1_000 if value < LATEST * 1_000_000 else int(value))


def first(words: Words) -> datetime | None:
    """The first that is a time: of an envelope, where a bad one is as good as none."""
    if isinstance(words, tuple):
        return next((found for word in words if (found := first(word)) is not None), None)
    try:
        return from_any(words)
    except UnreadableError:
        return None
