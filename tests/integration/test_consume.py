"""The consume loop's states, on a real database and without a broker: unopened, open, held, blocked, flood, crash."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Superseded, UsageStore
from service.adapters.postgres.watermark_store import accept_recreated
from service.core.batch import DeadLettersRefused, Partition
from service.engine.consume import Consume
from service.engine.flush_outcome import Blocked, Flushed, FlushOutcome, Postponed
from service.engine.ingest import Ingest, Limits
from service.formats.decoder import Decoder
from tests.consuming import PATIENCE, becomes
from tests.locks import waits_for_a_lock
from tests.scripted import ALog, ARecord, ASource

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
FIRST, SECOND = Partition("calls", 0), Partition("calls", 1)
RUBBISH = b"rubbish"


class ALoop:
    """A consume loop, with the hands of its clock."""

    def __init__(
        self,
        database: Database,
        log: ALog | None = None,
        *,
        limit: float = 1.0,
        keys: int = 20_000,
        grace: float = 8.0,
    ) -> None:
        loaded = load_catalog()
        store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
        self.log = log or ALog()
        self.source = ASource(FIRST, SECOND)
        self.outcomes: list[FlushOutcome] = []
        ingest = Ingest(store, self.log, Decoder(), Limits(timedelta(seconds=2), keys, limit), source="kafka")
        self.consume = Consume(ingest, self.source, report=self.outcomes.append, grace=grace)
        self.now = NOW

    async def starts(self) -> None:
        await self.consume.assigned(now=self.now)
        await self.beats(after=0)

    async def takes(self, *records: ARecord) -> None:
        await self.consume.count(records, now=self.now)

    async def beats(self, *, after: float) -> None:
        """Seconds later."""
        self.now += timedelta(seconds=after)
        await self.consume.beat(now=self.now)

    async def looks_again(self, *, after: float = 0, dead_letters: bool = True) -> None:
        self.now += timedelta(seconds=after)
        await self.consume.look_again(dead_letters=dead_letters, now=self.now)


def records(*offsets: int, partition: int = 0, value: bytes | None = None) -> list[ARecord]:
    if value is None:
        return [ARecord(offset, partition=partition) for offset in offsets]
    return [ARecord(offset, value, partition=partition) for offset in offsets]


async def one(database: Database, query: str) -> Any:
    async with database.connect() as connection:
        return tuple((await connection.execute(text(query))).one())


async def counted(database: Database) -> int:
    (calls,) = await one(database, "SELECT coalesce(sum(calls), 0)::int FROM usage_hourly")
    return int(calls)


async def told(database: Database) -> list[str]:
    async with database.connect() as connection:
        return [one.condition.kind for one in await open_conditions(connection)]


async def test_partitions_are_paused_until_they_are_open_and_their_records_passed_over(database: Database) -> None:
    loop = ALoop(database)
    await loop.consume.assigned(now=NOW)
    assert loop.source.reading == set()
    await loop.takes(*records(0, 1))

    await loop.beats(after=0)

    assert loop.source.reads_from == {FIRST: 0, SECOND: 0}
    assert loop.source.reading == {FIRST, SECOND}
    assert loop.consume.ingest.positions == {FIRST: 0, SECOND: 0}


async def test_what_is_taken_is_written_when_it_is_due_and_then_committed(database: Database) -> None:
    loop = ALoop(database)
    await loop.starts()
    await loop.takes(*records(0, 1, 2))
    await loop.beats(after=1.9)
    assert (await counted(database), loop.source.committed) == (0, {})

    await loop.beats(after=0.1)

    assert (await counted(database), loop.source.committed) == (3, {FIRST: 3})


async def test_full_batch_is_written_before_more_is_taken(database: Database) -> None:
    loop = ALoop(database, keys=1)
    await loop.starts()

    await loop.takes(*records(0))

    assert (await counted(database), loop.source.committed) == (1, {FIRST: 1})


async def test_partitions_that_go_are_written_first(database: Database) -> None:
    loop = ALoop(database)
    await loop.starts()
    await loop.takes(*records(0, 1))

    await loop.consume.revoked(now=NOW)

    assert (await counted(database), loop.source.committed) == (2, {FIRST: 2})
    assert loop.consume.ingest.positions == {}


async def test_partitions_go_in_time_while_a_flush_is_under_way_and_count_once(database: Database) -> None:
    loop = ALoop(database, grace=0.1)
    await loop.starts()
    await loop.takes(*records(0, 1))
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group, database.begin() as connection:
        await connection.execute(text("LOCK TABLE usage_hourly"))
        group.create_task(loop.beats(after=2))
        await becomes(True, lambda: waits_for_a_lock(database))

        await loop.consume.revoked(now=NOW)

        assert loop.consume.ingest.positions == {}
    heir = ALoop(database)
    await heir.starts()
    assert heir.source.reads_from == {FIRST: 2, SECOND: 0}
    assert await counted(database) == 2


async def test_partitions_that_go_while_they_are_being_opened_are_not_ours(database: Database) -> None:
    loop = ALoop(database, grace=0.1)
    await loop.consume.assigned(now=NOW)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group, database.begin() as connection:
        await connection.execute(text("LOCK TABLE watermarks"))
        group.create_task(loop.beats(after=0))
        await becomes(True, lambda: waits_for_a_lock(database))

        await loop.consume.revoked(now=NOW)

    assert (loop.consume.ingest.positions, loop.source.reads_from) == ({}, {})


async def test_stream_that_turns_back_is_opened_again_a_second_later(database: Database) -> None:
    loop = ALoop(database)
    await loop.starts()
    await loop.takes(*records(0, 1, 2))
    await loop.beats(after=2)
    await loop.takes(*records(1))
    assert loop.source.reading == set()

    await loop.beats(after=0)
    await loop.beats(after=0.9)
    assert loop.source.reading == set()
    await loop.beats(after=0.1)

    assert loop.source.reads_from == {FIRST: 3, SECOND: 0}
    assert loop.source.reading == {FIRST, SECOND}
    await loop.takes(*records(3))
    await loop.beats(after=2)
    assert await counted(database) == 4


async def test_zombie_starts_again_where_its_heir_is(database: Database) -> None:
    zombie, heir = ALoop(database), ALoop(database)
    await zombie.starts()
    await heir.starts()
    await zombie.takes(*records(0, 1))
    await heir.takes(*records(0, 1, 2))
    await heir.beats(after=2)

    await zombie.beats(after=2)
    assert isinstance(zombie.outcomes[-1], Superseded)
    await zombie.beats(after=0)
    await zombie.beats(after=1)

    assert zombie.source.reads_from[FIRST] == 3
    assert await counted(database) == 3


async def test_database_that_fails_pauses_reading_and_is_tried_again_after_the_wait(database: Database) -> None:
    loop = ALoop(database)
    await loop.starts()
    await loop.takes(*records(0, 1))
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE usage_hourly RENAME TO gone"))
    await loop.beats(after=2)
    assert loop.outcomes == [Postponed(1.0, "UndefinedTableError")]
    assert loop.source.reading == set()
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO usage_hourly"))

    await loop.beats(after=60)  # the flush itself may have taken long: the wait begins here
    assert len(loop.outcomes) == 1
    await loop.beats(after=1)

    assert isinstance(loop.outcomes[-1], Flushed)
    assert loop.source.reading == {FIRST, SECOND}
    assert await counted(database) == 2


async def test_database_that_is_away_when_partitions_open_is_asked_again(database: Database) -> None:
    loop = ALoop(database)
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE watermarks RENAME TO gone"))
    await loop.starts()
    assert (loop.consume.trouble, loop.source.reading) == ("ProgrammingError", set())
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO watermarks"))

    await loop.beats(after=0)
    await loop.beats(after=1)

    assert (loop.consume.trouble, loop.source.reading) == (None, {FIRST, SECOND})


async def test_recreated_topic_is_held_until_the_operator_accepts_it(database: Database) -> None:
    before = ALoop(database)
    await before.starts()
    await before.takes(*records(0, 1))
    await before.beats(after=2)
    loop = ALoop(database, ALog(incarnation="second"))

    await loop.starts()
    assert (loop.consume.held, loop.source.reading) == ({FIRST, SECOND}, set())
    assert loop.consume.stopped == "stopped at recreated topics: calls: see the condition topic_recreated"
    await loop.looks_again(after=5)
    assert loop.source.reading == set()
    await accept_recreated(database, "calls", now=NOW)
    await loop.looks_again(after=5)

    assert not loop.consume.held
    assert loop.consume.stopped is None
    assert loop.source.reads_from == {FIRST: 0, SECOND: 0}


async def test_flood_stops_all_is_told_once_and_forgotten_by_the_next_process(database: Database) -> None:
    loop = ALoop(database, limit=0.5)
    await loop.starts()
    await loop.takes(*records(*range(1_000), value=RUBBISH))
    assert loop.source.reading == set()
    await loop.beats(after=2)
    assert await told(database) == ["rejection_flood"]
    assert loop.consume.stopped == "stopped by a flood of rejections: see the condition rejection_flood"
    assert await one(database, "SELECT sum(next_offset)::int FROM watermarks") == (0,)
    await loop.takes(*records(*range(1_000, 1_010)))
    await loop.beats(after=2)
    assert await counted(database) == 0

    following = ALoop(database)
    await following.starts()
    await following.takes(*records(*range(1_000), value=RUBBISH))
    await following.beats(after=2)

    assert await told(database) == []


async def test_flood_that_another_consumer_cleared_is_told_again(database: Database) -> None:
    stopped, well = ALoop(database, limit=0.5), ALoop(database)
    await stopped.starts()
    await stopped.takes(*records(*range(1_000), value=RUBBISH))
    await stopped.beats(after=0)
    await well.starts()
    await well.takes(*records(0))
    await well.beats(after=2)
    assert await told(database) == []

    await stopped.looks_again(after=5)

    assert await told(database) == ["rejection_flood"]


async def test_refused_dead_letters_that_another_consumer_cleared_are_told_again(database: Database) -> None:
    stopped = ALoop(database, ALog(refuses=DeadLettersRefused("dead", None)))
    well = ALoop(database)
    await stopped.starts()
    await stopped.takes(*records(0, value=RUBBISH, partition=1))
    await stopped.beats(after=2)
    await well.starts()
    await well.takes(*records(0, value=RUBBISH))
    await well.beats(after=2)
    assert await told(database) == []

    await stopped.looks_again(after=1)

    assert await told(database) == ["dead_letters_refused"]


async def test_refusal_that_another_consumer_told_is_over_once_its_partitions_are_read_here(database: Database) -> None:
    log = ALog(refuses=DeadLettersRefused("dead", None))
    gone, heir = ALoop(database, log), ALoop(database)
    await heir.starts()
    await heir.takes(*records(0, value=RUBBISH))
    await heir.beats(after=2)
    await gone.starts()
    await gone.takes(*records(0, value=RUBBISH, partition=1))
    await gone.beats(after=2)
    assert await told(database) == ["dead_letters_refused"]

    await gone.consume.revoked(now=NOW)
    await heir.starts()
    await heir.takes(*records(0, value=RUBBISH, partition=1))
    await heir.beats(after=2)

    assert await told(database) == []


async def test_what_breaks_while_records_are_taken_stops_reading_and_is_raised_by_the_beat(database: Database) -> None:
    def broken() -> Iterator[ARecord]:
        yield ARecord(0)
        raise ZeroDivisionError

    loop = ALoop(database)
    await loop.starts()
    await loop.consume.count(broken(), now=NOW)
    assert loop.source.reading == set()

    with pytest.raises(ZeroDivisionError):
        await loop.beats(after=0)


async def test_dead_letters_without_a_place_stop_their_partitions_alone(database: Database) -> None:
    loop = ALoop(database, ALog(refuses=DeadLettersRefused("dead", None)))
    await loop.starts()
    await loop.takes(*records(0, 1), *records(0, partition=1), *records(1, value=RUBBISH, partition=1))
    await loop.beats(after=2)
    assert isinstance(loop.outcomes[-1], Blocked)
    assert await told(database) == ["dead_letters_refused"]
    assert loop.consume.blocked == {SECOND: 0}
    assert loop.consume.stopped is not None
    assert "calls/1" in loop.consume.stopped

    await loop.beats(after=0)
    await loop.beats(after=1)
    assert loop.source.reading == {FIRST}
    await loop.takes(*records(0, 1, 2))
    await loop.beats(after=2)

    assert await counted(database) == 3
    assert loop.source.committed == {FIRST: 3}


async def test_blocked_partition_is_read_once_there_is_a_place_and_nothing_is_lost_or_counted_twice(
    database: Database,
) -> None:
    log = ALog(refuses=DeadLettersRefused("dead", None))
    loop = ALoop(database, log)
    await loop.starts()
    await loop.takes(*records(0, value=RUBBISH, partition=1), *records(1, partition=1))
    await loop.beats(after=2)
    await loop.beats(after=0)
    await loop.beats(after=1)
    log.refuses = None

    await loop.looks_again(after=60, dead_letters=False)
    assert loop.source.reading == {FIRST}
    await loop.looks_again()
    assert loop.source.reads_from[SECOND] == 0
    assert loop.source.reading == {FIRST, SECOND}
    await loop.takes(*records(0, value=RUBBISH, partition=1), *records(1, partition=1))
    await loop.beats(after=2)

    assert (await counted(database), len(log.letters)) == (1, 1)
    assert (loop.consume.blocked, loop.consume.stopped) == ({}, None)
    assert await told(database) == []


async def test_place_that_refuses_again_is_tried_after_longer_and_longer_whiles(database: Database) -> None:
    loop = ALoop(database, ALog(refuses=DeadLettersRefused("dead", "TopicAuthorizationFailedError")))
    await loop.starts()
    for seconds in (5, 10, 20):
        await loop.takes(*records(0, value=RUBBISH, partition=1))
        await loop.beats(after=2)
        await loop.beats(after=0)
        await loop.beats(after=1)
        assert loop.source.reading == {FIRST}
        await loop.looks_again(after=seconds - 1.1)
        assert SECOND in loop.consume.blocked
        await loop.looks_again(after=0.1)
        assert SECOND not in loop.consume.blocked
    assert [type(outcome) for outcome in loop.outcomes] == [Blocked] * 3
