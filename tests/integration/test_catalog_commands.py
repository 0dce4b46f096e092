"""The catalog by command and by API: a file of the company's own as a source, a record in lastcall.yaml, proposals."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.adapters.postgres.database import Database
from service.entrypoints.cli import app
from tests.web_client import get_json, web_client

HEAD = "platform,id,announced,day,replacements,source,kind\n"
PAGE = "https://openai.example/deprecations"
O3 = f"openai-api,o3-2025-04-16,2026-06-11,2027-02-01,,{PAGE},tracker\n"
NEW = f"openai-api,gpt-9,2026-11-20,2028-06-01,o3,{PAGE},provider\n"
CONFIG = """
catalog:
  files:
    - {name: ours, place: models.csv}
  records:
    - platform: mistral-api
      id: mistral-ours
      shutdown: {day: 2028-01-01}
      sources: [{url: https://mistral.example/mail, accessed: 2026-11-20}]
      last_verified: 2026-11-20
"""


class Office:
    """A company with a lastcall.yaml, and a file of its own beside it."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._url, self._folder = database_url, folder
        (folder / "lastcall.yaml").write_text(CONFIG)
        self.write(O3 + NEW)

    def write(self, rows: str) -> None:
        (self._folder / "models.csv").write_text(HEAD + rows)

    async def run(self, *arguments: str) -> Result:
        environment = {
            "LASTCALL_DATABASE_URL": self._url,
            "LASTCALL_CONFIG": str(self._folder / "lastcall.yaml"),
            "COLUMNS": "300",
        }
        return await asyncio.to_thread(CliRunner().invoke, app, ["catalog", *arguments], env=environment)

    async def answer(self, *arguments: str, code: int = 0) -> Any:
        result = await self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def office(database: Database, database_url: str, tmp_path: Path) -> Office:
    return Office(database_url, tmp_path)


async def test_dry_run_says_what_would_change_and_stores_nothing(office: Office) -> None:
    assert (await office.run("sync", "--dry-run")).stdout == (
        "ours: would change: 2 models new or different, 0 no longer named\n"
        "answers: nothing new\n"
        "answer-headers: nothing new\n"
    )
    assert (await office.answer("sources"))[0]["tried_at"] is None


async def test_sync_takes_a_file_of_the_company_into_the_catalog(office: Office) -> None:
    assert [one["outcome"] for one in await office.answer("sync", "ours")] == ["changed"]
    (record,) = await office.answer("show", "gpt-9")
    assert (record["shutdown"]["on"], record["standing"]) == ("2028-06-01", "provider")
    assert [(one["source"], one["counts"]) for one in record["words"]] == [("ours", True)]
    assert [one["outcome"] for one in await office.answer("sync")] == ["unchanged"] * 3


async def test_record_of_lastcall_yaml_is_in_force_without_any_sync(office: Office) -> None:
    (record,) = await office.answer("show", "mistral-ours")
    assert (record["shutdown"]["on"], record["by_operator"]) == ("2028-01-01", True)


async def test_diff_says_what_differs_from_the_release(office: Office) -> None:
    await office.run("sync")
    changed = await office.answer("diff", code=1)
    assert [(one["platform"], one["id"], one["change"]) for one in changed] == [
        ("mistral-api", "mistral-ours", "added"),
        ("openai-api", "gpt-9", "added"),
    ]


async def test_report_against_the_provider_is_proposed_and_accepted(office: Office) -> None:
    await office.run("sync")
    (proposal,) = await office.answer("proposals", code=1)
    assert (proposal["model_id"], proposal["end"]["shutdown_on"]) == ("o3-2025-04-16", "2027-02-01")
    shown = (await office.run("show", "o3")).stdout
    assert "also says       ours (reported): Mon 1 Feb 2027" in shown
    accepted = await office.run("accept", proposal["id"], "--by", "ada@example.com", "--reason", "they wrote to us")
    assert accepted.exit_code == 0, accepted.output
    (record,) = [one for one in await office.answer("show", "o3") if one["platform"] == "openai-api"]
    assert (record["shutdown"]["on"], record["by_operator"]) == ("2027-02-01", True)
    assert await office.answer("proposals") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("accept", "12345678"), "there is no open proposal 12345678"),
        (("sync", "openai"), "lastcall.yaml has no source openai"),
    ],
    ids=["no such proposal", "no such source"],
)
async def test_unknown_name_is_bad_input(office: Office, arguments: tuple[str, ...], said: str) -> None:
    result = await office.run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


async def test_file_that_contradicts_itself_is_held_and_accepted_whole(office: Office) -> None:
    office.write(O3 + NEW.replace("2026-11-20", "2029-01-01"))
    assert (await office.run("sync")).exit_code == 1
    (proposal,) = await office.answer("proposals", code=1)
    assert proposal["why"] == ["it contradicts itself about 1 model of 2, for example openai-api gpt-9"]
    assert (await office.run("accept", proposal["id"], "--by", "ada@example.com")).exit_code == 0
    assert (await office.run("show", "gpt-9")).exit_code == 2, "what contradicts itself still has no effect"
    assert [one["model_id"] for one in await office.answer("proposals", code=1)] == ["o3-2025-04-16"]


async def test_source_that_cannot_be_read_is_told_with_its_remedy(office: Office) -> None:
    office.write(NEW.replace("2028-06-01", "soon"))
    assert (await office.run("sync")).exit_code == 1
    source, *_ = await office.answer("sources", code=1)
    assert source["error"] == "unreadable_answer"


async def test_export_is_read_by_another_lastcall(office: Office, tmp_path: Path) -> None:
    await office.run("sync")
    written = await office.answer("export", str(tmp_path / "bundle.json"))
    assert written["records"] > 1_000
    config = tmp_path / "lastcall.yaml"
    config.write_text("catalog: {files: [{name: bundle, place: bundle.json}]}")
    assert [one["outcome"] for one in await office.answer("sync")][:1] == ["changed"]
    (record,) = await office.answer("show", "gpt-9")
    assert record["shutdown"]["on"] == "2028-06-01"
    assert [one["id"] for one in await office.answer("diff", code=1)] == ["mistral-ours", "gpt-9"]


async def test_feeds_are_written_for_others(office: Office, tmp_path: Path) -> None:
    written = await office.answer("export", "--format", "model-eol", str(tmp_path / "feeds"))
    assert (tmp_path / "feeds" / "openai-api.json").is_file()
    assert len(written["files"]) > 20


# --- the API ---------------------------------------------------------------------------------------------------------


async def test_records_are_read_over_http(database: Database) -> None:
    page = await get_json(database, "/api/v1/catalog/records", platform="openai-api")
    record = next(one for one in page["items"] if one["id"].startswith("gpt-4.5-preview"))
    assert (record["shutdown_on"], record["standing"], record["words"]) == ("2025-07-14", "provider", [])


async def test_only_the_companys_logs_are_a_source_unless_something_is_configured(database: Database) -> None:
    sources = await get_json(database, "/api/v1/catalog/sources")
    assert [one["source"] for one in sources] == ["answers", "answer-headers"]
    for name in ("differences", "proposals"):
        assert await get_json(database, f"/api/v1/catalog/{name}") == []


async def test_decision_on_an_unknown_proposal_is_refused(database: Database) -> None:
    async with web_client(database) as client:
        response = await client.post(
            "/api/v1/catalog/proposals/12345678", json={"verdict": "accepted", "author": "ada@example.com"}
        )
    assert response.status_code == 404
    assert response.json()["error"] == "there is no open proposal 12345678."
