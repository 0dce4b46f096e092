"""What every dialect's reader is given, and what it answers."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from service.core.usage import Decoded
from service.formats.rejecting import UnreadableError
from service.formats.times import from_milliseconds

NOTHING = Decoded()
"""A known non-call."""


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
        return from_milliseconds(self.recorded_ms)


Reader = Callable[[bytes, Hints], Decoded]
"""One JSON or protobuf text of one dialect -> its calls. Raises UnreadableError, or what msgspec raises."""
