"""A consumer that continues after an undecodable record or a broken partition."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException

_log = structlog.get_logger(__name__)

_AGAIN_AFTER = 1.0
_UNDECODABLE = (UnicodeDecodeError, CorruptRecordException)
"""Errors of aiokafka for a header name that is not UTF-8, in C and in Python."""

Reread = Callable[[TopicPartition, int], Awaitable[tuple[list[ConsumerRecord], int]]]
"""(partition, offset) -> (some records from there on, the offset after them), such as `KafkaLog.read`."""


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """A failure to fetch: the number of attempts and the reason."""

    tries: int
    reason: str


class TolerantConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """A consumer whose `getmany` raises nothing but ConsumerStoppedError. `trouble` and `polled_at` show its state.

    aiokafka decodes header names while it fetches. A name that is not UTF-8 fails every later `getmany`, and records of
    other partitions in the same call are lost. So after a failure, reading goes back to the last returned record, and
    `reread`, which repairs such names, reads each partition once.
    """

    def __init__(self, *topics: str, reread: Reread, **given: Any) -> None:
        super().__init__(*topics, **given)
        self._reread = reread
        self._handed_out: dict[TopicPartition, int] = {}
        self.sought: set[TopicPartition] = set()
        """Partitions with a seek since the last `getmany`: records that it returned of them are outdated."""
        self.trouble: FetchFailure | None = None
        self.polled_at: datetime | None = None
        """Time of the last successful poll."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        super().seek(partition, offset)
        self._handed_out[partition] = offset
        self.sought.add(partition)

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        try:
            found: dict[TopicPartition, list[ConsumerRecord]] = await super().getmany(
                *partitions, timeout_ms=timeout_ms, max_records=max_records
            )
        except ConsumerStoppedError:
            raise
        except Exception as error:
            found = await self._read_carefully(error)
        else:
            self._went_well()
        for partition, records in found.items():
            self._handed_out[partition] = records[-1].offset + 1
        self.sought.clear()
        return found

    async def _read_carefully(self, error: Exception) -> dict[TopicPartition, list[ConsumerRecord]]:
        reasons = [] if isinstance(error, _UNDECODABLE) else [_words(error)]
        read: dict[TopicPartition, tuple[list[ConsumerRecord], int]] = {}
        goes_on = False
        for partition, offset in self._go_back().items():
            try:
                records, following = await self._reread(partition, offset)
            except Exception as failure:
                reasons.append(f"{partition.topic}/{partition.partition} from offset {offset} on: {_words(failure)}")
            else:
                if self._still_at(partition, offset):
                    self.seek(partition, following)
                    read[partition] = records, following
                    goes_on = goes_on or following > offset
        if goes_on and not reasons:
            self._went_well()
        else:
            await self._went_wrong("; ".join(reasons) or _words(error))
        # Drop records of partitions with a seek during the reread.
        return {p: records for p, (records, following) in read.items() if records and self._still_at(p, following)}

    def _went_well(self) -> None:
        if self.trouble is not None:
            _log.info("fetch_works_again", tries=self.trouble.tries)
        self.trouble = None
        self.polled_at = datetime.now(UTC)

    async def _went_wrong(self, reason: str) -> None:
        tries = 1 + (self.trouble.tries if self.trouble else 0)
        if self.trouble is None or self.trouble.reason != reason:
            _log.warning("fetch_failed", tries=tries, error=reason)
        self.trouble = FetchFailure(tries, reason)
        await asyncio.sleep(_AGAIN_AFTER)

    def _go_back(self) -> dict[TopicPartition, int]:
        """The next offset of each assigned partition."""
        reading = self.assignment() - self.paused()
        back = {p: offset for p, offset in self._handed_out.items() if p in reading}
        for partition, offset in back.items():
            self.seek(partition, offset)
        return back

    def _still_at(self, partition: TopicPartition, offset: int) -> bool:
        """Whether no seek happened while the consumer waited for the broker."""
        reading = self.assignment() - self.paused()
        return partition in reading and self._handed_out[partition] == offset


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
