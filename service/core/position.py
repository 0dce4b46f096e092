"""Determines the start offset of a partition from its watermark and the state of its log."""

from dataclasses import dataclass
from typing import Literal

ACCEPTED = "(accepted)"
"""Incarnation of a watermark whose old topic the operator has given up: the current topic is accepted as it is."""

HoldReason = Literal["topic_recreated", "log_truncated"]


@dataclass(frozen=True, slots=True)
class Watermark:
    incarnation: str
    """The topic's id, or the cluster's id if the broker has no topic ids."""
    next_offset: int


@dataclass(frozen=True, slots=True)
class LogState:
    """The state of a partition in the broker."""

    incarnation: str
    start: int
    """First offset that still exists."""
    end: int
    """The last stable offset: the end of readable records. Records of open transactions, and everything after the first
    of these, are behind it."""
    forgets: bool = False
    """The broker keeps topics in memory only, so a restart looks like another incarnation."""
    open_offsets: int = 0
    """Number of offsets behind `end`."""

    @property
    def written(self) -> int:
        """Offset of the next record to be written."""
        return self.end + self.open_offsets


@dataclass(frozen=True, slots=True)
class Begin:
    """Never read before: start at the first record."""

    offset: int


@dataclass(frozen=True, slots=True)
class Resume:
    offset: int
    old: Watermark
    gap: int
    """Records between the watermark and `offset`, which the broker has deleted."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Another incarnation, as expected: start at its first record, keeping the totals."""

    offset: int
    old: Watermark


@dataclass(frozen=True, slots=True)
class Hold:
    """Reading could skip or repeat records: the operator must decide."""

    reason: HoldReason


Start = Begin | Resume | Renew | Hold


def where_to_start(watermark: Watermark | None, log: LogState) -> Start:
    """The watermark decides; the committed offset of the group is never used."""
    if watermark is None:
        return Begin(log.start)
    if watermark.incarnation != log.incarnation:
        if log.forgets or watermark.incarnation == ACCEPTED:
            return Renew(log.start, watermark)
        return Hold("topic_recreated")
    if log.end < watermark.next_offset:
        return Hold("log_truncated")
    return Resume(max(watermark.next_offset, log.start), watermark, gap=max(0, log.start - watermark.next_offset))
