"""Migrate, consume, schedule and web as processes of their own: one record in Kafka, one message to the owner."""

import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.core import words
from service.core.calendar import Calendar
from service.core.catalog.lifecycle import Deprecation
from service.core.identity import Model
from tests.broker_topics import call_record, make_topic, produce
from tests.processes import connected, lastcall, readiness, running, until
from tests.slack_server import Channel, Posted, SlackServer

OWNER = "ana@acme.example"
LASTCALL_YAML = f"""
organisation: Acme
fallback_channel: "#ai-platform"
owners:
  - {{services: [checkout-*], team: payments, people: [{OWNER}], channel: "#payments", manager: [omar@acme.example]}}
"""
ROLES = ("consume", "schedule", "web")


async def test_one_record_in_kafka_is_one_message_to_the_owner(
    kafka: str, database_url: str, database: Database, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    going = due_soon(now)
    topic, dead_letters = await make_topic(kafka, partitions=2), await make_topic(kafka)
    (tmp_path / "lastcall.yaml").write_text(LASTCALL_YAML)
    await empty(database)
    channels = [Channel("C00000001", "payments"), Channel("C00000002", "ai-platform")]
    async with SlackServer(channels, {OWNER: "U00000001"}, posts_a_second=None) as slack, AsyncExitStack() as stack:
        env = connected(
            kafka, database_url, topic, dead_letters, LASTCALL_SLACK_API_URL=slack.url, LASTCALL_SLACK_TOKEN=slack.token
        )
        migrated = await lastcall("migrate", "--json", env=env, folder=tmp_path)
        assert migrated.answer["before"] is None
        roles = {role: await stack.enter_async_context(running(role, env=env, folder=tmp_path)) for role in ROLES}
        at = {role: await process.says(r"serving (http://\S+)") for role, process in roles.items()}

        await produce(kafka, topic, [call_record(service="checkout-api", model=going.id, time=now.isoformat())])
        await items(at["web"], "/api/v1/exposures")
        for role, url in at.items():
            status, ready = await readiness(url)
            assert (ready["conditions"], ready["problems"], ready["status"], status) == ([], [], "ready", 200), role
            assert (ready["consumer"] is not None) == (role == "consume")

        # Outside working hours the owner is told when they begin: the clock moves on to that.
        goes_out = Calendar().next_working(now) + timedelta(minutes=1)
        for _ in range(2):
            ticked = await lastcall("tick", "--now", f"{goes_out:%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)
            assert ticked.code == 0, ticked.err
            await until(lambda: owner_heard(slack))
        notices = [told for told in await items(at["web"], "/api/v1/notifications") if told["kind"] == "notice"]

        [message] = to_owner(slack)
        assert going.shutdown.on is not None
        for said in ("checkout-api", going.id, words.day(going.shutdown.on)):
            assert said in message.text
        assert {notice["destination"] for notice in notices} == {f"user:{OWNER}", "#payments"}
        assert "omar" not in str(slack.calls), "the owner has a business day before the manager hears"

        for role, process in roles.items():
            assert await process.end(signal.SIGTERM) == 0, role
            assert "Traceback" not in process.said


def due_soon(now: datetime) -> Deprecation:
    """A model of OpenAI that is announced to go, on a day that leaves the owner time."""
    loaded = load_catalog()
    first, last = (now + timedelta(days=5)).date(), (now + timedelta(days=300)).date()
    for record in (one for one in loaded.catalog if one.platform == "openai-api"):
        day = record.shutdown.on
        if record.shutdown.precision == "exact" and day and first <= day <= last and record.known_on(now.date()):
            means = loaded.resolver.resolve(record.id, provider="openai")
            if isinstance(means, Model) and (means.platform, means.model) == record.key:
                return record
    raise AssertionError(f"the shipped catalog knows no end between {first} and {last}: it is out of date")


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
    async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=20) as client:

        async def shown() -> bool:
            found[:] = (await client.get(path)).raise_for_status().json()["items"]
            return bool(found)

        await until(shown)
    return found
