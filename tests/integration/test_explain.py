"""Explanations of what a real database holds: by the engine, by command, over HTTP and on the page."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.conditions import raise_condition, record_heartbeats
from service.adapters.postgres.database import Database
from service.adapters.postgres.outbox_reroute import reroute
from service.adapters.postgres.tables import campaigns, notifications
from service.config.company import Company
from service.core.condition import SlackAuth, SlackDestination
from service.core.condition_ingest import Gap
from service.core.explanation.answer import Explanation
from service.core.explanation.notification import StoredNotification
from service.core.explanation.silence import Untracked
from service.core.explanation.situation import ExposureEvidence
from service.core.naming import Missing
from service.core.notification import Notice, Trouble
from service.core.ownership import Owner, OwnerRule
from service.engine.escalate import escalate
from service.engine.explain import ids_beginning, why_so, why_told
from service.engine.reconcile import reconcile
from service.entrypoints.cli import app
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.rows import NOW, put_campaign, put_condition, put_notification, put_unknown_id, put_use
from tests.web_client import get_json, get_page, web_client

OWNER = Owner("search", people=("ada@example.com",), channel="#search", rule="owners[0], lastcall.yaml:3")
COMPANY = Company(owners=(OwnerRule(("search-*",), OWNER),))
THURSDAY = datetime(2025, 7, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def call_and_tick(database: Database, loaded: LoadedCatalog, now: datetime = THURSDAY) -> None:
    events = [make_call(at=now - timedelta(days=n, hours=1), request_id="req_7f3a") for n in range(14)]
    await count_calls(database, loaded, events, now)
    await tick(database, loaded, now)


async def tick(database: Database, loaded: LoadedCatalog, now: datetime) -> None:
    await reconcile(database, make_world(), now=now)
    await escalate(database, make_world(company=COMPANY), now=now)
    await record_heartbeats(database, {"escalate": 0.1}, now=now)


async def ids_of(database: Database) -> dict[str, UUID]:
    n = notifications.c
    async with database.connect() as connection:
        rows = await connection.execute(select(n.destination, n.id).order_by(n.decided_at.desc()))
    return {row.destination: row.id for row in rows}


async def asked(database: Database, loaded: LoadedCatalog, now: datetime, **names: str) -> Any:
    named = {"service": "search-api", **names}
    service = named.pop("service")
    return await why_so(database, make_world(company=COMPANY), service, now=now, **named)


def said(explanation: Explanation[Any], label: str) -> tuple[str, ...]:
    return next((point.sentences for point in explanation.points if point.label == label), ())


async def told(database: Database, id_: UUID, now: datetime) -> Explanation[StoredNotification]:
    explanation = await why_told(database, id_, now=now)
    assert explanation is not None
    return explanation


# --- notifications ----------------------------------------------------------------------------------------------------


async def test_a_notice_is_explained_by_what_was_noted_when_it_was_decided(
    database: Database, loaded: LoadedCatalog
) -> None:
    await call_and_tick(database, loaded)
    explanation = await told(database, (await ids_of(database))["user:ada@example.com"], THURSDAY)

    assert said(explanation, "why you") == (
        "ada@example.com is notified as the owner of search-api, team search, by owners[0], lastcall.yaml:3.",
    )
    assert said(explanation, "why now")[:2] == (
        "Step -14d of policy default is 14 days before the shutdown: Mon 30 Jun 2025.",
        "The campaign keeps the policy that was in force when it opened, on Thu 3 Jul 2025, 10:00 UTC.",
    )
    assert said(explanation, "who else") == (
        "The same is sent to #search (team).",
        "Held back until the owner has had a business day: the manager.",
    )
    assert "Sample requests: req_7f3a." in said(explanation, "evidence")
    assert said(explanation, "what became of it") == ("Goes out with the next tick.",)
    assert explanation.wrong is None
    facts = explanation.evidence.facts
    assert isinstance(facts, Notice)
    assert (facts.recipients.held, facts.traffic.request_ids) == (("manager",), ("req_7f3a",))


async def test_another_owner_and_policy_since_then_change_nothing(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded)
    id_ = (await ids_of(database))["user:ada@example.com"]
    before = await told(database, id_, THURSDAY)
    later = THURSDAY + timedelta(days=1)
    other = replace(COMPANY, owners=(OwnerRule(("search-*",), replace(OWNER, people=("bob@example.com",))),))
    await escalate(database, make_world(company=other), now=later)

    after = await told(database, id_, THURSDAY)

    assert (after.points, after.evidence.policy_since) == (before.points, before.evidence.policy_since)


async def test_who_hears_instead_and_why_is_said_on_both_sides(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded)
    failed = (await ids_of(database))["#search"]
    async with database.begin() as connection:
        gone = {"state": "failed", "outcome": "is_archived", "settled_at": THURSDAY}
        await connection.execute(update(notifications).where(notifications.c.id == failed).values(gone))
        await reroute(connection, [failed], "#search", "is_archived", "#lastcall", now=THURSDAY)
        mend = SlackDestination(
            destination="#search", error="is_archived", instead="#lastcall", advice="Unarchive the channel"
        )
        await raise_condition(connection, mend, since=THURSDAY)
        rerouted = notifications.c.rerouted_from == failed
        moved = await connection.scalar(
            select(notifications.c.id).where(rerouted, notifications.c.kind == "notice").limit(1)
        )
    assert moved is not None

    meant, instead = await told(database, failed, THURSDAY), await told(database, moved, THURSDAY)

    assert meant.wrong is not None
    assert (meant.wrong.error, meant.wrong.remedy) == (
        "#search could not be notified: is_archived.",
        "Unarchive the channel.",
    )
    assert [one.kind for one in meant.evidence.troubles] == ["slack_destination"]
    assert "#lastcall is notified instead: pending." in said(meant, "what became of it")
    assert said(instead, "why you")[0] == "#lastcall is notified in place of #search, which could not be: is_archived."
    assert [one.destination for one in instead.evidence.same_decision] == ["user:ada@example.com"]


async def test_what_another_release_wrote_is_explained_as_far_as_it_can_be(database: Database) -> None:
    async with database.begin() as connection:
        id_ = await put_notification(connection, facts={"type": "of a later release"})
    explanation = await told(database, id_, NOW)
    assert said(explanation, "why now")[0] == "Another release wrote it, and this one cannot read why."


async def test_an_id_is_found_by_its_beginning(database: Database) -> None:
    async with database.begin() as connection:
        id_ = await put_notification(connection)
    assert await ids_beginning(database, str(id_)[:6].upper()) == [id_]
    assert await ids_beginning(database, "%") == []
    assert await why_told(database, UUID(int=0), now=NOW) is None


# --- exposures --------------------------------------------------------------------------------------------------------


async def test_an_exposure_shows_each_step_and_who_heard_of_it(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded)
    ada = notifications.c.destination == "user:ada@example.com"
    async with database.begin() as connection:
        there = {"state": "delivered", "settled_at": THURSDAY}
        await connection.execute(update(notifications).where(ada).values(there))

    explanation: Explanation[ExposureEvidence] = await asked(database, loaded, THURSDAY + timedelta(minutes=1))

    ladder = said(explanation, "ladder")
    assert ladder[:2] == (
        "announced, Mon 14 Apr 2025: passed over, as a higher step was due with it.",
        "-60d, Thu 15 May 2025: passed over, as a higher step was due with it.",
    )
    assert ladder[3] == (
        "-14d, Mon 30 Jun 2025: to #search (team), goes out with the next tick; "
        "to ada@example.com (owner), delivered on Thu 3 Jul 2025, 10:00 UTC; "
        "the manager held back until Fri 4 Jul 2025, 10:00 UTC, so that the owner has a business day."
    )
    assert said(explanation, "owner") == ("Team search, by owners[0], lastcall.yaml:3: ada@example.com and #search.",)
    assert said(explanation, "why nobody was told") == ()
    assert "If nothing changes, step -7d is sent to " in " ".join(said(explanation, "what comes next"))
    assert explanation.wrong is None
    assert explanation.evidence.request_ids == ("req_7f3a",)


async def test_a_step_that_no_tick_has_seen_is_wrong(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded, datetime(2025, 4, 10, 8, tzinfo=UTC))
    await count_calls(database, loaded, [make_call(at=datetime(2025, 4, 14, 10, tzinfo=UTC))], THURSDAY)
    await reconcile(database, make_world(), now=datetime(2025, 4, 14, 12, tzinfo=UTC))

    explanation = await asked(database, loaded, datetime(2025, 4, 14, 12, tzinfo=UTC))

    assert explanation.wrong is not None
    assert explanation.wrong.error.startswith("No tick has looked at it since Thu 10 Apr 2025, 08:00 UTC")


async def test_what_cannot_be_worked_out_is_said_to_be_so(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded)
    async with database.begin() as connection:
        await connection.execute(update(campaigns).values(policy={"name": "of another release"}))
    await tick(database, loaded, THURSDAY + timedelta(days=1))

    explanation: Explanation[Untracked] = await asked(database, loaded, THURSDAY + timedelta(days=1))

    assert explanation.wrong is not None
    assert said(explanation, "why nobody was told")[0].startswith("Its escalation cannot be evaluated")


@pytest.mark.parametrize(
    ("model", "why"),
    [
        pytest.param(
            "team-gpt4",
            "lastcall does not know the model team-gpt4, so it cannot know whether it is going away.",
            id="an unknown id",
        ),
        pytest.param(
            "gpt-9-current",
            "The catalog has no record of gpt-9-current on this platform: no end of it is known.",
            id="no record",
        ),
        pytest.param("gpt-4.5-preview", "Its end will be announced on Mon 14 Apr 2025.", id="not announced"),
    ],
)
async def test_a_use_that_is_no_exposure_says_why(
    database: Database, loaded: LoadedCatalog, model: str, why: str
) -> None:
    now = datetime(2025, 4, 1, 12, tzinfo=UTC)
    async with database.begin() as connection:
        await put_unknown_id(connection, requested_id="team-gpt4", at=now - timedelta(hours=2))
        await put_use(connection, model="gpt-9-current", now=now)
        await put_use(connection, model="gpt-4.5-preview-2025-02-27", now=now)

    explanation: Explanation[Untracked] = await asked(database, loaded, now, model=model)

    assert said(explanation, "why nobody was told") == (why,)


async def test_what_nobody_calls_is_missing(database: Database, loaded: LoadedCatalog) -> None:
    assert isinstance(await asked(database, loaded, THURSDAY, service="ghost"), Missing)


# --- by command -------------------------------------------------------------------------------------------------------


async def ask(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, ["explain", *arguments], env=environment)


async def test_command_explains_a_notification_by_the_beginning_of_its_id(
    database: Database, database_url: str
) -> None:
    async with database.begin() as connection:
        id_ = await put_notification(connection)

    read = await ask(database_url, str(id_)[:8])
    whole = await ask(database_url, str(id_), "--json")

    assert read.exit_code == whole.exit_code == 0, read.output
    assert "what became of it\n  Delivered on Mon 30 Jun 2025, 12:00 UTC.\n" in read.stdout
    assert json.loads(whole.stdout)["evidence"]["id"] == str(id_)


async def test_command_ends_with_bad_news_where_nobody_delivers(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        id_ = await put_notification(connection, state="pending")

    result = await ask(database_url, str(id_)[:4])

    assert result.exit_code == 1
    assert "It was to go out on Mon 30 Jun 2025, 12:00 UTC, and is pending." in result.stdout


async def test_command_explains_a_use_and_says_what_is_wrong(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        await put_use(connection, model="gpt-4.5-preview-2025-02-27", now=datetime.now(UTC))

    result = await ask(database_url, "search-api", "--json")

    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["wrong"]["error"].startswith("No tick has looked at it yet, and it is due")
    assert answer["evidence"]["state"] == "overdue"


@pytest.mark.parametrize("name", ["ghost", "facade00"], ids=["a service", "what may be an id"])
async def test_command_says_that_there_is_none_like_that(database_url: str, name: str) -> None:
    result = await ask(database_url, name)
    assert result.exit_code == 2
    assert f"{name} has not called a deprecated model." in result.stderr


# --- over HTTP and on the page ----------------------------------------------------------------------------------------


async def test_api_explains_a_notification(database: Database) -> None:
    async with database.begin() as connection:
        campaign = await put_campaign(connection)
        id_ = await put_notification(connection, campaign_id=campaign)

    answer = await get_json(database, f"/api/v1/notifications/{id_}/explanation")

    assert answer["about"].startswith("To #team-search: ")
    assert answer["wrong"] is None
    assert (answer["evidence"]["policy"], answer["evidence"]["state"]) == ("default", "delivered")


async def test_api_explains_an_exposure_and_a_use_that_is_none(database: Database) -> None:
    async with database.begin() as connection:
        await put_use(connection)
        await put_use(connection, service="cart", model="gpt-4.1")
    exposure = await get_json(database, "/api/v1/exposures/explanation", service="search-api")
    untracked = await get_json(database, "/api/v1/exposures/explanation", service="cart")

    assert exposure["evidence"]["ladder"][0]["step"] == "announced"
    assert exposure["wrong"]["remedy"] == "Start `lastcall schedule`."
    assert untracked["points"][0] == {
        "label": "why nobody was told",
        "sentences": ["The provider has not announced an end of it."],
    }


async def test_api_words_what_is_in_the_way_and_stores_the_facts_of_what_the_operator_hears(database: Database) -> None:
    gap = Gap(topic="calls", partition=0, first=5, last=8)
    async with database.begin() as connection:
        await put_condition(connection, condition=SlackAuth(error="invalid_auth", advice="Set the token."))
        facts = msgspec.to_builtins(Trouble(condition=gap))
        id_ = await put_notification(connection, state="pending", facts=facts)

    answer = await get_json(database, f"/api/v1/notifications/{id_}/explanation")

    assert answer["evidence"]["troubles"] == [
        {
            "kind": "slack_auth",
            "subject": "slack",
            "detail": "Slack takes no messages from lastcall: invalid_auth. They wait in the outbox.",
            "remedy": "Set the token.",
        }
    ]
    assert answer["evidence"]["facts"] == {
        "type": "trouble",
        "condition": {"kind": "gap", "topic": "calls", "partition": 0, "first": 5, "last": 8},
    }
    assert answer["wrong"]["remedy"] == "Set the token."


async def test_api_refuses_what_there_is_not(database: Database) -> None:
    async with web_client(database) as client:
        unknown = await client.get(f"/api/v1/notifications/{UUID(int=0)}/explanation")
        nobody = await client.get("/api/v1/exposures/explanation", params={"service": "ghost"})
        neither = await client.get("/why")
    assert [each.status_code for each in (unknown, nobody, neither)] == [404, 404, 422]


async def test_page_behind_why_says_the_same_and_hostile_names_are_text(database: Database) -> None:
    hostile = "<b>search</b>"
    async with database.begin() as connection:
        await put_use(connection, service=hostile)
        campaign = await put_campaign(connection, service=hostile)
        id_ = await put_notification(connection, campaign_id=campaign)

    page = await get_page(database, "/exposure", service=hostile)
    why = await get_page(database, "/why", service=hostile)
    of_message = await get_page(database, "/why", notification=str(id_))

    assert f'<a href="/why?notification={id_}">why?</a>' in page
    assert "/why?service=%3Cb%3Esearch%3C%2Fb%3E" in unescape(page)
    assert hostile not in why
    assert "&lt;b&gt;search&lt;/b&gt; in production, gpt-4.5-preview on OpenAI API." in why
    assert "Delivered on Mon 30 Jun 2025, 12:00 UTC." in of_message


async def test_plan_names_the_notifications_that_can_be_explained(database: Database, loaded: LoadedCatalog) -> None:
    await call_and_tick(database, loaded)
    ids = await ids_of(database)
    answer = await get_json(database, "/api/v1/plan", **{"from": "2025-07-03", "to": "2025-07-03"})
    assert {one["notification"] for one in answer["items"]} == set(map(str, ids.values()))
