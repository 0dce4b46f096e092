"""How much of a file is held at once."""

from pathlib import Path

import pytest

from service.core.batch import Partition
from service.engine.ingest_file import FileSource

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("lines", "chunks"),
    [
        pytest.param([10] * 4_500, [2_000, 2_000, 500], id="small records by their number"),
        pytest.param([3 * MB] * 7, [3, 3, 1], id="large records by their size"),
        pytest.param([20 * MB, 10, 10], [1, 2], id="a record over the limit by itself"),
        pytest.param([], [], id="an empty file"),
    ],
)
def test_file_is_read_in_chunks_bounded_by_records_and_bytes(
    tmp_path: Path, lines: list[int], chunks: list[int]
) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"\n".join(b"x" * size for size in lines))
    source = FileSource(path, "calls.jsonl", lambda _: None)
    source.read_from(Partition("calls.jsonl", 0), 0)

    read = []
    while chunk := source.some():
        read.append(len(chunk))

    assert read == chunks
