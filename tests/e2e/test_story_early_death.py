"""A model answers "not found" to every call, weeks before its day: its callers are told that it fails already.

Records are read from a file into an empty database, and one tick looks at them an hour later. Each platform says so in
words of its own; what is no word for it keeps the message of any model that is going away.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.entrypoints.cli import app

CALLS = 20


def span(n: int, at: datetime, failed: Sequence[str]) -> dict[str, Any]:
    """As opentelemetry.instrumentation.openai_v2 writes a failed call: provider, host, model, error, what was said."""
    provider, host, model, error, said = failed
    began = int((at + timedelta(seconds=n)).timestamp()) * 10**9
    words = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": provider,
        "gen_ai.request.model": model,
        "error.type": error,
        "server.address": host,
    }
    return {
        "traceId": "5b8aa5a2d2c872e8321cf37308d69df2",
        "spanId": f"{n:016x}",
        "name": f"chat {model}",
        "kind": 3,
        "startTimeUnixNano": f"{began}",
        "endTimeUnixNano": f"{began + 10**9}",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in words.items()],
        "status": {"code": 2, "message": said},
    }


def traces(at: datetime, failed: Sequence[str]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "kimi-bot"}}]}
    scope = {"name": "opentelemetry.instrumentation.openai_v2"}
    spans = [span(n, at, failed) for n in range(CALLS)]
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]})


async def told(database_url: str, file: Path, *, as_of: datetime) -> str:
    environment = {"LASTCALL_DATABASE_URL": database_url, "COLUMNS": "300"}
    for command in (["ingest", str(file)], ["tick", "--now", f"{as_of:%Y-%m-%dT%H:%M:%SZ}"]):
        result = await asyncio.to_thread(CliRunner().invoke, app, command, env=environment)
        assert result.exit_code == 0, result.output
    return " ".join(result.stdout.replace("│", " ").split())


@pytest.mark.parametrize(
    ("as_of", "words", "expected"),
    [
        pytest.param(
            datetime(2026, 8, 4, 11, tzinfo=UTC),
            (
                *("moonshot", "api.moonshot.cn", "kimi-k2.5", "NotFoundError"),
                "Error code: 404 - {'error': {'message': 'Not found the model kimi-k2.5 or Permission denied', "
                "'type': 'resource_not_found_error'}}",
            ),
            "kimi-k2.5 on Moonshot API fails already, 27 days before the announced end on Mon 31 Aug 2026",
            id="Moonshot",
        ),
        pytest.param(
            datetime(2026, 7, 14, 11, tzinfo=UTC),
            (
                *("deepseek.chat", "api.deepseek.com", "deepseek-chat", "BadRequestError"),
                "Error code: 400 - {'error': {'message': 'Model Not Exist', 'type': 'invalid_request_error', "
                "'param': None, 'code': 'invalid_request_error'}}",
            ),
            "deepseek-chat on DeepSeek API fails already, 10 days before the announced end on Fri 24 Jul 2026",
            id="DeepSeek",
        ),
    ],
)
async def test_early_death_is_told_as_failing_already(
    database_url: str, tmp_path: Path, as_of: datetime, words: tuple[str, ...], expected: str
) -> None:
    file = tmp_path / "traces.jsonl"
    file.write_text(traces(as_of - timedelta(hours=1), words))

    message = await told(database_url, file, as_of=as_of)

    assert expected in message
    assert f"Calls, last 7 days: {CALLS}, {CALLS} failed" in message
    assert "shuts down in" not in message


async def test_rate_limit_on_every_call_is_not_told_as_the_end(database_url: str, tmp_path: Path) -> None:
    as_of = datetime(2026, 8, 4, 11, tzinfo=UTC)
    said = "Error code: 429 - {'error': {'message': 'Request reached max RPM', 'type': 'rate_limit_reached_error'}}"
    words = ("moonshot", "api.moonshot.cn", "kimi-k2.5", "RateLimitError", said)
    file = tmp_path / "traces.jsonl"
    file.write_text(traces(as_of - timedelta(hours=1), words))

    message = await told(database_url, file, as_of=as_of)

    assert "fails already" not in message
    assert "shuts down in 27 days" in message
