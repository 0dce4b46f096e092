"""`lastcall owners`, and what doctor says of the directories."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import claim, failed, replace_answers, went_well
from service.adapters.postgres.tables import assignments
from service.config.company import load_company
from service.core.exposure import ExposureKey
from service.entrypoints.cli import app
from tests.backstage_server import BackstageServer, component, group
from tests.pagerduty_server import PagerDutyServer
from tests.rows import put_use

CONFIG = """
owners:
  - {services: ["search-*"], team: find, channel: "#find"}
directories:
  backstage: {url: "https://backstage.example"}
"""


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "lastcall.yaml"
    file.write_text(CONFIG)
    return {"LASTCALL_DATABASE_URL": database_url, "LASTCALL_CONFIG": str(file)}


@pytest.fixture
async def known(database: Database) -> None:
    """Four services in the logs: by rule, by a person, by Backstage, by nobody."""
    read_at = datetime.now(UTC) - timedelta(minutes=7, seconds=30)
    async with database.begin() as connection:
        for service in ("search-api", "cart", "cart-jobs", "billing"):
            await put_use(connection, service=service)
        key = ExposureKey("cart-jobs", "production", "openai-api", "gpt-4.5-preview")
        at = datetime(2025, 6, 3, 9, tzinfo=UTC)
        await record_act(connection, key, "acknowledge", author="ada@example.com", at=at, details={})
        owner = {"team": "shop", "people": ["eve@example.com"]}
        named = {"service": "cart", "owner": owner, "author": "bob\n- evil", "at": datetime(2025, 6, 2, 9, tzinfo=UTC)}
        await connection.execute(assignments.insert().values(named))
        await claim(connection, "backstage", every=timedelta(0), after_error=timedelta(0), now=read_at)
        said = {"owner": {"team": "money", "channel": "#money"}, "rule": "component:default/billing"}
        await replace_answers(connection, "backstage", {"service:billing": said}, now=read_at)
        await went_well(connection, "backstage", now=read_at)


async def lastcall(environment: dict[str, str], *arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, [*arguments], env=environment)


@pytest.mark.usefixtures("known")
async def test_every_service_is_shown_with_who_says_so_and_how_old_it_is(environment: dict[str, str]) -> None:
    result = await lastcall(environment, "owners")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "billing: money",
        "  component:default/billing, read 7 minutes ago",
        "cart: shop",
        "  what bob - evil said on 2025-06-02",
        "cart-jobs: nobody",
        "  neither lastcall.yaml nor a directory names an owner",
        "  perhaps ada@example.com: acknowledged it on Tue 3 Jun 2025",
        "  perhaps shop: owns 1 of 1 service named cart-*",
        "search-api: find",
        "  owners[0], lastcall.yaml:3",
    ]


@pytest.mark.usefixtures("known")
async def test_service_that_nobody_owns_is_bad_news(environment: dict[str, str]) -> None:
    result = await lastcall(environment, "owners", "cart-jobs", "--json")
    assert result.exit_code == 1
    (answer,) = json.loads(result.stdout)
    assert (answer["owner"], answer["source"]) == (None, None)
    assert [one["who"] for one in answer["candidates"]] == ["ada@example.com", "shop"]


@pytest.mark.usefixtures("known")
async def test_one_service_is_shown_with_where_its_owner_hears(environment: dict[str, str]) -> None:
    result = await lastcall(environment, "owners", "billing")
    assert (result.exit_code, result.stdout.splitlines()[2:]) == (0, ["  channel   #money"])


@pytest.mark.usefixtures("known")
async def test_unowned_ones_alone(environment: dict[str, str]) -> None:
    result = await lastcall(environment, "owners", "--unowned", "--json")
    assert [one["service"] for one in json.loads(result.stdout)] == ["cart-jobs"]


@pytest.mark.usefixtures("known")
async def test_owners_that_people_named_can_be_pasted_into_lastcall_yaml(
    environment: dict[str, str], tmp_path: Path
) -> None:
    result = await lastcall(environment, "owners", "--as-yaml")
    rules = yaml.safe_load(result.stdout)
    assert rules == [{"services": ["cart"], "team": "shop", "people": ["eve@example.com"]}]
    file = tmp_path / "pasted.yaml"
    file.write_text("owners:\n" + result.stdout)
    assert load_company(file).owner_of("cart").people == ("eve@example.com",)


async def test_service_that_no_log_names_is_to_be_spelled_otherwise(environment: dict[str, str]) -> None:
    result = await lastcall(environment, "owners", "zebra")
    assert result.exit_code == 2
    assert "zebra is not in any log and has no owner" in result.stderr


async def test_doctor_says_how_a_directory_is_doing(database: Database, environment: dict[str, str]) -> None:
    async def finding() -> dict[str, str]:
        found = json.loads((await lastcall(environment, "doctor", "--json")).stdout)
        return next(one for one in found if one["what"] == "backstage")

    assert (await finding())["detail"] == "not queried yet"
    now = datetime.now(UTC)
    async with database.begin() as connection:
        await claim(connection, "backstage", every=timedelta(0), after_error=timedelta(0), now=now)
        await replace_answers(connection, "backstage", {"service:x": {"owner": {"team": "x"}, "rule": ""}}, now=now)
        await went_well(connection, "backstage", now=now)
    good = await finding()
    assert (good["verdict"], good["detail"]) == ("good", f"1 answer of {now:%Y-%m-%d %H:%M} UTC")
    async with database.begin() as connection:
        await failed(connection, "backstage", "http_500", now=now)
    down = await finding()
    assert (down["verdict"], down["detail"]) == (
        "note",
        good["detail"] + " in use: the last query failed with http_500",
    )


async def test_tick_asks_the_directories_with_the_tokens_of_the_environment(
    database: Database, environment: dict[str, str], tmp_path: Path
) -> None:
    async with database.begin() as connection:
        await put_use(connection, service="cart", now=datetime.now(UTC))
    entities = [component("cart", "shop"), group("shop", slack="#shop", oncall="pagerduty:PSCHED")]
    async with (
        BackstageServer(entities=entities, token="from-a-file") as backstage,
        PagerDutyServer(schedules={"PSCHED": ["ada@example.com"]}) as pagerduty,
    ):
        (tmp_path / "lastcall.yaml").write_text(
            f"directories: {{backstage: {{url: '{backstage.url}'}}, pagerduty: {{url: '{pagerduty.url}'}}}}\n"
        )
        (tmp_path / "LASTCALL_BACKSTAGE_TOKEN").write_text("from-a-file\n")
        tokens = {"LASTCALL_SECRETS_DIR": str(tmp_path), "LASTCALL_PAGERDUTY_TOKEN": pagerduty.token}
        ticked = await lastcall(environment | tokens, "tick", "--now", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    assert ticked.exit_code == 0, ticked.stderr
    assert "backstage: 2 answers, pagerduty: 1 answer" in ticked.stdout
    (answer,) = json.loads((await lastcall(environment, "owners", "cart", "--json")).stdout)
    assert (answer["source"], answer["owner"]["channel"]) == ("backstage", "#shop")
