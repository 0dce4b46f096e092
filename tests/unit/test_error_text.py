"""What a provider's error says, in the words of formats' one table."""

import json
from typing import Any

import pytest

from service.core.usage import UsageEvent
from service.formats import errors
from service.formats.decoder import decode
from tests.builders import make_record

OPENAI = "Error code: 404 - {'error': {'message': 'No', 'type': 'invalid_request_error', 'code': 'model_not_found'}}"
ANTHROPIC = "Error code: 404 - {'type': 'error', 'error': {'type': 'not_found_error', 'message': 'model: claude-x'}}"
GOOGLE = '{"error": {"code": 404, "message": "models/x is not found for API version v1", "status": "NOT_FOUND"}}'
BEDROCK = (
    "An error occurred (ResourceNotFoundException) when calling the Converse operation: "
    "This model version has reached the end of its life."
)


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        pytest.param(OPENAI, 404, "model_not_found", id="OpenAI"),
        pytest.param(ANTHROPIC, 404, "not_found_error", id="Anthropic"),
        pytest.param(GOOGLE, 404, "NOT_FOUND", id="Google"),
        pytest.param(BEDROCK, None, "ResourceNotFoundException", id="Bedrock"),
        pytest.param("Connection error.", None, None, id="none of them"),
        pytest.param("", None, None, id="no words"),
        pytest.param(None, None, None, id="nothing"),
        pytest.param("x" * 5000 + OPENAI, None, None, id="too far in"),
    ],
)
def test_status_and_code_in_a_text(message: str | None, status: int | None, code: str | None) -> None:
    assert (errors.status_in(message), errors.code_in(message)) == (status, code)


ANTHROPIC_JSON = '{"type":"error","error":{"type":"not_found_error","message":"model: claude-3-opus-20240229"}}'
VERTEX = "Publisher Model `projects/p/locations/us-central1/publishers/google/models/gemini-1.5-pro` was not found"
GEMINI = "models/gemini-1.0-pro is not found for API version v1beta, or is not supported for generateContent."
LEGACY = "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model"
NO_ACCESS = "The model `gpt-4-32k` does not exist or you do not have access to it."
AZURE = "The chatCompletion operation does not work with the specified model, gpt-35-turbo. Please choose different"

GONE = [
    pytest.param("model_not_found", None, 404, id="OpenAI's code"),
    pytest.param(None, "The model `gpt-4.5-preview` has been deprecated, learn more here: https://x", 404, id="OpenAI"),
    pytest.param(None, NO_ACCESS, 404, id="OpenAI, also a typo"),
    pytest.param("DeploymentNotFound", None, 404, id="Azure OpenAI"),
    pytest.param("404", "{'error': {'code': '404', 'message': 'Resource not found'}}", 404, id="Azure, quoted"),
    pytest.param("NotFoundError", "AzureException NotFoundError - Resource not found", 404, id="Azure, by LiteLLM"),
    pytest.param("OperationNotSupported", AZURE, 400, id="Azure's operation"),
    pytest.param("ServiceModelDeprecated", None, 400, id="Azure, when it is deployed"),
    pytest.param("ServiceModelDeprecating", None, 400, id="Azure, when it is deployed shortly before"),
    pytest.param("not_found_error", ANTHROPIC_JSON, 404, id="Anthropic"),
    pytest.param("NotFoundError", "model: claude-3-opus-20240229", 404, id="Anthropic's message alone"),
    pytest.param("ResourceNotFoundException", BEDROCK, None, id="Bedrock"),
    pytest.param("AccessDeniedException", f"{LEGACY} in the last 15 days", 403, id="Bedrock's legacy, denied"),
    pytest.param("ResourceNotFoundException", f"{LEGACY} in the last 30 days", 404, id="Bedrock's legacy, not found"),
    pytest.param("NOT_FOUND", f"{VERTEX} or your project does not have access to it.", 404, id="Vertex AI"),
    pytest.param("NOT_FOUND", GEMINI, 404, id="Gemini API"),
    pytest.param("NOT_FOUND", "This model models/gemini-3-pro is no longer available.", 404, id="Gemini, newer"),
    pytest.param("model_decommissioned", None, 400, id="Groq"),
    pytest.param(None, "The model `gemma2-9b-it` has been decommissioned and is no longer", 400, id="Groq's words"),
    pytest.param(None, "No endpoints found for openai/gpt-4.5-preview.", 404, id="OpenRouter"),
    pytest.param("1500", "Invalid model: mistral-medium-2312", 400, id="Mistral"),
    pytest.param(None, "model 'command-r' was removed on September 15, 2025.", 404, id="Cohere"),
    pytest.param(None, "The model grok-beta was deprecated on 2025-09-15 and is no longer", 404, id="xAI"),
    pytest.param("NOT_FOUND", "Model not found, inaccessible, and/or not deployed", 404, id="Fireworks"),
    pytest.param(None, None, 404, id="a status alone: not found"),
    pytest.param(None, "", 410, id="a status alone: gone"),
]


@pytest.mark.parametrize(("code", "message", "status"), GONE)
def test_model_is_gone_in_each_platforms_words(code: str | None, message: str | None, status: int | None) -> None:
    assert errors.says_end_of_life(code, message, status)


@pytest.mark.parametrize(("code", "message", "status"), GONE)
def test_no_format_loses_it(code: str | None, message: str | None, status: int | None) -> None:
    """Where a format carries what the provider said, whichever of the three it was."""
    seen = [litellm(code, message, status), own(code, message, status), span(code, message, status)]
    if code is None or message is None:
        seen.append(kong(code, message, status))
    assert all(event.failed and event.end_of_life for event in seen), seen


@pytest.mark.parametrize(
    ("code", "message", "status"),
    [
        pytest.param("rate_limit_exceeded", "Rate limit", 429, id="rate limit"),
        pytest.param("ResourceNotFoundException", "Could not find the guardrail.", 404, id="another resource"),
        pytest.param(None, "Resource not found", 400, id="another status"),
        pytest.param(None, "Invalid model name passed in model=gpt-4-32k.", 400, id="a gateway's own refusal"),
        pytest.param("insufficient_quota", None, 404, id="another code"),
        pytest.param(None, None, 500, id="another status alone"),
        pytest.param(None, None, None, id="nothing"),
    ],
)
def test_other_errors_are_not_the_end(code: str | None, message: str | None, status: int | None) -> None:
    assert not errors.says_end_of_life(code, message, status)


def litellm(code: str | None, message: str | None, status: int | None) -> UsageEvent:
    """LiteLLM has no provider's code of its own: it stands in the quoted answer."""
    quoted = message or (json.dumps({"error": {"code": code}}) if code else "")
    error = {"error_code": str(status or 404), "error_class": "NotFoundError", "error_message": quoted}
    return only({"call_type": "acompletion", "model": "m", "status": "failure", "error_information": error} | TIMES)


def own(code: str | None, message: str | None, status: int | None) -> UsageEvent:
    return only({"model": "m", "service": "s", "error_code": code, "error_message": message, "status": status} | TIMES)


def span(code: str | None, message: str | None, status: int | None) -> UsageEvent:
    values = {"gen_ai.request.model": "m", "error.type": code, "http.response.status_code": status}
    attributes = [{"key": key, "value": {"stringValue": str(value)}} for key, value in values.items() if value]
    status_ = {"code": 2, "message": message or ""}
    one = {"startTimeUnixNano": "1751274843000000000", "attributes": attributes, "status": status_}
    return only({"resourceSpans": [{"scopeSpans": [{"spans": [one]}]}]})


def kong(code: str | None, message: str | None, status: int | None) -> UsageEvent:
    answer = message or (json.dumps({"error": {"code": code}}) if code else None)
    ai = {"proxy": {"meta": {"request_model": "m"}, "payload": {"response": answer}}}
    upstream = str(status or 404)
    return only({"started_at": 1751274843120, "latencies": {}, "upstream_status": upstream, "ai": ai})


TIMES: dict[str, Any] = {"time": "2025-07-14T09:00:00Z", "startTime": 1751274843.1}


def only(value: dict[str, Any]) -> UsageEvent:
    (event,) = decode(make_record(value)).events
    return event
