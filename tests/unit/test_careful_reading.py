"""Batches of records as the careful reading takes them apart."""

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from service.adapters.kafka.reading import _batches


class BinaryName(str):
    """What aiokafka writes as it is, and cannot read."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfebad"


def batch(*names: str, compression: int = 0) -> bytes:
    """A batch with one record for each header's name."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 1 << 20)
    for offset, name in enumerate(names):
        builder.append(offset, 1_700_000_000_000, b"key", b"value" * 9, [(name, b"\xff"), ("none", None)])
    return bytes(builder.build())


@pytest.mark.parametrize("compression", [pytest.param(0, id="plain"), pytest.param(1, id="gzip")])
def test_name_that_is_no_text_is_repaired_and_all_else_is_as_it_was(compression: int) -> None:
    (found,) = _batches(batch("a", BinaryName("x"), "b", compression=compression))

    assert [(r.offset, r.key, r.value, r.headers) for r in found] == [
        (0, b"key", b"value" * 9, [("a", b"\xff"), ("none", None)]),
        (1, b"key", b"value" * 9, [("\ufffd\ufffdbad", b"\xff"), ("none", None)]),
        (2, b"key", b"value" * 9, [("b", b"\xff"), ("none", None)]),
    ]


def test_batch_that_is_cut_off_is_left_for_the_next_fetch() -> None:
    whole = batch("a", "b")

    assert [found.next_offset for found in _batches(whole + whole[:-1])] == [2]
    assert list(_batches(whole[:5])) == []


def test_damaged_batch_is_not_read() -> None:
    damaged = bytearray(batch("a"))
    damaged[-2] ^= 0xFF

    with pytest.raises(CorruptRecordException, match="the checksum of the batch at offset 0 is wrong"):
        list(_batches(bytes(damaged)))
