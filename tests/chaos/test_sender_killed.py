"""A sender is killed between Slack's taking a message and its being noted; senders and Slack fail at random."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.adapters.postgres.database import Database
from service.adapters.slack.transport import open_slack
from tests.builders import make_notice
from tests.outbox_rows import enqueue, let_leases_lapse, send, states
from tests.processes import PATIENCE
from tests.slack_server import Channel, Fault, SlackServer

HERE = Path(__file__).parent
SEARCH = Channel("C00000001", "search")


async def test_message_of_a_killed_sender_is_found_and_not_repeated(database_url: str, database: Database) -> None:
    await enqueue(database, "#search", make_notice())
    taken = asyncio.Event()
    async with SlackServer([SEARCH], on_post=lambda posted: taken.set()) as slack:
        slack.fail("chat.postMessage", Fault(slow=60))
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, str(HERE / "sender.py"), database_url, slack.url, slack.token),
            env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        )
        await asyncio.wait_for(taken.wait(), PATIENCE)
        sender.kill()
        await sender.wait()
        assert await states(database) == {"#search": ["leased"]}

        await let_leases_lapse(database)
        async with open_slack(SecretStr(slack.token), api_url=slack.url) as transport:
            await send(database, transport)

    assert len(slack.posts) == 1
    assert await states(database) == {"#search": ["delivered"]}


@pytest.mark.parametrize("seed", range(3))
async def test_every_notification_is_told_once_whatever_fails(database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  to repeat a failure, not to hide anything
    faults = [
        *[Fault()] * 14,
        Fault(cut="before"),
        Fault(cut="after"),
        Fault(status=503),
        Fault(retry_after=40),
        Fault(error="ratelimited"),
        Fault(error="internal_error"),
    ]
    channels = [Channel(f"C{i:08}", f"team-{i}") for i in range(8)]
    async with SlackServer(channels, posts_a_second=None) as slack:
        for method in ("chat.postMessage", "conversations.history", "users.conversations"):
            slack.fail(method, *chance.choices(faults, k=60))
        async with open_slack(SecretStr(slack.token), api_url=slack.url, pace_seconds=0) as transport:
            for minute in range(0, 1800, 20):
                if minute < 300:
                    team = chance.randrange(8)
                    await enqueue(database, f"#team-{team}", make_notice(service=f"service-{minute}-"))
                senders = [asyncio.create_task(send(database, transport, minutes=minute)) for _ in range(3)]
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.random() / 50)
                    senders[0].cancel()
                await asyncio.gather(*senders, return_exceptions=True)
                await let_leases_lapse(database)

    assert {state for found in (await states(database)).values() for state in found} == {"delivered"}
    told = {f"service-{m}-": sum(f"service-{m}-" in str(p.blocks) for p in slack.posts) for m in range(0, 300, 20)}
    assert set(told.values()) == {1}, told
