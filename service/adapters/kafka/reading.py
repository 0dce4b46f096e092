"""A consumer that one odd record, or one broken partition, cannot stop."""

import asyncio
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.default_records import _DefaultRecordBatchPy
from faststream.kafka import KafkaBroker

_log = structlog.get_logger(__name__)

_AGAIN_AFTER = 1.0
_CAREFUL_BYTES = 256 * 1024
"""Of one partition at a time. A broker always gives the first batch whole, however large it is."""
_CAREFUL_MS = 500
"""How long a broker may wait for records. The embedded one finds none in less than a moment."""
_LENGTH = struct.Struct(">qi")
_MAGIC_AT = 16
_WITH_HEADERS = 2
_UNDECODABLE = (UnicodeDecodeError, CorruptRecordException)
"""What aiokafka raises at the name of a header that is not UTF-8, in C and in Python."""


@dataclass(frozen=True, slots=True)
class FetchTrouble:
    """Fetching fails, and what it says."""

    tries: int
    reason: str


class TolerantConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """`getmany` that raises nothing but ConsumerStoppedError, and tells by `trouble` and `polled_at` how it fares.

    aiokafka decodes the names of headers while it fetches: one that is not UTF-8 fails every `getmany` from then on,
    and what the same call had taken from other partitions is lost on the way. So after a failure reading goes back to
    what was handed out, and each partition is read once by itself, with such names repaired.
    """

    def __init__(self, *topics: str, **given: Any) -> None:
        super().__init__(*topics, **given)
        self._handed_out: dict[TopicPartition, int] = {}
        self.trouble: FetchTrouble | None = None
        self.polled_at: datetime | None = None
        """When Kafka was last asked and nothing failed."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        super().seek(partition, offset)
        self._handed_out[partition] = offset

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
        return found

    async def _read_carefully(self, error: Exception) -> dict[TopicPartition, list[ConsumerRecord]]:
        reasons = [] if isinstance(error, _UNDECODABLE) else [_words(error)]
        found: dict[TopicPartition, list[ConsumerRecord]] = {}
        for partition, offset in self._go_back().items():
            try:
                records, following = await self._fetch(partition, offset)
            except Exception as failure:
                reasons.append(f"{partition.topic}/{partition.partition} from offset {offset} on: {_words(failure)}")
            else:
                if self._still_at(partition, offset):
                    super().seek(partition, following)
                    if records:
                        found[partition] = records
        # What was told to start elsewhere while others were read is not handed out.
        found = {p: records for p, records in found.items() if self._still_at(p, records[-1].offset + 1)}
        if found and not reasons:
            self._went_well()
        else:
            await self._went_wrong("; ".join(reasons) or _words(error))
        return found

    def _went_well(self) -> None:
        self.trouble = None
        self.polled_at = datetime.now(UTC)

    async def _went_wrong(self, reason: str) -> None:
        self.trouble = FetchTrouble(1 + (self.trouble.tries if self.trouble else 0), reason)
        _log.warning("fetch_failed", tries=self.trouble.tries, error=reason)
        await asyncio.sleep(_AGAIN_AFTER)

    def _go_back(self) -> dict[TopicPartition, int]:
        """Where each partition that is read goes on."""
        reading = self.assignment() - self.paused()
        back = {p: offset for p, offset in self._handed_out.items() if p in reading}
        for partition, offset in back.items():
            super().seek(partition, offset)
        return back

    def _still_at(self, partition: TopicPartition, offset: int) -> bool:
        """Whether nothing was told to the consumer while it waited for the broker."""
        if partition not in self.assignment() or partition in self.paused():
            return False
        state = self._subscription.subscription.assignment.state_value(partition)
        return bool(state.has_valid_position and state.position == offset)

    async def _fetch(self, partition: TopicPartition, offset: int) -> tuple[list[ConsumerRecord], int]:
        """Records from `offset` on, and where those after them begin."""
        node = self._client.cluster.leader_for_partition(partition)
        wanted = [(partition.topic, [(partition.partition, offset, _CAREFUL_BYTES)])]
        answer = await self._client.send(node, FetchRequest(_CAREFUL_MS, 1, _CAREFUL_BYTES, 0, wanted))
        records: list[ConsumerRecord] = []
        if not answer.topics:  # how the embedded broker says that there is nothing
            return records, offset
        ((_, ((_, code, _, *_, batches),)),) = answer.topics
        if code:
            raise for_code(code)()
        for batch in _batches(batches or b""):
            if not batch.is_control_batch:
                records += [_record(partition, raw) for raw in batch if raw.offset >= offset]
            offset = max(offset, batch.next_offset)
        return records, offset


class TolerantBroker(KafkaBroker):
    """FastStream's, with that consumer."""

    async def _connect(self) -> Any:
        build: Any = await super()._connect()
        self.config.broker_config.builder = partial(TolerantConsumer, *build.args, **build.keywords)
        return self.config.broker_config.builder


class _Name(bytearray):
    def decode(self, *_: object) -> str:
        return super().decode("utf-8", "replace")


class _Buffer(bytearray):
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Name(found) if isinstance(at, slice) else found


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc]
    """Decodes a header's name whatever its bytes are; the one in C cannot be told to."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _Buffer(self._buffer)


def _batches(content: bytes) -> Iterator[_Batch]:
    """The last one may be cut off, and is left out. Raises CorruptRecordException."""
    at = 0
    while at + _LENGTH.size <= len(content):
        _, length = _LENGTH.unpack_from(content, at)
        end = at + _LENGTH.size + length
        if end > len(content):
            return
        if content[at + _MAGIC_AT] < _WITH_HEADERS:
            raise CorruptRecordException("records of a format older than Kafka 0.11")
        batch = _Batch(content[at:end])
        if not batch.validate_crc():
            raise CorruptRecordException(f"the checksum of the batch at offset {batch.base_offset} is wrong")
        yield batch
        at = end


def _record(partition: TopicPartition, raw: Any) -> ConsumerRecord:
    sizes: Sequence[int] = [-1 if part is None else len(part) for part in (raw.key, raw.value)]
    return ConsumerRecord(
        partition.topic,
        partition.partition,
        raw.offset,
        raw.timestamp,
        raw.timestamp_type,
        raw.key,
        raw.value,
        None,
        *sizes,
        tuple(raw.headers),
    )


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
