"""`lastcall tick` on a database whose messages go to Slack."""

import asyncio

from typer.testing import CliRunner

from service.adapters.postgres.database import Database
from service.adapters.slack.transport import SlackTransport
from service.entrypoints.cli import app
from tests.builders import make_notice
from tests.outbox_rows import NOON, enqueue, send, states


async def test_tick_without_the_token_leaves_the_messages_and_is_bad_news(
    database: Database, database_url: str, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    await send(database, transport)
    await enqueue(database, "#search", make_notice(service="ranker"))

    at = f"{NOON:%Y-%m-%dT%H:%M:%SZ}"
    environment = {"LASTCALL_DATABASE_URL": database_url}
    ticked = await asyncio.to_thread(CliRunner().invoke, app, ["tick", "--now", at], env=environment)

    assert ticked.exit_code == 1
    assert "this database's messages go to Slack" in ticked.stderr
    assert "Set LASTCALL_SLACK_TOKEN" in ticked.stderr
    assert await states(database) == {"#search": ["delivered", "pending"]}
