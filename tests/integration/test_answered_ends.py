"""Ends that providers announce in their answers: what the stream stores of them, and what the catalog makes of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from service.adapters.catalog.files import LoadedCatalog, load_catalog, load_files
from service.adapters.postgres.database import Database
from service.adapters.postgres.end_notice_store import read_answered_ends
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from service.config.company import Company
from service.config.settings import Settings
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.traffic import ANSWER_SOURCES, AnsweredEnd, reading_of
from service.core.usage import Call, EndWords
from service.engine.source_clients import open_sources
from service.engine.sync import sync
from service.engine.world import Worlds, look_up
from tests.builders import make_world
from tests.calls import count_calls, make_call

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2027, 1, 22)
MODEL = "mistral-small-2503"
PAGE = "https://docs.mistral.ai/models"


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


@pytest.fixture
def store(database: Database, loaded: LoadedCatalog) -> UsageStore:
    return UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))


def announced(end: EndWords, *, service: str = "search-api", after: timedelta = timedelta()) -> Call:
    names = {"provider": "mistral", "requested_id": MODEL, "served_id": MODEL}
    return make_call(at=NOW + after, service=service, end=end, **names)


async def ends(database: Database) -> list[AnsweredEnd]:
    async with database.connect() as connection:
        return await read_answered_ends(connection)


async def test_latest_answer_of_all_services_counts(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    first = announced(EndWords(model_deprecation="2027-01-15"))
    later = announced(EndWords(model_deprecation="2027-01-22"), service="chat", after=timedelta(minutes=5))
    silent = make_call(at=NOW, provider="mistral", requested_id=MODEL, served_id=MODEL)
    await count_calls(database, loaded, [later, first, silent], NOW + timedelta(hours=1), store=store)
    (only,) = await ends(database)
    assert (only.platform, only.model, only.header, only.ends_on) == (
        *("mistral-api", MODEL),
        *("x-model-deprecation-timestamp", DAY),
    )


async def test_nothing_is_written_while_nothing_is_new(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    calls = [announced(EndWords("2027-01-22"))]
    await count_calls(database, loaded, calls, NOW, store=store)
    async with database.begin() as connection:
        await connection.execute(text("DROP TABLE end_notices"))
    await count_calls(database, loaded, calls, NOW, store=store)


async def test_moved_day_is_written_on_the_same_day(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    for minutes, day in ((0, "2027-01-15"), (5, "2027-01-22"), (2, "2027-01-29")):
        call = announced(EndWords(day), after=timedelta(minutes=minutes))
        await count_calls(database, loaded, [call], NOW + timedelta(hours=1), store=store)
    assert [one.ends_on for one in await ends(database)] == [DAY]


def test_header_about_the_model_is_the_providers_word_and_others_propose() -> None:
    ends = [
        AnsweredEnd("mistral-api", MODEL, "x-model-deprecation-timestamp", None, DAY, NOW),
        AnsweredEnd("openai-api", "gpt-4o-2024-08-06", "deprecation", date(2026, 11, 2), None, NOW),
        AnsweredEnd("openai-api", "gpt-5-2025-08-07", "x-model-deprecation-timestamp", None, DAY, NOW),
    ]
    sure, unsure = (reading_of(source, ends, load_files()) for source in ANSWER_SOURCES)
    assert (sure.standing, sure.proposes) == ("provider", False)
    assert sure.findings == (Finding("mistral-api", MODEL, shutdown=Shutdown(DAY, "exact"), url=PAGE),)
    assert unsure.proposes
    assert [one.id for one in unsure.findings] == ["gpt-4o-2024-08-06", "gpt-5-2025-08-07"], "OpenAI has no such header"
    assert unsure.findings[0].announced == date(2026, 11, 2)
    assert unsure.findings[0].shutdown == Shutdown(None, "unknown")


async def test_end_in_an_answer_is_in_force_once_the_logs_are_read(
    database: Database, loaded: LoadedCatalog, store: UsageStore
) -> None:
    await count_calls(
        database, loaded, [announced(EndWords(model_deprecation="2027-01-22"))], NOW + timedelta(hours=1), store=store
    )
    worlds = Worlds(make_world(company=Company()))
    async with open_sources(Settings(), database) as sources_for:
        world = await look_up(database, worlds, now=NOW)
        await sync(database, world, sources_for(world), now=NOW + timedelta(days=1))
    after = await look_up(database, worlds, now=NOW + timedelta(days=1))
    record = after.catalog.get("mistral-api", MODEL)
    assert record is not None
    assert (record.shutdown, record.standing) == (Shutdown(DAY, "exact"), "provider")
