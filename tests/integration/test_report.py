"""The weekly digest on a real database: due once, late once, or not at all."""

import asyncio
from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from service.adapters.postgres.tables import digests, key_owners, notifications, watermarks
from service.config.company import Company
from service.core.candidates import Candidate, HoldsKey
from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.exposure import ExposureKey
from service.core.ownership import Owner, OwnerRule
from service.core.week import Week
from service.engine.check import check
from service.engine.report import Reported, preview_week, report
from tests.builders import make_world
from tests.rows import put_rejection, put_unknown_id, put_use

CATALOG = Catalog(
    [
        Deprecation(
            platform="openai-api",
            model="gpt-4.5-preview",
            id="gpt-4.5-preview",
            announced=date(2025, 4, 14),
            shutdown=Shutdown(date(2025, 7, 14), "exact"),
            replacements=(Replacement("gpt-4.1", "gpt-4.1"),),
        )
    ],
    digest="test",
)
COMPANY = Company(
    fallback_channel="#platform",
    owners=(
        OwnerRule(("search-*",), Owner(team="search", channel="#search")),
        OwnerRule(("mail-*",), Owner(team="mail")),
        OwnerRule(("idle-*",), Owner(team="idle", channel="#idle")),
    ),
)
TOPICS = ("llm-requests",)
MONDAY = datetime(2025, 7, 7, 9, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2025, 7, 6, 23, tzinfo=UTC)
"""`put_use` counts its days back from here: 0 is Sunday, 6 Monday, 7 the Sunday before."""


async def use(database: AsyncEngine, *, service: str = "search-api", calls: dict[int, int] | None = None) -> None:
    async with database.begin() as connection:
        await put_use(connection, service=service, calls_by_days_ago=calls or {1: 10, 8: 4}, now=SUNDAY_NIGHT)


async def tick(database: AsyncEngine, at: str) -> list[tuple[str, str]]:
    """What the tick queued: (audience, destination)."""
    before = await outbox(database)
    await report(database, make_world(CATALOG, COMPANY, TOPICS), now=datetime.fromisoformat(at).replace(tzinfo=UTC))
    return sorted(set(await outbox(database)) - set(before))


async def outbox(database: AsyncEngine) -> list[tuple[str, str]]:
    n = notifications.c
    async with database.connect() as connection:
        rows = await connection.execute(select(n.dedup_key, n.destination).where(n.kind == "digest"))
    return [(row.dedup_key.removeprefix("digest/"), row.destination) for row in rows]


async def recorded(database: AsyncEngine) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        rows = await connection.execute(select(digests.c.week, digests.c.audience))
    return sorted((row.week, row.audience) for row in rows)


async def test_digest_is_due_on_monday_at_nine_and_told_once(database: AsyncEngine) -> None:
    await use(database)
    assert await tick(database, "2025-07-07T08:59") == []
    assert await tick(database, "2025-07-07T09:00") == [
        ("2025-W27/(organisation)", "#platform"),
        ("2025-W27/search", "#search"),
    ]
    assert await tick(database, "2025-07-07T09:00") == []
    assert await tick(database, "2025-07-08T15:00") == []


async def test_missed_digest_goes_out_late_once(database: AsyncEngine) -> None:
    await use(database)
    assert [key for key, _ in await tick(database, "2025-07-10T03:00")] == [
        "2025-W27/(organisation)",
        "2025-W27/search",
    ]
    assert await tick(database, "2025-07-10T04:00") == []


async def test_digest_missed_until_the_next_is_near_is_never_sent(database: AsyncEngine) -> None:
    await use(database)
    assert await tick(database, "2025-07-12T10:00") == []
    assert [key for key, _ in await tick(database, "2025-07-14T09:00")] == [
        "2025-W28/(organisation)",
        "2025-W28/search",
    ]
    assert {week for week, _ in await recorded(database)} == {"2025-W28"}


async def test_silence_whose_records_are_not_read_is_no_migration(database: AsyncEngine) -> None:
    await use(database, calls={5: 10, 6: 10})
    mark = {"source": "kafka", "topic": TOPICS[0], "partition": 0, "incarnation": "id", "next_offset": 9}
    w = watermarks.insert().values(**mark, applied_at=MONDAY)
    async with database.begin() as connection:
        await connection.execute(w.values(caught_up_at=datetime(2025, 7, 2, tzinfo=UTC)))
    (first, *_) = await preview_week(database, make_world(CATALOG, COMPANY, TOPICS), Week.parse("2025-W27"))
    assert ([line.service for line in first.lines], first.migrated) == (["search-api"], ())

    async with database.begin() as connection:
        await connection.execute(update(watermarks).values(caught_up_at=MONDAY))
    (first, *_) = await preview_week(database, make_world(CATALOG, COMPANY, TOPICS), Week.parse("2025-W27"))
    assert (first.lines, [line.service for line in first.migrated]) == ((), ["search-api"])


async def test_audience_without_news_is_recorded_and_not_told(database: AsyncEngine) -> None:
    await use(database)
    done = await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY)
    assert [digest.audience for digest in done.queued] == ["(organisation)", "search"]
    assert [digest.audience for digest in done.silent] == ["idle", "mail"]
    assert [audience for _, audience in await recorded(database)] == ["(organisation)", "idle", "mail", "search"]


async def test_late_record_does_not_bring_a_second_digest(database: AsyncEngine) -> None:
    await use(database)
    await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY)
    await use(database, service="idle-job")
    assert await tick(database, "2025-07-07T10:00") == []


async def test_team_without_a_channel_stands_in_the_organisations_digest_only(database: AsyncEngine) -> None:
    await use(database, service="mail-writer")
    assert await tick(database, "2025-07-07T09:00") == [("2025-W27/(organisation)", "#platform")]


async def test_week_before_anything_was_known_has_no_digest(database: AsyncEngine) -> None:
    assert await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY) == Reported()
    assert await recorded(database) == []
    await use(database)
    assert await tick(database, "2025-06-30T09:00") != []
    assert await tick(database, "2025-06-23T09:00") == []


async def test_two_schedulers_record_each_digest_once(database: AsyncEngine) -> None:
    await use(database)
    done = await asyncio.gather(*(report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY) for _ in range(4)))
    assert sorted(digest.audience for one in done for digest in one.queued) == ["(organisation)", "search"]
    assert len(await outbox(database)) == 2


async def test_numbers_are_of_the_week_and_the_week_before(database: AsyncEngine) -> None:
    await use(database, calls={0: 1, 6: 10, 7: 200, 13: 3000, 14: 40_000})
    await use(database, service="nobodys", calls={1: 5})
    async with database.begin() as connection:
        holder = {"service": "nobodys", "name": "ada@example.com", "last_at": MONDAY}
        await connection.execute(key_owners.insert().values(holder))
    done = await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY)
    organisation, search = done.queued
    assert [(line.service, line.calls, line.calls_before) for line in search.lines] == [("search-api", 11, 3200)]
    assert organisation.unowned == ("nobodys",)
    assert organisation.candidates == {"nobodys": (Candidate("ada@example.com", HoldsKey()),)}
    assert search.candidates == {}
    assert [line.replacement for line in search.lines] == ["gpt-4.1"]


async def test_organisation_hears_what_could_not_be_read_in_the_week(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await put_rejection(connection, rejected=3)
        await put_unknown_id(connection, calls_by_reporter={"litellm": 4, "sdk": 9})
    done = await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY)
    unread = {digest.audience: [(one.what, one.count, one.where) for one in digest.unread] for digest in done.queued}
    assert unread == {
        "(organisation)": [("bad_json", 3, ("lastcall",)), ("gpt-9-mystery", 9, ("search-api",))],
        "search": [("gpt-9-mystery", 9, ("search-api",))],
    }


async def test_a_digest_counts_what_was_ticked_by_the_weeks_end(database: AsyncEngine) -> None:
    await use(database)
    key = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")
    await check(database, key, done=["model", "prompts"], author="ada@example.com", now=SUNDAY_NIGHT)
    await check(database, key, done=["users"], author="ada@example.com", now=MONDAY)

    done = await report(database, make_world(CATALOG, COMPANY, TOPICS), now=MONDAY)

    lines = [line for digest in done.queued for line in digest.lines]
    assert [(line.ticked, line.checklist_open) for line in lines] == [(2, ("latency", "cost", "users"))] * 2


async def test_preview_records_nothing(database: AsyncEngine) -> None:
    await use(database)
    shown = await preview_week(database, make_world(CATALOG, COMPANY, TOPICS), Week.parse("2025-W27"))
    assert [digest.audience for digest in shown] == ["(organisation)", "search"]
    assert await recorded(database) == []
