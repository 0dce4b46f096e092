"""`lastcall who`, `service` and `due` against a real database."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import series
from service.core import words
from service.entrypoints.cli import app
from tests.rows import put_campaign, put_notification, put_unknown_id, put_use

GPT_45 = "gpt-4.5-preview-2025-02-27"
STAYS = "claude-fable-5-2"


@pytest.fixture
async def called(database: Database) -> None:
    """Two services call GPT-4.5 Preview, which ended long ago; one of them a current model and an unknown id too."""
    now = datetime.now(UTC)
    async with database.begin() as connection:
        await put_use(connection, service="search-api", model=GPT_45, calls_by_days_ago={1: 5, 2: 5}, now=now)
        await put_use(connection, service="billing-run", model=GPT_45, calls_by_days_ago={1: 70}, now=now)
        await put_use(connection, service="search-api", model="gpt-9-current", calls_by_days_ago={1: 900}, now=now)
        await put_unknown_id(connection, requested_id="prod-chat", at=now - timedelta(hours=2))


async def ask(database_url: str, *arguments: str) -> Result:
    """In a thread of its own: the command brings its own event loop."""
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


async def answer(database_url: str, *arguments: str) -> Any:
    result = await ask(database_url, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


async def ingest_call(database_url: str, path: Path, *, at: datetime) -> None:
    call = {"service": "cart", "provider": "openai", "model": GPT_45, "time": at.isoformat()}
    await asyncio.to_thread(path.write_text, json.dumps(call))
    assert (await ask(database_url, "ingest", str(path))).exit_code == 0


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize("spelling", ["gpt-4.5-preview", "openai/gpt-4.5-preview", "GPT-4.5-preview-2025-02-27"])
async def test_who_understands_any_spelling(database_url: str, spelling: str) -> None:
    found = await answer(database_url, "who", spelling)

    assert sorted((each["service"], each["calls_7d"]) for each in found["exposures"]) == [
        ("billing-run", 70),
        ("search-api", 10),
    ]
    assert [use["service"] for use in found["uses"]] == ["billing-run", "search-api"]


@pytest.mark.usefixtures("called")
async def test_who_shows_a_table_to_a_person(database_url: str) -> None:
    result = await ask(database_url, "who", "gpt-4.5-preview")

    assert result.exit_code == 0
    assert "Mon 14 Jul 2025" in result.stdout
    assert "billing-run" in result.stdout
    assert "past its day, still answered" in result.stdout


async def test_who_is_told_tomorrow_is_not_told_yet(database: Database, database_url: str) -> None:
    now = datetime.now(UTC)
    async with database.begin() as connection:
        await put_use(connection, model=GPT_45, now=now)
        campaign = await put_campaign(connection, model=GPT_45)
        await put_notification(connection, campaign_id=campaign, state="pending", not_before=now + timedelta(days=1))

    result = await ask(database_url, "due")

    assert f"#team-search goes out {words.soon(now + timedelta(days=1))}" in " ".join(result.stdout.split())


@pytest.mark.usefixtures("called")
async def test_an_id_that_lastcall_does_not_know_names_its_callers(database_url: str) -> None:
    result = await ask(database_url, "who", "prod-chat", "--json")

    assert result.exit_code == 1
    assert json.loads(result.stdout)["unknown_ids"][0]["services"] == ["search-api"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ({"requested_id": "azure/triage-prod-4o"}, "triage-prod-4o"),
        ({"requested_id": "triage-prod-4o"}, "azure/triage-prod-4o"),
        ({"requested_id": None, "served_id": "triage-prod-4o"}, "triage-prod-4o"),
        ({"requested_id": "router", "served_id": "Triage-Prod-4o"}, "triage-prod-4o"),
    ],
    ids=["with a prefix in the log", "with a prefix in the question", "only served", "served, in another case"],
)
async def test_an_unknown_id_is_found_wherever_a_log_names_it(
    database: Database, database_url: str, written: dict[str, str | None], asked: str
) -> None:
    async with database.begin() as connection:
        await put_unknown_id(connection, **written, at=datetime.now(UTC) - timedelta(hours=2))  # type: ignore[arg-type]

    result = await ask(database_url, "who", asked)

    assert result.exit_code == 1
    assert f"lastcall does not know {asked}" in result.stdout
    assert "search-api" in result.stdout


async def test_a_name_that_only_its_log_knows_leads_to_the_model_that_answered(
    database: Database, database_url: str
) -> None:
    async with database.begin() as connection:
        await put_use(connection, model=GPT_45, now=datetime.now(UTC))
        await put_use(connection, service="other", model=GPT_45, now=datetime.now(UTC))
        mine = series.update().where(series.c.service == "search-api")
        await connection.execute(mine.values(requested_id="our-writer", requested_model=None))

    found = await answer(database_url, "who", "our-writer")

    assert [(each["service"], each["model"]) for each in found["exposures"]] == [("search-api", GPT_45)]
    assert [each["service"] for each in found["uses"]] == ["search-api"]


async def test_a_name_that_is_like_nothing_is_told_no_neighbours(database_url: str) -> None:
    result = await ask(database_url, "who", "triage-prod-4o")

    assert result.exit_code == 2
    assert "did you mean" not in result.stderr


@pytest.mark.usefixtures("called")
async def test_each_table_of_an_answer_has_a_title(database_url: str) -> None:
    shown = (await ask(database_url, "service", "search-api")).stdout

    titles = ["Going away", "Other calls of the last 28 days", "Ids that lastcall does not know"]
    assert [line.strip() for line in shown.splitlines() if line.strip() in titles] == titles
    assert shown.startswith("search-api, owned by nobody: no rule of lastcall.yaml matches\n")
    assert shown.count("search-api") == 1


@pytest.mark.usefixtures("called")
async def test_a_misspelled_model_is_told_the_nearest_names(database_url: str) -> None:
    result = await ask(database_url, "who", "gtp-4.5-previw")

    assert result.exit_code == 2
    assert "did you mean gpt-4.5-preview" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize(
    ("part", "suggested"),
    [
        pytest.param("gpt", "did you mean gpt-9-current or gpt-4.5-preview?", id="a beginning, most calls first"),
        pytest.param("Preview", "did you mean gpt-4.5-preview?", id="a part in the middle, in any case"),
    ],
)
async def test_a_part_of_a_name_is_told_the_models_that_are_called(
    database_url: str, part: str, suggested: str
) -> None:
    result = await ask(database_url, "who", part)

    assert suggested in " ".join(result.stderr.split())


@pytest.mark.usefixtures("called")
async def test_service_lists_all_that_it_calls(database_url: str) -> None:
    found = await answer(database_url, "service", "search-api")

    assert [use["model"] for use in found["models"]] == ["gpt-9-current", GPT_45]
    assert [each["requested_id"] for each in found["unknown_ids"]] == ["prod-chat"]


@pytest.mark.usefixtures("called")
async def test_a_misspelled_service_is_told_the_nearest_names(database_url: str) -> None:
    result = await ask(database_url, "service", "serch-api")

    assert result.exit_code == 2
    assert "did you mean search-api?" in result.stderr


@pytest.mark.usefixtures("called")
async def test_due_always_shows_what_is_past_its_day_and_still_called(database_url: str) -> None:
    found = (await answer(database_url, "due", "--within", "1d"))["items"]

    assert {each["service"] for each in found} == {"billing-run", "search-api"}
    assert all(each["days_left"] < 0 and each["state"] == "overdue" for each in found)


@pytest.mark.usefixtures("called")
async def test_a_short_list_says_how_many_more_there_are(database_url: str) -> None:
    due = await ask(database_url, "due", "--limit", "1")
    who = await ask(database_url, "who", GPT_45, "--limit", "1")
    listed = await answer(database_url, "who", GPT_45, "--limit", "1")

    assert "The nearest 1 of 2; --limit 2 shows all." in due.stdout
    assert "The first 1 of 2; --limit 2 shows all." in who.stdout
    assert "Other calls" not in who.stdout
    assert (len(listed["exposures"]), listed["exposures_total"]) == (1, 2)
    assert [use["service"] for use in listed["uses"]] == [listed["exposures"][0]["service"]]


async def test_who_calls_a_model_that_stays_is_listed_by_calls(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        for service, calls in {"a": 5, "b": 70, "c": 9}.items():
            days = {1: calls, 9: 1}
            await put_use(
                connection,
                service=service,
                platform="anthropic-api",
                model=STAYS,
                calls_by_days_ago=days,
                now=datetime.now(UTC),
            )

    found = await answer(database_url, "who", STAYS, "--limit", "2")

    assert [(use["service"], use["calls_7d"], use["calls_28d"], use["reporters"]) for use in found["uses"]] == [
        ("b", 70, 71, {"litellm": 71}),
        ("c", 9, 10, {"litellm": 10}),
    ]
    assert (found["exposures_total"], found["other_uses_total"]) == (0, 3)


async def test_a_file_that_was_just_read_is_in_the_answer_without_a_scheduler(
    database_url: str, tmp_path: Path
) -> None:
    await ingest_call(database_url, tmp_path / "calls.jsonl", at=datetime.now(UTC) - timedelta(hours=1))

    assert [each["service"] for each in (await answer(database_url, "who", GPT_45))["exposures"]] == ["cart"]
    assert [each["model"] for each in (await answer(database_url, "service", "cart"))["models"]] == [GPT_45]
    assert [each["service"] for each in (await answer(database_url, "due"))["items"]] == ["cart"]


async def test_plan_foresees_a_first_call_that_no_tick_has_seen(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    await record_heartbeats(database, {"escalate": 0.1}, now=now - timedelta(minutes=5))
    await ingest_call(database_url, tmp_path / "calls.jsonl", at=now - timedelta(minutes=1))

    foreseen = await answer(database_url, "plan")

    assert {(each["service"], each["id"], each["status"]) for each in foreseen} == {
        ("cart", "gpt-4.5-preview", "foreseen")
    }


async def test_plan_says_once_what_comes_round_each_day(database_url: str, tmp_path: Path) -> None:
    await ingest_call(database_url, tmp_path / "calls.jsonl", at=datetime.now(UTC) - timedelta(minutes=1))
    every = [each for each in await answer(database_url, "plan") if each["repeat_days"]]

    result = await ask(database_url, "plan")

    assert len(every) > 30
    assert result.stdout.count("each day") == len({each["destination"] for each in every})
    assert "+1d, and each day from then on while calls continue" in result.stdout
    assert "No tick has processed the calls yet" in result.stderr


async def test_due_with_nothing_to_tell_says_so(database_url: str) -> None:
    result = await ask(database_url, "due")

    assert result.exit_code == 0
    assert result.stdout == "No service calls a model that goes within 30d.\n"


async def test_a_span_that_is_none_is_bad_input(database_url: str) -> None:
    result = await ask(database_url, "due", "--within", "soon")

    assert result.exit_code == 2
    assert "days or weeks: 30d, 6w" in result.stderr
