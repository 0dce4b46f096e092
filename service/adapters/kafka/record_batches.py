"""Parses Kafka's record batches (format 2) in Python, for those that aiokafka cannot decode.

aiokafka decodes the name of each header as UTF-8 and fails the whole fetch if one is not. This parser repairs such
names. It is slow: only `TolerantConsumer` uses it, and only after a failure.
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
    """Consecutive records of one producer."""

    base_offset: int
    next_offset: int
    producer_id: int
    attributes: int
    first_timestamp: int
    max_timestamp: int
    count: int
    content: bytes
    """The records, compressed according to `attributes`."""

    @property
    def is_transactional(self) -> bool:
        return bool(self.attributes & _TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        """A transaction marker, without records."""
        return bool(self.attributes & _CONTROL_BATCH)

    def records(self, partition: TopicPartition) -> Iterator[ConsumerRecord]:
        """Raises CorruptRecordException, and decompression errors."""
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
        _, at = decode_varint(content, at)  # attributes: not defined yet
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
    """The batches of a fetch response, without a truncated last one. Raises CorruptRecordException."""
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
    """The batches without control batches and records of aborted transactions. `aborted`: (producer id, first offset),
    as in the fetch response."""
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
