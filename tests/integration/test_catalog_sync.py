"""What sources say changes the catalog in force: stored, judged, held, and decided by people."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from service.adapters.directory.http import open_http
from service.adapters.postgres.catalog_store import load_sources
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.digest_store import load_picture
from service.adapters.postgres.tables import catalog_statements, exposures
from service.adapters.sources.document import DocumentSource
from service.adapters.sources.files import own_file
from service.adapters.sources.http import Http
from service.adapters.sources.model_lists import OPENAI
from service.config.catalog import CatalogSettings, OwnSource
from service.config.company import Company
from service.config.world import World
from service.core.catalog.proposal import Proposal, Verdict
from service.core.digest import ORGANISATION, Draft
from service.core.escalation.act import Refused
from service.core.naming import Missing
from service.core.ownership import NOBODY
from service.core.week import Week
from service.engine.propose import decide, standings
from service.engine.reconcile import Reconciled
from service.engine.sync import Synced, preview, sync, sync_now
from service.engine.tick import Engine, Verb, tick
from service.engine.world import Worlds, look_up
from tests.builders import make_world
from tests.calls import count_calls, make_call
from tests.source_server import SourceServer, answer

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
RECONCILING: tuple[Verb, ...] = ("reconcile",)
SYNCING: tuple[Verb, ...] = ("sync", "reconcile")
ENDS: dict[str, Any] = {"gpt-7": "2027-06-01", "gpt-7-mini": None, "gpt-7-nano": "2027-06-01"}


class Install:
    """An installation that asks OpenAI's list of models, at a server on loopback."""

    def __init__(self, database: Database, server: SourceServer) -> None:
        self.database, self.server = database, server
        company = Company(catalog=CatalogSettings(sources=("openai",), own=(OwnSource("ours", "file", ""),)))
        self.worlds = Worlds(make_world(company=company))
        self.source = server.model_list(OPENAI)

    def says(self, ends: dict[str, Any], **given: Any) -> None:
        data = [{"id": id_} | ({"shutdown_date": end} if end else {}) for id_, end in ends.items()]
        self.server.handler = answer({"data": data}, **given)

    async def sync(self, at: datetime = NOW) -> Synced:
        synced = await sync_now(self.database, self.worlds.latest, "openai", self.source, now=at)
        assert synced is not None
        return synced

    async def look(self, at: datetime = NOW) -> World:
        return await look_up(self.database, self.worlds, now=at)

    async def end_of(self, model: str) -> date | None:
        record = (await self.look()).catalog.get("openai-api", model)
        return record.shutdown.on if record is not None else None

    async def conditions(self) -> dict[str, str]:
        async with self.database.connect() as connection:
            return {one.condition.kind: one.condition.detail for one in await open_conditions(connection)}

    async def decide(self, proposal: Proposal, verdict: Verdict) -> Proposal | Refused | Missing:
        return await decide(
            self.database, self.worlds.latest, proposal.id, verdict, author="ada@example.com", reason="", now=NOW
        )

    async def proposals(self) -> tuple[Proposal, ...]:
        return (await standings(self.database, await self.look(), now=NOW)).proposals


@pytest.fixture
async def install(database: Database) -> AsyncIterator[Install]:
    async with SourceServer() as server, open_http() as session:
        yield Install(database, server.use(Http(session)))


async def test_new_model_and_its_end_are_in_force_at_the_next_look_of_each_process(install: Install) -> None:
    other = Worlds(install.worlds.latest)
    await install.look()
    install.says(ENDS)
    assert await install.sync() == Synced("openai", "changed", new=3)
    first, second = await install.look(), await look_up(install.database, other, now=NOW)
    for world in (first, second):
        record = world.catalog.get("openai-api", "gpt-7")
        assert record is not None
        assert (record.shutdown.on, record.standing) == (date(2027, 6, 1), "provider")
    assert first.catalog.digest == second.catalog.digest
    assert first.resolver.resolve("gpt-7-mini", provider="openai").model == "gpt-7-mini"  # type: ignore[union-attr]


async def test_same_answer_again_changes_nothing(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    before = await install.look()
    assert (await install.sync(NOW + DAY)).outcome == "unchanged"
    assert (await install.look()).catalog is before.catalog


async def test_moved_end_keeps_what_it_replaced(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    names = (await install.look()).catalog.identity
    install.says(ENDS | {"gpt-7": "2027-09-01"})
    await install.sync(NOW + DAY)
    record = (await install.look()).catalog.get("openai-api", "gpt-7")
    assert record is not None
    assert (record.shutdown.on, [plan.on for plan in record.superseded]) == (date(2027, 9, 1), [date(2027, 6, 1)])
    assert (await install.look()).catalog.identity == names, "no series needs to be resolved again"
    async with install.database.connect() as connection:
        s = catalog_statements.c
        rows = (await connection.execute(select(s.since, s.until).where(s.model_id == "gpt-7").order_by(s.id))).all()
    assert [tuple(row) for row in rows] == [(NOW, NOW + DAY), (NOW + DAY, None)]


async def test_end_that_moves_there_and_back_is_another_catalog_each_time(install: Install) -> None:
    digests = []
    for number, end in enumerate(("2027-06-01", "2027-09-01", "2027-06-01")):
        install.says(ENDS | {"gpt-7": end})
        await install.sync(NOW + number * DAY)
        digests.append((await install.look()).catalog.digest)
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    "broken",
    [{"status": 500}, {"status": 429}, {"content_type": "text/html"}],
    ids=["500", "429", "a page instead of an answer"],
)
@pytest.mark.slow
async def test_source_that_fails_keeps_what_it_said(install: Install, broken: dict[str, Any]) -> None:
    install.says(ENDS)
    await install.sync()
    install.says({}, **broken)
    assert (await install.sync(NOW + DAY)).outcome == "failed"
    assert await install.end_of("gpt-7") == date(2027, 6, 1)


async def test_garbage_keeps_what_the_source_said(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.server.handler = answer(b'{"data": [{"id": 7}]}')
    assert (await install.sync(NOW + DAY)).error == "unreadable_answer"
    assert await install.end_of("gpt-7") == date(2027, 6, 1)


# --- held ------------------------------------------------------------------------------------------------------------

POISONED = {"gpt-7": "1970-01-01", "gpt-7-mini": "3000-01-01"}


@pytest.mark.parametrize("ends", [{}, POISONED], ids=["suddenly empty", "1970 and 3000"])
async def test_suspicious_reading_is_held_whole_and_told(install: Install, ends: dict[str, Any]) -> None:
    install.says(ENDS)
    await install.sync()
    install.says(ends)
    assert (await install.sync(NOW + DAY)).outcome == "held"
    assert await install.end_of("gpt-7") == date(2027, 6, 1)
    assert "held back, and has no effect" in (await install.conditions())["catalog_held"]
    (proposal,) = await install.proposals()
    assert (proposal.kind, proposal.source) == ("held_reading", "openai")


async def test_held_reading_that_is_accepted_takes_effect(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.says({"gpt-8": "2028-01-01"} | {f"m-{number}": "2028-01-01" for number in range(60)} | ENDS)
    assert [one.reason for one in (await install.sync(NOW + DAY)).held] == ["adds_many"]
    (proposal,) = await install.proposals()
    assert await install.decide(proposal, "accepted") == proposal
    assert await install.end_of("gpt-8") == date(2028, 1, 1)
    assert (await install.conditions(), await install.proposals()) == ({}, ())
    assert (await install.sync(NOW + 2 * DAY)).outcome == "unchanged"


async def test_held_reading_that_is_refused_is_not_told_again(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.says(POISONED)
    await install.sync(NOW + DAY)
    (proposal,) = await install.proposals()
    await install.decide(proposal, "refused")
    await install.sync(NOW + 2 * DAY)
    assert (await install.proposals(), await install.conditions()) == ((), {})
    assert await install.end_of("gpt-7") == date(2027, 6, 1)


async def test_sane_reading_after_a_held_one_ends_the_condition(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.says(POISONED)
    await install.sync(NOW + DAY)
    install.says(ENDS)
    await install.sync(NOW + 2 * DAY)
    assert (await install.proposals(), await install.conditions()) == ((), {})


async def test_decision_is_made_once(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.says(POISONED)
    await install.sync(NOW + DAY)
    (proposal,) = await install.proposals()
    await install.decide(proposal, "refused")
    again = await install.decide(proposal, "accepted")
    assert isinstance(again, Refused)
    assert again.reason == f"{proposal.id} is already refused"


# --- rhythm ----------------------------------------------------------------------------------------------------------


async def test_source_is_asked_once_a_day_by_any_number_of_processes(install: Install) -> None:
    install.says(ENDS)
    asked = []
    for hour in range(72):
        for _ in range(2):
            sources = {"openai": install.source}
            asked += await sync(install.database, install.worlds.latest, sources, now=NOW + timedelta(hours=hour))
    assert 3 <= len(asked) <= 4, "at first at once, then at the same time of each day"
    assert len(install.server.asked) == len(asked)


async def test_source_that_is_silent_for_days_is_told_and_over_when_it_answers(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    install.server.handler = answer(b"garbage")
    for day in range(1, 6):
        await install.sync(NOW + day * DAY)
        assert ("catalog_stale" in await install.conditions()) == (day > 4)
    assert await install.end_of("gpt-7") == date(2027, 6, 1)
    install.says(ENDS)
    await install.sync(NOW + 30 * DAY)
    assert await install.conditions() == {}


async def test_refusal_is_told_at_once(install: Install) -> None:
    install.says({}, status=401)
    await install.sync()
    assert "http_401" in (await install.conditions())["catalog_stale"]


async def test_preview_stores_nothing(install: Install) -> None:
    install.says(ENDS)
    synced, changes = await preview(install.database, "openai", install.source, now=NOW)
    assert (synced.outcome, len(changes.said)) == ("changed", 3)
    async with install.database.connect() as connection:
        assert await load_sources(connection) == []


async def test_statements_of_a_source_that_is_no_longer_configured_do_not_count(install: Install) -> None:
    install.says(ENDS)
    await install.sync()
    assert await install.end_of("gpt-7") is not None
    install.worlds.replace(make_world(company=Company()))
    assert await install.end_of("gpt-7") is None


# --- what takes effect -----------------------------------------------------------------------------------------------


async def test_new_announcement_finds_its_callers_within_one_tick(install: Install) -> None:
    world = await install.look()
    calls = [make_call(at=NOW - DAY, requested_id="gpt-4.1-nano", served_id=None, service=name) for name in "abc"]
    await count_calls(install.database, world, calls, NOW)  # type: ignore[arg-type]
    engine = Engine(install.database, install.worlds, {}, None, sources_for=lambda _: {"openai": install.source})
    install.says({})
    await tick(engine, now=NOW, only=RECONCILING)
    install.says({"gpt-4.1-nano": "2027-03-01"})
    ticked = await tick(engine, now=NOW + DAY, only=SYNCING)
    assert isinstance(ticked.results["reconcile"], Reconciled)
    async with install.database.connect() as connection:
        e = exposures.c
        found = await connection.execute(select(e.service, e.deadline).where(e.model.like("gpt-4.1-nano%")))
        assert sorted(tuple(row) for row in found) == [(name, date(2027, 3, 1)) for name in "abc"]


async def test_id_that_becomes_known_is_attributed_to_its_model(install: Install) -> None:
    world = await install.look()
    calls = [make_call(at=NOW - DAY, requested_id="gpt-7", served_id=None)]
    await count_calls(install.database, world, calls, NOW)  # type: ignore[arg-type]
    engine = Engine(install.database, install.worlds, {}, None, sources_for=lambda _: {"openai": install.source})
    await tick(engine, now=NOW, only=RECONCILING)
    install.says(ENDS)
    ticked = await tick(engine, now=NOW + DAY, only=SYNCING)
    reconciled = ticked.results["reconcile"]
    assert isinstance(reconciled, Reconciled)
    assert reconciled.series == 1
    async with install.database.connect() as connection:
        found = await connection.execute(text("SELECT service, deadline FROM exposures WHERE model = 'gpt-7'"))
        assert [tuple(row) for row in found] == [("search-api", date(2027, 6, 1))]


async def test_reported_end_after_which_calls_are_answered_is_doubted_and_refuted_by_a_person(
    install: Install, tmp_path: Path
) -> None:
    reported = tmp_path / "ours.csv"
    reported.write_text("platform,id,day,source,kind\nopenai-api,gpt-7,2026-11-01,https://tracker.example,tracker\n")
    source = DocumentSource(install.source._http, own_file("ours", "ours.csv"), reported)
    world = await install.look()
    calls = [make_call(at=NOW - DAY, requested_id="gpt-7", served_id=None)]
    await count_calls(install.database, world, calls, NOW)  # type: ignore[arg-type]
    await sync_now(install.database, world, "ours", source, now=NOW)
    engine = Engine(install.database, install.worlds, {}, None)
    await tick(engine, now=NOW, only=RECONCILING)

    (doubt,) = await install.proposals()
    assert (doubt.kind, doubt.model_id, doubt.since) == ("still_answered", "gpt-7", date(2026, 11, 30))
    await install.decide(doubt, "accepted")
    await tick(engine, now=NOW, only=RECONCILING)

    record = (await install.look()).catalog.get("openai-api", "gpt-7")
    assert record is not None
    assert not record.is_deprecated
    assert await install.proposals() == ()


async def test_source_that_is_stale_at_the_end_of_a_week_is_in_its_digest(install: Install) -> None:
    install.says({}, status=401)
    await install.sync()
    async with install.database.connect() as connection:
        picture = await load_picture(connection, Week.of(NOW.date()), topics=())
    assert picture.stale_sources == {"openai": 5}
    (unread,) = Draft(picture, lambda _: NOBODY, install.worlds.latest.catalog).digest(ORGANISATION).unread
    assert (unread.kind, unread.what) == ("stale_source", "openai")
