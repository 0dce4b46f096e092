"""What waits in the outbox is in Slack once: with two senders, after a crash, after a lost answer."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from service.adapters.postgres.database import Database
from service.adapters.postgres.outbox_store import Outbox
from service.adapters.slack.transport import LocalTransport, SlackTransport
from service.core.address import parse
from service.core.card import Urgency
from service.core.delivery import Delivered
from service.core.messages.message import Message
from service.core.messages.render import render
from service.core.wording.blocks import read_blocks
from service.engine.deliver import DeliveryReport, deliver
from tests.builders import make_notice
from tests.outbox_rows import (
    NOON,
    PAGE,
    Company,
    as_posted,
    cards,
    enqueue,
    let_leases_lapse,
    open_kinds,
    send,
    states,
    stored_messages,
)
from tests.slack_server import Channel, Fault, SlackServer


def heard(slack: SlackServer) -> list[str]:
    return [posted.where for posted in slack.posts]


async def test_message_is_posted_and_noted(database: Database, slack: SlackServer, transport: SlackTransport) -> None:
    await enqueue(database, "#search", make_notice(service="search-api"))

    assert await send(database, transport) == DeliveryReport(delivered=1)

    [posted], [stored] = slack.posts, await stored_messages(database)
    assert (stored.channel, stored.ts) == ("C00000001", posted.ts)
    assert stored.delivered_at == NOON
    assert posted.blocks == as_posted(stored.blocks)
    assert posted.metadata == {"event_type": "lastcall_message", "event_payload": {"id": str(stored.id)}}
    assert await states(database) == {"#search": ["delivered"]}


async def test_everything_for_one_destination_is_one_message(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice(service="search-api"), make_notice(service="ranker"))
    await enqueue(database, "#billing", make_notice(service="invoices"))

    await send(database, transport)

    assert sorted(heard(slack)) == ["#billing", "#search"]
    shown = str([p.blocks for p in slack.posts if p.where == "#search"])
    assert "search-api" in shown
    assert "ranker" in shown


async def test_a_message_is_the_card_until_urgency_rises(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    await send(database, transport)
    await enqueue(database, "#search", make_notice(step="-30d"))
    await send(database, transport, minutes=1)
    calm = await cards(database)
    await enqueue(database, "#search", make_notice(step="-5w", state="broken"))
    await send(database, transport, minutes=2)
    failing = await cards(database)

    first, _, third = slack.posts
    assert calm == [("#search", "gpt-4.5-preview-2025-02-27", Urgency.CALM, first.ts)]
    assert failing == [("#search", "gpt-4.5-preview-2025-02-27", Urgency.FAILING, third.ts)]


async def test_without_slack_there_is_no_card(database: Database) -> None:
    await enqueue(database, "#search", make_notice())
    await send(database, LocalTransport(show=lambda *_: None))

    assert await cards(database) == []


async def test_nothing_is_sent_before_its_time(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice(), not_before=NOON + timedelta(minutes=1))
    assert await send(database, transport) == DeliveryReport()
    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)


@pytest.mark.parametrize(
    ("destination", "hears"),
    [
        pytest.param("user:ada@example.com", "U00000001", id="a person hears in a direct message"),
        pytest.param("U00000002", "U00000002", id="a person may be named by id"),
        pytest.param("C00000002", "#billing", id="a channel may be named by id"),
        pytest.param("usergroup:search-oncall", "U00000001,U00000002", id="a group hears in one conversation"),
    ],
)
async def test_every_kind_of_address_is_reached(
    database: Database, slack: SlackServer, transport: SlackTransport, destination: str, hears: str
) -> None:
    await enqueue(database, destination, make_notice())
    await send(database, transport)
    assert heard(slack) == [hears]


async def test_person_is_looked_up_once(database: Database, slack: SlackServer, transport: SlackTransport) -> None:
    for minute in range(3):
        await enqueue(database, "user:ada@example.com", make_notice())
        await send(database, transport, minutes=minute)
    assert len(slack.posts) == 3
    assert len(slack.called("users.lookupByEmail")) == 1


async def test_two_senders_at_once_send_each_message_once(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    slack.channels += [Channel(f"C1{i:07}", f"team-{i}") for i in range(20)]
    for i in range(20):
        await enqueue(database, f"#team-{i}", make_notice(), make_notice(service="other"))

    await asyncio.gather(*(send(database, transport) for _ in range(2)))

    assert sorted(heard(slack)) == sorted(f"#team-{i}" for i in range(20))


async def test_destination_with_a_live_lease_has_one_sender(database: Database) -> None:
    outbox = Outbox(database)
    await enqueue(database, "#search", make_notice())
    assert await outbox.claim(NOON) is not None
    await enqueue(database, "#search", make_notice())
    assert await outbox.claim(NOON) is None


async def test_crash_after_posting_is_looked_up_and_not_repeated(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    outbox, message_id = Outbox(database), uuid4()
    claim = await outbox.claim(NOON)
    assert claim is not None
    message = render(claim.facts, page=PAGE, now=NOON)
    assert await outbox.write(claim, message_id, message, now=NOON)
    assert isinstance(await transport.post(message, parse("#search"), message_id, now=NOON), Delivered)
    await let_leases_lapse(database)

    assert await send(database, transport) == DeliveryReport(delivered=1)

    assert len(slack.posts) == 1
    [stored] = await stored_messages(database)
    assert (stored.id, stored.ts) == (message_id, slack.posts[0].ts)


async def test_crash_before_posting_sends_the_same_message(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    outbox, message_id = Outbox(database), uuid4()
    claim = await outbox.claim(NOON)
    assert claim is not None
    assert await outbox.write(claim, message_id, render([make_notice()], page=PAGE, now=NOON), now=NOON)
    await let_leases_lapse(database)

    await send(database, transport)

    [posted] = slack.posts
    assert posted.metadata["event_payload"] == {"id": str(message_id)}


async def test_sender_that_lost_its_lease_writes_nothing(database: Database) -> None:
    await enqueue(database, "#search", make_notice())
    outbox, message_id = Outbox(database), uuid4()
    late = await outbox.claim(NOON)
    assert late is not None
    await let_leases_lapse(database)
    assert await outbox.claim(NOON) is not None

    assert not await outbox.write(late, message_id, Message("late", ()), now=NOON)
    assert not await outbox.delivered(late, message_id, Delivered("C1", "1.0"), now=NOON)

    assert await stored_messages(database) == []
    assert await states(database) == {"#search": ["leased"]}


async def test_post_that_never_arrived_says_how_many_days_are_left_when_it_is_sent(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(cut="before"))
    await send(database, transport)

    await send(database, transport, minutes=41 * 24 * 60)

    [posted], [stored] = slack.posts, await stored_messages(database)
    assert "shuts down tomorrow" in str(posted.blocks)
    assert posted.blocks == as_posted(stored.blocks)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(cut="after"), id="the connection breaks after Slack took it"),
        pytest.param(Fault(slow=60), id="the answer comes too late"),
    ],
)
async def test_post_without_an_answer_is_found_and_not_repeated(
    database: Database, slack: SlackServer, transport: SlackTransport, fault: Fault
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", fault)

    assert await send(database, transport) == DeliveryReport(unknown=1)
    assert await states(database) == {"#search": ["unknown"]}
    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)

    assert len(slack.posts) == 1
    assert (await stored_messages(database))[0].ts == slack.posts[0].ts


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(cut="before"), id="the connection breaks before Slack took it"),
        pytest.param(Fault(status=502), id="a proxy in between answers"),
        pytest.param(Fault(error="internal_error"), id="Slack says that it may have happened"),
    ],
)
async def test_post_that_did_not_arrive_is_sent_once(
    database: Database, slack: SlackServer, transport: SlackTransport, fault: Fault
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", fault)

    assert await send(database, transport) == DeliveryReport(unknown=1)
    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)

    assert len(slack.posts) == 1


async def test_post_in_doubt_is_found_among_what_others_said_since(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(cut="after"))
    await send(database, transport)
    [ours] = slack.posts
    for _ in range(450):
        await transport.post(Message("chatter", ()), parse("#search"), uuid4(), now=NOON)

    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)

    assert len(slack.posts) == 451
    assert (await stored_messages(database))[0].ts == ours.ts
    assert len(slack.called("conversations.history")) == 3


async def test_lookup_that_fails_sends_nothing(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice())
    slack.fail("chat.postMessage", Fault(cut="after"))
    slack.fail("conversations.history", Fault(status=500))

    await send(database, transport)
    assert await send(database, transport, minutes=1) == DeliveryReport(unknown=1)
    assert await send(database, transport, minutes=5) == DeliveryReport(delivered=1)

    assert len(slack.posts) == 1


async def test_long_bundle_continues_in_the_thread(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    services = [f"service-{i}" for i in range(90)]
    await enqueue(database, "#search", *(make_notice(service=s, model=f"model-{s}") for s in services))

    await send(database, transport)

    root, *replies = slack.posts
    assert replies
    assert {reply.thread_ts for reply in replies} == {root.ts}
    shown = str([posted.blocks for posted in slack.posts])
    assert [s for s in services if f"{s}" not in shown] == []


async def test_thread_that_broke_off_is_continued(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    services = [f"service-{i}" for i in range(200)]
    await enqueue(database, "#search", *(make_notice(service=s, model=f"model-{s}") for s in services))
    slack.fail("chat.postMessage", Fault(), Fault(), Fault(cut="after"))

    assert await send(database, transport) == DeliveryReport(unknown=1)
    assert len(slack.posts) == 3
    assert await send(database, transport, minutes=1) == DeliveryReport(delivered=1)

    [stored] = await stored_messages(database)
    assert [posted.blocks for posted in slack.posts] == [
        as_posted(blocks) for blocks in (stored.blocks, *stored.replies)
    ]


async def test_service_named_like_a_mention_pings_nobody(
    database: Database, slack: SlackServer, transport: SlackTransport
) -> None:
    await enqueue(database, "#search", make_notice(service="<!channel>", requested_ids=("<@U00000001>",)))
    await send(database, transport)
    assert [posted.pings for posted in slack.posts] == [[]]


async def test_without_slack_the_message_is_noted_and_shown(database: Database) -> None:
    shown: list[tuple[str, Message]] = []
    local = LocalTransport(lambda destination, message: shown.append((destination, message)))
    await enqueue(database, "#search", make_notice(service="search-api"))

    report = await deliver(database, {"slack": local}, Company().channels, page=PAGE, now=NOON)

    assert report == DeliveryReport(delivered=1)
    [(destination, message)], [stored] = shown, await stored_messages(database)
    assert (destination, message.blocks) == ("#search", read_blocks(stored.blocks))
    assert (stored.delivered_at, stored.ts) == (NOON, None)
    assert await open_kinds(database) == []
