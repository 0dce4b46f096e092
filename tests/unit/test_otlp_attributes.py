"""Attributes of spans, under the names of all families of instrumentation: which is a call, and what it says."""

from typing import Any

import pytest

from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of
from tests.otlp import CHAT, GONE, OPENINFERENCE, SPAN, TRACE, attributes, calls_of, make_span, make_traces, span_event


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
