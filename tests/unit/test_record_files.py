"""Records from files."""

import base64
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import zstandard

from service.formats.envelopes.compression import MAX_BYTES
from service.formats.files import STDIN, UnreadableFileError, digest, read_records

LINES = b'{"a": 1}\n\n{"a": 2}\n'


def values(path: Path) -> list[bytes | None]:
    return [record.value and record.value.strip() for record in read_records(path)]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param("x.jsonl", LINES, [b'{"a": 1}', b'{"a": 2}'], id="lines"),
        pytest.param("x", b'{"a": 1}\n{"a": 2}', [b'{"a": 1}', b'{"a": 2}'], id="no line feed at the end"),
        pytest.param("x.gz", gzip.compress(LINES), [b'{"a": 1}', b'{"a": 2}'], id="gzip"),
        pytest.param("x", zstandard.compress(LINES), [b'{"a": 1}', b'{"a": 2}'], id="zstd, told by its bytes"),
        pytest.param("x.json", b'{\n"a": 1\n}\n', [b'{\n"a": 1\n}'], id="one text over several lines"),
        pytest.param("x.json.gz", gzip.compress(b"[\n1\n]"), [b"[\n1\n]"], id="the same in gzip"),
        pytest.param("x.json", LINES, [b'{"a": 1}', b'{"a": 2}'], id="lines under the wrong name"),
        pytest.param("x.jsonl", b"", [], id="empty"),
    ],
)
def test_file_becomes_records(tmp_path: Path, name: str, content: bytes, expected: list[bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert values(path) == expected


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([["a", "x"], ["b", None]], id="pairs"),
        pytest.param({"a": "x", "b": ""}, id="object"),
        pytest.param([{"key": "a", "value_base64": "eA=="}, {"key": "b", "value": ""}], id="list of objects"),
    ],
)
def test_line_can_be_a_whole_record(tmp_path: Path, headers: Any) -> None:
    value = b"\x1f\x8b\x00\xff"
    line = {"topic": "t", "headers": headers, "key": "k", "value_base64": base64.b64encode(value).decode(), "note": 1}
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(line))
    (record,) = read_records(path)
    assert (record.topic, record.key, record.value) == ("t", b"k", value)
    assert record.headers == (("a", b"x"), ("b", b""))


@pytest.mark.parametrize(
    "line",
    [b'{"value_base64": "!"}', b'{"value_base64": 7}', b'{"value_base64": "eA==", "headers": [1]}', b'"value_base64"'],
    ids=["no base64", "a number", "no headers", "no object"],
)
def test_line_that_only_looks_like_one_stays_a_line(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(line)
    assert values(path) == [line]


def test_tombstone_has_no_value(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"topic": "t", "headers": [], "key": null, "value_base64": null}')
    assert values(path) == [None]


def test_line_beyond_the_limit_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"x" * (3 * MAX_BYTES) + b"\n" + LINES)
    assert [len(value or b"") for value in values(path)] == [MAX_BYTES + 1, 8, 8]


@pytest.mark.parametrize("content", [LINES * 1000, gzip.compress(LINES * 1000)], ids=["plain", "gzip"])
def test_progress_adds_up_to_the_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    told: list[int] = []
    assert len(list(read_records(path, told.append))) == 2000
    assert sum(told) == len(content)


def test_standard_input_is_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(LINES))))
    assert values(STDIN) == [b'{"a": 1}', b'{"a": 2}']


def test_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="No such file"):
        list(read_records(tmp_path / "x"))


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_broken_compression_is_unreadable_after_the_good_part(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(compress(b"".join(b'{"a": %d}\n\n{"a": 2}\n' % n for n in range(100_000)))[:-10])
    read: list[object] = []
    with pytest.raises(UnreadableFileError, match="compression"):
        read.extend(read_records(path))
    assert len(read) > 100_000
    with pytest.raises(UnreadableFileError, match="compression"):
        digest(path)


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_frame_of_zstd_that_is_cut_short_is_broken(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.zst"
    whole = zstandard.compress(LINES)
    path.write_bytes(whole + whole[:-cut])
    with pytest.raises(UnreadableFileError, match="compression"):
        values(path)


def test_frames_of_zstd_are_read_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    path.write_bytes(zstandard.compress(LINES) * 3 + b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab" + zstandard.compress(LINES))
    assert values(path) == [b'{"a": 1}', b'{"a": 2}'] * 4


def test_content_has_one_digest_however_it_is_packed(tmp_path: Path) -> None:
    packed = {"x": LINES, "x.gz": gzip.compress(LINES), "x.zst": zstandard.compress(LINES), "y": LINES + b"{}"}
    for name, content in packed.items():
        (tmp_path / name).write_bytes(content)
    assert digest(tmp_path / "x") == digest(tmp_path / "x.gz") == digest(tmp_path / "x.zst") != digest(tmp_path / "y")
