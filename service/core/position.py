"""Where to read a partition on from: the watermark in the database against what the broker holds now."""

from dataclasses import dataclass
from typing import Literal

ACCEPTED = "(accepted)"
"""Incarnation of a watermark whose old topic the operator has given up: the next one found is taken as it is."""

HoldReason = Literal["topic_recreated", "log_truncated"]


@dataclass(frozen=True, slots=True)
class Watermark:
    incarnation: str
    """The topic's id, or the cluster's where the broker gives topics none."""
    next_offset: int


@dataclass(frozen=True, slots=True)
class LogState:
    """One partition as the broker shows it now."""

    incarnation: str
    start: int
    """First offset that is still there."""
    end: int
    """The last stable offset: where the records end that may be read now. Behind it stand those of open transactions,
    and whatever was written after the first of these."""
    forgets: bool = False
    """The broker keeps topics in memory only, so that another incarnation is what a restart looks like."""
    open_offsets: int = 0
    """How many offsets there are behind `end`."""

    @property
    def written(self) -> int:
        """Offset that the next record will get."""
        return self.end + self.open_offsets


@dataclass(frozen=True, slots=True)
class Begin:
    """Never read before: from the first record that is there."""

    offset: int


@dataclass(frozen=True, slots=True)
class Resume:
    offset: int
    old: Watermark
    gap: int
    """Records between the watermark and `offset` that the broker has already deleted."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Another incarnation, and rightly so: from its first record, the ledger's totals going on."""

    offset: int
    old: Watermark


@dataclass(frozen=True, slots=True)
class Hold:
    """Reading on could swallow or repeat records: an operator must say."""

    reason: HoldReason


Start = Begin | Resume | Renew | Hold


def where_to_start(watermark: Watermark | None, log: LogState) -> Start:
    """The watermark is the authority; the committed offset of the group is never asked."""
    if watermark is None:
        return Begin(log.start)
    if watermark.incarnation != log.incarnation:
        if log.forgets or watermark.incarnation == ACCEPTED:
            return Renew(log.start, watermark)
        return Hold("topic_recreated")
    if log.end < watermark.next_offset:
        return Hold("log_truncated")
    return Resume(max(watermark.next_offset, log.start), watermark, gap=max(0, log.start - watermark.next_offset))
