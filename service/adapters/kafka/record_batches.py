"""Record batches (Kafka's format 2) taken apart in Python, for what aiokafka refuses to decode.

aiokafka decodes the name of each header as UTF-8 and fails the whole fetch at one that is not. Here such a name is
repaired. Slow: only `TolerantConsumer` reads this way, and only after a failure.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from aiokafka.record.util import calc_crc32c, decode_varint

_HEADER = struct.Struct(">qiibIhiqqqhii")
_LENGTH = struct.Struct(">qi")
_CONTROL = struct.Struct(">hh")
_MAGIC_AT = 16
_CHECKED_FROM = 21
_FORMAT = 2
_CODEC, _LOG_APPEND_TIME, _TRANSACTIONAL, _CONTROL_BATCH = 0x07, 0x08, 0x10, 0x20
_CODECS: Mapping[int, Callable[[bytes], bytes]] = {
    1: gzip_decode,
    2: snappy_decode,
    3: lz4_decode,
    4: zstd_decode,
}
_ABORT = 0


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """One producer's records that follow each other."""

    base_offset: int
    next_offset: int
    producer_id: int
    attributes: int
    first_timestamp: int
    max_timestamp: int
    count: int
    content: bytes
    """Of the records, compressed as the attributes say."""

    @property
    def is_transactional(self) -> bool:
        return bool(self.attributes & _TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        """A transaction's end instead of records."""
        return bool(self.attributes & _CONTROL_BATCH)

    def records(self, partition: TopicPartition) -> Iterator[ConsumerRecord]:
        """Raises CorruptRecordException, and what decompression raises."""
        content = bytearray(self._decompressed())
        at = 0
        try:
            for _ in range(self.count):
                record, at = self._record(partition, content, at)
                yield record
        except (IndexError, ValueError) as error:
            raise CorruptRecordException(f"a record of the batch at offset {self.base_offset}: {error}") from error

    def _decompressed(self) -> bytes:
        codec = self.attributes & _CODEC
        if codec == 0:
            return self.content
        if codec not in _CODECS:
            raise UnsupportedCodecError(f"unknown compression {codec}")
        return _CODECS[codec](self.content)

    def _record(self, partition: TopicPartition, content: bytearray, at: int) -> tuple[ConsumerRecord, int]:
        length, at = decode_varint(content, at)
        end = at + length
        _, at = decode_varint(content, at)  # attributes: none is defined
        delay, at = decode_varint(content, at)
        number, at = decode_varint(content, at)
        key, at = _bytes(content, at)
        value, at = _bytes(content, at)
        headers, at = _headers(content, at)
        if at != end:
            raise ValueError(f"{length} bytes long, but it says {at - end + length}")
        by_broker = bool(self.attributes & _LOG_APPEND_TIME)
        return ConsumerRecord(
            partition.topic,
            partition.partition,
            self.base_offset + number,
            self.max_timestamp if by_broker else self.first_timestamp + delay,
            int(by_broker),
            key,
            value,
            None,
            -1 if key is None else len(key),
            -1 if value is None else len(value),
            headers,
        ), at


def _bytes(content: bytearray, at: int) -> tuple[bytes | None, int]:
    length, at = decode_varint(content, at)
    if length < 0:
        return None, at
    return bytes(content[at : at + length]), at + length


def _headers(content: bytearray, at: int) -> tuple[tuple[tuple[str, Any], ...], int]:
    count, at = decode_varint(content, at)
    headers = []
    for _ in range(count):
        name, at = _bytes(content, at)
        value, at = _bytes(content, at)
        headers.append(((name or b"").decode("utf-8", "replace"), value))
    return tuple(headers), at


def batches_of(content: bytes) -> Iterator[RecordBatch]:
    """Of a fetch's answer. The last one may be cut off, and is left out. Raises CorruptRecordException."""
    at = 0
    while at + _LENGTH.size <= len(content):
        base, length = _LENGTH.unpack_from(content, at)
        end = at + _LENGTH.size + length
        if end > len(content):
            return
        if content[at + _MAGIC_AT] < _FORMAT:
            raise CorruptRecordException("records of a format older than Kafka 0.11")
        *_, crc, attributes, last, first_timestamp, max_timestamp, producer, _, _, count = _HEADER.unpack_from(
            content, at
        )
        if calc_crc32c(content[at + _CHECKED_FROM : end]) != crc:
            raise CorruptRecordException(f"the checksum of the batch at offset {base} is wrong")
        records = content[at + _HEADER.size : end]
        yield RecordBatch(base, base + last + 1, producer, attributes, first_timestamp, max_timestamp, count, records)
        at = end


def committed(batches: Iterable[RecordBatch], aborted: Iterable[tuple[int, int]]) -> Iterator[RecordBatch]:
    """Without control batches and without the records of aborted transactions. `aborted`: producer id and first offset
    of each, as the broker's answer names those that concern its records."""
    waiting = sorted(aborted, key=lambda one: one[1])
    aborting: set[int] = set()
    for batch in batches:
        while waiting and waiting[0][1] <= batch.base_offset:
            aborting.add(waiting.pop(0)[0])
        if batch.is_control:
            if _is_abort(batch):
                aborting.discard(batch.producer_id)
        elif not (batch.is_transactional and batch.producer_id in aborting):
            yield batch


def _is_abort(batch: RecordBatch) -> bool:
    marker = next(batch.records(TopicPartition("", 0)), None)
    return marker is not None and marker.key is not None and _CONTROL.unpack_from(marker.key)[1] == _ABORT
