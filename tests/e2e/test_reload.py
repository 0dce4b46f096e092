"""SIGHUP: a running lastcall goes by the new lastcall.yaml, and by the one before where the new one is bad."""

import asyncio
import json
import os
import pty
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.adapters.postgres.database import Database
from service.adapters.queries.operation import read_heartbeats
from service.config.company import load_company
from tests.broker_topics import call_record, make_topic, produce
from tests.own_catalog import ending_model, python_path
from tests.processes import BIN, PATIENCE, connected, running, until

MODEL = "gpt-4-goes"


def write(file: Path, team: str, *topics: str) -> None:
    file.write_text(
        f'fallback_channel: "#ai-platform"\n'
        f"topics: [{', '.join(f'{{name: {topic}}}' for topic in topics)}]\n"
        f"owners:\n"
        f'  - {{services: [checkout-*], team: {team}, channel: "#{team}"}}\n'
    )


async def teams(url: str) -> dict[str, Any]:
    """By service, of the exposures that the page shows."""
    async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=PATIENCE) as client:
        shown = (await client.get("/api/v1/exposures")).raise_for_status().json()["items"]
    return {each["service"]: each["team"] for each in shown}


async def shows(url: str, wanted: dict[str, str]) -> None:
    async def holds() -> bool:
        return await teams(url) == wanted

    await until(holds)


async def goes_by(database: Database, digest: str) -> bool:
    async with database.connect() as connection:
        by_verb = {one.verb: one.company for one in await read_heartbeats(connection)}
    return by_verb.get("escalate") == digest  # clean_up ticks once an hour


@pytest.mark.slow
async def test_running_lastcall_takes_a_good_file_and_refuses_a_bad_one(
    kafka: str, database_url: str, database: Database, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    going = ending_model(MODEL, announced=today - timedelta(days=60), shutdown_on=today + timedelta(days=12))
    first, second = await make_topic(kafka), await make_topic(kafka)
    file = tmp_path / "lastcall.yaml"
    write(file, "payments", first)
    env = connected(kafka, database_url, first, await make_topic(kafka), PYTHONPATH=python_path(tmp_path, going))

    async def calls(topic: str, service: str) -> None:
        await produce(kafka, topic, [call_record(service=service, model=MODEL, time=f"{datetime.now(UTC):%FT%TZ}")])

    async with running("up", env=env, folder=tmp_path) as lastcall:
        url = await lastcall.says(r"page +(http://\S+)")
        await calls(first, "checkout-api")
        await shows(url, {"checkout-api": "payments"})
        before = load_company(file).digest
        await until(lambda: goes_by(database, before))

        file.write_text(file.read_text().replace("team:", "tema:"))
        os.kill(lastcall.pid, signal.SIGHUP)
        refused = json.loads(await lastcall.says(r"\{.*lastcall.yaml refused.*\}"))
        assert refused["event"] == "lastcall.yaml refused, the one before stays in force"
        assert any(one.startswith("lastcall.yaml:4: owners[0]") and "'tema'" in one for one in refused["problems"])
        assert await teams(url) == {"checkout-api": "payments"}

        file.unlink()
        os.kill(lastcall.pid, signal.SIGHUP)
        await lastcall.says("lastcall.yaml: there is no such file")
        assert await teams(url) == {"checkout-api": "payments"}

        write(file, "orders", first, second)
        os.kill(lastcall.pid, signal.SIGHUP)
        await lastcall.says("lastcall.yaml reloaded")
        assert await teams(url) == {"checkout-api": "orders"}
        await calls(second, "checkout-web")
        await shows(url, {"checkout-api": "orders", "checkout-web": "orders"})
        after = load_company(file).digest
        await until(lambda: goes_by(database, after))

        assert await lastcall.end(signal.SIGTERM) == 0
        assert "Traceback" not in lastcall.said


async def test_lastcall_whose_terminal_is_closed_ends(database_url: str, database: Database, tmp_path: Path) -> None:
    env = connected("localhost:1", database_url, "unused", "unused")
    terminal, own = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(BIN / "lastcall", "web"),
        env=env,
        cwd=tmp_path,
        stdin=own,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    os.close(own)
    assert process.stderr is not None
    try:
        assert b"serving" in await asyncio.wait_for(process.stderr.readline(), PATIENCE)
        os.close(terminal)
        process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
