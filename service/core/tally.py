"""Counts of the records of a file, as shown by `decode`, `ingest` and `send`."""

from collections import Counter
from dataclasses import dataclass, field

from service.core.batch import Batch
from service.core.cleaning import cleaned
from service.core.identity import Identified, Resolver
from service.core.shapes import bounded_shape
from service.core.usage import Call, Decoded, Format
from service.core.volume import Volume, use_of


@dataclass(slots=True)
class Uncounted:
    """Rejections and passed-over parts."""

    rejections: Counter[str] = field(default_factory=Counter)
    """By reason."""
    shapes: Counter[str] = field(default_factory=Counter)
    """Shapes of `unknown_format` rejections: at most `MAX_SHAPES`, and `OTHER_SHAPES`."""
    passed_over: Counter[tuple[Format, str]] = field(default_factory=Counter)
    """Parts by format and kind."""
    _known_shapes: set[str] = field(default_factory=set, repr=False)

    def add(self, decoded: Decoded) -> None:
        for rejection in decoded.rejections:
            self._reject(rejection.reason, rejection.detail, 1)
        for passed in decoded.passed:
            self.passed_over[passed.format, passed.kind] += passed.parts

    def add_batch(self, batch: Batch) -> None:
        for key, count in batch.rejections.items():
            self._reject(key.reason, key.shape, count.rejected)
        for passed, parts in batch.passed_over.items():
            self.passed_over[passed.format, passed.kind] += parts

    def _reject(self, reason: str, shape: str, number: int) -> None:
        self.rejections[reason] += number
        if reason == "unknown_format":
            self.shapes[bounded_shape(shape, self._known_shapes)] += number


@dataclass(slots=True)
class Tally:
    """Counts of records that are decoded and not stored."""

    records: int = 0
    call_records: int = 0
    rejected_records: int = 0
    other_records: int = 0
    events: int = 0
    errors: int = 0
    volume: Volume = field(default_factory=Volume)
    uncounted: Uncounted = field(default_factory=Uncounted)

    def add(self, decoded: Decoded) -> None:
        """Counts a record, without its calls."""
        self.records += 1
        if decoded.calls:
            self.call_records += 1
        elif decoded.rejections:
            self.rejected_records += 1
        else:
            self.other_records += 1
        if decoded.rejections or decoded.passed:
            self.uncounted.add(decoded)

    def add_call(self, call: Call, resolver: Resolver) -> Identified:
        """Counts a call, and returns its models."""
        who = cleaned(call.who)
        identified = resolver.identify_words(who.series)
        self.events += 1
        self.errors += who.failed
        self.volume.add(use_of(who.series, identified), int(call.at.timestamp()) // 3600, who.series.reporter)
        return identified
