"""What Slack refuses is waited for, told to somebody else, and told to the operator once; nothing is lost."""

from datetime import datetime
from itertools import count
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from service.adapters.postgres.conditions import raise_condition
from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.slack.transport import LocalTransport, SlackTransport, open_slack
from service.core.address import Address
from service.core.condition_ingest import RejectionFlood
from service.core.delivery import GIVE_UP_AFTER, Outcome, Retry, Sent
from service.core.messages.message import Message
from service.engine.deliver import DeliveryReport, deliver
from tests.builders import make_notice
from tests.outbox_rows import (
    NOON,
    PAGE,
    Company,
    as_posted,
    enqueue,
    let_leases_lapse,
    open_kinds,
    send,
    states,
    stored_messages,
)
from tests.slack_server import Channel, Fault, SlackServer


def said_in(slack: SlackServer, where: str) -> str:
    return str([posted.blocks for posted in slack.posts if posted.where == where])


def archive(slack: SlackServer, *names: str) -> None:
    for channel in slack.channels:
        channel.archived = channel.archived or channel.name in names


async def test_429_holds_its_channel_for_as_long_as_slack_says(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    await enqueue(database, "#billing", make_notice())
    slack.fail("chat.postMessage", Fault(retry_after=120))

    assert await send(database, transport) == DeliveryReport(delivered=1, retry=1)
    assert await send(database, transport, minutes=1.9) == DeliveryReport()
    assert await send(database, transport, minutes=2) == DeliveryReport(delivered=1)
    assert len(slack.posts) == 2


async def test_retry_after_counts_from_the_answer_of_a_slow_tick(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(retry_after=120))
    a_minute_at_each_look = count(0, 60)

    await send(database, transport, seconds=lambda: next(a_minute_at_each_look))

    assert await send(database, transport, minutes=2.9) == DeliveryReport()
    assert await send(database, transport, minutes=3) == DeliveryReport(delivered=1)


async def test_what_comes_meanwhile_waits_and_joins_the_message(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice(service="search-api"))
    slack.fail("chat.postMessage", Fault(retry_after=120))
    await send(database, transport)
    await enqueue(database, "#search", make_notice(service="ranker"))

    assert await send(database, transport, minutes=1) == DeliveryReport()
    assert await send(database, transport, minutes=2) == DeliveryReport(delivered=1)

    assert "search-api" in said_in(slack, "#search")
    assert "ranker" in said_in(slack, "#search")
    assert len(await stored_messages(database)) == 1


@pytest.mark.parametrize(
    "error",
    [
        pytest.param("ratelimited", id="ok: false instead of 429"),
        pytest.param("external_channel_migrating", id="the channel moves"),
        pytest.param("an_error_of_next_year", id="an error that nobody knows"),
    ],
)
async def test_refusal_that_may_pass_is_tried_again(
    database: Database, slack: SlackServer, transport: SlackTransport, error: str
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(error=error))

    assert await send(database, transport) == DeliveryReport(retry=1)
    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b'{"ok": true}', id="no word of where it is"),
        pytest.param(b'{"ok": true, "channel": 5, "ts": {}}', id="no texts"),
        pytest.param(b'{"ok": true, "channel": "C1\\u0000", "ts": "1.2"}', id="a character that no store takes"),
        pytest.param(b'{"ok": false, "error": {"a": 1}}', id="an object as error"),
        pytest.param(b'{"ok": false, "error": 5}', id="a number as error"),
        pytest.param(b'{"ok": false, "error": "\\u0000"}', id="an error that is none of Slack's"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"null", id="nothing"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
async def test_answer_that_is_not_slacks_leaves_the_message_in_doubt_until_it_is_looked_up(
    database: Database, slack: SlackServer, transport: SlackTransport, body: bytes
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(body=body))
    slack.fail("conversations.history", Fault(body=body))

    assert await send(database, transport) == DeliveryReport(unknown=1)
    assert await send(database, transport, minutes=1) == DeliveryReport(unknown=1)
    assert await send(database, transport, minutes=10) == DeliveryReport(delivered=1)
    assert len(slack.posts) == 1


async def test_wait_beyond_all_reason_is_an_hour(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(retry_after=10**30))

    assert await send(database, transport) == DeliveryReport(retry=1)
    assert await send(database, transport, minutes=60) == DeliveryReport(delivered=1)


@pytest.mark.parametrize("body", [b"[1, 2]", b"\xff", b'{"ok": false, "error": {"a": 1}}'])
async def test_check_of_the_token_survives_what_is_no_slack(
    slack: SlackServer, transport: SlackTransport, body: bytes
) -> None:
    slack.fail("auth.test", Fault(body=body))

    assert await transport.check() == Retry("unreadable_answer")


async def test_limit_of_the_workspace_holds_everything(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    await enqueue(database, "#billing", make_notice())
    slack.fail("chat.postMessage", Fault(error="message_limit_exceeded"))

    assert await send(database, transport) == DeliveryReport(retry=1, stopped="message_limit_exceeded")
    assert await send(database, transport, minutes=59) == DeliveryReport()
    assert await send(database, transport, minutes=60) == DeliveryReport(delivered=2)


async def test_pace_of_a_channel_is_kept(database: Database, slack: SlackServer) -> None:
    slack.posts_a_second = 10
    services = [f"service-{i}" for i in range(200)]
    await enqueue(database, "#search", *(make_notice(service=s, model=f"model-{s}") for s in services))

    async with open_slack(SecretStr(slack.token), api_url=slack.url, pace_seconds=0.1) as transport:
        assert await send(database, transport) == DeliveryReport(delivered=1)

    assert len(slack.posts) > 2
    assert len(slack.called("chat.postMessage")) == len(slack.posts)


@pytest.mark.parametrize(
    ("destination", "error"),
    [
        pytest.param("#search", "is_archived", id="the channel is archived"),
        pytest.param("#nowhere", "channel_not_found", id="there is no such channel"),
        pytest.param("#private", "not_in_channel", id="the app is not in the channel"),
        pytest.param("user:gone@example.com", "users_not_found", id="nobody has that address"),
        pytest.param("usergroup:nobody", "no_such_subteam", id="there is no such group"),
        pytest.param("pager", "unknown_address", id="it is not a valid address"),
    ],
)
async def test_fallback_hears_what_a_destination_cannot(
    database: Database, slack: SlackServer, transport: SlackTransport, destination: str, error: str
) -> None:
    archive(slack, "search")
    slack.channels.append(Channel("C9", "private", member=False))
    await enqueue(database, destination, make_notice(service="search-api"), make_notice(service="ranker"))

    assert await send(database, transport) == DeliveryReport(delivered=2, failed=1)

    heard = said_in(slack, "#fallback")
    assert error in heard
    assert "search-api" in heard
    assert "ranker" in heard
    assert error in said_in(slack, "#operator")
    assert await open_kinds(database) == [("slack_destination", destination)]
    assert (await states(database))[destination] == ["failed", "failed"]


async def test_operator_hears_of_a_broken_destination_once_until_it_works(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    archive(slack, "search")
    for minute in range(2):
        await enqueue(database, "#search", make_notice())
        await send(database, transport, minutes=minute)
    assert [p.where for p in slack.posts].count("#operator") == 1

    slack.channels[0].archived = False
    await enqueue(database, "#search", make_notice())
    await send(database, transport, minutes=3)
    assert await open_kinds(database) == []

    archive(slack, "search")
    await enqueue(database, "#search", make_notice())
    await send(database, transport, minutes=4)
    assert [p.where for p in slack.posts].count("#operator") == 2


async def test_operator_channel_hears_when_the_fallback_fails(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    archive(slack, "search", "fallback")
    await enqueue(database, "#search", make_notice(service="search-api"))
    await send(database, transport)
    assert "search-api" in said_in(slack, "#operator")


async def test_nothing_is_lost_when_nobody_is_left_to_hear(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    archive(slack, "search", "fallback", "operator")
    await enqueue(database, "#search", make_notice(service="search-api"))
    for hour in range(30):
        await send(database, transport, minutes=60 * hour)
    assert slack.posts == []

    for channel in slack.channels:
        channel.archived = False
    await send(database, transport, minutes=60 * 31)
    assert "search-api" in str([posted.blocks for posted in slack.posts])
    waiting = {state for found in (await states(database)).values() for state in found} - {"failed", "delivered"}
    assert waiting == set()


@pytest.mark.parametrize("error", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_everything_waits_while_the_token_is_refused(
    database: Database, slack: SlackServer, transport: SlackTransport, error: str
) -> None:
    await enqueue(database, "#search", make_notice())
    await enqueue(database, "#billing", make_notice())
    slack.token_error = error

    for minute in range(GIVE_UP_AFTER + 1):
        assert await send(database, transport, minutes=minute) == DeliveryReport(failed=1, stopped=error)
    assert len(slack.called("chat.postMessage")) == GIVE_UP_AFTER + 1  # one probe a tick
    assert await open_kinds(database) == [("slack_auth", "slack")]
    assert await states(database) == {"#search": ["pending"], "#billing": ["pending"]}

    slack.token_error = None
    assert await send(database, transport, minutes=60) == DeliveryReport(delivered=2)
    assert await open_kinds(database) == []


async def test_nothing_listens_at_the_address_of_slack(database: Database, slack: SlackServer) -> None:
    await enqueue(database, "#search", make_notice())
    await slack.stop()
    async with open_slack(SecretStr(slack.token), api_url=slack.url) as transport:
        assert await send(database, transport) == DeliveryReport(retry=1, stopped="no_connection")
    assert await states(database) == {"#search": ["pending"]}
    assert await open_kinds(database) == [("slack_unreachable", "slack")]


async def test_blocks_that_slack_refuses_are_left_out(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(error="invalid_blocks"))

    assert await send(database, transport) == DeliveryReport(delivered=1)

    [posted], [stored] = slack.posts, await stored_messages(database)
    text = {"type": "mrkdwn", "text": posted.text, "verbatim": True}
    assert posted.blocks == as_posted(stored.blocks) == [{"type": "section", "text": text}]


async def test_destination_that_never_answers_is_given_up(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice(service="search-api"))
    slack.fail("chat.postMessage", *[Fault(error="ratelimited")] * GIVE_UP_AFTER)
    for hour in range(GIVE_UP_AFTER + 1):
        await send(database, transport, minutes=60 * hour)
    assert "search-api" in said_in(slack, "#fallback")
    assert said_in(slack, "#search") == "[]"


async def test_tick_ends_after_three_posts_without_an_answer(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    for name in ("#search", "#billing", "#fallback", "#operator"):
        await enqueue(database, name, make_notice())
    slack.fail("chat.postMessage", *[Fault(cut="before")] * 4)
    assert await send(database, transport) == DeliveryReport(unknown=3, stopped="connection_broke")


async def test_facts_that_cannot_be_read_stop_nobody_else(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#billing", make_notice(precision="to the minute"))
    await enqueue(database, "#search", make_notice())

    assert await send(database, transport) == DeliveryReport(delivered=2)

    assert sorted(posted.where for posted in slack.posts) == ["#operator", "#search"]
    assert await open_kinds(database) == [("delivery_broke", "#billing")]
    assert (await states(database))["#billing"] == ["unknown"]


async def test_operator_hears_of_a_condition_once(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    flood = RejectionFlood(limit=0.61, commonest=None)
    async with database.begin() as connection:
        await raise_condition(connection, flood, since=NOON)
    for minute in range(3):
        await deliver(database, {"slack": transport}, Company().channels, page=PAGE, now=NOON)
        await send(database, transport, minutes=minute)
    assert [posted.where for posted in slack.posts] == ["#operator"]
    assert "over 61% of the last thousand records were rejected" in said_in(slack, "#operator")


async def test_token_stands_in_no_log_and_no_row(
    database: Database, slack: SlackServer, transport: SlackTransport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    slack.fail("chat.postMessage", Fault(error="invalid_auth"), Fault(status=500), Fault(cut="before"))
    await enqueue(database, "#search", make_notice())
    for minute in range(4):
        await send(database, transport, minutes=minute)
    assert slack.token not in caplog.text
    assert slack.token not in repr(transport)
    assert "search-api" not in caplog.text


async def test_process_without_a_token_leaves_slacks_messages_alone(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    await send(database, transport)
    await enqueue(database, "#search", make_notice(service="ranker"))
    shown: list[str] = []
    local = LocalTransport(lambda destination, message: shown.append(destination))

    for minute in (1, 2):
        assert await send(database, local, minutes=minute) == DeliveryReport(stopped="slack_token_missing")

    assert shown == []
    assert await states(database) == {"#search": ["delivered", "pending"]}
    assert await open_kinds(database) == [("slack_token_missing", "slack")]

    assert await send(database, transport, minutes=3) == DeliveryReport(delivered=1)
    assert await open_kinds(database) == []
    assert [posted.where for posted in slack.posts] == ["#search", "#search"]


class LosingTheDatabase:
    """Slack takes the message, and the table is away before that can be noted."""

    is_local = False

    def __init__(self, slack: SlackTransport, database: Database) -> None:
        self._slack, self._database = slack, database
        self.find = slack.find

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Sent | None = None
    ) -> Outcome:
        outcome = await self._slack.post(message, destination, message_id, now=now, found=found)
        async with self._database.begin() as connection:
            await connection.execute(text("ALTER TABLE notifications RENAME TO away"))
        return outcome


async def test_trouble_of_the_database_is_not_told_as_a_bug(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())

    with pytest.raises(DatabaseTrouble):
        await send(database, LosingTheDatabase(transport, database))

    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE away RENAME TO notifications"))
    await let_leases_lapse(database)
    assert await open_kinds(database) == []
    assert await send(database, transport) == DeliveryReport(delivered=1)
    assert len(slack.posts) == 1
