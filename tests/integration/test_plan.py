"""Plans from what is stored: what was told and what became of it, what will be, what would be by another policy."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.conditions import record_heartbeats
from service.adapters.postgres.database import Database
from service.adapters.postgres.outbox_reroute import reroute
from service.adapters.postgres.tables import notifications
from service.config.company import Company
from service.core.escalation.plan import Planned
from service.core.escalation.policy import PolicyRule, policy_from_json
from service.core.ownership import Owner, OwnerRule
from service.engine.escalate import escalate
from service.engine.plan import Review, plan, read_stored, review
from service.engine.reconcile import reconcile
from tests.builders import make_world
from tests.calls import count_calls, make_call

OWNER = Owner("search", people=("ada@example.com",), channel="#search", manager=("mia@example.com",), rule="owners[0]")
COMPANY = Company(owners=(OwnerRule(("search-*",), OWNER),))
ANNOUNCED = datetime(2025, 4, 14, 10, tzinfo=UTC)
SUMMER = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 7, 14, 8, tzinfo=UTC)
GENTLE = policy_from_json(
    {"name": "gentle", "steps": [{"at": "announced", "tell": ["owner"]}, {"at": "-7d", "tell": ["owner", "manager"]}]}
)
GENTLER = replace(COMPANY, policies=(PolicyRule(GENTLE),))


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def call_daily(
    database: Database, loaded: LoadedCatalog, until: datetime, service: str = "search-api", days: int = 14
) -> None:
    events = [make_call(at=until - timedelta(days=n, hours=1), service=service) for n in range(days)]
    await count_calls(database, loaded, events, until)


async def tick(database: Database, loaded: LoadedCatalog, now: datetime) -> None:
    await reconcile(database, make_world(), now=now)
    await escalate(database, make_world(company=COMPANY), now=now)
    await record_heartbeats(database, {"escalate": 0.1}, now=now)


async def planned_between(database: Database, loaded: LoadedCatalog, start: datetime, end: datetime) -> list[Planned]:
    stored = await read_stored(database, make_world(company=COMPANY), start=start, end=end)
    return plan(stored)


async def reviewed(database: Database, loaded: LoadedCatalog, changed: Company) -> Review:
    start, end = SUMMER
    stored = await read_stored(database, make_world(company=COMPANY), start=start, end=end)
    return review(stored, changed)


def told(messages: Sequence[Planned]) -> list[tuple[str, str, str, str]]:
    return [(f"{one.at:%m-%d}", one.service, one.step, one.destination) for one in messages]


async def test_plan_foresees_what_will_be_told(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    await record_heartbeats(database, {"escalate": 0.1}, now=ANNOUNCED)
    start, end = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 7, 14, 8, tzinfo=UTC)
    planned = await planned_between(database, loaded, start, end)
    assert [(one.at.date().isoformat(), one.step, one.destination, one.status) for one in planned] == [
        ("2025-04-14", "announced", "#search", "pending"),
        ("2025-04-14", "announced", "user:ada@example.com", "pending"),
        ("2025-05-15", "-60d", "user:ada@example.com", "foreseen"),
        ("2025-06-16", "-30d", "#search", "foreseen"),
        ("2025-06-16", "-30d", "user:ada@example.com", "foreseen"),
        ("2025-06-16", "-30d", "user:mia@example.com", "foreseen"),
        ("2025-06-30", "-14d", "#search", "foreseen"),
        ("2025-06-30", "-14d", "user:ada@example.com", "foreseen"),
        ("2025-06-30", "-14d", "user:mia@example.com", "foreseen"),
        ("2025-07-07", "-7d", "#lastcall", "foreseen"),
        ("2025-07-07", "-7d", "#search", "foreseen"),
        ("2025-07-07", "-7d", "user:ada@example.com", "foreseen"),
        ("2025-07-07", "-7d", "user:mia@example.com", "foreseen"),
        ("2025-07-11", "-3d", "#lastcall", "foreseen"),
        ("2025-07-11", "-3d", "#search", "foreseen"),
        ("2025-07-11", "-3d", "user:ada@example.com", "foreseen"),
        ("2025-07-11", "-3d", "user:mia@example.com", "foreseen"),
        ("2025-07-13", "-1d", "#lastcall", "foreseen"),
        ("2025-07-13", "-1d", "#search", "foreseen"),
        ("2025-07-13", "-1d", "user:ada@example.com", "foreseen"),
        ("2025-07-13", "-1d", "user:mia@example.com", "foreseen"),
        ("2025-07-14", "+0d while failing", "#lastcall", "foreseen"),
        ("2025-07-14", "+0d while failing", "#search", "foreseen"),
        ("2025-07-14", "+0d while failing", "user:ada@example.com", "foreseen"),
        ("2025-07-14", "+0d while failing", "user:mia@example.com", "foreseen"),
    ]
    assert await planned_between(database, loaded, start, end) == planned


async def test_plan_without_any_tick_goes_on_from_the_newest_call(database: Database, loaded: LoadedCatalog) -> None:
    newest = datetime(2025, 6, 2, 11, tzinfo=UTC)
    await call_daily(database, loaded, newest)
    await reconcile(database, make_world(), now=newest + timedelta(days=400))
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 6, 20, tzinfo=UTC)
    planned = await planned_between(database, loaded, start, end)
    assert [(one.at.date().isoformat(), one.step, one.destination) for one in planned] == [
        ("2025-06-02", "-60d", "user:ada@example.com"),
        ("2025-06-16", "-30d", "#search"),
        ("2025-06-16", "-30d", "user:ada@example.com"),
        ("2025-06-16", "-30d", "user:mia@example.com"),
    ]


async def test_record_of_a_time_to_come_moves_no_plan(database: Database, loaded: LoadedCatalog) -> None:
    """A log may say any year up to 2100."""
    newest = datetime(2025, 6, 2, 11, tzinfo=UTC)
    await call_daily(database, loaded, newest)
    await reconcile(database, make_world(), now=newest)
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 6, 20, tzinfo=UTC)
    before = await planned_between(database, loaded, start, end)
    await count_calls(database, loaded, [make_call(at=datetime(2099, 1, 1, 5, tzinfo=UTC))], newest)
    await reconcile(database, make_world(), now=newest)
    assert len(before) == 4
    assert await planned_between(database, loaded, start, end) == before


async def test_record_of_a_time_to_come_moves_no_plan_after_a_tick(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    before = await planned_between(database, loaded, *SUMMER)
    await count_calls(database, loaded, [make_call(at=datetime(2099, 1, 1, 5, tzinfo=UTC))], ANNOUNCED)
    await reconcile(database, make_world(), now=ANNOUNCED)
    assert len(before) == 25
    assert await planned_between(database, loaded, *SUMMER) == before


async def test_plan_says_what_became_of_what_was_told(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    n = notifications.c
    async with database.begin() as connection:
        delivered = update(notifications).where(n.destination == "user:ada@example.com").values(state="delivered")
        await connection.execute(delivered)
        failed = update(notifications).where(n.destination == "#search").values(state="failed").returning(n.id)
        ids = [(await connection.execute(failed)).scalar_one()]
        await reroute(connection, ids, "#search", "it is archived", "#lastcall", now=ANNOUNCED)

    past = await planned_between(database, loaded, ANNOUNCED - timedelta(days=1), ANNOUNCED + timedelta(hours=1))

    assert [(one.destination, one.status, one.instead) for one in past] == [
        ("#search", "failed", "#lastcall"),
        ("user:ada@example.com", "delivered", None),
    ]


async def test_review_of_the_policy_in_force_finds_nothing(database: Database, loaded: LoadedCatalog) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)

    same = (await reviewed(database, loaded, COMPANY)).diff

    assert (same.added, same.moved, same.dropped) == ((), (), ())
    assert len(same.unchanged) == 25


async def test_review_tells_what_would_have_been_so_from_what_will_be(
    database: Database, loaded: LoadedCatalog
) -> None:
    await call_daily(database, loaded, ANNOUNCED)
    await tick(database, loaded, ANNOUNCED)
    late = ANNOUNCED + timedelta(days=3)
    for service in ("search-api", "search-late"):
        await call_daily(database, loaded, late, service=service, days=1)
    await reconcile(database, make_world(), now=late)

    found = await reviewed(database, loaded, GENTLER)

    frozen = {key.service for key in found.frozen}
    effective = [one for one in found.diff.dropped if one.service not in frozen]
    assert frozen == {"search-api"}
    assert told(effective)[:2] == [
        ("04-17", "search-late", "announced", "#search"),
        ("05-15", "search-late", "-60d", "user:ada@example.com"),
    ]
    assert {one.step for one in found.diff.dropped if one.service in frozen} == {
        "-60d", "-30d", "-14d", "-7d", "-3d", "-1d", "+0d while failing",
    }  # fmt: skip


async def test_a_step_that_is_past_by_the_new_policy_is_not_told_anew(
    database: Database, loaded: LoadedCatalog
) -> None:
    june = datetime(2025, 6, 20, 10, tzinfo=UTC)
    await call_daily(database, loaded, june, days=90)
    await tick(database, loaded, june)
    denser = policy_from_json({"name": "denser", "steps": [{"at": at, "tell": ["owner"]} for at in ("-40d", "-10d")]})

    found = await reviewed(database, loaded, replace(COMPANY, policies=(PolicyRule(denser),)))

    assert told(found.diff.added) == [("07-04", "search-api", "-10d", "user:ada@example.com")]
