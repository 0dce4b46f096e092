"""A record that is no usage record is not passed over in silence."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.tables import passed_over, rejections, watermarks
from service.adapters.postgres.usage_store import Applied, UsageStore
from service.adapters.postgres.watermark_store import begin
from service.adapters.queries.operation import read_passed_over, read_rejections
from service.config.settings import Settings
from service.core.batch import Batch, Partition
from service.core.position import Watermark
from service.core.shapes import MAX_SHAPES
from service.core.usage import Decoded, PassedOver, Rejection
from service.entrypoints.cli import app
from service.entrypoints.cli.uncounted import FORMATS_REMEDY
from service.formats.decoder import why_passed_over
from tests.broker_topics import make_topic, produce
from tests.builders import make_record
from tests.calls import make_call
from tests.consuming import becomes, consuming
from tests.rows import NOW
from tests.web_client import get_page

LOADED = load_catalog()
KONG = PassedOver("other_traffic", "kong")
SPANS = PassedOver("other_spans", "otlp_traces", 3)
NO_SPANS = why_passed_over("otlp_traces", "other_spans")


async def ask(database_url: str, *arguments: str, **more: str) -> Result:
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"} | more
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)


class Topic:
    """Of one partition. Applies what was decoded from its records, a batch each time."""

    def __init__(self, database: Database, name: str = "calls") -> None:
        self._database = database
        self._store = UsageStore(database, SeriesBook(LOADED.catalog, LOADED.resolver))
        self._partition = Partition(name, 0)
        self._offset = 0

    async def apply(self, *decoded: Decoded, now: datetime = NOW) -> None:
        if self._offset == 0:
            async with self._database.begin() as connection:
                mark = Watermark("id", 0)
                assert await begin(connection, "kafka", self._partition, mark, empty=False, now=now)
        batch = Batch()
        for one in decoded:
            record = make_record({}, topic=self._partition.topic, offset=self._offset)
            hour = now.replace(minute=0, second=0, microsecond=0)
            batch.add(batch.span(self._partition, self._offset), record, one, hour)
            self._offset += 1
        assert isinstance(await self._store.apply(batch, {self._partition: "id"}, now=now), Applied)


CALL = Decoded((make_call(at=NOW),))


async def test_parts_are_added_up_by_topic_and_kind_with_the_totals(database: Database) -> None:
    topic = Topic(database)
    await topic.apply(Decoded((make_call(at=NOW),), (), (SPANS,)), Decoded((), (), (KONG,)))
    await topic.apply(Decoded((), (), (SPANS,)), now=NOW + timedelta(hours=1))
    await Topic(database, "gateway").apply(Decoded((), (), (KONG,)), Decoded((), (), (KONG,)))

    async with database.connect() as connection:
        found = await read_passed_over(connection, now=NOW + timedelta(hours=2))
        rows = await connection.scalar(select(func.count()).select_from(passed_over))

    assert [(each.topic, each.kind, each.parts, each.calls) for each in found] == [
        ("gateway", "other_traffic", 2, False),
        ("calls", "other_spans", 6, True),
        ("calls", "other_traffic", 1, True),
    ]
    assert rows == 4


async def test_batch_that_is_not_applied_counts_no_parts(database: Database) -> None:
    topic = Topic(database)
    await topic.apply(Decoded((), (), (KONG,)))
    late = Batch()
    late.add(late.span(Partition("calls", 0), 0), make_record({}, topic="calls"), Decoded((), (), (KONG,)), NOW)
    store = UsageStore(database, SeriesBook(LOADED.catalog, LOADED.resolver))
    assert not isinstance(await store.apply(late, {Partition("calls", 0): "id"}, now=NOW), Applied)

    async with database.connect() as connection:
        assert await connection.scalar(select(func.sum(passed_over.c.parts))) == 1


async def test_calls_of_another_week_do_not_hide_that_there_are_none_now(database: Database) -> None:
    topic = Topic(database)
    await topic.apply(CALL, now=NOW - timedelta(days=8))
    await topic.apply(Decoded((), (), (KONG,)))

    async with database.connect() as connection:
        (found,) = await read_passed_over(connection, now=NOW + timedelta(hours=1))
        called_at = await connection.scalar(select(watermarks.c.called_at))

    assert not found.calls
    assert called_at == NOW - timedelta(days=8)


async def test_unknown_shapes_are_told_apart_up_to_a_bound_in_a_topic_and_hour(database: Database) -> None:
    topic = Topic(database)
    for start in (0, 15):
        shapes = (f"an object with k{number}" for number in range(start, start + 15))
        await topic.apply(*(Decoded((), (Rejection("unknown_format", shape),)) for shape in shapes))

    async with database.connect() as connection:
        found = await read_rejections(connection, now=NOW)
        rows = await connection.scalar(select(func.count()).select_from(rejections))

    assert (found[0].shape, found[0].rejected) == ("", 10)
    assert {each.rejected for each in found[1:]} == {1}
    assert rows == len(found) == MAX_SHAPES + 1


# --- what is said of them -------------------------------------------------------------------------------------------


def otlp(*names: str) -> dict[str, Any]:
    at = int(NOW.timestamp()) * 10**9
    spans = [
        {"traceId": "5b8aa5a2d2c872e8321cf37308d69df2", "spanId": f"{n:016x}", "name": name, "kind": 3,
         "startTimeUnixNano": str(at), "endTimeUnixNano": str(at + 1), "attributes": _attributes(name)}
        for n, name in enumerate(names, 1)
    ]  # fmt: skip
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "sdk"}, "spans": spans}]}]}


def _attributes(name: str) -> list[dict[str, Any]]:
    if name != "chat":
        return []
    words = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1", "gen_ai.provider.name": "openai"}
    return [{"key": key, "value": {"stringValue": value}} for key, value in words.items()]


NGINX = {"remote_addr": "203.0.113.9", "request": "GET /v1/chat HTTP/1.1", "status": 200}
SHAPE = "an object with remote_addr, request, status"


def write(path: Path, *records: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    return write(tmp_path / "mixed.jsonl", otlp("GET", "chat", "POST"), otlp("GET"), NGINX, NGINX)


async def test_ingest_says_how_many_of_which_shape_and_what_would_make_them_count(
    database_url: str, mixed: Path
) -> None:
    shown = await ask(database_url, "ingest", str(mixed))

    assert shown.stdout.splitlines() == [
        f"{mixed}: 1 call in 1 record, 2 rejected, 1 without a call",
        "  2 x unknown_format",
        f"    2 x {SHAPE}",
        f"    -> {FORMATS_REMEDY}",
        f"  3 passed over (otlp_traces, other_spans): {NO_SPANS}",
    ]
    assert "203.0.113.9" not in shown.output


async def test_ingest_says_so_in_json(database_url: str, mixed: Path) -> None:
    summary = json.loads((await ask(database_url, "ingest", "--json", str(mixed))).stdout)

    assert summary["calls"] == 1
    assert summary["rejections"] == {"unknown_format": 2}
    assert summary["unknown_shapes"] == [{"shape": SHAPE, "rejections": 2, "what": FORMATS_REMEDY}]
    assert summary["passed_over"] == [
        {"format": "otlp_traces", "kind": "other_spans", "parts": 3, "what": NO_SPANS}
    ]  # fmt: skip


async def test_decode_says_the_same(database_url: str, mixed: Path) -> None:
    shown = await ask(database_url, "decode", str(mixed))

    assert shown.stdout.splitlines()[-3:] == ["  2 x unknown_format", f"    2 x {SHAPE}", f"    -> {FORMATS_REMEDY}"]
    assert shown.stderr == f"  3 passed over (otlp_traces, other_spans): {NO_SPANS}\n"


async def test_send_says_the_same(database_url: str, kafka: str, mixed: Path) -> None:
    topic = await make_topic(kafka)
    servers = {"LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka, "LASTCALL_KAFKA_TOPICS": topic}

    shown = await ask(database_url, "send", str(mixed), **servers)

    assert shown.stdout.splitlines() == [
        f"sent 4 records to {topic}: 1 call in 1 record, 2 rejected, 1 without a call",
        "  2 x unknown_format",
        f"    2 x {SHAPE}",
        f"    -> {FORMATS_REMEDY}",
        f"  3 passed over (otlp_traces, other_spans): {NO_SPANS}",
    ]


async def findings(database_url: str, what: str) -> list[tuple[str, str, str | None]]:
    found = json.loads((await ask(database_url, "doctor", "--json")).stdout)
    return [(one["verdict"], one["detail"], one["remedy"]) for one in found if one["what"] == what]


async def test_doctor_warns_of_a_topic_without_a_call_and_only_mentions_what_stands_beside_calls(
    database: Database, database_url: str
) -> None:
    now = datetime.now(UTC)
    await Topic(database, "traces").apply(CALL, Decoded((), (), (SPANS,)), now=now)
    await Topic(database, "gateway").apply(*[Decoded((), (), (KONG,))] * 3, now=now)

    assert await findings(database_url, "passed over") == [
        (
            "note",
            "gateway: no call in 7 days, but 3 x other_traffic (kong)",
            "other_traffic: " + why_passed_over("kong", "other_traffic"),
        ),
        ("good", "traces: beside calls, in 7 days: 3 x other_spans (otlp_traces)", None),
    ]


async def test_doctor_names_the_kind_with_most_parts_first_and_a_few_topics(
    database: Database, database_url: str
) -> None:
    now = datetime.now(UTC)
    for number in range(7):
        await Topic(database, f"topic-{number}").apply(Decoded((), (), (KONG, SPANS)), now=now)

    found = await findings(database_url, "passed over")

    assert [detail for _, detail, _ in found] == [
        *(
            f"topic-{n}: no call in 7 days, but 3 x other_spans (otlp_traces), 1 x other_traffic (kong)"
            for n in range(5)
        ),
        "2 more topics without a call",
    ]


async def test_doctor_leaves_files_with_calls_to_what_ingest_said(database_url: str, mixed: Path) -> None:
    await ask(database_url, "ingest", str(mixed))

    assert await findings(database_url, "passed over") == []


async def test_doctor_says_nothing_where_nothing_was_passed_over(database: Database, database_url: str) -> None:
    await Topic(database).apply(CALL, now=datetime.now(UTC))

    assert await findings(database_url, "passed over") == []
    assert await findings(database_url, "unknown format") == []


async def test_doctor_names_the_shapes_that_no_format_has_the_commonest_first(
    database: Database, database_url: str
) -> None:
    shapes = ["an array", *["an object with host"] * 2]
    unknown = [Decoded((), (Rejection("unknown_format", shape),)) for shape in shapes]
    await Topic(database).apply(*unknown, now=datetime.now(UTC))

    assert await findings(database_url, "unknown format") == [
        ("note", "calls: 2 x an object with host, for instance 0:1", None),
        ("note", "calls: 1 x an array, for instance 0:0", None),
    ]
    ((_, said, remedy),) = await findings(database_url, "rejected")
    assert said == "calls: 3 records of the last day could not be read: 3 x unknown_format"
    assert remedy is not None
    assert FORMATS_REMEDY in remedy


def words_of(html: str) -> str:
    """The text between tags, white space folded."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def test_page_lists_topics_without_a_call_and_other_shapes(database: Database) -> None:
    await Topic(database, "traces").apply(CALL, Decoded((), (), (SPANS,)))
    shapes = (f"an object with k{number}" for number in range(MAX_SHAPES + 5))
    unknown = [Decoded((), (Rejection("unknown_format", shape),)) for shape in shapes]
    newer = PassedOver("of_tomorrow", "kong", 2)
    await Topic(database, "gateway").apply(*[Decoded((), (), (KONG,))] * 3, Decoded((), (), (newer,)), *unknown)

    page = words_of(await get_page(database, "/"))

    _, _, passed = page.partition("Topics without a call")
    assert f"gateway kong {why_passed_over('kong', 'other_traffic')} 3" in passed
    assert "gateway kong no call, as another version of lastcall has it 2" in passed
    assert "traces" not in passed
    assert "gateway unknown_format of other shapes 5" in page
    assert "gateway unknown_format an object with k0 1 0:4" in page


async def test_consumer_counts_them_as_well(database: Database, settings: Settings) -> None:
    bodies = [json.dumps(record).encode() for record in (otlp("GET", "chat"), otlp("GET", "POST"))]
    await produce(str(settings.kafka_bootstrap_servers), str(settings.kafka_topics), bodies)

    async def counted() -> list[tuple[str, int]]:
        async with database.connect() as connection:
            return [(each.kind, each.parts) for each in await read_passed_over(connection, now=datetime.now(UTC))]

    async with consuming(settings):
        await becomes([("other_spans", 3)], counted)
