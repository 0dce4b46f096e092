"""What the operator hears of fetches that fail."""

from datetime import UTC, datetime

from service.adapters.kafka.reading import FetchFailure
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.engine.watch import FetchWatch

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
REASON = "calls/0 from offset 7 on: the checksum of the batch at offset 7 is wrong"


async def told(database: Database) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        return [(found.condition.kind, found.condition.detail) for found in await open_conditions(connection)]


async def test_some_failures_in_a_row_open_a_condition_and_a_success_closes_it(database: Database) -> None:
    watch = FetchWatch(database)
    await watch.look(FetchFailure(2, REASON), now=NOW)
    assert await told(database) == []

    await watch.look(FetchFailure(3, REASON), now=NOW)
    assert await told(database) == [("fetch_failing", f"records cannot be fetched: {REASON}")]

    await watch.look(None, now=NOW)
    assert await told(database) == []


async def test_condition_of_a_process_that_has_ended_is_closed_by_the_next_that_reads(database: Database) -> None:
    await FetchWatch(database).look(FetchFailure(9, REASON), now=NOW)
    successor = FetchWatch(database)
    await successor.look(FetchFailure(1, REASON), now=NOW)
    assert len(await told(database)) == 1

    await successor.look(None, now=NOW)

    assert await told(database) == []
