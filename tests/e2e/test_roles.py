"""Migrate, consume, schedule and web as processes of their own: one record in Kafka, one message to the owner."""

import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from service.adapters.postgres.database import Database
from service.core import words
from service.core.calendar import Calendar
from tests.broker_topics import call_record, make_topic, produce
from tests.own_catalog import ending_model, python_path
from tests.processes import PATIENCE, connected, lastcall, readiness, running, until
from tests.slack_server import Channel, Posted, SlackServer

OWNER = "ana@acme.example"
LASTCALL_YAML = f"""
organisation: Acme
fallback_channel: "#ai-platform"
owners:
  - {{services: [checkout-*], team: payments, people: [{OWNER}], channel: "#payments", manager: [omar@acme.example]}}
"""
MODEL = "gpt-4-goes"
"""In its last two weeks, at the step that tells the manager too, and before the last three days."""
ROLES = ("consume", "schedule", "web")


async def test_one_record_in_kafka_is_one_message_to_the_owner(
    kafka: str, database_url: str, database: Database, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    shutdown_on = now.date() + timedelta(days=12)
    going = ending_model(MODEL, announced=now.date() - timedelta(days=60), shutdown_on=shutdown_on)
    topic, dead_letters = await make_topic(kafka, partitions=2), await make_topic(kafka)
    (tmp_path / "lastcall.yaml").write_text(LASTCALL_YAML)
    await empty(database)
    channels = [Channel("C00000001", "payments"), Channel("C00000002", "ai-platform")]
    async with SlackServer(channels, {OWNER: "U00000001"}, posts_a_second=None) as slack, AsyncExitStack() as stack:
        env = connected(
            kafka,
            database_url,
            topic,
            dead_letters,
            LASTCALL_SLACK_API_URL=slack.url,
            LASTCALL_SLACK_TOKEN=slack.token,
            PYTHONPATH=python_path(tmp_path, going),
        )
        migrated = await lastcall("migrate", "--json", env=env, folder=tmp_path)
        assert migrated.answer["before"] is None
        roles = {role: await stack.enter_async_context(running(role, env=env, folder=tmp_path)) for role in ROLES}
        at = {role: await process.says(r"serving (http://\S+)") for role, process in roles.items()}

        await produce(kafka, topic, [call_record(service="checkout-api", model=MODEL, time=now.isoformat())])
        await items(at["web"], "/api/v1/exposures")
        for role, url in at.items():
            status, ready = await readiness(url)
            assert (ready["conditions"], ready["problems"], ready["status"], status) == ([], [], "ready", 200), role
            assert (ready["consumer"] is not None) == (role == "consume")

        # Outside working hours the owner is told when they begin: the clock moves on to that.
        send_now_at = Calendar().next_working(now) + timedelta(minutes=1)
        for _ in range(2):
            ticked = await lastcall("tick", "--now", f"{send_now_at:%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)
            assert ticked.code == 0, ticked.err
            await until(lambda: owner_heard(slack))
        notices = [told for told in await items(at["web"], "/api/v1/notifications") if told["kind"] == "notice"]

        [message] = to_owner(slack)
        for said in ("checkout-api", MODEL, words.day(shutdown_on)):
            assert said in message.text
        assert {notice["destination"] for notice in notices} == {f"user:{OWNER}", "#payments"}
        assert "omar" not in str(slack.calls), "the owner has a business day before the manager hears"

        for role, process in roles.items():
            assert await process.end(signal.SIGTERM) == 0, role
            assert "Traceback" not in process.said


async def empty(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))


def to_owner(slack: SlackServer) -> list[Posted]:
    return [post for post in slack.posts if post.where == "U00000001"]


async def owner_heard(slack: SlackServer) -> bool:
    return bool(to_owner(slack))


async def items(url: str, path: str) -> list[dict[str, Any]]:
    """Waits until the web shows some."""
    found: list[dict[str, Any]] = []
    async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=PATIENCE) as client:

        async def shown() -> bool:
            found[:] = (await client.get(path)).raise_for_status().json()["items"]
            return bool(found)

        await until(shown)
    return found
