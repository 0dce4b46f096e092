"""`lastcall ingest`: the same content counts once, and a file that is cut short not at all."""

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from typer.testing import CliRunner, Result

from service.entrypoints.cli import app

GPT_45 = "gpt-4.5-preview-2025-02-27"


@pytest.fixture
def content() -> bytes:
    at = datetime.now(UTC) - timedelta(hours=1)
    calls = [
        {"service": f"s{n % 7}", "model": GPT_45, "time": at.isoformat(), "request_id": f"r{n}"} for n in range(5000)
    ]
    return b"\n".join(json.dumps(call).encode() for call in calls)


async def ask(database_url: str, *arguments: str, given: bytes | None = None) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment, input=given)


async def counts(database_url: str, path: Path) -> tuple[int, int]:
    """Calls counted now, and records counted before."""
    result = await ask(database_url, "ingest", str(path), "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    return summary["calls"], summary["counted_before"]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
async def test_file_that_is_cut_short_counts_nothing_and_its_whole_copy_once(
    database_url: str, tmp_path: Path, content: bytes, compress: Callable[[bytes], bytes]
) -> None:
    cut, whole, plain = tmp_path / "cut", tmp_path / "whole", tmp_path / "plain.jsonl"
    cut.write_bytes(compress(content)[:-20])
    whole.write_bytes(compress(content))
    plain.write_bytes(content)

    refused = await ask(database_url, "ingest", str(cut))
    assert refused.exit_code == 2
    assert "nothing in it was counted" in refused.output
    assert await counts(database_url, whole) == (5000, 0)
    assert await counts(database_url, plain) == (0, 5000)


async def test_standard_input_that_breaks_off_is_not_said_to_go_on(database_url: str, content: bytes) -> None:
    result = await ask(database_url, "ingest", "-", given=gzip.compress(content)[:-20])
    assert result.exit_code == 2
    assert "a part of the input may be counted" in result.output
