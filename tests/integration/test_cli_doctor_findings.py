"""What `lastcall doctor` finds, and that one finding does not keep it from the next."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import assign
from service.adapters.postgres.tables import rejections
from service.entrypoints.cli import app


async def doctor(*arguments: str, **environment: str) -> Result:
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", *arguments], env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


async def test_file_that_cannot_be_read_is_one_finding_among_others(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "lastcall.yaml"
    file.write_text("owners: 7\n")

    result = await doctor("--json", LASTCALL_DATABASE_URL=database_url, LASTCALL_CONFIG=str(file))

    found = {finding["what"]: finding for finding in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert found["lastcall.yaml"]["verdict"] == "bad"
    assert f"{file}:1" in found["lastcall.yaml"]["detail"]
    assert found["lastcall.yaml"]["remedy"] == "correct the file; docs/configuration.md describes its settings"
    assert found["database"]["verdict"] == "good"


async def test_rejections_of_a_day_are_counted_by_topic_and_reason(database: Database, database_url: str) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = [("lastcall", "not_json", "", 3), ("lastcall", "not_json", "kong", 2), ("lastcall", "no_model", "", 1)]
    async with database.begin() as connection:
        for topic, reason, form, count in rows:
            key = {"source": "kafka", "topic": topic, "reason": reason, "hour": hour, "format": form}
            sample = {"sample_partition": 0, "sample_offset": 1, "detail": ""}
            await connection.execute(rejections.insert().values(**key, **sample, rejected=count))

    result = await doctor(LASTCALL_DATABASE_URL=database_url)

    assert result.exit_code == 0
    assert "lastcall: 6 records of the last day could not be read: 5 x not_json, 1 x no_model\n" in result.stdout


async def test_one_rule_is_one_rule(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "lastcall.yaml"
    file.write_text('owners:\n  - services: ["*"]\n    team: all\n    channel: "#all"\n')

    result = await doctor(LASTCALL_DATABASE_URL=database_url, LASTCALL_CONFIG=str(file))

    assert "lastcall.yaml: 1 owner rule\n" in result.stdout


async def test_owner_that_a_person_named_is_to_be_written_down(database: Database, database_url: str) -> None:
    async with database.begin() as connection:
        for service in ("search-api", "mail-writer"):
            await assign(connection, service, {"team": "shop"}, author="ada", at=datetime.now(UTC))

    result = await doctor(LASTCALL_DATABASE_URL=database_url)

    assert "lastcall.yaml does not contain the owners that people set for mail-writer and search-api" in result.stdout
    assert "-> `lastcall owners --as-yaml` prints the rules for the file\n" in result.stdout


async def test_first_run_is_told_to_go_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LASTCALL_DATABASE_URL", raising=False)

    result = await doctor(LASTCALL_DATA_DIR=str(tmp_path / "data"))

    assert result.exit_code == 1
    assert f"there is no database in {tmp_path / 'data'}" in result.stdout
    assert "-> run `lastcall up`, or set LASTCALL_DATABASE_URL; a running `up` may use another" in result.stdout
    assert "Kafka" in result.stdout
    assert "Slack" in result.stdout


async def test_line_of_codeowners_that_cannot_be_read_is_named_with_its_number(
    database_url: str, tmp_path: Path
) -> None:
    """Also before anything has ticked, and once only."""
    (tmp_path / "CODEOWNERS").write_text("/docs/ @acme/docs\n\n/My Services/cart/ @acme/shop\n/c[a-f]rt/ @acme/shop\n")
    file = tmp_path / "lastcall.yaml"
    file.write_text("directories:\n  codeowners: {file: CODEOWNERS}\n")
    given = {"LASTCALL_DATABASE_URL": database_url, "LASTCALL_CONFIG": str(file)}

    before = await doctor("--json", **given)
    await asyncio.to_thread(CliRunner().invoke, app, ["tick"], env=given)
    after = await doctor("--json", **given)

    for result in (before, after):
        found = json.loads(result.stdout)
        lines = [(one["verdict"], one["detail"], one["remedy"]) for one in found if "skipped" in one["detail"]]
        assert lines == [
            (
                "bad",
                "line 3 of CODEOWNERS is skipped: Services/cart/ is not an owner",
                "An owner is @user, @org/team or an e-mail address; a space in a path needs a backslash.",
            ),
            (
                "bad",
                "line 4 of CODEOWNERS is skipped: /c[a-f]rt/: `[ ]` is not a range here",
                "Write `*` or `?`, or one line per name.",
            ),
        ]
        assert result.exit_code == 1
