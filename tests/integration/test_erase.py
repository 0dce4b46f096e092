"""`lastcall erase`: the name goes from every row, and what was done stays."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from service.adapters.postgres.act_log import read_acts, record_act
from service.adapters.postgres.checklist_store import tick
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import assign, load_assignments, read_times_said, remember
from service.adapters.postgres.tables import cards, digests, key_owners, notifications
from service.core.author import ERASED, erased
from service.core.condition import DirectoryUnread, SlackDestination, UnreadLines
from service.core.directory.codeowners import UnreadLine
from service.core.escalation.hold import Promise, Snoozed
from service.core.exposure import ExposureKey
from service.engine.erase import erase
from service.entrypoints.cli import app
from tests.builders import make_owner
from tests.database_contents import everything_in
from tests.rows import NOW, put_campaign, put_condition, put_message, put_notification

ADA, BOB = "ada@example.com", "bob@example.com"
KEY = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Ada@Example.com", ERASED),
        ("acknowledged by ada@example.com on Mon.", f"acknowledged by {ERASED} on Mon."),
        ("user:ada@example.com", f"user:{ERASED}"),
        ("ask ada@example.com.", f"ask {ERASED}."),
        ("canada@example.com", "canada@example.com"),
        ("ada@example.com.au", "ada@example.com.au"),
        ({"type": "ada@example.com", "text": "ada@example.com"}, {"type": "ada@example.com", "text": ERASED}),
        ({"people": ["ada@example.com", "bob@example.com"], "n": 1}, {"people": [ERASED, "bob@example.com"], "n": 1}),
        (None, None),
    ],
)
def test_name_is_replaced_where_it_is_a_word_of_its_own(before: object, after: object) -> None:
    assert erased(before, ADA) == after


@pytest.fixture
async def known(database: Database) -> None:
    """Whatever may name Ada, and what Bob did."""
    async with database.begin() as connection:
        await record_act(connection, KEY, "waive", author=ADA, at=NOW, details={"reason": f"{ADA} decides"})
        await record_act(connection, KEY, "acknowledge", author="bob@example.com", at=NOW, details={})
        await tick(connection, KEY, "prompts", author=ADA, at=NOW)
        await assign(connection, "search-api", {"team": "search", "people": [ADA]}, author=ADA, at=NOW)
        await remember(connection, "pagerduty", "P1", {"people": [ADA]}, now=NOW)
        hold = Snoozed(ADA, NOW, (NOW + timedelta(days=3)).date())
        promise = Promise(ADA, NOW, (NOW + timedelta(days=9)).date())
        campaign = await put_campaign(connection, owner=make_owner(people=(ADA,)), hold=hold, promise=promise)
        message = await put_message(connection, destination=f"user:{ADA}", text=f"asked by {ADA}")
        facts = {"act_in_force": f"snoozed by {ADA}"}
        for _ in range(2):
            await put_notification(
                connection, campaign_id=campaign, message_id=message, destination=f"user:{ADA}", facts=facts
            )
        await connection.execute(key_owners.insert().values(service="search-api", name=ADA, last_at=NOW))
        await connection.execute(
            digests.insert(),
            [{"week": "2025-W27", "audience": who, "picture": {}, "recorded_at": NOW} for who in (ADA, BOB)],
        )
        card = {"platform": KEY.platform, "model": KEY.model, "urgency": 1, "message_id": message}
        await connection.execute(cards.insert().values(destination=f"user:{ADA}", **card))


@pytest.mark.usefixtures("known")
async def test_name_is_in_no_row_any_more_and_the_acts_stay(database: Database) -> None:
    counts = await erase(database, ADA)
    assert counts == {
        "acts": 2,
        "assignments": 1,
        "checklist": 1,
        "campaigns": 1,
        "notifications": 2,
        "messages": 1,
        "directory_answers": 1,
        "key_owners": 1,
        "cards": 1,
        "digests": 1,
    }
    assert ADA not in await everything_in(database)
    async with database.connect() as connection:
        acts = await read_acts(connection, KEY)
        (owner,) = await load_assignments(connection)
    assert [(act.kind, act.author) for act in acts] == [
        ("check", ERASED),
        ("acknowledge", "bob@example.com"),
        ("waive", ERASED),
    ]
    assert acts[-1].details == {"reason": f"{ERASED} decides"}
    assert owner.owner == {"team": "search", "people": [ERASED]}
    assert await erase(database, ADA) == {}


async def test_name_that_somebody_is_writing_is_erased_too(database: Database) -> None:
    async with database.connect() as writing:
        await record_act(writing, KEY, "acknowledge", author=ADA, at=NOW, details={})
        erasing = asyncio.create_task(erase(database, ADA))
        await asyncio.wait({erasing}, timeout=0.2)
        assert not erasing.done()
        await writing.commit()

    assert await erasing == {"acts": 1}
    assert ADA not in await everything_in(database)


@pytest.mark.usefixtures("known")
async def test_what_is_still_to_be_sent_keeps_its_address(database: Database) -> None:
    async with database.begin() as connection:
        waiting = await put_notification(connection, state="pending", destination=f"user:{ADA}")
    await erase(database, ADA)
    async with database.connect() as connection:
        n = notifications.c
        assert await connection.scalar(select(n.destination).where(n.id == waiting)) == f"user:{ADA}"


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "change",
    [
        "author = 'bob@example.com'",
        "author = '(erased)', at = at + interval '1 day'",
        "kind = 'acknowledge'",
        """details = '{"reason": "another"}'""",
    ],
)
async def test_nothing_else_of_an_act_can_be_changed(database: Database, change: str) -> None:
    with pytest.raises(IntegrityError, match="acts are only ever added to"):
        async with database.begin() as connection:
            await connection.execute(text(f"UPDATE acts SET {change} WHERE kind = 'waive'"))  # noqa: S608


@pytest.mark.usefixtures("known")
async def test_command_counts_first_and_erases_when_told(database: Database, database_url: str) -> None:
    async def ask(*words: str) -> tuple[int, str]:
        environment = {"LASTCALL_DATABASE_URL": database_url}
        result = await asyncio.to_thread(CliRunner().invoke, app, ["erase", *words], env=environment)
        return result.exit_code, result.output

    code, counted = await ask(ADA, "--json")
    assert (code, json.loads(counted)["erased"]) == (0, False)
    assert ADA in await everything_in(database)
    code, done = await ask(ADA, "--yes", "--json")
    assert (code, json.loads(done)["rows"]) == (0, json.loads(counted)["rows"])
    assert ADA not in await everything_in(database)
    code, said = await ask(ADA)
    assert code == 2
    assert "no stored data contains" in said


async def test_owners_are_read_again_where_only_a_directory_named_the_person(database: Database) -> None:
    async with database.begin() as connection:
        await remember(connection, "backstage", "", {"people": []}, now=NOW)
        await remember(connection, "backstage", "search-api", {"people": [ADA]}, now=NOW)
        before = await read_times_said(connection)
    await erase(database, ADA)
    async with database.connect() as connection:
        assert await read_times_said(connection) != before


REFUSED = SlackDestination(destination=f"user:{ADA}", error="user_disabled", instead="#lastcall", advice=None)


async def test_condition_about_the_address_is_deleted_once_it_is_over(database: Database) -> None:
    async with database.begin() as connection:
        await put_condition(connection, condition=REFUSED, cleared=True)
    assert await erase(database, ADA) == {"conditions": 1}
    assert ADA not in await everything_in(database)


async def test_facts_of_an_open_condition_lose_the_name(database: Database) -> None:
    unread = UnreadLines(number=1, first=(UnreadLine(3, "not_an_owner", f"/{ADA}"),))
    async with database.begin() as connection:
        await put_condition(connection, condition=DirectoryUnread(directory="codeowners", unread=unread))
        await put_condition(connection, condition=REFUSED)
    assert await erase(database, ADA) == {"conditions": 2}
    async with database.connect() as connection:
        details = {one.condition.detail for one in await open_conditions(connection)}
    assert details == {
        f"1 line of CODEOWNERS is skipped: line 3: /{ERASED} is not an owner",
        f"user:{ERASED} cannot be notified: user_disabled. #lastcall is notified instead.",
    }
