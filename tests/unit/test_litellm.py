"""LiteLLM's StandardLoggingPayload."""

from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

SENT: dict[str, Any] = {
    "id": "chatcmpl-1",
    "call_type": "acompletion",
    "litellm_call_id": "f6bf77c4",
    "stream": False,
    "status": "success",
    "custom_llm_provider": "openai",
    "total_tokens": 1550,
    "prompt_tokens": 1240,
    "completion_tokens": 310,
    "startTime": 1751274843.12,
    "endTime": 1751274847.12,
    "model": "openai/gpt-4.5-preview",
    "model_group": "smart",
    "api_base": "https://api.openai.com/v1",
    "metadata": {
        "user_api_key_alias": "billing-key",
        "user_api_key_team_alias": "payments",
        "requester_custom_headers": {"x-service-name": "billing-api"},
        "usage_object": {"prompt_tokens_details": {"cached_tokens": 1024}},
    },
    "cache_hit": False,
    "request_tags": ["env:Prod", "User-Agent: OpenAI"],
    "messages": [{"role": "user", "content": "secret prompt"}],
    "response": {"model": "gpt-4.5-preview-2025-02-27", "choices": []},
    "error_information": {"error_code": "", "error_class": ""},
}
GONE = "litellm.NotFoundError: OpenAIException - The model `gpt-4.5-preview` has been deprecated, learn more here: https://x"


def litellm_event(**given: Any) -> UsageEvent:
    decoded = decode(make_record(SENT | given))
    assert not decoded.rejections
    (event,) = events_of(decoded)
    return event


def test_every_field_of_a_good_call() -> None:
    assert litellm_event() == UsageEvent(
        format="litellm",
        reporter="litellm",
        at=datetime(2025, 6, 30, 9, 14, 3, 120_000, tzinfo=UTC),
        service="billing-api",
        environment="prod",
        provider="openai",
        host="api.openai.com",
        requested_id="openai/gpt-4.5-preview",
        served_id="gpt-4.5-preview-2025-02-27",
        operation="chat",
        input_tokens=1240,
        output_tokens=310,
        cached_tokens=1024,
        latency_ms=4000.0,
        streaming=False,
        request_id="chatcmpl-1",
        key_owner="payments",
    )


def test_failed_call_says_status_code_and_end_of_life() -> None:
    error = {"error_code": "404", "error_class": "NotFoundError", "error_message": GONE}
    event = litellm_event(status="failure", response={}, error_information=error)
    assert (event.status, event.error_code, event.end_of_life, event.served_id) == (404, "NotFoundError", True, None)


def test_failed_call_without_a_word_why_is_failed_still() -> None:
    assert litellm_event(status="failure", error_information=None, error_str=None).failed


@pytest.mark.parametrize(
    ("given", "requested", "served"),
    [
        pytest.param(
            {"model": "bedrock/us.anthropic.claude-x", "model_group": "opus", "response": {"model": "opus"}},
            ("bedrock/us.anthropic.claude-x", "model"),
            None,
            id="the response's model was overwritten with the alias",
        ),
        pytest.param(
            {"model": "openai/gpt-4o", "model_group": "gpt-4o", "response": {"model": "gpt-4o"}},
            ("openai/gpt-4o", "model"),
            "gpt-4o",
            id="an alias that is the model's own name proves nothing against it",
        ),
        pytest.param(
            {
                "model": "azure/triage-prod-4o",
                "custom_llm_provider": "azure",
                "response": {"model": "gpt-4o-2024-05-13"},
            },
            ("azure/triage-prod-4o", "deployment"),
            "gpt-4o-2024-05-13",
            id="Azure takes a deployment's name",
        ),
        pytest.param(
            {"model": "gpt-4", "custom_llm_provider": "azure", "response": {}},
            ("gpt-4", "deployment"),
            None,
            id="a deployment called gpt-4 is a deployment",
        ),
        pytest.param({"model": "", "response": None}, ("smart", "alias"), None, id="nothing but the alias"),
        pytest.param({"response": "redacted"}, ("openai/gpt-4.5-preview", "model"), None, id="response is text"),
        pytest.param(
            {"model": "sk-" + "a" * 40, "model_group": None}, (None, "alias"), "gpt-4.5-preview-2025-02-27", id="a key"
        ),
    ],
)
def test_requested_and_served_model(
    given: dict[str, Any], requested: tuple[str | None, str], served: str | None
) -> None:
    event = litellm_event(**given)
    assert (event.requested_id, event.requested_field) == requested
    assert event.served_id == served


def test_stream_without_usage_is_unknown_and_not_zero() -> None:
    event = litellm_event(stream=True, total_tokens=0, prompt_tokens=0, completion_tokens=0)
    assert (event.input_tokens, event.output_tokens, event.cached_tokens) == (None, None, None)


def test_zero_of_a_call_that_does_not_stream_is_zero() -> None:
    event = litellm_event(total_tokens=0, prompt_tokens=0, completion_tokens=0)
    assert (event.input_tokens, event.output_tokens) == (0, 0)


@pytest.mark.parametrize("given", [{"cache_hit": True}, {"cache_hit": "True"}, {"call_type": "call_mcp_tool"}])
def test_what_reached_no_model_is_no_call(given: dict[str, Any]) -> None:
    decoded = decode(make_record(SENT | given))
    assert (events_of(decoded), decoded.rejections) == ((), ())


@pytest.mark.parametrize(
    ("metadata", "service"),
    [
        pytest.param(
            {"requester_custom_headers": {"x-service-name": "a"}, "user_api_key_alias": "k"}, "a", id="header"
        ),
        pytest.param({"spend_logs_metadata": {"service": "b"}, "user_api_key_alias": "k"}, "b", id="spend metadata"),
        pytest.param({"user_api_key_alias": "k", "user_api_key_team_alias": "t"}, "k", id="key"),
        pytest.param({"user_api_key_team_alias": "t"}, "t", id="team"),
        pytest.param({"user_api_key_user_email": "ann@acme.com"}, None, id="never a person"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_caller_is_the_nearest_that_is_known(metadata: dict[str, Any] | None, service: str | None) -> None:
    assert litellm_event(metadata=metadata).service == service


def test_record_without_a_time_takes_kafkas() -> None:
    assert litellm_event(startTime=None).at == datetime(2026, 11, 22, 5, tzinfo=UTC)


def test_time_outside_all_reason_is_rejected() -> None:
    (rejection,) = decode(make_record(SENT | {"startTime": 12.0})).rejections
    assert (rejection.reason, rejection.format) == ("bad_time", "litellm")


HELD = {"user_api_key_hash": "15384e1a", "user_api_key_user_email": "ada@example.com"}


@pytest.mark.parametrize(
    ("metadata", "given", "owner"),
    [
        pytest.param(HELD, {}, "ada@example.com", id="the key's person"),
        pytest.param({"user_api_key_team_alias": "pay"}, {}, "pay", id="the key's team"),
        pytest.param(HELD | {"user_api_key_team_alias": "pay"}, {}, "ada@example.com", id="a person before a team"),
        pytest.param(HELD | {"user_api_key_hash": None}, {}, None, id="who signed in without a key"),
        pytest.param(HELD | {"user_api_key_user_id": "eve@example.com"}, {}, "ada@example.com", id="no user id"),
        pytest.param(
            {"user_api_key_hash": "1", "user_api_key_user_id": "eve@example.com"}, {}, None, id="user id alone"
        ),
        pytest.param(HELD, {"end_user": "ADA@example.com "}, None, id="the key's person is the end user"),
        pytest.param(HELD | {"user_api_key_end_user_id": "ada@example.com"}, {}, None, id="the end user, in metadata"),
        pytest.param(HELD, {"end_user": ["ada"]}, "ada@example.com", id="an end user that is no text"),
        pytest.param({}, {"end_user": "eve", "user": "eve"}, None, id="end users alone"),
        pytest.param(HELD | {"user_api_key_user_email": "sk-proj-0123456789abcdef"}, {}, None, id="a key for a name"),
        pytest.param(HELD | {"user_api_key_user_email": "a\x00b"}, {}, None, id="a control character"),
        pytest.param(HELD | {"user_api_key_user_email": "a" * 257}, {}, None, id="longer than any name"),
        pytest.param({"user_api_key_team_alias": "Bearer 0123456789abcdef"}, {}, None, id="a credential for a team"),
    ],
)
def test_key_is_its_persons_or_its_teams_and_never_an_end_users(
    metadata: dict[str, Any], given: dict[str, Any], owner: str | None
) -> None:
    assert litellm_event(metadata=metadata, **given).key_owner == owner


def test_error_of_the_fallback_is_not_the_calls() -> None:
    message = (
        "litellm.RateLimitError: slow down. Error doing the fallback: litellm.NotFoundError: The model `gpt-4-32k` has"
        " been deprecated"
    )
    failure = {"status": "failure", "error_information": {"error_code": "429", "error_message": message}}
    event = litellm_event(**failure)
    assert (event.status, event.end_of_life) == (429, False)


def test_batch_of_very_many_models_is_bounded() -> None:
    models = [f"model-{number}" for number in range(100_000)]
    batch = SENT | {"call_type": "aretrieve_batch", "model": "", "hidden_params": {"batch_models": models}}
    assert len(decode(make_record(batch)).calls) == 100
