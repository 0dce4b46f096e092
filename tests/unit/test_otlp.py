"""OTLP traces and logs, in JSON and protobuf, under the names of three families of instrumentation."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from google.protobuf import json_format
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from service.formats.dialects.otlp import MAX_ITEMS
from tests.builders import make_record
from tests.calls import events_of

START = 1751274843120000000
TRACE = "310c741e95cbdc97ba7e3d122bbe62b8"
SPAN = "8525e863812f10ef"
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4.5-preview",
    "gen_ai.response.model": "gpt-4.5-preview-2025-02-27",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 1240,
    "gen_ai.usage.output_tokens": 310,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.request.stream": True,
    "gen_ai.input.messages": "secret prompt",
    "server.address": "api.openai.com",
}
RESOURCE = {"service.name": "billing-api", "service.namespace": "payments", "deployment.environment.name": "Production"}
OPENINFERENCE = {
    "openinference.span.kind": "LLM",
    "llm.system": "openai",
    "llm.invocation_parameters": '{"model": "gpt-4o", "stream": true}',
    "input.value": '{"messages": [{"content": "secret prompt"}], "model": "from-input"}',
}
GONE = (
    "Error code: 404 - {'error': {'message': 'The model `gpt-4.5-preview` has been deprecated, learn more here: "
    "https://platform.openai.com/docs/deprecations', 'type': 'invalid_request_error', 'code': 'model_not_found'}}"
)


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = {str: "stringValue", bool: "boolValue", int: "intValue", float: "doubleValue"}
    return [
        {"key": key, "value": {kinds[type(value)]: str(value) if type(value) is int else value}}
        for key, value in values.items()
    ]


def make_span(values: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {
        "traceId": TRACE,
        "spanId": SPAN,
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 4_180_500_000),
        "attributes": attributes(values),
    } | given


def make_traces(*spans: Any, resource: dict[str, Any] = RESOURCE, scope: str = "my.scope") -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }


def make_logs(values: dict[str, Any], **given: Any) -> dict[str, Any]:
    record = {"timeUnixNano": str(START), "traceId": TRACE, "spanId": SPAN, "attributes": attributes(values)} | given
    scope = {"scope": {"name": "my.scope"}, "logRecords": [record]}
    return {"resourceLogs": [{"resource": {"attributes": attributes(RESOURCE)}, "scopeLogs": [scope]}]}


def span_event(values: dict[str, Any], **given: Any) -> UsageEvent:
    (event,) = events_of(decode(make_record(make_traces(make_span(values, **given)))))
    return event


def calls_of(values: dict[str, Any]) -> int:
    decoded = decode(make_record(make_traces(make_span(values))))
    assert not decoded.rejections
    return len(events_of(decoded))


def decode_all(body: dict[str, Any]) -> tuple[UsageEvent, ...]:
    decoded = decode(make_record(body))
    assert not decoded.rejections
    return events_of(decoded)


def to_protobuf(message: TracesData | LogsData, body: dict[str, Any]) -> bytes:
    """OTLP/JSON has ids in hex where protobuf's own JSON has base64."""
    kind = "Spans" if "resourceSpans" in body else "Logs"
    json_format.ParseDict(body, message)
    for resource in getattr(message, f"resource_{kind.lower()}"):
        for scope in getattr(resource, f"scope_{kind.lower()}"):
            for item in scope.spans if kind == "Spans" else scope.log_records:
                item.trace_id, item.span_id = bytes.fromhex(TRACE), bytes.fromhex(SPAN)
    return message.SerializeToString()


FULL = UsageEvent(
    format="otlp_traces",
    reporter="my.scope",
    at=datetime(2025, 6, 30, 9, 14, 3, 120_000, tzinfo=UTC),
    service="billing-api",
    environment="production",
    provider="openai",
    host="api.openai.com",
    requested_id="gpt-4.5-preview",
    served_id="gpt-4.5-preview-2025-02-27",
    operation="chat",
    input_tokens=1240,
    output_tokens=310,
    cached_tokens=1024,
    latency_ms=4180.5,
    streaming=True,
    request_id="chatcmpl-1",
)


def test_every_field_of_a_good_call_in_json() -> None:
    assert events_of(decode(make_record(make_traces(make_span(CHAT))))) == (FULL,)


def test_protobuf_says_the_same_as_json() -> None:
    failed = make_span({"gen_ai.request.model": "gpt-4"}, status={"code": 2, "message": GONE})
    body = make_traces(make_span(CHAT), failed, make_span({"http.request.method": "POST"}))
    from_protobuf, from_json = decode(make_record(to_protobuf(TracesData(), body))), decode(make_record(body))
    assert (events_of(from_protobuf), from_protobuf.passed) == (events_of(from_json), from_json.passed)


def test_failed_call_of_which_only_the_http_status_tells_has_its_error_in_both_encodings() -> None:
    exception = {"exception.type": "openai.NotFoundError", "exception.message": GONE}
    values = {"gen_ai.request.model": "gpt-4.5-preview", "http.response.status_code": 404}
    body = make_traces(make_span(values, events=[{"name": "exception", "attributes": attributes(exception)}]))
    (event,) = decode_all(body)
    assert (event.status, event.error_code, event.end_of_life) == (404, "model_not_found", True)
    assert events_of(decode(make_record(to_protobuf(TracesData(), body)))) == (event,)


def test_log_event_in_both_encodings_is_a_reporter_of_its_own() -> None:
    body = make_logs(CHAT, eventName="gen_ai.client.inference.operation.details")
    decoded = decode(make_record(body))
    (event,) = events_of(decoded)
    assert (event.format, event.reporter, event.at, event.latency_ms) == ("otlp_logs", "my.scope (logs)", FULL.at, None)
    assert events_of(decode(make_record(to_protobuf(LogsData(), body)))) == events_of(decoded)


def test_old_log_event_has_its_name_in_an_attribute_and_may_have_only_the_observed_time() -> None:
    named = CHAT | {"event.name": "gen_ai.client.inference.operation.details"}
    (event,) = events_of(decode(make_record(make_logs(named, timeUnixNano="0", observedTimeUnixNano=START))))
    assert event.at == FULL.at


@pytest.mark.parametrize("name", ["gen_ai.user.message", "gen_ai.choice", "http.access", None])
def test_log_event_of_a_part_of_a_call_is_no_call(name: str | None) -> None:
    decoded = decode(make_record(make_logs({"gen_ai.system": "openai"}, eventName=name)))
    assert (events_of(decoded), decoded.rejections) == ((), ())


@pytest.mark.parametrize(
    ("values", "calls"),
    [
        pytest.param(CHAT | {"gen_ai.operation.name": "invoke_agent"}, 0, id="an agent repeats its children"),
        pytest.param(CHAT | {"gen_ai.operation.name": "execute_tool"}, 0, id="a tool"),
        pytest.param({"http.request.method": "POST"}, 0, id="other work"),
        pytest.param({"traceloop.span.kind": "workflow", "gen_ai.request.model": "gpt-4"}, 0, id="a workflow"),
        pytest.param(OPENINFERENCE | {"openinference.span.kind": "CHAIN"}, 0, id="a chain"),
        pytest.param(OPENINFERENCE | {"openinference.span.kind": "AGENT"}, 0, id="an agent of OpenInference"),
        pytest.param(OPENINFERENCE | {"openinference.span.kind": "EMBEDDING"}, 1, id="an embedding"),
        pytest.param({"gen_ai.operation.name": "chat"}, 1, id="a call to nobody knows what"),
        pytest.param({"gen_ai.request.model": "gpt-4"}, 1, id="conventions before there was an operation"),
    ],
)
def test_which_span_is_a_call(values: dict[str, Any], calls: int) -> None:
    assert calls_of(values) == calls


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            {"gen_ai.system": "OpenAI", "gen_ai.usage.prompt_tokens": 70, "gen_ai.usage.completion_tokens": 20},
            ("OpenAI", 70, 20),
            id="before 1.28",
        ),
        pytest.param(
            {"gen_ai.provider.name": "openai", "gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0},
            ("openai", 0, 0),
            id="zero is a number",
        ),
        pytest.param({}, (None, None, None), id="left out is unknown"),
        pytest.param(
            {"gen_ai.usage.input_tokens": -1, "gen_ai.usage.output_tokens": 10**12}, (None, None, None), id="absurd"
        ),
    ],
)
def test_names_of_all_ages(values: dict[str, Any], expected: tuple[str | None, int | None, int | None]) -> None:
    event = span_event({"gen_ai.request.model": "gpt-4"} | values)
    assert (event.provider, event.input_tokens, event.output_tokens) == expected


@pytest.mark.parametrize(
    ("values", "requested", "served"),
    [
        pytest.param(
            {"llm.model_name": "gpt-4o-2024-08-06"}, "gpt-4o", "gpt-4o-2024-08-06", id="parameters and response"
        ),
        pytest.param(
            {"llm.request.model_name": "a", "llm.response.model_name": "b", "llm.model_name": "c"},
            "a",
            "b",
            id="new names",
        ),
        pytest.param({"llm.invocation_parameters": "{}"}, "from-input", None, id="the request's body"),
        pytest.param({"llm.invocation_parameters": "{{{", "input.value": "hello"}, None, None, id="neither is JSON"),
    ],
)
def test_models_of_openinference(values: dict[str, Any], requested: str | None, served: str | None) -> None:
    event = span_event(OPENINFERENCE | values)
    assert (event.requested_id, event.served_id) == (requested, served)
    assert "secret prompt" not in repr(event)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.model.name": "gpt-4.5-preview",
                "langfuse.observation.usage_details": '{"input": 70, "output": 20, "input_cached_tokens": 9}',
                "langfuse.observation.input": "secret prompt",
            },
            id="Langfuse",
        ),
        pytest.param(
            {
                "mlflow.spanType": '"CHAT_MODEL"',
                "mlflow.llm.model": '"gpt-4.5-preview"',
                "mlflow.llm.provider": '"openai"',
                "mlflow.chat.tokenUsage": '{"input_tokens": 70, "output_tokens": 20, "cache_read_input_tokens": 9}',
                "mlflow.spanInputs": '{"messages": "secret prompt"}',
            },
            id="MLflow, whose values are JSON",
        ),
    ],
)
def test_model_and_tokens_of_a_framework_with_names_of_its_own(values: dict[str, Any]) -> None:
    event = span_event(values)
    assert event.requested_id == "gpt-4.5-preview"
    assert (event.input_tokens, event.output_tokens, event.cached_tokens) == (70, 20, 9)
    assert "secret prompt" not in repr(event)


def test_failed_openinference_call_names_its_model_and_error() -> None:
    exception = {"exception.type": "openai.NotFoundError", "exception.message": GONE}
    events = [{"name": "first token"}, {"name": "exception", "attributes": attributes(exception)}]
    values = OPENINFERENCE | {"llm.model_name": "gpt-4o"}
    event = span_event(values, status={"code": 2}, events=events)
    assert (event.requested_id, event.served_id) == ("gpt-4o", None)
    assert (event.status, event.error_code, event.end_of_life) == (404, "model_not_found", True)


@pytest.mark.parametrize(
    ("values", "status", "expected"),
    [
        pytest.param(
            {"http.response.status_code": 404, "error.type": "not_found_error"},
            {},
            (404, "not_found_error", True),
            id="SDK's span",
        ),
        pytest.param({"error.type": "404"}, {}, (404, None, True), id="a number for a type, and not another word"),
        pytest.param({"error.type": "503"}, {}, (503, None, False), id="another number for a type"),
        pytest.param(
            {"error.type": "NotFoundError"}, {}, (None, "NotFoundError", True), id="class, and not another word"
        ),
        pytest.param(
            {"error.type": "NotFoundError"},
            {"code": 2, "message": "Error code: 404 - {'detail': 'no such file'}"},
            (404, "NotFoundError", False),
            id="class, and words about something else",
        ),
        pytest.param(
            {"error.type": "NotFoundError"}, {"code": 2, "message": GONE}, (404, "model_not_found", True), id="text"
        ),
        pytest.param(
            {"error.type": "RateLimitError"},
            {"code": 2, "message": "Error code: 429"},
            (429, "RateLimitError", False),
            id="class",
        ),
        pytest.param(
            {"error.type": "ResourceNotFoundException"},
            {"code": 2, "message": "This model version has reached the end of its life."},
            (None, "ResourceNotFoundException", True),
            id="Bedrock",
        ),
        pytest.param({}, {"code": 2}, (None, "_OTHER", False), id="failed without a word"),
        pytest.param({}, {"code": "STATUS_CODE_ERROR"}, (None, "_OTHER", False), id="status by name"),
        pytest.param({"http.response.status_code": 200}, {"code": 1}, (200, None, False), id="good"),
        pytest.param({}, {}, (None, None, False), id="no word is no status"),
    ],
)
def test_outcome(values: dict[str, Any], status: dict[str, Any], expected: tuple[int | None, str | None, bool]) -> None:
    event = span_event({"gen_ai.request.model": "gpt-4"} | values, status=status)
    assert (event.status, event.error_code, event.end_of_life) == expected


@pytest.mark.parametrize(
    ("values", "host", "field"),
    [
        pytest.param({"gen_ai.provider.name": "azure.ai.openai"}, None, "deployment", id="Azure by provider"),
        pytest.param({"gen_ai.system": "Azure"}, None, "deployment", id="OpenLLMetry's spelling"),
        pytest.param(
            {"server.address": "acme.openai.azure.com"}, "acme.openai.azure.com", "deployment", id="Azure by host"
        ),
        pytest.param(
            {"gen_ai.openai.api_base": "https://OpenRouter.ai:443/api/v1/"}, "openrouter.ai", "model", id="base URL"
        ),
    ],
)
def test_on_azure_the_model_argument_is_a_deployment(values: dict[str, Any], host: str | None, field: str) -> None:
    event = span_event({"gen_ai.request.model": "gpt-4"} | values)
    assert (event.host, event.requested_field) == (host, field)


@pytest.mark.parametrize(
    ("resource", "service"),
    [
        pytest.param({"service.name": "billing-api"}, "billing-api", id="name"),
        pytest.param(
            {"service.name": "unknown_service:python", "k8s.deployment.name": "billing"}, "billing", id="deployment"
        ),
        pytest.param({"service.name": "unknown_service", "service.namespace": "payments"}, "payments", id="namespace"),
        pytest.param({"service.name": "unknown_service:python"}, None, id="nobody set one"),
    ],
)
def test_caller_is_the_resources_service(resource: dict[str, Any], service: str | None) -> None:
    (event,) = events_of(decode(make_record(make_traces(make_span(CHAT), resource=resource))))
    assert event.service == service


def test_call_without_an_id_of_the_provider_has_trace_and_span() -> None:
    assert span_event({"gen_ai.request.model": "gpt-4"}).request_id == f"{TRACE}/{SPAN}"


def test_bad_span_costs_itself_and_not_its_batch() -> None:
    bad = make_span(CHAT, startTimeUnixNano="soon")
    decoded = decode(make_record(make_traces(bad, make_span(CHAT), 7)))
    assert events_of(decoded) == (FULL,)
    assert [(r.reason, r.format) for r in decoded.rejections] == [
        ("bad_time", "otlp_traces"),
        ("bad_field", "otlp_traces"),
    ]


def test_attribute_cut_inside_a_character_costs_nothing() -> None:
    traces = make_traces(make_span(CHAT | {"gen_ai.prompt": "PROMPT"}))
    for whole in (msgspec.json.encode(traces), to_protobuf(TracesData(), traces)):
        decoded = decode(make_record(whole.replace(b"PROMPT", b"cut\xf0\x9f\x8e")))
        assert (events_of(decoded), decoded.rejections) == (events_of(decode(make_record(whole))), ())


def test_metrics_in_protobuf_are_no_traces() -> None:
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData  # noqa: PLC0415  nobody else reads metrics

    body = {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "gen_ai.client.token.usage", "unit": "token"}]}]}]
    }
    value = json_format.ParseDict(body, MetricsData()).SerializeToString()
    assert [r.reason for r in decode(make_record(value)).rejections] == ["unknown_format"]
    assert [r.reason for r in decode(make_record(body)).rejections] == ["unknown_format"]


def test_spans_of_one_request_are_limited() -> None:
    body = make_traces(*[{}] * MAX_ITEMS, make_span(CHAT))
    decoded = decode(make_record(body))
    assert (events_of(decoded), [r.reason for r in decoded.rejections]) == ((), ["too_large"])


@pytest.mark.parametrize("code", [{}, [], None, "x", 10**400], ids=lambda code: f"{code!s:.8}")
def test_odd_status_code_says_nothing(code: Any) -> None:
    assert decode_all(make_traces(make_span(CHAT, status={"code": code}))) == (FULL,)


@pytest.mark.parametrize("end", [10**400, -1, {}, "soon", None], ids=lambda end: f"{end!s:.8}")
def test_odd_end_costs_the_latency_alone(end: Any) -> None:
    (event,) = decode_all(make_traces(make_span(CHAT, endTimeUnixNano=end)))
    assert event == msgspec.structs.replace(FULL, latency_ms=None)


@pytest.mark.parametrize(
    "odd",
    [
        {"key": "x", "value": {"intValue": 1.0}},
        {"key": "x", "value": {"boolValue": "true"}},
        {"key": "x", "value": 5},
        {"key": 5, "value": {"stringValue": "x"}},
        None,
        [],
    ],
    ids=str,
)
def test_odd_attribute_costs_itself(odd: Any) -> None:
    traces = make_traces(make_span(CHAT, attributes=[odd, *attributes(CHAT)]))
    traces["resourceSpans"][0]["resource"]["attributes"].insert(0, odd)
    assert decode_all(traces) == (FULL,)


def test_traces_from_before_scopes_were_called_so() -> None:
    traces = make_traces(make_span(CHAT))
    (resource,) = traces["resourceSpans"]
    (scope,) = resource.pop("scopeSpans")
    resource["instrumentationLibrarySpans"] = [{"instrumentationLibrary": scope.pop("scope"), **scope}]
    assert decode_all(traces) == (FULL,)


def test_protobuf_is_recognised_by_any_of_its_spans() -> None:
    traces = make_traces(make_span(CHAT), make_span(CHAT))
    request = TracesData.FromString(to_protobuf(TracesData(), traces))
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = b""
    decoded = decode(make_record(request.SerializeToString()))
    assert len(events_of(decoded)) == 2


@pytest.mark.parametrize(
    "request_",
    [
        {"resourceSpans": [5]},
        {"resourceSpans": {"a": 1}},
        {"resourceSpans": [{"scopeSpans": {"spans": []}}]},
        {"resourceSpans": [{"scopeSpans": [7]}]},
        {"resourceSpans": [{"scopeSpans": [{"spans": {"a": 1}}]}]},
        {"resourceLogs": [7]},
    ],
    ids=["resource", "resources", "scopes", "scope", "spans", "log resource"],
)
def test_part_of_a_wrong_type_is_a_rejection(request_: dict[str, Any]) -> None:
    decoded = decode(make_record(request_))
    assert [rejection.reason for rejection in decoded.rejections] == ["bad_field"]


def test_resource_of_a_wrong_type_costs_itself_alone() -> None:
    body = make_traces(make_span(CHAT))
    decoded = decode(make_record({"resourceSpans": [7, *body["resourceSpans"]]}))
    assert len(decoded.calls) == 1
    assert len(decoded.rejections) == 1


GENERATION = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4.5-preview"}


def test_langfuse_tells_an_error_by_its_level() -> None:
    said = "404 The model `gpt-4.5-preview` has been deprecated"
    level = {"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": said}
    event = span_event(GENERATION | level | {"gen_ai.system": "openai"})
    assert (event.failed, event.end_of_life) == (True, True)
    assert not span_event(GENERATION | {"langfuse.observation.level": "DEFAULT"}).failed


def test_usage_details_of_langfuse_in_openais_names() -> None:
    usage = '{"completion_tokens": 9, "prompt_tokens": 12, "prompt_tokens_details": {"cached_tokens": 4}}'
    event = span_event(GENERATION | {"langfuse.observation.usage_details": usage})
    assert (event.input_tokens, event.output_tokens, event.cached_tokens) == (12, 9, 4)


def test_reranker_names_its_model() -> None:
    event = span_event({"openinference.span.kind": "RERANKER", "reranker.model_name": "rerank-english-v2.0"})
    assert (event.operation, event.served_id) == ("rerank", "rerank-english-v2.0")


QUOTED = (
    "Error code: 400 - {'error': {'message': \"Invalid input: {'role': 'user', 'code': 'geheim-4711'}\", 'type': 'x',"
    " 'code': 'invalid_value'}}"
)


@pytest.mark.parametrize(
    ("values", "message", "code"),
    [
        pytest.param({"error.type": "Your prompt 'my secret' was flagged"}, None, "_OTHER", id="a text for a class"),
        pytest.param({"error.type": "<class 'openai.NotFoundError'>"}, None, "openai.NotFoundError", id="a class"),
        pytest.param({}, QUOTED, "invalid_value", id="the provider's code, and not that of what it quotes"),
        pytest.param({}, QUOTED.replace("'invalid_value'", "None"), None, id="no code of the provider"),
        pytest.param({}, "An error occurred (ValidationException): {x}", "ValidationException", id="no answer to read"),
        pytest.param(
            {},
            'An error occurred (ValidationException): {"message": "x"}',
            "ValidationException",
            id="in front of it",
        ),
    ],
)
def test_error_code_is_never_a_part_of_the_request(
    values: dict[str, Any], message: str | None, code: str | None
) -> None:
    status = {"code": 2} | ({"message": message} if message else {})
    assert span_event(CHAT | values, status=status).error_code == code
