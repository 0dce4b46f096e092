"""OTLP traces and logs, in JSON and protobuf."""

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
from tests.otlp import CHAT, GONE, START, attributes, decode_all, make_logs, make_span, make_traces, to_protobuf

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
