"""The page of one exposure on a real database, as text: state, campaign, checklist, history, calls by day."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.campaign_store import load_campaigns, save_campaigns
from service.adapters.postgres.database import Database
from service.core.escalation.hold import Snoozed
from service.core.exposure import ExposureKey
from service.engine.check import check
from tests.rows import NOW, put_campaign, put_notification, put_use
from tests.web_client import get_page, web_client

KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")


def words_of(html: str) -> str:
    """The text between tags, white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def test_it_tells_the_state_the_escalation_and_the_days(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago={1: 1200, 3: 40}, errors=7)
        campaign = await put_campaign(connection)
        await put_notification(connection, campaign_id=campaign)
        other = await put_campaign(connection, environment="staging")
        await put_notification(connection, campaign_id=other, destination="#team-of-another")

    text = words_of(await get_page(database, "/exposure", service="search-api"))

    assert (
        "search-api , its use of gpt-4.5-preview in production Owned by search , #team-search, ada@example.com." in text
    )
    assert "in 12 days Mon 14 Jul 2025" in text
    assert "Open since Thu 12 Jun 2025. Next: 7 days before the shutdown, on Mon 7 Jul 2025, to owner, team" in text
    why = "14 days before the shutdown, by policy default; owner by owners[0]"
    assert f"Mon 30 Jun 2025 #team-search owner -14d delivered 2 days ago {why}" in text
    assert "#team-of-another" not in text
    assert "Tue 1 Jul 2025 1,200 7 120,000 Sun 29 Jun 2025 40 7 4,000" in text


async def test_it_tells_what_people_did_the_newest_first(database: Database) -> None:
    day_ago, hour_ago = NOW - timedelta(days=1), NOW - timedelta(hours=1)
    async with database.begin() as connection:
        await put_use(connection)
        await record_act(connection, KEY, "acknowledge", author="ada@example.com", at=day_ago, details={})
        until = {"until": "2025-07-04"}
        await record_act(connection, KEY, "snooze", author="ada@example.com", at=day_ago, details=until)
        waiver = until | {"reason": "it is switched off on Friday"}
        await record_act(connection, KEY, "waive", author="mia@example.com", at=hour_ago, details=waiver)
    await check(database, KEY, done=["prompts"], author="bob@example.com", now=NOW)

    page = await get_page(database, "/exposure", service="search-api")
    text = words_of(page)

    assert text.index("Migration checklist, 1 of 5") < text.index("What people did")
    assert "prompts Prompts are tuned and evaluated again" in text
    assert "done bob@example.com, just now" in text
    assert (
        "just now bob@example.com ticked prompts "
        "1 h ago mia@example.com waived it until Fri 4 Jul 2025: it is switched off on Friday "
        "yesterday ada@example.com snoozed it until Fri 4 Jul 2025 "
        "yesterday ada@example.com acknowledged it"
    ) in text


async def test_it_says_what_is_in_force(database: Database) -> None:
    asked = Snoozed("ada@example.com", NOW, until=date(2025, 7, 4))
    async with database.begin() as connection:
        await put_use(connection)
        await put_campaign(connection)
        campaign = (await load_campaigns(connection))[KEY]
        await save_campaigns(connection, {KEY: replace(campaign, hold=asked)})

    text = words_of(await get_page(database, "/exposure", service="search-api"))

    assert "Open since Thu 12 Jun 2025. In force: snoozed by ada@example.com until Fri 4 Jul 2025. Next: " in text


async def test_the_list_and_the_service_lead_to_it(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="search & find", environment="")
    await check(database, KEY._replace(service="search & find", environment=""), done=["cost"], author="ada", now=NOW)
    address = "/exposure?service=search+%26+find&amp;environment=&amp;platform=openai-api&amp;model=gpt-4.5-preview"

    for path in ("/", "/services/search%20%26%20find"):
        assert f'href="{address}">checklist 1 of 5</a>' in await get_page(database, path)
    named = parse_qs(urlsplit(unescape(address)).query, keep_blank_values=True)
    page = words_of(await get_page(database, "/exposure", **named))
    assert "search & find , its use of gpt-4.5-preview in no environment" in page
    assert (
        "lastcall checklist 'search & find' gpt-4.5-preview --environment '' --platform openai-api --tick ITEM" in page
    )


async def test_hostile_text_is_text(database: Database) -> None:
    name = "<script>alert(1)</script>"
    key = KEY._replace(service=name, environment="<!channel>")
    async with database.begin() as connection:
        await put_use(connection, service=name, environment="<!channel>")
        details = {"reason": '"><img src=x onerror=alert(1)>', "until": "<b>never</b>"}
        await record_act(connection, key, "<i>waive", author="<b>eve", at=NOW, details=details)

    page = await get_page(database, "/exposure", service=name)

    for tag in ("<script", "<img src=x", "<b>eve", "<b>never", "<i>waive"):
        assert tag not in page
    assert "&lt;b&gt;eve" in page


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        pytest.param({"service": "search-api"}, 409, "gpt-4.5-preview in staging on openai-api", id="two like that"),
        pytest.param({"service": "serach-api"}, 404, "Did you mean search-api?", id="misspelled"),
        pytest.param({}, 422, "service: Field required", id="no service"),
    ],
)
async def test_what_is_not_exactly_one_is_a_page_that_says_what_there_is(
    database: Database, asked: dict[str, str], status: int, said: str
) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, environment="staging")

    async with web_client(database) as client:
        response = await client.get("/exposure", params=asked)

    assert response.status_code == status
    assert said in unescape(response.text)
