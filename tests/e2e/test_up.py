"""`lastcall up` with nothing configured: the first record, a folder for one, a clean end, and exact totals after it."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from service.adapters.postgres.database import open_database
from tests.broker_topics import call_record
from tests.processes import (
    Running,
    data_folder,
    environment,
    lastcall,
    lives,
    readiness,
    running,
    servers_of,
    shell,
    until,
)

SERVICE = "order-history"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


async def test_first_record_by_the_printed_line_is_found_and_ctrl_c_ends_everything(
    data_dir: Path, tmp_path: Path
) -> None:
    env = environment(LASTCALL_WEB_PORT=0)
    async with running("up", "--data-dir", data_dir, env=env, folder=tmp_path) as up:
        export = await up.says(r"(?m)^ *(export LASTCALL_DATA_DIR=.*)$")
        line = await up.says(r"(?m)^ *(echo .*lastcall send -)$")
        for address in (
            r"page +http://127.0.0.1:\d+",
            r"outbox +http://127.0.0.1:\d+/outbox",
            r"Kafka +127.0.0.1:\d+",
            r"no lastcall.yaml here",
        ):
            await up.says(address)

        pasted = await shell(f"{export} && {line}", env=environment(), folder=tmp_path)
        counts = "1 call in 1 record, 0 rejected, 0 without a call"
        assert (pasted.code, pasted.out) == (0, f"sent 1 record to lastcall: {counts}\n"), pasted.err

        here = environment(LASTCALL_DATA_DIR=data_dir)
        await until(lambda: counted(data_dir, 1))
        await lastcall("tick", "--now", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", env=here, folder=tmp_path)
        who = await lastcall("who", "gpt-4o", "--json", env=here, folder=tmp_path)
        assert [(use["service"], use["model"], use["calls_7d"]) for use in who.answer["uses"]] == [
            ("my-first-service", "gpt-4o", 1)
        ]

        second = await lastcall("up", "--data-dir", data_dir, env=env, folder=tmp_path)
        assert second.code == 3
        assert f"error: another lastcall uses {data_dir}: stop it, or give --data-dir another folder" in second.err

        children = [*servers_of(data_dir), *psutil.Process(up.pid).children(recursive=True)]
        assert {name_of(child) for child in children} == {"postgres", "tansu"}
        assert await up.end(signal.SIGINT) == 0, up.said
        assert [child for child in children if lives(child)] == []
        assert "Traceback" not in up.said


@pytest.mark.slow
async def test_totals_are_exact_over_three_lives_though_the_broker_forgets(data_dir: Path, tmp_path: Path) -> None:
    """The second life is killed, and reads far fewer records than the first: offsets below the old watermarks."""
    sent = 0
    lives = [(40, signal.SIGINT), (8, signal.SIGKILL), (17, signal.SIGINT)]
    for life, (number, end) in enumerate(lives):
        async with running("up", "--data-dir", data_dir, env=environment(LASTCALL_WEB_PORT=0), folder=tmp_path) as up:
            await up.says("To exit, press Ctrl-C")
            assert await counted(data_dir, sent)
            records = tmp_path / f"{life}.jsonl"
            records.write_bytes(b"".join(record(sent + n) for n in range(number)))
            here = environment(LASTCALL_DATA_DIR=data_dir)
            assert (await lastcall("send", records, env=here, folder=tmp_path)).code == 0
            sent += number
            await until(lambda: counted(data_dir, sent))  # noqa: B023  awaited in this round
            await until(lambda: nothing_behind(up))
            assert await totals(data_dir) == (sent, sum(range(sent)), sent, sent)
            code = await up.end(end)
            assert code == (0 if end is signal.SIGINT else -signal.SIGKILL)


def record(number: int) -> bytes:
    """Each call has its own number of tokens, so that one that is left out for one that is repeated shows."""
    now = datetime.now(UTC).isoformat()
    return call_record(service=SERVICE, time=now, input_tokens=number, output_tokens=0) + b"\n"


async def counted(data_dir: Path, calls: int) -> bool:
    return (await totals(data_dir))[0] == calls


async def nothing_behind(up: Running) -> bool:
    _, ready = await readiness(await up.says(r"page +(http://\S+)"))
    return bool(ready["consumer"]["records_behind"] == 0)


async def totals(data_dir: Path) -> tuple[int, int, int, int]:
    """Calls and input tokens counted; records and records of calls in the ledger. Of the `up` that runs."""
    database = open_database(json.loads((data_dir / "run.json").read_text())["database_url"])
    try:
        async with database.connect() as connection:
            used = await connection.execute(
                text("SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(input_tokens), 0)::bigint FROM usage_hourly")
            )
            read = await connection.execute(
                text("SELECT coalesce(sum(records), 0)::bigint, coalesce(sum(call_records), 0)::bigint FROM watermarks")
            )
            return (*used.one(), *read.one())
    finally:
        await database.dispose()


def name_of(process: psutil.Process) -> str:
    return str(process.name()).partition("-")[0]
