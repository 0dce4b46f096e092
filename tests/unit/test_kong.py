"""Kong's log records with AI statistics."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

META = {
    "provider_name": "openai",
    "request_model": "gpt-4.5-preview",
    "response_model": "gpt-4.5-preview-2025-02-27",
    "llm_latency": 4180,
    "request_mode": "oneshot",
}
USAGE = {"prompt_tokens": 1240, "completion_tokens": 310, "prompt_tokens_details": {"cached_tokens": 1024}}
LOG: dict[str, Any] = {
    "request": {
        "id": "6ab9f1eb",
        "uri": "/openai/v1/chat/completions",
        "headers": {"x-consumer-username": "from-header"},
    },
    "upstream_uri": "/v1/chat/completions",
    "upstream_status": "200",
    "response": {"status": 200, "headers": {}},
    "latencies": {"kong": 4, "proxy": 4180, "request": 4189},
    "consumer": {"username": "billing-api", "custom_id": "svc:billing-api"},
    "started_at": 1751274843120,
    "ai": {"proxy": {"meta": META, "usage": USAGE}},
}


def kong_events(**given: Any) -> tuple[UsageEvent, ...]:
    decoded = decode(make_record(LOG | given))
    assert not decoded.rejections
    return events_of(decoded)


def proxied(meta: dict[str, Any] | None = None, usage: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"proxy": {"meta": META | (meta or {}), "usage": usage if usage is not None else USAGE, **more}}


def test_every_field_of_a_good_call() -> None:
    assert kong_events() == (
        UsageEvent(
            format="kong",
            reporter="kong",
            at=datetime(2025, 6, 30, 9, 14, 3, 120_000, tzinfo=UTC),
            service="billing-api",
            provider="openai",
            requested_id="gpt-4.5-preview",
            served_id="gpt-4.5-preview-2025-02-27",
            operation="chat",
            status=200,
            input_tokens=1240,
            output_tokens=310,
            cached_tokens=1024,
            latency_ms=4180.0,
            streaming=False,
            request_id="6ab9f1eb",
        ),
    )


def test_spelling_of_3_6_is_read() -> None:
    (event,) = kong_events(ai={"ai-proxy": {"meta": META, "usage": {"prompt_token": 25, "completion_token": 12}}})
    assert (event.reporter, event.input_tokens, event.output_tokens) == ("kong", 25, 12)


def test_plugins_beside_the_proxy_made_calls_of_their_own() -> None:
    transformer = {"meta": META | {"request_model": "gpt-3.5-turbo"}, "usage": USAGE}
    judge = {"meta": META | {"request_model": "gpt-4"}}
    ai = {"ai-request-transformer": transformer} | proxied(**{"ai-llm-as-judge": judge})
    events = kong_events(ai=ai, upstream_status="404")
    assert [(event.reporter, event.requested_id, event.status) for event in events] == [
        ("ai-request-transformer", "gpt-3.5-turbo", None),
        ("kong", "gpt-4.5-preview", 404),
        ("ai-llm-as-judge", "gpt-4", None),
    ]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"ai": None}, id="other traffic of the gateway"),
        pytest.param({"ai": {}}, id="AI plugin without statistics"),
        pytest.param({"ai": proxied(cache={"cache_status": "Hit"})}, id="semantic cache"),
        pytest.param({"response": {"status": 200, "headers": {"x-cache-status": "Hit"}}}, id="cache header"),
    ],
)
def test_what_reached_no_model_is_no_call(given: dict[str, Any]) -> None:
    assert kong_events(**given) == ()


def test_on_azure_the_deployment_was_called() -> None:
    azure = {
        "provider_name": "azure",
        "request_model": "gpt-4",
        "azure_deployment_id": "triage",
        "azure_instance_id": "acme-eu",
    }
    (event,) = kong_events(ai=proxied(azure))
    assert (event.requested_id, event.requested_field, event.host) == (
        "triage",
        "deployment",
        "acme-eu.openai.azure.com",
    )


@pytest.mark.parametrize(
    ("upstream", "status"),
    [("429, 200", 200), ("503", 503), (404, 404), (None, 502), ("-", 502)],
    ids=["last try counts", "text", "number", "nothing got through", "no number"],
)
def test_status_is_the_providers_last_answer(upstream: Any, status: int) -> None:
    (event,) = kong_events(upstream_status=upstream, response={"status": 502})
    assert event.status == status


def test_failed_call_was_served_by_nobody() -> None:
    (event,) = kong_events(upstream_status="404")
    assert event.served_id is None


def test_logged_answer_tells_that_the_model_is_gone() -> None:
    answer = '{"error": {"message": "The model `gpt-4.5-preview` has been deprecated", "code": "model_not_found"}}'
    (event,) = kong_events(upstream_status="404", ai=proxied(payload={"response": answer, "request": "secret prompt"}))
    assert (event.error_code, event.end_of_life) == ("model_not_found", True)
    assert "secret prompt" not in repr(event)


@pytest.mark.parametrize(
    ("payload", "gone"),
    [
        pytest.param(None, True, id="nothing but the 404 is logged"),
        pytest.param({"response": '{"error": "no such route"}'}, False, id="the answer speaks of something else"),
    ],
)
def test_not_found_is_the_models_unless_the_answer_says_otherwise(payload: Any, gone: bool) -> None:
    (event,) = kong_events(upstream_status="404", ai=proxied(payload=payload))
    assert (event.status, event.end_of_life) == (404, gone)


TARGETS = [
    {"provider": "openai", "model": "gpt-4.5-preview", "host": "api.openai.com", "port": 443},
    {"provider": "mistral", "model": "mistral-large-2411", "host": "api.mistral.ai", "port": 443},
]


def test_fallback_does_not_hide_the_try_that_was_told_gone() -> None:
    ai = proxied({"provider_name": "mistral", "request_model": "mistral-large-2411"}, tried_targets=TARGETS)
    failed, answered = kong_events(upstream_status="404, 200", ai=ai)
    assert (failed.requested_id, failed.host, failed.status) == ("gpt-4.5-preview", "api.openai.com", 404)
    assert (failed.failed, failed.end_of_life, failed.served_id, failed.input_tokens) == (True, True, None, None)
    assert (answered.requested_id, answered.status, answered.end_of_life) == ("mistral-large-2411", 200, False)


@pytest.mark.parametrize(
    ("upstream", "targets"),
    [
        pytest.param("404, 404, 200", TARGETS, id="a status more than targets"),
        pytest.param("200", TARGETS, id="a target more than statuses"),
        pytest.param("404, 200", None, id="no targets"),
        pytest.param("404, 200", {}, id="an empty table of Lua"),
        pytest.param(200, TARGETS[1:], id="one try"),
    ],
)
def test_tries_that_cannot_be_told_apart_are_the_last_one(upstream: Any, targets: Any) -> None:
    (event,) = kong_events(upstream_status=upstream, ai=proxied(tried_targets=targets))
    assert (event.status, event.host) == (200, "api.mistral.ai" if targets else None)


def test_stream_without_usage_is_unknown_and_not_zero() -> None:
    (event,) = kong_events(ai=proxied({"request_mode": "stream"}, {"prompt_tokens": 0, "completion_tokens": 0}))
    assert (event.streaming, event.input_tokens, event.output_tokens) == (True, None, None)


def test_unspecified_is_kongs_word_for_unknown() -> None:
    (event,) = kong_events(ai=proxied({"provider_name": "UNSPECIFIED", "response_model": "UNSPECIFIED"}))
    assert (event.provider, event.served_id) == (None, None)


@pytest.mark.parametrize(
    ("given", "service"),
    [
        pytest.param({"consumer": {"custom_id": "svc:a"}}, "svc:a", id="custom id"),
        pytest.param({"consumer": None}, "from-header", id="header"),
        pytest.param(
            {"consumer": None, "request": {"id": "1"}, "service": {"name": "upstream"}},
            None,
            id="never Kong's upstream",
        ),
    ],
)
def test_caller_is_the_consumer(given: dict[str, Any], service: str | None) -> None:
    (event,) = kong_events(**given)
    assert event.service == service


def test_label_of_the_gateways_own_pod_is_not_the_caller() -> None:
    line = LOG | {"consumer": None, "request": None}
    wrapped = {"@timestamp": 1751274843.1, "log": line, "kubernetes": {"labels": {"app": "kong-gateway"}}}
    (event,) = events_of(decode(make_record(wrapped)))
    assert event.service is None


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"consumer": []}, id="consumer"),
        pytest.param({"request": LOG["request"] | {"headers": []}}, id="headers"),
        pytest.param({"response": {"status": 200, "headers": []}}, id="response headers"),
        pytest.param({"ai": proxied(cache=[])}, id="cache"),
        pytest.param({"ai": proxied(payload=[])}, id="payload"),
        pytest.param({"ai": proxied() | {"x": 1}}, id="a number beside the plugins"),
        pytest.param({"latencies": []}, id="latencies"),
    ],
)
def test_empty_table_of_lua_costs_itself(given: dict[str, Any]) -> None:
    (event,) = kong_events(**given)
    assert event.requested_id == "gpt-4.5-preview"


def test_no_statistics_as_an_empty_table_is_other_traffic() -> None:
    assert kong_events(ai=[]) == ()


@pytest.mark.parametrize("value", [10**400, -1, True], ids=lambda value: f"{value!s:.6}")
def test_absurd_start_is_a_bad_time(value: Any) -> None:
    (rejection,) = decode(make_record(LOG | {"started_at": value})).rejections
    assert rejection.reason == "bad_time"


def test_custom_fields_make_no_other_dialect_of_it() -> None:
    (event,) = kong_events(model="gpt-4", ts=1751274843, provider="openai", service={"name": "s"})
    assert event.format == "kong"


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        pytest.param(["prod", "team:payments"], "payments", id="a team"),
        pytest.param(["team:payments", "owner:ada@example.com"], "ada@example.com", id="a person before a team"),
        pytest.param(["owner: ", "owner:\x07", 7, "owner:sk-proj-0123456789abcdef"], None, id="none that can be shown"),
        pytest.param("owner:ada@example.com", None, id="no list"),
        pytest.param([], None, id="no tag"),
    ],
)
def test_tag_of_the_consumer_says_who_holds_its_key(tags: Any, owner: str | None) -> None:
    (event,) = kong_events(consumer={"username": "billing-api", "tags": tags})
    assert (event.service, event.key_owner) == ("billing-api", owner)
