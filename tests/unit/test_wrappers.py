"""A call and what is only wrapped round it: which spans of one request are left."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import Call, Who
from service.formats.decoder import decode
from service.formats.dialects.wrappers import PlacedSpan, without_wrappers
from tests.builders import make_record
from tests.calls import events_of

AT = datetime(2026, 11, 19, tzinfo=UTC)


def make_span(id_: str, parent: str = "", **given: Any) -> PlacedSpan:
    """A chat of one scope; `operation=None` makes it no call."""
    operation = given.pop("operation", "chat")
    call = Call(Who("otlp_traces", "s", operation=operation), AT) if operation is not None else None
    return PlacedSpan("t", id_, parent, "s", is_tool=False, call=call)._replace(**given)


@pytest.mark.parametrize(
    ("spans", "left"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([make_span("a")], "a", id="one call"),
        pytest.param([make_span("a"), make_span("b")], "ab", id="two calls side by side"),
        pytest.param([make_span("a"), make_span("b", "a")], "b", id="a wrapper and its child"),
        pytest.param([make_span("b", "a"), make_span("a")], "b", id="the child first"),
        pytest.param([make_span("a"), make_span("b", "a"), make_span("c", "b")], "c", id="a wrapper of a wrapper"),
        pytest.param([make_span("a"), make_span("b", "a"), make_span("c", "a")], "bc", id="a wrapper of two calls"),
        pytest.param(
            [make_span("a"), make_span("b", "a", operation=None), make_span("c", "b")],
            "c",
            id="other work between a wrapper and its grandchild",
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", scope="x", operation=None), make_span("c", "b")],
            "c",
            id="other work of another scope between them",
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", scope="x")], "ab", id="a child of another scope is another reporter's"
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", scope="x"), make_span("c", "b")],
            "bc",
            id="a grandchild of the own scope below another reporter's",
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", operation=None, is_tool=True), make_span("c", "b")],
            "ac",
            id="what a tool asks is its own business",
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", operation="embeddings")], "ab", id="a look-up below a chat is a call"
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", operation=("rerank",))], "ab", id="so is a reranking, among words"
        ),
        pytest.param(
            [make_span("a", operation="embeddings"), make_span("b", "a", operation="embeddings")],
            "b",
            id="a wrapper round a look-up",
        ),
        pytest.param(
            [make_span("a", operation=None), make_span("b", "a", operation="generate_content")], "b", id="an agent"
        ),
        pytest.param(
            [make_span("a"), make_span("b", "a", operation="generate_content")], "b", id="another word for asking"
        ),
        pytest.param([make_span("a"), make_span("b", "a", trace="u")], "ab", id="a parent of another trace"),
        pytest.param([make_span("a"), make_span("b", "z")], "ab", id="a parent in another record"),
        pytest.param([make_span("a", "a")], "a", id="its own parent"),
        pytest.param([make_span("a", "b"), make_span("b", "a")], "ab", id="parents in a circle wrap nothing"),
        pytest.param(
            [make_span("a", "b"), make_span("b", "a"), make_span("c", "b")], "c", id="a call below such a circle"
        ),
        pytest.param([make_span(""), make_span("")], "..", id="spans without an id"),
        pytest.param([make_span("", "a"), make_span("a")], ".", id="a child without an id"),
    ],
)
def test_what_is_left_of_a_request(spans: list[PlacedSpan], left: str) -> None:
    found = [span.id or "." for span, call in zip(spans, without_wrappers(spans), strict=True) if call is not None]
    assert "".join(found) == left


def test_a_chain_deeper_than_anybody_looks_ends() -> None:
    spans = [make_span(str(number), str(number - 1)) for number in range(1, 2001)]
    assert [call for call in without_wrappers(spans) if call is not None] == [spans[-1].call]


def wire_span(id_: str, parent: str = "", **values: str) -> dict[str, Any]:
    named = {"gen_ai.request.model": "gpt-4o", "gen_ai.operation.name": "chat"} | values
    return {
        "traceId": "310c741e95cbdc97ba7e3d122bbe62b8",
        "spanId": id_,
        "parentSpanId": parent,
        "kind": 3,
        "startTimeUnixNano": "1795071731216000000",
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in named.items()],
    }


@pytest.mark.parametrize(
    ("spans", "calls"),
    [
        pytest.param([wire_span("0000000000000001")] * 2, 1, id="a span twice in one record is one"),
        pytest.param([wire_span("0000000000000001"), wire_span("0000000000000002")], 2, id="two spans"),
        pytest.param(
            [wire_span("0000000000000001"), wire_span("0000000000000002", "0000000000000001")] * 2,
            1,
            id="a wrapper and its child, twice",
        ),
        pytest.param([wire_span(""), wire_span("")], 2, id="spans without an id are not one"),
    ],
)
def test_span_counts_once_in_a_record(spans: list[dict[str, Any]], calls: int) -> None:
    decoded = decode(make_record({"resourceSpans": [{"scopeSpans": [{"scope": {"name": "s"}, "spans": spans}]}]}))
    assert (len(events_of(decoded)), decoded.rejections) == (calls, ())


def test_callers_span_and_its_gateways_are_two_calls() -> None:
    """Two processes with one instrumentation, whose spans happen to be in one request."""
    attributes = [
        {"key": key, "value": {"stringValue": value}}
        for key, value in (
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "gpt-4o"),
        )
    ]

    def resource(service: str, own: str, parent: str) -> dict[str, Any]:
        span = {"traceId": "5" * 32, "spanId": own * 16, "parentSpanId": parent * 16, "kind": 3}
        span |= {"name": "chat gpt-4o", "startTimeUnixNano": "1795946400000000000", "attributes": attributes}
        named = [{"key": "service.name", "value": {"stringValue": service}}]
        return {"resource": {"attributes": named}, "scopeSpans": [{"scope": {"name": "s"}, "spans": [span]}]}

    request = {"resourceSpans": [resource("app", "a", ""), resource("llm-gateway", "b", "a")]}
    assert [event.service for event in events_of(decode(make_record(request)))] == ["app", "llm-gateway"]
