"""Batches of records as they are read again after aiokafka has refused them."""

from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c

from service.adapters.kafka.record_batches import batches_of, committed

CALLS = TopicPartition("calls", 3)
COMMIT, ABORT = b"\x00\x00\x00\x01", b"\x00\x00\x00\x00"


class BinaryName(str):
    """What aiokafka writes as it is, and cannot read."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfebad"


def batch(*names: str, compression: int = 0) -> bytes:
    """A batch with one record for each header's name."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 1 << 20)
    for offset, name in enumerate(names):
        builder.append(offset, 1_700_000_000_000 + offset, b"key", b"value" * 9, [(name, b"\xff"), ("none", None)])
    return bytes(builder.build())


def written(offset: int, values: Sequence[bytes], *, producer: int = -1, marker: bytes | None = None) -> bytes:
    """A batch as it stands in a log from that offset on: of a transaction where it has a producer, and of its end where
    it has a marker."""
    builder = _DefaultRecordBatchBuilderPy(2, 0, producer >= 0, producer, 0, 0, 1 << 20)
    for number, value in enumerate(values):
        builder.append(number, 1_700_000_000_000, marker, value, [])
    content = bytearray(builder.build())
    content[0:8] = offset.to_bytes(8, "big")
    if marker is not None:
        content[22] |= 0x20
        content[17:21] = calc_crc32c(bytes(content[21:])).to_bytes(4, "big")
    return bytes(content)

    return int(calc_crc32c(bytes(content[21:]))).to_bytes(4, "big")


@pytest.mark.parametrize(
    "compression",
    [
        pytest.param(0, id="plain"),
        pytest.param(1, id="gzip"),
        pytest.param(2, id="snappy"),
        pytest.param(3, id="lz4"),
        pytest.param(4, id="zstd"),
    ],
)
def test_name_that_is_no_text_is_repaired_and_all_else_is_as_it_was(compression: int) -> None:
    (found,) = batches_of(batch("a", BinaryName("x"), "b", compression=compression))

    records = list(found.records(CALLS))
    assert [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in records] == [
        (0, 1_700_000_000_000, b"key", b"value" * 9, (("a", b"\xff"), ("none", None))),
        (1, 1_700_000_000_001, b"key", b"value" * 9, (("\ufffd\ufffdbad", b"\xff"), ("none", None))),
        (2, 1_700_000_000_002, b"key", b"value" * 9, (("b", b"\xff"), ("none", None))),
    ]
    assert {(r.topic, r.partition, r.serialized_key_size, r.serialized_value_size) for r in records} == {
        ("calls", 3, 3, 45)
    }


def test_batch_that_is_cut_off_is_left_for_the_next_fetch() -> None:
    whole = batch("a", "b")

    assert [found.next_offset for found in batches_of(whole + whole[:-1])] == [2]
    assert list(batches_of(whole[:5])) == []


def test_damaged_batch_is_not_read() -> None:
    damaged = bytearray(batch("a"))
    damaged[-2] ^= 0xFF

    with pytest.raises(CorruptRecordException, match="the checksum of the batch at offset 0 is wrong"):
        list(batches_of(bytes(damaged)))


def test_records_of_aborted_transactions_and_the_ends_of_transactions_are_left_out() -> None:
    log = b"".join(
        [
            written(10, [b"aborted 1"], producer=1),
            written(11, [b"of no transaction"]),
            written(12, [b"committed 2"], producer=2),
            written(13, [b"aborted 1 too"], producer=1),
            written(14, [b""], producer=1, marker=ABORT),
            written(15, [b"committed 1"], producer=1),
            written(16, [b""], producer=2, marker=COMMIT),
            written(17, [b""], producer=1, marker=COMMIT),
            written(18, [b"aborted 2"], producer=2),
            written(19, [b""], producer=2, marker=ABORT),
        ]
    )

    found = [
        (record.offset, record.value)
        for batch in committed(batches_of(log), [(2, 18), (1, 10)])
        for record in batch.records(CALLS)
    ]

    assert found == [(11, b"of no transaction"), (12, b"committed 2"), (15, b"committed 1")]
