"""`decode`, `ingest`, `send` and what is said of a service agree: of several reporters the largest one counts."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from service.adapters.postgres.database import Database
from service.engine.reconcile import catch_up
from service.entrypoints.cli import app
from service.entrypoints.web import create_web
from tests.broker_topics import make_topic
from tests.builders import make_world
from tests.web_client import make_app

SAMPLES = Path(__file__).parents[1] / "samples"
DAY_OF_SAMPLES = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)


async def ask(database_url: str, *arguments: str, **more: str) -> Result:
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "200"} | more
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return result


async def said(database_url: str, kafka: str, path: Path) -> dict[str, int]:
    """The number of calls by `decode`, `ingest`, `send`."""
    topic = await make_topic(kafka)
    servers = {"LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka, "LASTCALL_KAFKA_TOPICS": topic}
    return {
        name: _calls((await ask(database_url, name, str(path), **servers)).stdout)
        for name in ("decode", "ingest", "send")
    }


def _calls(output: str) -> int:
    (calls,) = re.findall(r": ([\d,]+) calls? in ", output)
    return int(calls.replace(",", ""))


async def by_model(database: Database, service: str, now: datetime) -> dict[str, int]:
    """What the API, and so the page, says of a service: calls of 28 days. A call that one model was asked for and
    another one answered stands under both."""
    await catch_up(database, make_world(), now=now)
    web = create_web(make_app(database), clock=lambda: now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://127.0.0.1:8080") as client:
        answer = (await client.get(f"/api/v1/services/{service}")).json()
    return {each["model"]: each["calls_28d"] for each in answer["models"]}


CAPTURED = {
    "gpt-4o": 1,
    "gpt-4.1-2025-04-14": 1,
    "gpt-4.5-preview-2025-02-27": 1,
    "gpt-4-turbo-2024-04-09": 1,
    "claude-3-5-sonnet-20241022": 1,
}
"""The first is an alias, which a version of it answered. The SDK's own spans and an instrumentation's describe each
call of Claude."""
ALSO = {
    "gpt-4.1-mini-2025-04-14": 1,
    "o3-mini-2025-01-31": 1,
    "text-embedding-ada-002": 1,
    "claude-3-opus-20240229": 1,
}
ONE = "gpt-4.5-preview-2025-02-27"


@pytest.mark.parametrize(
    ("name", "calls", "service", "models"),
    [
        ("captured_openinference_otlp_json", 9, "support-bot", CAPTURED | ALSO),
        ("captured_openllmetry_otlp_proto", 9, "billing-agent", CAPTURED | ALSO),
        ("captured_litellm_payload", 5, "checkout-prod", CAPTURED),
        ("fluentbit_wrapper", 3, "billing-api", {ONE: 3}),
        ("vector_wrapper", 2, "billing-api", {ONE: 2}),
        ("gzip_value", 3, "billing-api", {ONE: 2, "o1-preview-2024-09-12": 1}),
    ],
)
async def test_each_says_the_same_of_a_sample(
    database: Database,
    database_url: str,
    kafka: str,
    *,
    name: str,
    calls: int,
    service: str,
    models: Mapping[str, int],
) -> None:
    numbers = await said(database_url, kafka, SAMPLES / f"{name}.jsonl")

    assert numbers == {"decode": calls, "ingest": calls, "send": calls}
    assert await by_model(database, service, DAY_OF_SAMPLES) == models


def span(number: int, name: str, *, below: int | None = None, **attributes: str) -> dict[str, Any]:
    at = int(HOUR.timestamp()) * 10**9
    words = {"gen_ai.request.model": "gpt-4.1", "gen_ai.provider.name": "openai"} | {
        f"gen_ai.{key.replace('__', '.')}": value for key, value in attributes.items()
    }
    return {
        "traceId": "5b8aa5a2d2c872e8321cf37308d69df2",
        "spanId": f"{number:016x}",
        "parentSpanId": "" if below is None else f"{below:016x}",
        "name": name,
        "kind": 3,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in words.items()],
    }


def trace(*scopes: tuple[str, list[dict[str, Any]]]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "tutor"}}]}
    spans = [{"scope": {"name": scope}, "spans": some} for scope, some in scopes]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": spans}]})


AGENT_AND_CALL = trace(
    ("Agents.AI", [span(1, "invoke_agent tutor", operation__name="chat")]),
    ("Extensions.AI", [span(2, "chat gpt-4.1", below=1, operation__name="chat")]),
)
NODE_AND_REQUEST = trace(
    ("livekit-agents", [span(1, "llm_node"), span(2, "llm_request", below=1, operation__name="chat")])
)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(AGENT_AND_CALL, id="two scopes describe it"),
        pytest.param(NODE_AND_REQUEST, id="a wrapper and its child"),
    ],
)
async def test_one_call_that_two_spans_describe_is_one_everywhere(
    database: Database, database_url: str, kafka: str, tmp_path: Path, record: str
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(record + "\n")

    assert await said(database_url, kafka, path) == {"decode": 1, "ingest": 1, "send": 1}
    assert await by_model(database, "tutor", datetime.now(UTC)) == {"gpt-4.1-2025-04-14": 1}
    command = json.loads((await ask(database_url, "service", "tutor", "--json")).stdout)
    assert [each["calls_28d"] for each in command["models"]] == [1]


async def test_reporters_whose_records_are_flushed_apart_are_not_added_up(
    database: Database, database_url: str, kafka: str, tmp_path: Path
) -> None:
    path = tmp_path / "calls.jsonl"
    call = {"service": "tutor", "provider": "openai", "model": "gpt-4.1", "time": HOUR.isoformat()}
    of_each = [json.dumps(call | {"reporter": reporter}) for reporter in ("sdk", "gateway")]
    path.write_text("".join(f"{line}\n" * 3_000 for line in of_each))

    topic = await make_topic(kafka)
    servers = {"LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka, "LASTCALL_KAFKA_TOPICS": topic}
    ingested = await ask(database_url, "ingest", str(path), LASTCALL_FLUSH_KEYS="1", **servers)

    assert ingested.stdout == f"{path}: 3,000 calls in 6,000 records, 0 rejected, 0 without a call\n"
    assert await by_model(database, "tutor", datetime.now(UTC)) == {"gpt-4.1-2025-04-14": 3_000}
