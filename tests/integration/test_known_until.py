"""Silence closes a campaign only where the records of that time are read; one bad exposure and one old release harm
nobody."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.conditions import open_conditions, record_heartbeats
from service.adapters.postgres.database import Database
from service.adapters.postgres.loads import OUT_OF_USE
from service.adapters.postgres.outbox_reroute import tell_operator
from service.adapters.postgres.tables import (
    agenda,
    campaigns,
    catalog_loads,
    deprecations,
    notifications,
    stale_days,
    watermarks,
)
from service.adapters.queries.listing import ExposureFilter
from service.config.company import Company
from service.core.batch import Partition
from service.core.catalog.lifecycle import Catalog
from service.core.position import LogState
from service.core.usage import Call
from service.engine import ask
from service.engine.caught_up import CaughtUp, Progress
from service.engine.escalate import Escalated, escalate
from service.engine.plan import plan, read_stored
from service.engine.reconcile import reconcile
from tests.builders import make_deprecation, make_world
from tests.calls import count_calls, make_call

COMPANY = Company()
MODEL = "gpt-4.5-preview-2025-02-27"
CALLED = datetime(2025, 6, 2, 10, tzinfo=UTC)
SILENT = CALLED + timedelta(days=4)
"""The quiet period, three days, is over."""
TOPIC = "llm-requests"


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


async def put_watermark(
    database: Database,
    caught_up_at: datetime | None,
    *,
    topic: str = TOPIC,
    partition: int = 0,
    next_offset: int = 10,
    applied_at: datetime = CALLED,
) -> None:
    values = {"next_offset": next_offset, "applied_at": applied_at, "caught_up_at": caught_up_at}
    async with database.begin() as connection:
        await connection.execute(
            watermarks.insert().values(source="kafka", topic=topic, partition=partition, incarnation="id", **values)
        )


async def catch_up(database: Database, at: datetime, *, topic: str = TOPIC) -> None:
    async with database.begin() as connection:
        await connection.execute(update(watermarks).where(watermarks.c.topic == topic).values(caught_up_at=at))


async def tick(database: Database, loaded: LoadedCatalog, now: datetime, catalog: Catalog | None = None) -> Escalated:
    catalog = catalog or loaded.catalog
    await reconcile(database, make_world(catalog), now=now)
    return await escalate(database, make_world(catalog, COMPANY, (TOPIC,)), now=now)


async def open_campaigns(database: Database, loaded: LoadedCatalog, *services: str) -> None:
    """Each service calls daily until CALLED, and its owner is told."""
    events = [make_call(at=CALLED - timedelta(days=n), service=name) for name in services for n in range(5)]
    await count_calls(database, loaded, events, CALLED)
    assert (await tick(database, loaded, CALLED)).changed == len(services)


async def states(database: Database) -> Mapping[str, str]:
    async with database.connect() as connection:
        return {row.service: row.state for row in await connection.execute(select(campaigns))}


async def state_shown(database: Database, loaded: LoadedCatalog, now: datetime) -> str:
    world = make_world(loaded.catalog, COMPANY, (TOPIC,))
    (shown,) = (await ask.exposures(database, world, ExposureFilter(), now=now)).items
    return shown.state


async def steps_planned(database: Database, loaded: LoadedCatalog) -> list[str]:
    """In the month after SILENT."""
    end = SILENT + timedelta(days=30)
    stored = await read_stored(database, make_world(company=COMPANY, topics=(TOPIC,)), start=SILENT, end=end)
    return list(dict.fromkeys(one.step for one in plan(stored)))


async def conditions_of(database: Database) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        return [(one.condition.kind, one.condition.subject) for one in await open_conditions(connection)]


# --- a consumer that stands still -------------------------------------------------------------------------------------


async def test_silence_closes_nothing_until_its_records_are_read(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, CALLED)
    await open_campaigns(database, loaded, "search-api")
    assert (await tick(database, loaded, SILENT)).changed == 0
    assert (await states(database), await state_shown(database, loaded, SILENT)) == ({"search-api": "open"}, "active")

    await catch_up(database, SILENT)
    later = SILENT + timedelta(minutes=5)
    assert (await tick(database, loaded, later)).changed == 1
    assert (await states(database), await state_shown(database, loaded, later)) == ({"search-api": "closed"}, "quiet")


async def test_calls_that_were_waiting_keep_the_campaign_open(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, CALLED)
    await open_campaigns(database, loaded, "search-api")
    await tick(database, loaded, SILENT)
    await count_calls(database, loaded, [make_call(at=SILENT - timedelta(hours=1))], SILENT)
    await catch_up(database, SILENT)
    assert (await tick(database, loaded, SILENT + timedelta(minutes=5))).changed == 0
    async with database.connect() as connection:
        assert set(await connection.scalars(select(notifications.c.kind))) == {"notice"}


async def test_one_partition_in_its_first_records_holds_closing_back(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, SILENT + timedelta(days=1))
    await put_watermark(database, None, partition=1)
    await open_campaigns(database, loaded, "search-api")
    assert (await tick(database, loaded, SILENT)).changed == 0


@pytest.mark.parametrize(
    "topic", [pytest.param("file:abc", id="a file is read once"), pytest.param("retired", id="not configured any more")]
)
async def test_topic_that_is_not_read_holds_nothing_back(database: Database, loaded: LoadedCatalog, topic: str) -> None:
    await put_watermark(database, CALLED, topic=topic)
    await open_campaigns(database, loaded, "search-api")
    assert (await tick(database, loaded, SILENT)).changed == 1
    assert await conditions_of(database) == []


async def test_steps_go_on_while_the_consumer_stands_still(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, CALLED)
    await open_campaigns(database, loaded, "search-api")
    assert (await tick(database, loaded, datetime(2025, 7, 8, 10, tzinfo=UTC))).notified > 0
    assert await states(database) == {"search-api": "open"}


async def test_operator_hears_once_that_the_consumer_is_behind(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, CALLED)
    await tick(database, loaded, CALLED + timedelta(minutes=15))
    assert await conditions_of(database) == []
    for minutes in (16, 17):
        now = CALLED + timedelta(minutes=minutes)
        await tick(database, loaded, now)
        async with database.begin() as connection:
            await tell_operator(connection, "#operator", now=now)
    assert await conditions_of(database) == [("consumer_behind", TOPIC)]
    async with database.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(notifications)) == 1
    await catch_up(database, CALLED + timedelta(minutes=18))
    await tick(database, loaded, CALLED + timedelta(minutes=18))
    assert await conditions_of(database) == []


async def test_plan_takes_no_silence_as_migrated_that_is_not_read(database: Database, loaded: LoadedCatalog) -> None:
    await open_campaigns(database, loaded, "search-api")
    await record_heartbeats(database, {"escalate": 0.1}, now=SILENT)
    await put_watermark(database, CALLED)
    assert await steps_planned(database, loaded) == ["-30d", "-14d"]
    await catch_up(database, SILENT)
    assert await steps_planned(database, loaded) == ["migrated"]


async def test_tick_as_of_a_time_to_come_finds_no_consumer_behind(database: Database, loaded: LoadedCatalog) -> None:
    now = datetime.now(UTC)
    await put_watermark(database, now)
    await tick(database, loaded, now + timedelta(days=30))
    assert await conditions_of(database) == []


async def test_first_records_are_no_trouble_while_they_are_applied(database: Database, loaded: LoadedCatalog) -> None:
    await put_watermark(database, None, applied_at=CALLED)
    await tick(database, loaded, CALLED + timedelta(minutes=10))
    assert await conditions_of(database) == []
    await tick(database, loaded, CALLED + timedelta(minutes=16))
    assert await conditions_of(database) == [("consumer_behind", TOPIC)]


# --- who notes it -----------------------------------------------------------------------------------------------------


class Looking:
    """A consumer of partition 0 that looks each five seconds."""

    def __init__(self, database: Database, *, end: int) -> None:
        self.database = database
        self.end = end
        self.open_offsets = 0
        self.now = CALLED
        self._caught_up = CaughtUp(database)

    async def looks(self, *, applied: int, fetched: int | None = None) -> datetime | None:
        """Returns what is noted."""
        self.now += timedelta(seconds=5)
        async with self.database.begin() as connection:
            await connection.execute(update(watermarks).values(next_offset=applied))
        progress = Progress(applied, applied if fetched is None else fetched)
        partition = Partition(TOPIC, 0)
        logs = {partition: LogState("id", 0, self.end - self.open_offsets, open_offsets=self.open_offsets)}
        await self._caught_up.look({partition: progress}, logs, now=self.now)
        async with self.database.connect() as connection:
            noted: datetime | None = await connection.scalar(select(watermarks.c.caught_up_at))
        return noted


def seconds(number: int) -> datetime:
    return CALLED + timedelta(seconds=number)


async def test_partition_at_its_end_is_caught_up(database: Database) -> None:
    await put_watermark(database, None)
    looking = Looking(database, end=10)
    assert await looking.looks(applied=10) == seconds(5)
    assert await looking.looks(applied=10) == seconds(10)


async def test_partition_that_goes_on_growing_is_caught_up_with_the_end_it_had(database: Database) -> None:
    await put_watermark(database, None)
    looking = Looking(database, end=30)
    assert await looking.looks(applied=10) is None
    looking.end = 50
    assert await looking.looks(applied=29) is None
    assert await looking.looks(applied=31) == seconds(5)


async def test_marks_of_transactions_at_the_end_are_no_records(database: Database) -> None:
    await put_watermark(database, None)
    looking = Looking(database, end=11)
    assert await looking.looks(applied=10, fetched=11) is None
    assert await looking.looks(applied=10, fetched=11) == seconds(5)


async def test_records_behind_an_open_transaction_are_waited_for(database: Database) -> None:
    await put_watermark(database, None)
    looking = Looking(database, end=12)
    looking.open_offsets = 2
    assert await looking.looks(applied=10) is None
    looking.end, looking.open_offsets = 13, 0
    assert await looking.looks(applied=12, fetched=13) == seconds(5)


async def test_partition_that_lags_keeps_its_time(database: Database) -> None:
    await put_watermark(database, CALLED)
    looking = Looking(database, end=30)
    for _ in range(3):
        assert await looking.looks(applied=10) == CALLED


# --- what cannot be decided -------------------------------------------------------------------------------------------


async def test_exposure_that_cannot_be_decided_leaves_the_others_alone(
    database: Database, loaded: LoadedCatalog
) -> None:
    await open_campaigns(database, loaded, "a-api", "b-api", "c-api", "d-api", "e-api")
    this = campaigns.c.service == "c-api"
    async with database.begin() as connection:
        kept = await connection.scalar(select(campaigns.c.policy).where(this))
        await connection.execute(update(campaigns).where(this).values(policy={"name": "of another release"}))
    assert await tick(database, loaded, SILENT) == Escalated(looked_at=5, changed=4, notified=4)
    closed = dict.fromkeys(("a-api", "b-api", "d-api", "e-api"), "closed")
    assert await states(database) == {**closed, "c-api": "open"}
    subject = f"c-api / production / openai-api / {MODEL}"
    assert await conditions_of(database) == [("undecidable", subject)]
    async with database.begin() as connection:
        due_at = await connection.scalar(select(agenda.c.due_at).where(agenda.c.service == "c-api"))
        await connection.execute(update(campaigns).where(this).values(policy=kept))
    assert due_at == SILENT + timedelta(hours=1)
    assert (await tick(database, loaded, due_at)).changed == 1
    assert await conditions_of(database) == []


# --- calls that come in while a tick is under way ---------------------------------------------------------------------


async def tick_amid_calls(database: Database, loaded: LoadedCatalog, now: datetime, *late: Call) -> Escalated:
    """`late` are applied between reconcile and escalate, and so not yet worked out."""
    done = await reconcile(database, make_world(), now=now)
    await count_calls(database, loaded, late, now)
    return await escalate(database, make_world(company=COMPANY), recomputed_until=done.until, now=now)


async def test_caller_whose_days_are_always_touched_is_told(database: Database, loaded: LoadedCatalog) -> None:
    call = make_call(at=CALLED)
    await count_calls(database, loaded, [call], CALLED)
    assert (await tick_amid_calls(database, loaded, CALLED, call)).changed == 1


async def test_call_that_is_not_worked_out_keeps_the_campaign_open(database: Database, loaded: LoadedCatalog) -> None:
    await open_campaigns(database, loaded, "search-api")
    newest = make_call(at=SILENT - timedelta(hours=1))
    assert await tick_amid_calls(database, loaded, SILENT, newest) == Escalated(1, 0, 0)
    assert (await tick_amid_calls(database, loaded, SILENT + timedelta(minutes=5))).changed == 0
    assert await states(database) == {"search-api": "open"}


async def test_day_that_a_writer_held_is_waited_for(database: Database, loaded: LoadedCatalog) -> None:
    await count_calls(database, loaded, [make_call(at=CALLED - timedelta(days=1))], CALLED)
    await reconcile(database, make_world(), now=CALLED)
    await count_calls(database, loaded, [make_call(at=CALLED)], CALLED)
    async with database.begin() as writer:
        await writer.execute(select(stale_days).with_for_update())
        assert (await tick_amid_calls(database, loaded, CALLED)).looked_at == 0
    assert (await tick_amid_calls(database, loaded, CALLED)).changed == 1


# --- two releases at once ---------------------------------------------------------------------------------------------

OLD = Catalog([make_deprecation(model=MODEL)], digest="old")
NEW = Catalog([make_deprecation(model=MODEL, shutdown_on=date(2025, 8, 14))], digest="new")


async def test_release_with_the_older_catalog_decides_nothing(database: Database, loaded: LoadedCatalog) -> None:
    await count_calls(database, loaded, [make_call(at=CALLED)], CALLED)
    await tick(database, loaded, CALLED, OLD)
    for minutes in range(1, 4):
        now = CALLED + timedelta(minutes=minutes)
        await tick(database, loaded, now, NEW)
        assert await tick(database, loaded, now + timedelta(seconds=30), OLD) == Escalated(0, 0, 0)
    async with database.connect() as connection:
        assert await connection.scalar(select(deprecations.c.shutdown_on)) == date(2025, 8, 14)
        assert await connection.scalar(select(func.count()).select_from(catalog_loads)) == 2
        kinds = list(await connection.scalars(select(notifications.c.kind)))
    assert kinds.count("date_moved") == 1


async def test_use_that_the_older_release_sees_due_is_left_to_the_newer(
    database: Database, loaded: LoadedCatalog
) -> None:
    await count_calls(database, loaded, [make_call(at=CALLED)], CALLED)
    await tick(database, loaded, CALLED, OLD)
    now = CALLED + timedelta(minutes=1)
    await reconcile(database, make_world(NEW), now=now)
    assert await escalate(database, make_world(OLD, COMPANY), now=now) == Escalated(0, 0, 0)
    assert (await escalate(database, make_world(NEW, COMPANY), now=now)).changed == 1


async def test_release_that_was_taken_back_to_goes_by_its_own_catalog_again(
    database: Database, loaded: LoadedCatalog
) -> None:
    await tick(database, loaded, CALLED, OLD)
    await tick(database, loaded, CALLED + timedelta(minutes=1), NEW)
    alone = CALLED + timedelta(minutes=1) + OUT_OF_USE
    assert (await reconcile(database, make_world(OLD), now=alone - timedelta(seconds=1))).deprecations is None
    assert (await reconcile(database, make_world(OLD), now=alone)).deprecations == 1
    async with database.connect() as connection:
        assert await connection.scalar(select(deprecations.c.shutdown_on)) == date(2025, 7, 14)
