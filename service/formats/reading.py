"""What every dialect's reader is given, and how it says that it cannot read."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from service.core.usage import Decoded, Format, Reason, Rejection

NOTHING = Decoded()
"""A known non-call."""


class UnreadableError(Exception):
    """Inside `formats` only: becomes a Rejection. `detail` quotes nothing from the record."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


READ_ERRORS = (UnreadableError, msgspec.MsgspecError, UnicodeError, RecursionError)
"""All that a reader raises."""


def rejection(error: BaseException, format_: Format | None = None) -> Rejection:
    """For one of `READ_ERRORS`. msgspec's texts name places and types, never values."""
    match error:
        case UnreadableError():
            return Rejection(error.reason, error.detail, format_)
        case msgspec.ValidationError():
            return Rejection("bad_field", str(error), format_)
        case UnicodeError():
            return Rejection("bad_encoding", "not UTF-8", format_)
        case RecursionError():
            return Rejection("too_deep", "", format_)
        case _:
            return Rejection("bad_json", str(error), format_)


class Hints(msgspec.Struct, frozen=True, gc=False):
    """What stands around a dialect's own bytes."""

    recorded_ms: int
    """Kafka's record time in ms since 1970; -1 when unknown."""
    at: datetime | None = None
    """The wrapper's time."""
    caller: str | None = None
    """The service that wrote the line, as the wrapper knows it (a pod's label, a CloudEvents source).

    It is the caller where the caller writes its own records, and the gateway itself where a gateway does.
    """

    def time(self) -> datetime:
        """For a record that has none of its own."""
        if self.at is not None:
            return self.at
        if self.recorded_ms <= 0:
            raise UnreadableError("bad_time", "no time in the record, its wrapper or Kafka")
        return datetime.fromtimestamp(self.recorded_ms / 1000, UTC)


Reader = Callable[[bytes, Hints], Decoded]
"""One JSON or protobuf text of one dialect -> its calls. Raises UnreadableError, or what msgspec raises."""
