"""What a person sees: the pages of a real server in a real Chromium."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.database import Database
from service.core.exposure import ExposureKey
from service.core.messages.render import render
from service.engine.check import check
from service.entrypoints.web import create_web
from service.entrypoints.web.server import WebServer
from tests.builders import make_notice
from tests.rows import NOW, put_campaign, put_message, put_notification, put_use
from tests.web_client import make_app

pytestmark = pytest.mark.browser

HOSTILE = "<script>alert(1)</script>"
PHONE_WIDTH = 390


@asynccontextmanager
async def serving(database: Database, now: datetime = NOW) -> AsyncIterator[str]:
    server = WebServer(create_web(make_app(database), clock=lambda: now), host="127.0.0.1", port=0)
    server.start()
    yield server.url
    await server.stop()


@pytest.fixture
async def address(database: Database) -> AsyncIterator[str]:
    async with serving(database) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """Fails the test on anything that the browser complains of: a script, a blocked style, a missing file."""
    path = os.environ.get("LASTCALL_TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "no Chromium: install it, or name it in LASTCALL_TEST_CHROMIUM"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = await browser.new_page()
        complaints: list[str] = []

        def note(message: ConsoleMessage) -> None:
            complaints.append(message.text)

        page.on("console", note)
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        yield page
        await browser.close()
    assert complaints == []


async def test_the_page_lists_services_by_deadline(database: Database, address: str, page: Page) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="billing-run", model="o1-preview")
        await put_use(connection, service="search-api")

    await page.goto(address)

    await expect(page.get_by_role("heading", level=1)).to_contain_text("2 services still call models")
    assert await page.locator("main section.card h2").all_inner_texts() == ["gpt-4.5-preview", "o1-preview"]
    assert await page.get_by_role("rowheader").get_by_role("link").all_inner_texts() == ["search-api", "billing-run"]


async def test_the_form_narrows_the_list_and_a_service_has_its_page(
    database: Database, address: str, page: Page
) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="billing-run", model="o1-preview")
        await put_use(connection, service="search-api")

    await page.goto(address)
    await page.get_by_label("Team").select_option("billing")
    await page.get_by_role("button", name="Show").click()
    assert await page.get_by_role("rowheader").get_by_role("link").all_inner_texts() == ["billing-run"]

    await page.get_by_role("link", name="billing-run").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("billing-run")


async def test_the_outbox_shows_a_message_as_people_read_it(database: Database, address: str, page: Page) -> None:
    message = render([make_notice(service="search-api")], page=None, now=NOW)
    async with database.begin() as connection:
        campaign = await put_campaign(connection)
        sent = await put_message(connection, text=message.text, blocks=message.blocks)
        await put_notification(connection, campaign_id=campaign, message_id=sent)

    await page.goto(f"{address}/outbox")

    article = page.get_by_role("article", name="Message to #team-search")
    await expect(article).to_contain_text("gpt-4.5-preview")
    await expect(article).to_contain_text("14 days before the shutdown, by policy default; owner by owners[0]")


async def test_an_exposure_has_its_checklist_and_its_history(database: Database, address: str, page: Page) -> None:
    key = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, environment="staging")
    await check(database, key, done=["prompts", "users"], author="ada@example.com", now=NOW)

    await page.goto(address)
    await page.get_by_role("link", name="checklist 2 of 5").click()

    await expect(page.get_by_role("heading", name="Migration checklist, 2 of 5")).to_be_visible()
    done = page.get_by_role("row", name="prompts Prompts are tuned")
    await expect(done).to_contain_text("ada@example.com, just now")
    await expect(page.get_by_role("row", name="cost Cost is calculated")).to_contain_text("open")
    history = page.get_by_role("region", name="What people did").get_by_role("row")
    assert await history.all_inner_texts() == [
        "When\tWho\tWhat",
        "just now\tada@example.com\tticked users",
        "just now\tada@example.com\tticked prompts",
    ]


async def test_a_form_of_a_foreign_page_cannot_act(database: Database, address: str, page: Page) -> None:
    async with database.begin() as connection:
        await put_use(connection)
    body = '{"service": "search-api", "tick": ["prompts"], "author": "eve@example.com"}'
    foreign = (
        "<form method=post enctype=text/plain action='{0}/api/v1/exposures/checklist'>"
        "<input name='{1}' value=''><button>Win a prize</button></form>"
    )

    browser = page.context.browser
    assert browser is not None
    tab = await browser.new_page()
    await tab.set_content(foreign.format(address, body))
    async with tab.expect_response("**/checklist") as answered:
        await tab.get_by_role("button").click()

    assert (await answered.value).status == 403
    async with database.connect() as connection:
        assert await load_checklists(connection) == {}


async def test_hostile_names_are_shown_as_text(database: Database, address: str, page: Page) -> None:
    message = render([make_notice(service=HOSTILE, environment="<!channel>")], page=None, now=NOW)
    async with database.begin() as connection:
        await put_use(connection, service=HOSTILE, environment="<!channel>")
        await put_message(connection, text=message.text, blocks=message.blocks)

    await page.goto(address)
    await expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    await expect(page.get_by_text("<!channel>", exact=True)).to_be_visible()

    await page.get_by_role("link", name=HOSTILE).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)

    await page.goto(f"{address}/outbox")
    await expect(page.get_by_role("article")).to_contain_text(HOSTILE)
    await expect(page.locator("script")).to_have_count(0)


async def test_nothing_is_wider_than_a_phone(database: Database, address: str, page: Page) -> None:
    long = "a-service-with-a-name-that-nobody-should-have-chosen-" * 4
    async with database.begin() as connection:
        await put_use(connection, service=long, environment=long)
        campaign = await put_campaign(connection, service=long, environment=long)
        await put_notification(connection, campaign_id=campaign, destination="user:" + long)

    await page.set_viewport_size({"width": PHONE_WIDTH, "height": 844})
    for path in ("/", f"/services/{long}", f"/exposure?service={long}", "/outbox"):
        await page.goto(address + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE_WIDTH, path


@pytest.mark.parametrize("width", [PHONE_WIDTH, 1200, 1440])
async def test_no_state_runs_over_its_neighbour(database: Database, page: Page, width: int) -> None:
    week_after = NOW + timedelta(days=19)
    async with database.begin() as connection:
        await put_use(connection, service="billing-run", calls_by_days_ago={0: 900}, now=week_after)
        await put_use(connection, service="failing-run", calls_by_days_ago={0: 900}, errors=900, now=week_after)
        await put_use(
            connection, service="month-end", model="o1-preview", calls_by_days_ago={10: 9, 40: 9}, now=week_after
        )
        campaign = await put_campaign(connection, service="billing-run")
        await put_notification(connection, campaign_id=campaign, destination="#team-with-a-long-name")
    await page.set_viewport_size({"width": width, "height": 900})

    async with serving(database, week_after) as address:
        await page.goto(address)
        states = page.locator("td.state")

        assert sorted([text.split("\n")[0] for text in await states.all_inner_texts()]) == [
            "calls fail",
            "past its day",
            "silent",
        ]
        assert await states.evaluate_all("cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth)")
