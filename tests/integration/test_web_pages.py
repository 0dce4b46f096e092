"""The pages on a real database, as text. What they look like is the browser's test."""

import re
from datetime import timedelta

import msgspec

from service.adapters.postgres.database import Database
from service.core.condition import SlackAuth
from service.core.condition_ingest import TopicRecreated
from service.entrypoints.web.pages import ROWS
from tests.builders import make_notice
from tests.rows import (
    NOW,
    put_campaign,
    put_condition,
    put_message,
    put_notification,
    put_rejection,
    put_unknown_id,
    put_use,
)
from tests.web_client import get_page, web_client


def words_of(html: str) -> str:
    """The text between tags, white space folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_an_empty_page_tells_how_to_send_the_first_record(database: Database) -> None:
    page = await get_page(database, "/")

    assert "Nobody calls a model that is going away." in page
    assert "gpt-4.5-preview" in page
    assert "| lastcall ingest -" in page


async def test_the_page_lists_by_deadline_and_says_who_was_told(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="billing-run", model="o1-preview")
        await put_use(connection, service="search-api", calls_by_days_ago={1: 12_400})
        campaign = await put_campaign(connection)
        await put_notification(connection, campaign_id=campaign)

    text = words_of(await get_page(database, "/"))

    assert "2 services still call models that are going away." in text
    assert "The next to go is gpt-4.5-preview , in 12 days." in text
    assert text.index("search-api") < text.index("billing-run")
    assert "in 12 days Mon 14 Jul 2025" in text
    assert "12 k calls in 7 days" in text
    assert "#team-search 2 days ago , -14d next -7d on Mon 7 Jul 2025" in text


async def test_model_behind_a_router_is_told_with_its_makers_day(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, platform="openrouter")

    text = words_of(await get_page(database, "/"))

    assert "gpt-4.5-preview on OpenAI API, through OpenRouter, announced Mon 14 Apr 2025" in text
    assert "which may answer with another model" in text


async def test_who_has_migrated_is_shown_on_demand(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="gone-api", calls_by_days_ago={20: 3, 21: 3})

    calling, everything = (
        await get_page(database, "/"),
        await get_page(database, "/", state="all", team="", platform=""),
    )

    assert "gone-api" not in calling
    assert "Every service has moved on." in calling
    assert "gone-api" in everything


async def test_what_lastcall_is_blind_to_is_shown(database: Database) -> None:
    async with database.begin() as connection:
        await put_unknown_id(connection)
        await put_rejection(connection, hours_ago=3, rejected=3, offset=17)
        await put_rejection(connection, hours_ago=1, rejected=4, offset=99)
        await put_condition(connection, condition=TopicRecreated(topic="lastcall"))
        await put_condition(connection, condition=SlackAuth(error="invalid_auth", advice="Mend it."), cleared=True)

    text = words_of(await get_page(database, "/"))

    assert "gpt-9-mystery OpenAI API search-api 4 5 h ago" in text
    assert "lastcall bad_json expected an object 7 0:99" in text
    assert "topic recreated lastcall" in text
    assert "if this was intended, run: lastcall doctor --accept-recreated lastcall" in text.replace("&#39;", "'")
    assert "slack auth" not in text


async def test_the_outbox_shows_the_message_and_why_it_was_sent(database: Database) -> None:
    async with database.begin() as connection:
        old = await put_message(connection, text="the older one", rendered_at=NOW - timedelta(days=3))
        new = await put_message(connection, text="the newer one, for <!channel>", delivered=False)
        await put_notification(connection, message_id=old)
        await put_notification(connection, message_id=new, state="pending", step="-7d")

    page = await get_page(database, "/outbox")
    text = words_of(page)

    assert text.index("the newer one, for &lt;!channel&gt;") < text.index("the older one")
    assert (
        "7 days before the shutdown, to owner 7 days before the shutdown, by policy default; owner by owners[0]" in text
    )
    assert "goes out with the next tick" in text
    assert 'http-equiv="refresh"' in page


async def test_the_outbox_says_when_the_next_message_goes_out_and_to_whom(database: Database) -> None:
    morning = NOW + timedelta(hours=19)
    async with database.begin() as connection:
        await put_notification(connection, state="pending", decided_at=morning + timedelta(days=1))
        await put_notification(connection, state="pending", decided_at=morning, destination="#team-mail")

    empty = words_of(await get_page(database, "/outbox"))
    assert "The next message goes out on Thu 3 Jul 2025, 07:00 UTC , to #team-mail ." in empty
    assert "No message yet." in empty

    async with database.begin() as connection:
        await put_notification(connection, state="pending", decided_at=NOW, destination="user:ada@example.com")
        await put_message(connection, text="an older one")

    busy = words_of(await get_page(database, "/outbox"))
    assert "The next message is due now, to ada@example.com ." in busy


async def test_one_call_may_stand_under_two_models(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, model="o1-preview")
    alone = await get_page(database, "/services/search-api")
    async with database.begin() as connection:
        await put_use(connection)
    both = await get_page(database, "/services/search-api")

    assert "one call may stand under two models" in both
    assert "one call may stand under two models" not in alone


async def test_a_hostile_name_is_text_on_every_page(database: Database) -> None:
    name = "<script>alert(1)</script>"
    async with database.begin() as connection:
        await put_use(connection, service=name, environment="<!channel>")
        await put_unknown_id(connection, service=name, requested_id='"><img src=x onerror=alert(1)>')

    for path in ("/", "/services/%3Cscript%3Ealert(1)%3C%2Fscript%3E"):
        page = await get_page(database, path)
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "&lt;!channel&gt;" in page


async def test_the_line_of_days_counts_callers_beyond_the_page_and_no_migrated_one(database: Database) -> None:
    async with database.begin() as connection:
        for number in range(ROWS + 2):
            await put_use(connection, service=f"service-{number}", with_hours=False)
        await put_use(connection, service="migrated", calls_by_days_ago={60: 1}, with_hours=False)

    assert f"gpt-4.5-preview: {ROWS + 2} callers" in await get_page(database, "/?state=all")


async def test_an_unknown_service_is_a_page_of_its_own(database: Database) -> None:
    async with web_client(database) as client:
        response = await client.get("/services/nobody")

    assert response.status_code == 404
    assert "No log contains this service." in response.text


async def test_a_silence_within_the_callers_habits_is_no_call_and_no_migration(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="month-end", calls_by_days_ago={17: 60, 47: 60})
        await put_use(connection, service="gone-api", calls_by_days_ago={20: 3, 21: 3})

    text = words_of(await get_page(database, "/", state="all"))

    assert "No service has called a model that is going away in 7 days." in text
    assert "past the day 0 within 30 days 1 nobody told yet 1 silent for 7 days 1 migrated 1" in text
    assert "silent not yet taken as migrated last call 17 days ago" in text
    assert "migrated last call 20 days ago" in text


async def test_a_message_that_waits_has_told_nobody(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        campaign = await put_campaign(connection)
        await put_notification(connection, campaign_id=campaign, state="pending", not_before=NOW + timedelta(hours=20))

    text = words_of(await get_page(database, "/"))

    assert "nobody told yet 1" in text
    assert "#team-search goes out Thu 3 Jul 08:00 UTC" in text


async def test_a_person_and_a_daily_reminder_are_said_as_people_do(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        campaign = await put_campaign(connection)
        message = await put_message(connection, destination="user:ada@example.com")
        await put_notification(
            connection,
            campaign_id=campaign,
            message_id=message,
            destination="user:ada@example.com",
            step="+1d",
            facts=msgspec.to_builtins(make_notice(step="+1d", repeat_days=1)),
        )
        await put_notification(connection, campaign_id=campaign, step="+1d", decided_at=NOW - timedelta(days=3))

    exposures, outbox = words_of(await get_page(database, "/")), words_of(await get_page(database, "/outbox"))

    assert "ada@example.com 2 days ago , each day next" in exposures
    assert "each day while it is still called, to owner" in outbox
    assert "user:" not in exposures + outbox
