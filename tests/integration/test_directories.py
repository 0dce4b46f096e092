"""Directories of owners: what they say is kept, and counts while they are down."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from service.adapters.directory.backstage import PAGE, BackstageApi, BackstageFiles
from service.adapters.directory.codeowners import CodeownersFile
from service.adapters.directory.http import open_http
from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.directory_store import last_good, read_directory_health
from service.adapters.postgres.tables import agenda
from service.config.company import Company
from service.config.directories import Backstage, Codeowners, Directories
from service.core.directory.answer import Unavailable
from service.core.directory.backstage import Entities
from service.core.directory.owners import Ownership
from service.core.ownership import Owner, OwnerRule
from service.engine.refresh import DOWN, UNREAD, Clients, refresh
from service.engine.world import with_owners
from tests.backstage_server import BackstageServer, component, group, user
from tests.builders import make_world
from tests.directory_server import Fault
from tests.pagerduty_server import PagerDutyServer
from tests.processes import PATIENCE

NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
COMPANY = Company(directories=Directories(backstage=Backstage(url="https://backstage.example")))
CATALOG = [component("search-api", "search"), group("search", slack="#search"), user("ada", "search")]


@pytest.fixture
async def backstage() -> AsyncIterator[BackstageServer]:
    async with BackstageServer(entities=[*CATALOG]) as server:
        yield server


@pytest.fixture
async def clients(backstage: BackstageServer) -> AsyncIterator[Clients]:
    async with open_http(timeout_seconds=3) as session:
        yield Clients(backstage=BackstageApi(session, backstage.url, SecretStr(backstage.token)))


async def ownership(database: Database, service: str, now: datetime, company: Company = COMPANY) -> Ownership:
    async with database.connect() as connection:
        return (await with_owners(connection, make_world(company=company), now=now)).owners.of(service)


async def conditions(database: Database) -> list[tuple[str, str, str]]:
    async with database.connect() as connection:
        found = [one.condition for one in await open_conditions(connection)]
    return [(one.kind, one.subject, one.detail) for one in found]


async def test_owner_of_a_component_hears_where_its_group_says(database: Database, clients: Clients) -> None:
    refreshed = await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    assert refreshed.answers == {"backstage": 2}
    found = await ownership(database, "search-api", NOW)
    assert (found.source, found.owner.team, found.owner.channel) == ("backstage", "search", "#search")
    assert (found.as_of, found.owner.rule) == (
        NOW,
        "component:default/search-api of group:default/search in Backstage",
    )


async def test_catalog_of_many_pages_is_read_to_its_end(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    backstage.entities += [component(f"service-{n}", "search") for n in range(2 * PAGE)]
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    assert (await ownership(database, f"service-{2 * PAGE - 1}", NOW)).owner.channel == "#search"
    assert len(backstage.asked) == 3


async def test_directory_is_asked_each_quarter_of_an_hour_by_one_process(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    for minutes in (0, 0, 14, 15, 16, 29):
        await refresh(database, make_world(company=COMPANY), clients, now=NOW + timedelta(minutes=minutes))
    assert len(backstage.asked) == 2


async def test_answer_that_took_too_long_does_not_replace_a_newer_one(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    company = Company(directories=Directories(backstage=Backstage(path=file)))
    file.write_text(json.dumps(component("search-api", "search")))
    slow = _Slow(file)
    asking = asyncio.create_task(refresh(database, make_world(company=company), Clients(backstage=slow), now=NOW))
    await slow.has_read.wait()
    file.write_text(json.dumps(component("search-api", "payments")))
    later = NOW + timedelta(minutes=15)
    await refresh(database, make_world(company=company), Clients(backstage=BackstageFiles(file)), now=later)
    slow.may_answer.set()
    assert (await asking).answers == {}
    assert (await ownership(database, "search-api", later, company)).owner.team == "payments"


class _Slow(BackstageFiles):
    """Answers with what it has read, once it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.has_read, self.may_answer = asyncio.Event(), asyncio.Event()

    async def entities(self) -> Entities | Unavailable:
        found = await super().entities()
        self.has_read.set()
        await self.may_answer.wait()
        return found


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Fault(status=500), "http_500", id="its server fails"),
        pytest.param(Fault(status=429), "http_429", id="it is asked too often"),
        pytest.param(Fault(slow=60), "timeout", id="it is slow"),
        pytest.param(Fault(body=b"<html>"), "unreadable_answer", id="a proxy answers"),
        pytest.param(Fault(body=b'{"items": 7}'), "unreadable_answer", id="an answer of another shape"),
        pytest.param(Fault(body=b'{"items": []}'), "empty_catalog", id="it shows nothing to this token"),
        pytest.param(Fault(status=302), "http_302", id="it wants somebody to log in"),
    ],
)
async def test_directory_that_is_down_keeps_its_last_good_answer(
    database: Database, clients: Clients, backstage: BackstageServer, fault: Fault, reason: str
) -> None:
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    backstage.faults.append(fault)
    failed = await refresh(database, make_world(company=COMPANY), clients, now=NOW + timedelta(minutes=15))
    assert failed.errors == {"backstage": reason}
    found = await ownership(database, "search-api", NOW + timedelta(minutes=15))
    assert (found.owner.team, found.as_of) == ("search", NOW)
    (health,) = await read_directory_health(database)
    assert (health.error, health.fetched_at, health.answers) == (reason, NOW, 2)


async def test_last_good_answer_says_how_old_it_is_once_it_is_stale(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    backstage.faults.extend([Fault(status=503)] * 2)
    await refresh(database, make_world(company=COMPANY), clients, now=NOW + timedelta(minutes=59))
    assert await conditions(database) == []
    later = NOW + timedelta(minutes=62)
    await refresh(database, make_world(company=COMPANY), clients, now=later)
    assert (await ownership(database, "search-api", later)).owner.rule.endswith(
        "in Backstage, by the last good answer of 2025-06-02 09:00 UTC"
    )
    detail = "backstage does not answer (http_503); lastcall uses its answers of 2025-06-02 09:00 UTC"
    assert await conditions(database) == [(DOWN, "backstage", detail)]
    await refresh(database, make_world(company=COMPANY), clients, now=later + timedelta(minutes=2))
    assert await conditions(database) == []


async def test_token_that_is_refused_is_told_at_once(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    backstage.token = "another"
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    detail = "backstage does not answer (http_401); it has never answered"
    assert await conditions(database) == [(DOWN, "backstage", detail)]


async def test_what_the_catalog_says_no_more_is_gone(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    backstage.entities[0] = component("other", "search")
    later = NOW + timedelta(minutes=15)
    await refresh(database, make_world(company=COMPANY), clients, now=later)
    assert (await ownership(database, "search-api", later)).source is None


async def test_what_changes_hands_is_looked_at_by_the_next_tick(
    database: Database, clients: Clients, backstage: BackstageServer
) -> None:
    async with database.begin() as connection:
        for service in ("search-api", "other"):
            use = {"service": service, "environment": "production", "platform": "openai-api", "model": "gpt-4"}
            await connection.execute(agenda.insert().values(use))
    looked_at = select(agenda.c.service, agenda.c.due_at).order_by(agenda.c.service)
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    backstage.entities[1] = group("search", slack="#finders")
    await refresh(database, make_world(company=COMPANY), clients, now=NOW + timedelta(hours=1))
    await refresh(database, make_world(company=COMPANY), clients, now=NOW + timedelta(hours=2))
    async with database.connect() as connection:
        rows = [tuple(row) for row in await connection.execute(looked_at)]
    assert rows == [("other", None), ("search-api", NOW + timedelta(hours=1))]


async def test_directory_that_lastcall_yaml_names_no_longer_says_nothing(database: Database, clients: Clients) -> None:
    await refresh(database, make_world(company=COMPANY), clients, now=NOW)
    assert (await ownership(database, "search-api", NOW, Company())).source is None


async def test_catalog_may_stand_in_files(database: Database, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/catalog-info.yaml").write_text(
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: cart}\nspec: {owner: shop}\n---\n"
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: shop}\nspec: {profile: {email: shop@x.org}}\n"
    )
    (tmp_path / "chart.yaml").write_text("{{ if .Values.on }}\n")
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    await refresh(database, make_world(company=company), Clients(backstage=BackstageFiles(tmp_path)), now=NOW)
    found = await ownership(database, "cart", NOW, company)
    assert (found.owner.team, found.owner.people) == ("shop", ("shop@x.org",))


CART = (
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: cart}\nspec: {owner: shop}\n---\n"
    "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: shop}\nspec: {profile: {email: shop@x.org}}\n"
)
TEMPLATE = "apiVersion: backstage.io/v1alpha1\nkind: Component\n{%- if values.secret == 'hunter2' %}\n"


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(TEMPLATE, id="a software template"),
        pytest.param(f"{CART}---\n{TEMPLATE}".replace("cart", "other"), id="a sound document before it"),
        pytest.param("# backstage.io/\nn: !!timestamp x\n", id="a value of another type than its tag"),
        pytest.param(f"# backstage.io/\nn: {'[' * 100_000}\n", id="a hundred thousand brackets"),
    ],
)
async def test_file_that_is_no_yaml_is_passed_over_and_the_others_count(
    database: Database, tmp_path: Path, broken: str
) -> None:
    for name in ("a\n<!channel>", "skeleton", "x" * 250):
        (tmp_path / name).mkdir()
        (tmp_path / name / "catalog-info.yaml").write_text(broken)
    (tmp_path / "cart.yaml").write_text(CART)
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    refreshed = await refresh(
        database, make_world(company=company), Clients(backstage=BackstageFiles(tmp_path)), now=NOW
    )
    assert (refreshed.answers, refreshed.errors) == ({"backstage": 2}, {})
    assert (await ownership(database, "cart", NOW, company)).owner.people == ("shop@x.org",)
    assert (await ownership(database, "other", NOW, company)).source is None
    first = "a\\n<!channel>/catalog-info.yaml"
    detail = f"3 files are not YAML and skipped in the files of backstage; the first is {first}"
    assert await conditions(database) == [(UNREAD, "backstage", detail)]


async def test_merges_of_merges_take_nothing_in(database: Database, tmp_path: Path) -> None:
    """Each level takes in the one below twice, in a thousand characters; `<<` is no part of YAML 1.2."""
    levels = "".join(f"l{n}: &l{n}\n  <<: [*l{n - 1}, *l{n - 1}]\n" for n in range(1, 41))
    (tmp_path / "merges.yaml").write_text(f"l0: &l0 {{a: 1}}\n{levels}---\n{CART}")
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    async with asyncio.timeout(PATIENCE):
        await refresh(database, make_world(company=company), Clients(backstage=BackstageFiles(tmp_path)), now=NOW)
    assert (await ownership(database, "cart", NOW, company)).owner.people == ("shop@x.org",)


async def test_condition_ends_once_every_file_is_read(database: Database, tmp_path: Path) -> None:
    (tmp_path / "cart.yaml").write_text(CART)
    template = tmp_path / ("x" * 240) / "catalog-info.yaml"
    template.parent.mkdir()
    template.write_text(TEMPLATE)
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    clients = Clients(backstage=BackstageFiles(tmp_path))
    await refresh(database, make_world(company=company), clients, now=NOW)
    detail = f"1 file is not YAML and skipped in the files of backstage; the first is {'x' * 199}…"
    assert await conditions(database) == [(UNREAD, "backstage", detail)]
    template.unlink()
    await refresh(database, make_world(company=company), clients, now=NOW + timedelta(minutes=15))
    assert await conditions(database) == []


async def test_folder_without_any_readable_file_is_no_answer(database: Database, tmp_path: Path) -> None:
    (tmp_path / "catalog-info.yaml").write_text(TEMPLATE)
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    refreshed = await refresh(
        database, make_world(company=company), Clients(backstage=BackstageFiles(tmp_path)), now=NOW
    )
    assert refreshed.errors == {"backstage": "no_yaml"}


HELPDESK = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: helpdesk, annotations: {github.com/team-slug: acme/other}}
spec: {owner: "group:helpdesk-leads"}
---
apiVersion: backstage.io/v1alpha1
kind: Resource
metadata: {name: helpdesk-pipeline}
spec: {owner: "group:others", implementation: {kind: Component, metadata: {name: helpdesk}, spec: {owner: nobody}}}
"""


@pytest.mark.parametrize("name", ["catalog-info.yml", "Catalog-Info.yaml", "CATALOG-INFO.YAML", "all/helpdesk.YML"])
async def test_descriptor_is_read_whatever_its_file_is_called(database: Database, tmp_path: Path, name: str) -> None:
    """And only what stands at the top of a document is an entity."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(HELPDESK)
    company = Company(directories=Directories(backstage=Backstage(path=tmp_path)))
    await refresh(database, make_world(company=company), Clients(backstage=BackstageFiles(tmp_path)), now=NOW)
    assert (await ownership(database, "helpdesk", NOW, company)).owner.team == "helpdesk-leads"


async def test_lines_of_codeowners_that_cannot_be_read_are_a_condition_until_mended(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "CODEOWNERS"
    file.write_text("!/docs/ @acme/docs\n/services/cart/ @acme/shop\n/My Services/quote-bot/ @acme/quotes\n")
    company = Company(directories=Directories(codeowners=Codeowners(file)))
    door = Clients(codeowners=CodeownersFile(file))
    await refresh(database, make_world(company=company), door, now=NOW)
    assert await conditions(database) == [
        (
            UNREAD,
            "codeowners",
            "2 lines of CODEOWNERS are skipped: line 1: !/docs/: `!` is not allowed; "
            "line 3: Services/quote-bot/ is not an owner",
        )
    ]
    assert (await ownership(database, "cart", NOW, company)).owner.team == "shop"
    file.write_text("/services/cart/ @acme/shop\n/My\\ Services/quote-bot/ @acme/quotes\n")
    await refresh(database, make_world(company=company), door, now=NOW + timedelta(minutes=15))
    assert await conditions(database) == []


async def test_codeowners_names_the_team_and_lastcall_yaml_where_it_hears(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "CODEOWNERS"
    file.write_text("* @acme/platform\n/services/cart/ @acme/shop\n")
    shop = OwnerRule(("shop-*",), Owner("shop", channel="#shop"))
    company = Company(owners=(shop,), directories=Directories(codeowners=Codeowners(file)))
    door = Clients(codeowners=CodeownersFile(file))
    await refresh(database, make_world(company=company), door, now=NOW)
    file.unlink()
    later = NOW + timedelta(minutes=20)
    assert (await refresh(database, make_world(company=company), door, now=later)).errors == {
        "codeowners": "FileNotFoundError"
    }
    found = await ownership(database, "cart", later, company)
    assert (found.source, found.owner.team, found.owner.channel) == ("codeowners", "shop", "#shop")
    assert (await ownership(database, "other", later, company)).source is None


async def test_people_on_duty_are_known_before_they_are_needed(database: Database) -> None:
    rule = OwnerRule(("cart",), Owner("shop", oncall=("pagerduty:PNONE1", "pagerduty:PSCHED", "usergroup:x")))
    company = replace(COMPANY, owners=(rule,), directories=Directories())
    async with PagerDutyServer(schedules={"PSCHED": ["ada@example.com"]}) as server, open_http() as session:
        door = Clients(pagerduty=PagerDuty(session, server.url, SecretStr(server.token)))
        refreshed = await refresh(database, make_world(company=company), door, now=NOW)
    assert (refreshed.answers, refreshed.errors) == ({"pagerduty": 2}, {})
    async with database.connect() as connection:
        on_duty = await last_good(connection, "pagerduty", "pagerduty:PSCHED")
        nobody = await last_good(connection, "pagerduty", "pagerduty:PNONE1")
    assert on_duty is not None
    assert nobody is not None
    assert (on_duty.answer, nobody.answer) == ({"people": ["ada@example.com"]}, {"people": []})
