"""What a provider's error says, in the words of formats' one table."""

import pytest

from service.formats import errors

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


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("model_not_found", None, id="OpenAI's code"),
        pytest.param(None, "The model `gpt-4.5-preview` has been deprecated, learn more here: https://x", id="OpenAI"),
        pytest.param(None, "The model `x` does not exist or you do not have access to it.", id="OpenAI, also a typo"),
        pytest.param("DeploymentNotFound", None, id="Azure OpenAI"),
        pytest.param(
            "404", "{'error': {'code': '404', 'message': 'Resource not found'}}", id="Azure OpenAI, no deployment"
        ),
        pytest.param("not_found_error", ANTHROPIC, id="Anthropic"),
        pytest.param("ResourceNotFoundException", BEDROCK, id="Bedrock"),
        pytest.param(
            None,
            "This Model is marked by provider as Legacy and you have not been",
            id="Bedrock's legacy",
        ),
        pytest.param("NOT_FOUND", "Publisher Model `projects/p/x` was not found or your project", id="Vertex AI"),
        pytest.param("NOT_FOUND", GOOGLE, id="Gemini API"),
        pytest.param("model_decommissioned", None, id="Groq"),
        pytest.param(None, "No endpoints found for openai/gpt-4.5-preview.", id="OpenRouter"),
    ],
)
def test_model_is_gone_in_each_platforms_words(code: str | None, message: str | None) -> None:
    assert errors.says_end_of_life(code, message)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        pytest.param("rate_limit_exceeded", "Rate limit", id="rate limit"),
        pytest.param("ResourceNotFoundException", "Could not find the guardrail.", id="another resource"),
        pytest.param("400", "Resource not found", id="another status"),
        pytest.param(None, "Invalid model name passed in model=gpt-4-32k.", id="a gateway's own refusal"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_other_errors_are_not_the_end(code: str | None, message: str | None) -> None:
    assert not errors.says_end_of_life(code, message)
