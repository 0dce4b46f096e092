"""Log events of coding agents: those of calls, among many that are none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import Decoded, UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

CLAUDE_CODE = "com.anthropic.claude_code.events"
REQUEST = {
    "event.name": "api_request",
    "session.id": "s1",
    "user.email": "ada@example.com",
    "model": "claude-opus-4-20250514",
    "input_tokens": "120",
    "output_tokens": "30",
    "cache_read_tokens": "10",
    "cost_usd": "0.01",
    "duration_ms": "1000",
    "request_id": "req_011",
}
ERROR = {
    "event.name": "api_error",
    "model": "claude-opus-4-20250514",
    "status_code": "404",
    "error": "model: claude-opus-4-20250514",
    "duration_ms": "90",
    "attempt": "1",
}
GEMINI = {
    "event.name": "gemini_cli.api_response",
    "model": "gemini-2.0-flash",
    "status_code": 200,
    "duration_ms": 812,
    "input_token_count": 120,
    "output_token_count": 30,
    "cached_content_token_count": 8,
    "total_token_count": 150,
    "prompt_id": "p1",
    "auth_type": "gemini-api-key",
}
CODEX = {
    "event.name": "codex.api_request",
    "model": "gpt-5-codex",
    "endpoint": "/responses",
    "duration_ms": "1210",
    "http.response.status_code": "200",
    "success": "true",
}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}
    return [{"key": key, "value": {kinds[type(value)]: value}} for key, value in values.items()]


def decoded_log(values: dict[str, Any], scope: str = "", body: str = "", service: str = "agents") -> Decoded:
    record = {"timeUnixNano": "1795071731216000000", "attributes": attributes(values), "body": {"stringValue": body}}
    scoped = {"scope": {"name": scope}, "logRecords": [record]}
    resource = {"attributes": attributes({"service.name": service})}
    return decode(make_record({"resourceLogs": [{"resource": resource, "scopeLogs": [scoped]}]}))


def event_of_log(values: dict[str, Any], scope: str = "", body: str = "") -> UsageEvent:
    decoded = decoded_log(values, scope, body)
    assert not decoded.rejections
    (event,) = events_of(decoded)
    return event


def test_every_field_of_a_call_of_claude_code() -> None:
    event = event_of_log(REQUEST, CLAUDE_CODE, "claude_code.api_request")
    assert event == UsageEvent(
        format="otlp_logs",
        reporter="claude-code",
        at=datetime(2026, 11, 19, 7, 2, 11, 216_000, tzinfo=UTC),
        service="agents",
        provider="anthropic",
        requested_id="claude-opus-4-20250514",
        operation="chat",
        input_tokens=120,
        output_tokens=30,
        cached_tokens=10,
        latency_ms=1000.0,
        request_id="req_011",
    )
    assert "ada@example.com" not in repr(event)


@pytest.mark.parametrize(
    ("name", "scope", "body", "calls"),
    [
        pytest.param("api_request", CLAUDE_CODE, "claude_code.api_request", 1, id="scope, name and body"),
        pytest.param("api_request", CLAUDE_CODE, "", 1, id="scope and a short name"),
        pytest.param("claude_code.api_request", "", "", 1, id="a whole name without a scope"),
        pytest.param("api_request", "", "claude_code.api_request", 1, id="the body alone says whose"),
        pytest.param("api_request", "", "", 0, id="a short name without a scope could be anybody's"),
        pytest.param("api_request", "my.scope", "", 0, id="a short name of another scope"),
        pytest.param("user_prompt", CLAUDE_CODE, "claude_code.user_prompt", 0, id="a prompt"),
        pytest.param("tool_result", CLAUDE_CODE, "claude_code.tool_result", 0, id="a tool"),
        pytest.param("api_request_body", CLAUDE_CODE, "claude_code.api_request_body", 0, id="a body"),
    ],
)
def test_event_of_claude_code_is_told_by_name_body_and_scope(name: str, scope: str, body: str, calls: int) -> None:
    decoded = decoded_log(REQUEST | {"event.name": name}, scope, body)
    assert (len(decoded.calls), decoded.rejections) == (calls, ())
    assert [(one.kind, one.parts) for one in decoded.passed] == [("other_events", 1)] * (1 - calls)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(ERROR, (404, None, True), id="the model is gone"),
        pytest.param(ERROR | {"status_code": "529", "error": "Overloaded"}, (529, None, False), id="overloaded"),
        pytest.param(
            ERROR | {"status_code": "undefined", "error": "Connection error."}, (None, "_OTHER", False), id="no status"
        ),
        pytest.param({"event.name": "api_error", "model": "m"}, (None, "_OTHER", False), id="no word why"),
    ],
)
def test_error_event_of_claude_code_is_a_failed_call(values: dict[str, Any], expected: Any) -> None:
    event = event_of_log(values, CLAUDE_CODE)
    assert event.failed
    assert (event.status, event.error_code, event.end_of_life) == expected


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        pytest.param("claude-opus-4-20250514", "anthropic", id="the maker's own spelling"),
        pytest.param("us.anthropic.claude-opus-4-20250514-v1:0", None, id="Bedrock"),
        pytest.param("arn:aws:bedrock:us-east-1:1:application-inference-profile/x", None, id="a profile of Bedrock"),
        pytest.param("claude-opus-4@20250514", None, id="Vertex AI"),
        pytest.param("anthropic/claude-opus-4", None, id="a router"),
    ],
)
def test_model_spelt_as_a_cloud_has_it_names_no_provider(model: str, provider: str | None) -> None:
    event = event_of_log(REQUEST | {"model": model}, CLAUDE_CODE)
    assert (event.requested_id, event.provider) == (model, provider)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(GEMINI, ("google", 200, None), id="the Gemini API"),
        pytest.param(GEMINI | {"auth_type": "vertex-ai"}, ("gcp.vertex_ai", 200, None), id="signed in to Vertex AI"),
        pytest.param(
            GEMINI | {"event.name": "gemini_cli.api_error", "status_code": 429, "error": "quota"},
            ("google", 429, None),
            id="an error",
        ),
        pytest.param(
            GEMINI | {"event.name": "gemini_cli.api_error", "status_code": "x"},
            ("google", None, "_OTHER"),
            id="an error without a status",
        ),
    ],
)
def test_call_of_gemini_cli(values: dict[str, Any], expected: Any) -> None:
    event = event_of_log(values, "gemini-cli", "API response from gemini-2.0-flash.")
    assert (event.provider, event.status, event.error_code) == expected
    assert (event.reporter, event.input_tokens, event.cached_tokens, event.latency_ms) == ("gemini-cli", 120, 8, 812.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(CODEX, (200, False), id="answered"),
        pytest.param(CODEX | {"http.response.status_code": "404", "error.message": "gone"}, (404, True), id="refused"),
        pytest.param(
            {"event.name": "codex.websocket_request", "model": "gpt-5-codex", "success": "true"},
            (None, False),
            id="over a WebSocket",
        ),
        pytest.param(
            {"event.name": "codex.websocket_request", "model": "gpt-5-codex", "error.message": "stream error"},
            (None, True),
            id="over a WebSocket that broke",
        ),
    ],
)
def test_call_of_codex(values: dict[str, Any], expected: tuple[int | None, bool]) -> None:
    event = event_of_log(values)
    assert (event.status, event.failed) == expected
    assert (event.reporter, event.provider, event.requested_id) == ("codex", "openai", "gpt-5-codex")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(CODEX | {"endpoint": "/models"}, id="Codex lists the models"),
        pytest.param({"event.name": "codex.sse_event", "event.kind": "response.completed", "model": "m"}, id="tokens"),
        pytest.param({"event.name": "codex.websocket_event", "model": "m"}, id="a message over the WebSocket"),
        pytest.param({"event.name": "gemini_cli.api_request", "model": "m"}, id="Gemini's request, before its answer"),
        pytest.param({"event.name": "gemini_cli.config", "model": "m"}, id="Gemini's settings"),
    ],
)
def test_event_that_is_no_call_is_passed_over(values: dict[str, Any]) -> None:
    decoded = decoded_log(values)
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [(one.kind, one.parts) for one in decoded.passed] == [("other_events", 1)]


@pytest.mark.parametrize(
    ("duration", "latency"),
    [(812, 812.0), (812.5, 812.5), ("812", 812.0), ("soon", None), ("9" * 20, None), (True, None)],
    ids=["number", "fraction", "text", "no number", "absurd", "truth"],
)
def test_duration_as_number_or_text(duration: Any, latency: float | None) -> None:
    assert event_of_log(GEMINI | {"duration_ms": duration}).latency_ms == latency
