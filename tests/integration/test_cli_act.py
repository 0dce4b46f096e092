"""Acts by command."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import agenda, notifications
from service.core import words
from service.core.escalation.act import Reopen, Waive
from service.engine.act import Acted
from tests.acting import ADA, BOB, DAILY, KEY, LONG_GONE, call_and_tell, do, history, run, tick
from tests.rows import put_use


async def told_of_a_model_long_gone(database: Database) -> None:
    """The commands go by the clock of the machine, and by the catalog that is shipped."""
    await call_and_tell(database, KEY._replace(model=LONG_GONE), until=datetime.now(UTC))


async def test_it_is_done_by_command(database: Database, database_url: str) -> None:
    await told_of_a_model_long_gone(database)
    key = KEY._replace(model=LONG_GONE)
    named = ("search-api", "gpt-4.5-preview", "--by", ADA)
    until = datetime.now(UTC).date() + timedelta(days=60)

    acknowledged = await run(database_url, "ack", *named)
    waived = await run(database_url, "waive", *named, "--until", str(until), "--reason", "frozen product", "--json")
    safe = await run(database_url, "snooze", "search-api", "--json")
    asked = await run(database_url, "who", LONG_GONE)
    taken_back = await run(database_url, "reopen", *named)

    assert acknowledged.exit_code == 0, acknowledged.output
    assert acknowledged.stdout.startswith(
        "search-api in production, gpt-4.5-preview-2025-02-27 on OpenAI API: acknowledged by ada@example.com on "
    )
    answer = json.loads(waived.stdout)
    assert answer["act_in_force"].startswith("waived by ada@example.com until ")
    assert answer["model"] == LONG_GONE
    assert json.loads(safe.stdout)["safe_days"] == []
    assert "past its day, answered" not in asked.stdout
    assert f"waived by ada@example.com until {words.day(until)}: frozen product" in asked.stdout
    assert "escalation continues." in taken_back.stdout
    assert [kind for kind, *_ in await history(database, key)] == ["reopen", "waive", "acknowledge"]


async def test_owner_is_named_by_command(database: Database, database_url: str) -> None:
    await told_of_a_model_long_gone(database)
    named = await run(database_url, "reassign", "search-api", "--team", "shop", "--person", BOB, "--by", ADA)
    as_json = await run(database_url, "reassign", "search-api", "--team", "shop", "--channel", "shop", "--json")
    assert named.stdout.splitlines()[0] == "Team shop now owns search-api. Notified: bob@example.com."
    assert json.loads(as_json.stdout) == {
        "service": "search-api",
        "team": "shop",
        "people": [],
        "channel": "#shop",
        "warning": None,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["ack", "serach-api"], 2, "Did you mean search-api?", id="misspelled"),
        pytest.param(["ack", "search-api", "--by", " "], 2, "an act needs an author", id="nobody"),
        pytest.param(
            ["commit", "search-api", "--on", "2024-01-01"], 2, "Mon 1 Jan 2024 is past", id="promise a day that is past"
        ),
        pytest.param(
            ["commit", "search-api", "--on", "Wed 9 Jul 2199"], 1, "the shutdown was on Mon 14 Jul 2025",
            id="too late, by a day as it is printed",
        ),
        pytest.param(["commit", "search-api", "--on", "soon"], 2, "is not a day", id="no day"),
        pytest.param(["snooze", "search-api", "--until", "2199-01-01"], 1, "no day is safe", id="not safe"),
        pytest.param(
            ["waive", "search-api", "--until", "2199-01-01", "--reason", "x"], 2, "not a possible end", id="for ever"
        ),
        pytest.param(["waive", "search-api", "--until", "2199-01-01"], 2, "--reason", id="no reason"),
        pytest.param(["reopen", "search-api"], 1, "nothing is in force", id="nothing to take back"),
        pytest.param(["reassign", "serach-api", "--team", "x"], 2, "Did you mean search-api?", id="no such service"),
        pytest.param(["reassign", "search-api", "--team", "x", "--person", "bob"], 2, "not a valid", id="no address"),
    ],
)  # fmt: skip
async def test_wrong_command_says_what_is_wrong(
    database: Database, database_url: str, arguments: list[str], code: int, said: str
) -> None:
    await told_of_a_model_long_gone(database)
    result = await run(database_url, *arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert await history(database, KEY._replace(model=LONG_GONE)) == []


async def test_what_is_written_and_not_sent_waits_with_the_snooze_and_goes_out_when_it_is_taken_back(
    database: Database,
) -> None:
    """As when lastcall finds a service at the weekend, and its owner acts before Monday morning."""
    sunday = datetime(2025, 7, 6, 10, tzinfo=UTC)
    async with database.begin() as connection:
        await put_use(connection, calls_by_days_ago=DAILY, now=sunday, **KEY._asdict())
        await connection.execute(agenda.insert().values(**KEY._asdict(), due_at=sunday, wakes_on_call=True))
    await tick(database, sunday)

    async def send_now_at() -> set[datetime]:
        async with database.connect() as connection:
            return set((await connection.execute(select(notifications.c.not_before))).scalars())

    written = await send_now_at()
    assert isinstance(await do(database, Waive(ADA, date(2025, 8, 4), "switched off"), now=sunday), Acted)
    assert await send_now_at() == {datetime(2025, 8, 4, 9, tzinfo=UTC)}
    assert isinstance(await do(database, Reopen(ADA), now=sunday), Acted)
    assert await send_now_at() == written
