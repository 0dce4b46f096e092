"""`lastcall doctor` against a real database."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.config.company import load_company
from service.entrypoints.cli import app


@pytest.mark.parametrize("changed", [False, True], ids=["the same", "changed since"])
async def test_scheduler_that_goes_by_another_file_is_told(
    database: Database, database_url: str, tmp_path: Path, changed: bool
) -> None:
    file = tmp_path / "lastcall.yaml"
    file.write_text("organisation: Acme\n")
    await record_heartbeats(database, {"escalate": 0.1}, now=datetime.now(UTC), company=load_company(file).digest)
    if changed:
        file.write_text("organisation: Example\n")

    environment = {"LASTCALL_DATABASE_URL": database_url, "LASTCALL_CONFIG": str(file)}
    result = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"], env=environment)

    told = [one["detail"] for one in json.loads(result.stdout) if one["what"] == "scheduler"]
    assert ("the running scheduler uses another lastcall.yaml" in told) is changed
