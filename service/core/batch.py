"""Totals, rejections and offsets of the records read since the last flush."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from service.core.rollup import Rollup
from service.core.shapes import bounded_shape
from service.core.usage import Decoded, Format, Reason, Rejection

SourceName = Literal["kafka", "file"]
"""Origin of records. Topics of the same name on two sources are independent."""


def topic_in_words(source: str, topic: str) -> str:
    return topic if source == "kafka" else f"{source} {topic}"


class Partition(NamedTuple):
    """A partition of a topic on a known source. Equal to an aiokafka TopicPartition with the same values."""

    topic: str
    partition: int


class RawRecord(Protocol):
    """A Kafka record, as sent to the dead-letter topic."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Values are bytes, often not UTF-8."""


@dataclass(slots=True)
class OffsetSpan:
    """The offsets of one partition that a batch covers, from the watermark on, and the counts of their records.

    A record with a call counts as a call record, even if a part of it was rejected.
    """

    expected: int
    """The watermark that the database must have for this batch to be applied."""
    next_offset: int
    call_records: int = 0
    rejected_records: int = 0
    other_records: int = 0

    @property
    def records(self) -> int:
        return self.call_records + self.rejected_records + self.other_records


class RejectionKey(NamedTuple):
    source: SourceName
    topic: str
    reason: Reason
    hour: datetime
    """When the record was read: an unreadable record has no reliable time."""
    format: Format | None
    shape: str = ""
    """For an unknown format, in words: names of keys, no values. Empty for other reasons, and beyond the bound."""


@dataclass(slots=True)
class RejectionCount:
    """Number of rejections, with one example."""

    partition: int
    offset: int
    detail: str
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class CommonestRejection:
    """With one example."""

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int

    @property
    def in_words(self) -> str:
        named = f"{self.reason} ({self.detail})" if self.detail else self.reason
        return f"mostly {named}, for instance {self.topic}/{self.partition} at offset {self.offset}"


class PassedOverKey(NamedTuple):
    source: SourceName
    topic: str
    format: Format
    kind: str
    hour: datetime
    """When the record was read."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    record: RawRecord
    rejection: Rejection
    """The first rejection of the record."""

    @property
    def size(self) -> int:
        return len(self.record.value or b"") + len(self.record.key or b"")


class DeadLettersRefused(Exception):
    """The dead-letter topic accepts no records until somebody fixes it."""

    def __init__(self, topic: str, error: str | None) -> None:
        """`error`: by name. None: there is no such topic."""
        super().__init__(topic, error)
        self.topic = topic
        self.error = error


@dataclass(slots=True)
class Batch:
    """A batch of one source, mutable while records come in. Merging two consecutive batches equals reading all records
    into one, except for shapes beyond the bound."""

    rollup: Rollup = field(default_factory=Rollup)
    rejections: dict[RejectionKey, RejectionCount] = field(default_factory=dict)
    passed_over: dict[PassedOverKey, int] = field(default_factory=dict)
    """Parts that are known not to be calls."""
    spans: dict[Partition, OffsetSpan] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    dead_letter_bytes: int = 0
    source: SourceName = "kafka"
    _shapes: dict[tuple[str, datetime], set[str]] = field(default_factory=dict, repr=False)
    """Distinct shapes, by topic and hour."""

    def span(self, partition: Partition, next_offset: int) -> OffsetSpan:
        span = self.spans.get(partition)
        if span is None:
            span = self.spans[partition] = OffsetSpan(next_offset, next_offset)
        return span

    def add(self, span: OffsetSpan, record: RawRecord, decoded: Decoded, hour: datetime) -> None:
        """`record.offset` is not below `span.next_offset`; offsets in between contain no readable record."""
        if decoded.calls:
            span.call_records += 1
            for call in decoded.calls:
                self.rollup.add(call)
        elif decoded.rejections:
            span.rejected_records += 1
        else:
            span.other_records += 1
        if decoded.rejections:
            self._reject(record, decoded.rejections, hour)
        for passed in decoded.passed:
            key = PassedOverKey(self.source, record.topic, passed.format, passed.kind, hour)
            self.passed_over[key] = self.passed_over.get(key, 0) + passed.parts
        self.end_run(span, 0, record.offset + 1)

    def end_run(self, span: OffsetSpan, call_records: int, next_offset: int) -> None:
        """Count `call_records`, whose calls are already in `rollup`, and advance to `next_offset`."""
        span.call_records += call_records
        span.next_offset = next_offset

    def _reject(self, record: RawRecord, rejections: Sequence[Rejection], hour: datetime) -> None:
        for rejection in rejections:
            shape = rejection.detail if rejection.reason == "unknown_format" else ""
            key = RejectionKey(self.source, record.topic, rejection.reason, hour, rejection.format, shape)
            key = self._with_bounded_shape(key)
            count = self.rejections.get(key)
            if count is None:
                count = self.rejections[key] = RejectionCount(record.partition, record.offset, rejection.detail)
            count.rejected += 1
        letter = DeadLetter(record, rejections[0])
        self.dead_letters.append(letter)
        self.dead_letter_bytes += letter.size

    def _with_bounded_shape(self, key: RejectionKey) -> RejectionKey:
        if not key.shape:
            return key
        known = self._shapes.setdefault((key.topic, key.hour), set())
        return key._replace(shape=bounded_shape(key.shape, known))

    def most_frequent_rejection(self) -> CommonestRejection | None:
        """The operator sees nothing else of a batch that is not applied. None: the batch has no rejections."""
        if not self.rejections:
            return None
        key, count = max(self.rejections.items(), key=lambda item: item[1].rejected)
        return CommonestRejection(key.reason, count.detail, key.topic, count.partition, count.offset)

    def merge(self, later: "Batch") -> None:
        self.rollup.merge(later.rollup)
        for key, count in later.rejections.items():
            fresh = RejectionCount(count.partition, count.offset, count.detail)
            mine = self.rejections.setdefault(self._with_bounded_shape(key), fresh)
            mine.rejected += count.rejected
        for passed, parts in later.passed_over.items():
            self.passed_over[passed] = self.passed_over.get(passed, 0) + parts
        for partition, span in later.spans.items():
            first = self.span(partition, span.expected)
            first.next_offset = span.next_offset
            first.call_records += span.call_records
            first.rejected_records += span.rejected_records
            first.other_records += span.other_records
        self.dead_letters.extend(later.dead_letters)
        self.dead_letter_bytes += later.dead_letter_bytes

    def take_dead_letters(self) -> list[DeadLetter]:
        """Returns them once: they are sent before the batch is applied, and not again if applying is retried."""
        letters, self.dead_letters, self.dead_letter_bytes = self.dead_letters, [], 0
        return letters

    def __bool__(self) -> bool:
        return bool(self.spans)


class RejectionShare:
    """Share of rejected records among the last thousand or more. A full window halves the weight of old ones."""

    WINDOW = 1_000

    def __init__(self) -> None:
        self._records = 0
        self._rejected = 0

    def add(self, records: int, rejected: int) -> None:
        while self._records >= 2 * self.WINDOW:
            self._records //= 2
            self._rejected //= 2
        self._records += records
        self._rejected += rejected

    def exceeds(self, limit: float) -> bool:
        return self._records >= self.WINDOW and self._rejected > limit * self._records
