"""Records into rows: exact under redelivery, zombies, rollback and topics that are not what they were."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import Superseded, UsageStore
from service.adapters.postgres.watermark_store import accept_recreated
from service.core.batch import DeadLettersRefused, Partition, SourceName
from service.core.name_flood import BOUNDS, Allowance
from service.engine.flush_outcome import Blocked, Flushed, Postponed
from service.engine.ingest import Ingest, Limits
from service.engine.partitions import forget_losses
from service.formats.decoder import Decoder
from tests.broker_topics import call_record
from tests.calls import count_calls, make_call
from tests.scripted import ALog, ARecord

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
CALLS = Partition("calls", 0)
OTHERS = Partition("calls", 1)


async def reader(
    database: Database, log: ALog, *partitions: Partition, limit: float = 1.0, source: SourceName = "kafka"
) -> Ingest:
    """A consumer's ingest with its partitions open."""
    loaded = load_catalog()
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    ingest = Ingest(store, log, Decoder(), Limits(timedelta(seconds=2), 20_000, limit), source=source)
    await ingest.open(partitions or (CALLS,), now=NOW)
    return ingest


async def one(database: Database, query: str) -> Any:
    async with database.connect() as connection:
        return tuple((await connection.execute(text(query))).one())


async def calls(database: Database) -> int:
    (total,) = await one(database, "SELECT coalesce(sum(calls), 0)::bigint FROM usage_hourly")
    return int(total)


async def conditions(database: Database) -> list[tuple[str, str]]:
    async with database.connect() as connection:
        return [(one.condition.kind, one.condition.subject) for one in await open_conditions(connection)]


async def change_schema(database: Database, statement: str) -> None:
    """Connections close, because they keep statements of the schema before."""
    async with database.begin() as connection:
        await connection.execute(text(statement))
    await database.dispose()


async def test_records_become_totals_and_a_ledger(database: Database) -> None:
    log = ALog()
    ingest = await reader(database, log)
    values = [call_record(request_id="r1"), call_record(status=404, error_code="model_not_found"), b"rubbish"]
    ingest.count([ARecord(n, value) for n, value in enumerate(values)], now=NOW)

    outcome = await ingest.flush(now=NOW)

    assert isinstance(outcome, Flushed)
    assert outcome.offsets == {CALLS: 3}
    assert await one(database, "SELECT calls, errors, input_tokens, output_tokens, hour FROM usage_hourly") == (
        *(2, 1, 200, 40),
        datetime(2025, 6, 2, 9, tzinfo=UTC),
    )
    assert await one(database, "SELECT next_offset, records, call_records, rejected_records FROM watermarks") == (
        3,
        3,
        2,
        1,
    )
    assert await one(database, "SELECT service, platform, requested_model, samples FROM series") == (
        *("search-api", "openai-api", "gpt-4.5-preview-2025-02-27"),
        ["r1"],
    )
    assert await one(database, "SELECT model, day::text FROM stale_days") == (
        "gpt-4.5-preview-2025-02-27",
        "2025-06-02",
    )
    assert await one(database, "SELECT source, topic, rejected, sample_offset FROM rejections") == (
        *("kafka", "calls"),
        *(1, 2),
    )
    assert [letter.record.offset for letter in log.letters] == [2]


async def test_request_ids_of_a_series_are_those_of_the_latest_day(database: Database) -> None:
    loaded = load_catalog()
    book = SeriesBook(loaded.catalog, loaded.resolver)
    store, another = UsageStore(database, book), UsageStore(database, book)
    for given, at, written in (
        ({"request_id": "r1"}, NOW, ["r1"]),
        ({"request_id": "r2"}, NOW + timedelta(hours=1), ["r1"]),
        ({}, NOW + timedelta(days=1), ["r1"]),
        ({"request_id": "r3"}, NOW + timedelta(days=1), ["r3"]),
        ({"request_id": "late"}, NOW - timedelta(days=9), ["r3"]),
    ):
        await count_calls(database, loaded, [make_call(at=at, **given)], max(at, NOW), store=store)
        assert await one(database, "SELECT samples FROM series") == (written,)
    await count_calls(database, loaded, [make_call(at=NOW, request_id="r4")], NOW, store=another)
    assert await one(database, "SELECT samples FROM series") == (["r3"],)


async def test_request_id_of_a_day_to_come_gives_way_to_those_of_tomorrow(database: Database) -> None:
    loaded = load_catalog()
    for request_id, at, now in (
        ("early", NOW + timedelta(days=900), NOW),
        ("r1", NOW + timedelta(days=1), NOW + timedelta(days=1)),
    ):
        await count_calls(database, loaded, [make_call(at=at, request_id=request_id)], now)
        assert await one(database, "SELECT samples FROM series") == ([request_id],)


async def test_day_is_touched_under_the_name_that_the_series_has(database: Database) -> None:
    """A newer release has resolved the series: what this one would call the model is not what its hours count for."""
    loaded, events = load_catalog(), [make_call(at=NOW)]
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    await count_calls(database, loaded, events, NOW, store=store)
    async with database.begin() as connection:
        await connection.execute(text("UPDATE series SET requested_model = 'new-name', served_model = 'new-name'"))
        await connection.execute(text("DELETE FROM stale_days"))
    await count_calls(database, loaded, events, NOW, store=store)
    assert await one(database, "SELECT array_agg(model) FROM stale_days") == (["new-name"],)


async def test_records_that_are_delivered_again_count_once(database: Database) -> None:
    records = [ARecord(n) for n in range(10)]
    for _ in range(2):  # a process that dies before it commits, and its successor
        ingest = await reader(database, ALog())
        position = ingest.positions[CALLS]
        ingest.count(records[position:], now=NOW)
        await ingest.flush(now=NOW)

    assert await calls(database) == 10


async def test_stream_that_turns_back_is_opened_again_and_counts_once(database: Database) -> None:
    ingest = await reader(database, ALog())
    assert ingest.count([ARecord(0), ARecord(1)], now=NOW)
    await ingest.flush(now=NOW)

    assert not ingest.count([ARecord(0), ARecord(1)], now=NOW)
    await ingest.flush(now=NOW)

    assert await calls(database) == 2


async def test_zombie_that_lost_its_partition_writes_nothing(database: Database) -> None:
    zombie, heir = await reader(database, ALog()), await reader(database, ALog())
    zombie.count([ARecord(n, call_record(service="zombie")) for n in range(5)], now=NOW)
    heir.count([ARecord(n) for n in range(8)], now=NOW)
    await heir.flush(now=NOW)

    assert await zombie.flush(now=NOW) == Superseded(frozenset({CALLS}))
    assert await calls(database) == 8
    assert await one(database, "SELECT count(*) FROM series WHERE service = 'zombie'") == (0,)


async def test_one_lost_partition_rolls_back_the_whole_batch(database: Database) -> None:
    zombie, heir = await reader(database, ALog(), CALLS, OTHERS), await reader(database, ALog())
    zombie.count([ARecord(0), ARecord(0, partition=1)], now=NOW)
    heir.count([ARecord(0)], now=NOW)
    await heir.flush(now=NOW)

    await zombie.flush(now=NOW)

    assert await calls(database) == 1
    assert zombie.positions == {}

    await zombie.open([OTHERS], now=NOW)
    zombie.count([ARecord(0, partition=1)], now=NOW)
    await zombie.flush(now=NOW)
    assert await calls(database) == 2


async def test_database_that_fails_once_loses_and_repeats_nothing(database: Database) -> None:
    log = ALog()
    ingest = await reader(database, log)
    ingest.count([ARecord(0), ARecord(1, b"rubbish")], now=NOW)
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE usage_hourly RENAME TO gone"))

    outcome = await ingest.flush(now=NOW)
    ingest.count([ARecord(2)], now=NOW)

    assert outcome == Postponed(1.0, "UndefinedTableError")
    assert (ingest.failures, ingest.trouble, ingest.held_since) == (1, "UndefinedTableError", NOW)
    assert await one(database, "SELECT next_offset, records FROM watermarks") == (0, 0)
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE gone RENAME TO usage_hourly"))
    assert isinstance(await ingest.flush(now=NOW), Flushed)
    assert (ingest.failures, ingest.trouble, ingest.held_since) == (0, None, None)
    assert await calls(database) == 2
    assert await one(database, "SELECT next_offset, rejected_records FROM watermarks") == (3, 1)
    assert len(log.letters) == 1


async def test_recreated_topic_stops_that_topic_until_the_operator_accepts_it(database: Database) -> None:
    log = ALog()
    ingest = await reader(database, log)
    ingest.count([ARecord(n) for n in range(4)], now=NOW)
    await ingest.flush(now=NOW)
    log.incarnation = "second"
    ingest.count([ARecord(4)], now=NOW)

    assert isinstance(await ingest.flush(now=NOW), Superseded)
    assert (await ingest.open([CALLS], now=NOW)).positions == {}
    assert await conditions(database) == [("topic_recreated", "calls")]
    assert await accept_recreated(database, "calls", now=NOW) == 1

    assert (await ingest.open([CALLS], now=NOW)).positions == {CALLS: 0}
    ingest.count([ARecord(0)], now=NOW)
    await ingest.flush(now=NOW)
    assert await calls(database) == 5
    assert await one(database, "SELECT next_offset, records, incarnation FROM watermarks") == (1, 5, "second")
    assert await conditions(database) == []


async def test_sound_topic_cannot_be_given_up_by_mistake(database: Database) -> None:
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0)], now=NOW)
    await ingest.flush(now=NOW)

    assert await accept_recreated(database, "calls", now=NOW) == 0
    assert await one(database, "SELECT incarnation FROM watermarks") == ("first",)


async def test_embedded_broker_that_forgot_its_topics_swallows_and_repeats_nothing(database: Database) -> None:
    for start_of_the_broker in ("first", "second"):
        ingest = await reader(database, ALog(incarnation=start_of_the_broker, forgets=True))
        ingest.count([ARecord(n) for n in range(3)], now=NOW)
        await ingest.flush(now=NOW)

    assert await calls(database) == 6
    assert await one(database, "SELECT next_offset, records FROM watermarks") == (3, 6)


async def test_records_deleted_before_they_were_read_are_counted_and_told(database: Database) -> None:
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0)], now=NOW)
    await ingest.flush(now=NOW)

    late = await reader(database, ALog(start=11))

    assert late.positions == {CALLS: 11}
    assert await one(database, "SELECT next_offset, gap_records, records FROM watermarks") == (11, 10, 1)
    assert await conditions(database) == [("gap", "calls/0")]


async def test_gap_is_no_condition_any_more_when_reading_has_gone_on_for_a_day(database: Database) -> None:
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0)], now=NOW)
    await ingest.flush(now=NOW)
    await reader(database, ALog(start=11))

    async with database.begin() as connection:
        await forget_losses(connection, now=NOW + timedelta(days=1))
    assert await conditions(database) == [("gap", "calls/0")]

    async with database.begin() as connection:
        await forget_losses(connection, now=NOW + timedelta(days=1, seconds=1))
    assert await conditions(database) == []


async def test_records_deleted_while_reading_are_counted_and_told(database: Database) -> None:
    log = ALog()
    ingest = await reader(database, log)
    ingest.count([ARecord(0)], now=NOW)
    log.start = 11
    ingest.count([ARecord(11)], now=NOW)

    await ingest.flush(now=NOW)

    assert await one(database, "SELECT next_offset, gap_records, records FROM watermarks") == (12, 10, 2)


async def test_hole_in_a_compacted_log_is_no_gap(database: Database) -> None:
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0), ARecord(5)], now=NOW)

    await ingest.flush(now=NOW)

    assert await one(database, "SELECT next_offset, gap_records, records FROM watermarks") == (6, 0, 2)


async def test_tombstone_is_neither_call_nor_rejection(database: Database) -> None:
    log = ALog()
    ingest = await reader(database, log)
    ingest.count([ARecord(0, None), ARecord(7, None)], now=NOW)

    await ingest.flush(now=NOW)

    ledger = "SELECT next_offset, records, other_records, gap_records FROM watermarks"
    assert await one(database, ledger) == (8, 2, 2, 0)
    assert await one(database, "SELECT count(*) FROM rejections") == (0,)
    assert log.letters == []


async def test_hole_at_the_very_start_is_no_gap(database: Database) -> None:
    ingest = await reader(database, ALog(), CALLS, OTHERS)

    assert ingest.count([ARecord(7), ARecord(3, partition=1)], now=NOW)
    await ingest.flush(now=NOW)

    assert await one(database, "SELECT sum(next_offset)::int, sum(gap_records)::int FROM watermarks") == (12, 0)


async def test_file_and_topic_of_one_name_have_nothing_to_do_with_each_other(database: Database) -> None:
    sources: tuple[SourceName, ...] = ("kafka", "file")
    for source in sources:
        ingest = await reader(database, ALog(), source=source)
        ingest.count([ARecord(0), ARecord(1, b"rubbish")], now=NOW)
        assert isinstance(await ingest.flush(now=NOW), Flushed)

    assert await calls(database) == 2
    assert await one(
        database, "SELECT array_agg(source ORDER BY source), array_agg(next_offset), sum(records)::int FROM watermarks"
    ) == (["file", "kafka"], [2, 2], 4)
    assert await one(database, "SELECT array_agg(source ORDER BY source), array_agg(rejected) FROM rejections") == (
        ["file", "kafka"],
        [1, 1],
    )


async def test_dead_letters_without_a_place_write_nothing_and_name_their_partitions(database: Database) -> None:
    log = ALog(refuses=DeadLettersRefused("dead", None))
    ingest = await reader(database, log, CALLS, OTHERS)
    ingest.count([ARecord(0), ARecord(0, b"rubbish", partition=1)], now=NOW)

    outcome = await ingest.flush(now=NOW)

    assert isinstance(outcome, Blocked)
    assert outcome.watermarks == {OTHERS: 0}
    assert (ingest.positions, await calls(database)) == ({}, 0)


async def test_flood_of_rejections_stops_the_line_and_applies_nothing_past_it(database: Database) -> None:
    ingest = await reader(database, ALog(), limit=0.5)
    ingest.count([ARecord(0)], now=NOW)
    await ingest.flush(now=NOW)

    ingest.count([ARecord(n, b"rubbish") for n in range(1, 1_500)], now=NOW)
    await ingest.flush(now=NOW)

    assert ingest.flood is not None
    assert "for instance calls/0 at offset" in ingest.flood.detail
    assert await one(database, "SELECT next_offset, rejected_records FROM watermarks") == (1, 0)


async def test_flush_is_due_by_time(database: Database) -> None:
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0)], now=NOW)

    assert not ingest.due(now=NOW + timedelta(seconds=1.9))
    assert ingest.due(now=NOW + timedelta(seconds=2))
    await ingest.flush(now=NOW)
    assert not ingest.due(now=NOW + timedelta(hours=1))


async def test_flood_that_good_records_complete_stops_the_line_too(database: Database) -> None:
    ingest = await reader(database, ALog(), limit=0.5)
    ingest.count([ARecord(n, b"rubbish") for n in range(900)], now=NOW)
    await ingest.flush(now=NOW)
    ingest.count([ARecord(n) for n in range(900, 1_050)], now=NOW)

    assert ingest.flood is not None


async def test_records_of_which_a_part_alone_is_rejected_are_no_flood(database: Database) -> None:
    ingest = await reader(database, ALog(), limit=0.5)
    part_bad = b"[" + call_record() + b', {"hello": "world"}]'

    ingest.count([ARecord(n, part_bad) for n in range(1_500)], now=NOW)
    await ingest.flush(now=NOW)

    assert ingest.flood is None
    assert await one(database, "SELECT call_records, rejected_records FROM watermarks") == (1_500, 0)


async def test_names_too_long_for_an_index_are_counted_like_any_other(database: Database) -> None:
    chance = random.Random(5)  # noqa: S311  so that the index cannot compress them

    def name() -> str:
        return "".join(chr(chance.randint(0x20000, 0x2A6D0)) for _ in range(256))

    wide = {field: name() for field in ("service", "environment", "reporter", "model", "served_model")}
    ingest = await reader(database, ALog())
    for provider in ("openai", "vertex-ai", name()):
        offset = ingest.positions[CALLS]
        ingest.count([ARecord(offset, call_record(**wide, provider=provider)), ARecord(offset + 1)], now=NOW)
        assert isinstance(await ingest.flush(now=NOW), Flushed)

    assert await calls(database) == 6
    assert await one(database, "SELECT count(*), max(octet_length(service)) FROM series") == (4, 512)


async def test_values_that_the_database_refuses_cost_themselves_alone(database: Database) -> None:
    await change_schema(database, "ALTER TABLE series ALTER service TYPE varchar(10)")
    ingest = await reader(database, ALog())
    services = ["search-api", "long-cursed", "mail", "long-cursed", "billing"]
    ingest.count([ARecord(n, call_record(service=service)) for n, service in enumerate(services)], now=NOW)

    outcome = await ingest.flush(now=NOW)

    assert isinstance(outcome, Flushed)
    assert outcome.refused == 2
    assert await calls(database) == 3
    assert await one(database, "SELECT next_offset, records FROM watermarks") == (5, 5)
    assert await one(database, "SELECT reason, rejected, detail FROM rejections") == (
        *("bad_field", 2),
        "the database rejects the values: StringDataRightTruncationError",
    )
    assert await conditions(database) == [("values_refused", "calls/0 0 to 4")]


async def refuse_many_tokens(database: Database) -> None:
    await change_schema(database, "ALTER TABLE usage_hourly ALTER input_tokens TYPE smallint")


async def test_request_ids_and_key_owners_of_refused_calls_are_not_taken_for_written(database: Database) -> None:
    await refuse_many_tokens(database)
    loaded = load_catalog()
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
    mail, billing = (make_call(service=service, at=NOW, input_tokens=1) for service in ("mail", "billing"))
    refused = make_call(service="billing", at=NOW, input_tokens=10**6, request_id="r1", key_owner="ann")
    taken = make_call(service="billing", at=NOW, input_tokens=1, request_id="r2", key_owner="ann")

    for calls in ([mail, billing], [mail, refused], [mail, taken]):
        await count_calls(database, loaded, calls, NOW, store=store)

    assert await one(database, "SELECT samples FROM series WHERE service = 'billing'") == (["r2"],)
    assert await one(database, "SELECT service, name FROM key_owners") == ("billing", "ann")


async def test_refused_series_take_no_room_of_new_names(database: Database) -> None:
    await refuse_many_tokens(database)
    loaded = load_catalog()
    two = replace(BOUNDS, services=Allowance(2, 0))
    store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver, two))
    mail, billing = (make_call(service=service, at=NOW, input_tokens=1) for service in ("mail", "billing"))
    refused = make_call(service="search", at=NOW, input_tokens=10**6)

    for calls in ([mail, refused], [billing]):
        await count_calls(database, loaded, calls, NOW, store=store)

    assert await one(database, "SELECT array_agg(service ORDER BY service) FROM series") == (["billing", "mail"],)


async def test_database_that_refuses_every_value_is_waited_for(database: Database) -> None:
    await change_schema(database, "ALTER TABLE series ALTER service TYPE varchar(3)")
    ingest = await reader(database, ALog())
    ingest.count([ARecord(n, call_record(service=f"service-{n}")) for n in range(5)], now=NOW)

    assert await ingest.flush(now=NOW) == Postponed(1.0, "StringDataRightTruncationError")
    assert await one(database, "SELECT next_offset, records FROM watermarks") == (0, 0)


async def test_column_that_this_release_does_not_know_is_no_fault_of_the_values(database: Database) -> None:
    await change_schema(database, "ALTER TABLE series ADD newer text NOT NULL")
    ingest = await reader(database, ALog())
    ingest.count([ARecord(0)], now=NOW)

    assert await ingest.flush(now=NOW) == Postponed(1.0, "NotNullViolationError")


async def test_two_consumers_may_meet_new_series_at_once(database: Database) -> None:
    first, second = await reader(database, ALog(), CALLS), await reader(database, ALog(), OTHERS)
    for n in range(3):
        first.count([ARecord(n, call_record(model=f"gpt-{n}"))], now=NOW)
        second.count([ARecord(n, call_record(model=f"gpt-{n}"), partition=1)], now=NOW)

    await first.flush(now=NOW)
    await second.flush(now=NOW)

    assert await one(database, "SELECT count(*), sum(calls)::int FROM usage_hourly") == (3, 6)
