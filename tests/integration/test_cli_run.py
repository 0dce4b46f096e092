"""What the commands that act say: to whoever types something wrong, and of what they did."""

import asyncio
import json
import logging
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.entrypoints.cli import app
from tests.broker_topics import make_topic


async def lastcall(*arguments: str, **environment: str) -> Result:
    result = await asyncio.to_thread(
        CliRunner().invoke, app, arguments, env={"LASTCALL_LOG_LEVEL": "info"} | environment
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def servers(database_url: str, kafka: str, topic: str) -> dict[str, str]:
    return {
        "LASTCALL_DATABASE_URL": database_url,
        "LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "LASTCALL_KAFKA_TOPICS": topic,
    }


async def test_version_is_said() -> None:
    result = await lastcall("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("lastcall 0.")


async def test_folder_that_cannot_be_made_is_said() -> None:
    result = await lastcall("up", "--data-dir", "/proc/nope")

    assert result.exit_code == 2
    assert "error: /proc/nope cannot be made" in result.stderr
    assert "LASTCALL_DATA_DIR" in result.stderr


async def test_empty_data_folder_is_named_and_that_another_may_be_in_use(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LASTCALL_DATABASE_URL", raising=False)

    result = await lastcall("who", "gpt-4o", LASTCALL_DATA_DIR=str(server_folder / "empty"))

    assert result.exit_code == 2
    assert f"error: there is no database in {server_folder / 'empty'}\n" in result.stderr
    assert "a running `up` may use another folder" in result.stderr
    assert "LASTCALL_DATA_DIR" in result.stderr
    assert not (server_folder / "empty").exists()


async def test_file_that_is_not_there_cannot_be_sent(database_url: str, kafka: str) -> None:
    read = await make_topic(kafka)

    result = await lastcall("send", "/nope", **servers(database_url, kafka, read))

    assert result.exit_code == 2
    assert result.stderr.startswith("error: /nope: No such file or directory\n")


async def test_topic_that_is_not_there_is_said_at_once(database_url: str, kafka: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"model": "gpt-4o", "service": "cart"}\n')

    result = await lastcall("send", str(path), "--topic", "nobody-made-it", **servers(database_url, kafka, "calls"))

    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {kafka} has no topic nobody-made-it\n")


async def test_folder_is_no_file_to_read(database_url: str, tmp_path: Path) -> None:
    result = await lastcall("ingest", str(tmp_path), LASTCALL_DATABASE_URL=database_url)

    assert result.exit_code == 2
    assert f"error: {tmp_path}: is a folder\n" in result.stderr


async def test_rejection_stands_below_its_own_file(database_url: str, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.jsonl", tmp_path / "good.jsonl"
    bad.write_text("{\n")
    good.write_text(f'{{"model": "gpt-4o", "service": "cart", "time": "{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}}\n')

    result = await lastcall("ingest", str(bad), str(good), LASTCALL_DATABASE_URL=database_url)

    assert result.stdout.splitlines() == [
        f"{bad}: 0 calls in 0 records, 1 rejected, 0 without a call",
        "  1 x bad_json",
        "    -> write each record as one complete JSON text; a truncated line has usually exceeded a limit on its way",
        f"{good}: 1 call in 1 record, 0 rejected, 0 without a call",
    ]
    assert result.stderr == ""


async def test_sender_is_told_what_counts(database_url: str, kafka: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"model": "gpt-4o", "service": "cart"}\n')
    read = await make_topic(kafka)

    result = await lastcall("send", str(path), **servers(database_url, kafka, read))

    assert result.stdout == f"sent 1 record to {read}: 1 call in 1 record, 0 rejected, 0 without a call\n"
    assert result.stderr == ""


async def test_sender_to_a_topic_that_is_not_read_is_told_so(database_url: str, kafka: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text('{"model": "gpt-4o", "service": "cart"}\n')
    other = await make_topic(kafka)

    result = await lastcall("send", str(path), "--topic", other, **servers(database_url, kafka, "calls"))

    assert result.stdout == f"sent 1 record to {other}\n"
    assert result.stderr == f"lastcall does not read {other}: it reads calls.\n"


async def test_dead_broker_is_said_once_and_plainly(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text("{}\n")
    before = logging.getLogger("aiokafka").level
    try:
        result = await lastcall(
            "send", str(path), LASTCALL_DATABASE_URL=database_url, LASTCALL_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9"
        )
    finally:
        logging.getLogger("aiokafka").setLevel(before)

    assert result.exit_code == 3
    assert result.stderr.startswith("error: 127.0.0.1:9: ")
    assert len(result.stderr.splitlines()) == 2


async def test_taken_port_is_said_once_and_plainly(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = await lastcall(
            "consume",
            LASTCALL_DATABASE_URL=database_url,
            LASTCALL_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9",
            LASTCALL_WEB_PORT=str(port),
        )

    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}")
    assert len(result.stderr.splitlines()) == 2


async def test_tick_says_a_sentence_a_verb(database_url: str) -> None:
    result = await lastcall("tick", "--now", f"{datetime.now(UTC):%Y-%m-%d}", LASTCALL_DATABASE_URL=database_url)

    assert result.exit_code == 0
    refreshed, synced, *others = result.stdout.splitlines()
    assert refreshed.startswith("refresh")
    assert synced == "sync       answers: unchanged, answer-headers: unchanged"
    assert others[1:] == [
        "escalate   evaluated 0, 0 campaigns opened or changed, 0 notifications written",
        "report     0 digests queued, 0 with nothing to report",
        "deliver    0 messages delivered",
        "clean_up   nothing to delete",
    ]
    assert result.stderr == ""


async def test_tick_as_of_a_time_to_come_warns_that_it_acts(database_url: str) -> None:
    soon = datetime.now(UTC) + timedelta(days=2)

    result = await lastcall("tick", "--now", f"{soon:%Y-%m-%d}", "--json", LASTCALL_DATABASE_URL=database_url)

    assert "is in the future: everything due until then is recorded and sent now" in result.stderr
    assert set(json.loads(result.stdout)) == {"now", "results", "failures"}
