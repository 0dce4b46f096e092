"""What a provider's error says: the status and code in its text, and whether the model is gone, by platform."""

import json
import time
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core import end_of_life
from service.core.error_text import code_in, status_in
from service.core.identity import Platform, Platforms, known_platforms
from service.core.identity.platform import Gone
from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

PLATFORMS = known_platforms()
says_end_of_life = partial(end_of_life.says_end_of_life, PLATFORMS)

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
        pytest.param('{"error_code": "RESOURCE_DOES_NOT_EXIST"}', None, "RESOURCE_DOES_NOT_EXIST", id="Databricks"),
        pytest.param('{"title": "Gone", "status": 410, "detail": "no"}', 410, None, id="a problem document"),
        pytest.param("status_code: 404, model_name: command, body: {}", 404, None, id="pydantic-ai"),
        pytest.param("Status Code: 410\n\nContent:", 410, None, id="in words"),
        pytest.param("Connection error.", None, None, id="none of them"),
        pytest.param("{'error': {'code': 'sk-proj-0123456789abcdef'}}", None, None, id="a key for a code"),
        pytest.param("", None, None, id="no words"),
        pytest.param(None, None, None, id="nothing"),
        pytest.param("x" * 5000 + OPENAI, None, None, id="too far in"),
    ],
)
def test_status_and_code_in_a_text(message: str | None, status: int | None, code: str | None) -> None:
    assert (status_in(message), code_in(message)) == (status, code)


ANTHROPIC_JSON = '{"type":"error","error":{"type":"not_found_error","message":"model: claude-3-opus-20240229"}}'
VERTEX = "Publisher Model `projects/p/locations/us-central1/publishers/google/models/gemini-1.5-pro` was not found"
GEMINI = "models/gemini-1.0-pro is not found for API version v1beta, or is not supported for generateContent."
LEGACY = "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model"
NO_ACCESS = "The model `gpt-4-32k` does not exist or you do not have access to it."
AZURE = "The chatCompletion operation does not work with the specified model, gpt-35-turbo. Please choose different"
NO_DEPLOYMENT = "The API deployment for this resource does not exist. If you created the deployment within the last 5"
PERPLEXITY = "Invalid model 'sonar-small-online'. Permitted models can be found in the documentation at https://x"
DEEPSEEK = "The supported API model names are deepseek-v4-pro or deepseek-v4-flash, but you passed deepseek-chat."
XAI_TEAM = "The model grok-beta does not exist or your team 0a1b-2c does not have access to it."
TOGETHER = "Unable to access model mistralai/Mixtral-8x7B-v0.1. Please visit https://x to see the list"
DEDICATED = "Unable to access non-serverless model x/Y. Please visit https://x to create and start a new dedicated"
COHERE = "model 'xlarge' not found, make sure the correct model ID was used and that you have access to the model."
CEREBRAS = "Model llama3.1-8b does not exist or you do not have access to it."
NVIDIA = "The model 'z-ai/glm4.7' has reached its end of life on 2026-05-14T00:00:00Z and is no longer available."
CLOUDFLARE = "AiError: 5028: This model was deprecated on 2026-05-30. Please use an alternative model"
HUGGING_FACE = "The requested model 'a/b' is not supported by any provider you have enabled."
WATSONX = "Model 'mistralai/mistral-large' is not supported for this environment. Supported models: ['a']"
CUT_FIREWORKS = "Model not found, inaccessible, and/or not deployed"

IN_WORDS = [
    pytest.param("openai-api", "model_not_found", None, 404, id="OpenAI's code"),
    pytest.param("openai-api", None, "The model `gpt-4.5-preview` has been deprecated, learn more", 404, id="OpenAI"),
    pytest.param("openai-api", None, NO_ACCESS, 404, id="OpenAI, also a typo"),
    pytest.param("azure-openai", "DeploymentNotFound", None, 404, id="Azure OpenAI"),
    pytest.param("azure-openai", None, NO_DEPLOYMENT, 404, id="Azure OpenAI, in words"),
    pytest.param("azure-openai", "404", "{'error': {'message': 'Resource not found'}}", 404, id="Azure, quoted"),
    pytest.param("azure-openai", "NotFoundError", "AzureException - Resource not found", 404, id="Azure, by LiteLLM"),
    pytest.param("azure-openai", "OperationNotSupported", AZURE, 400, id="Azure's operation"),
    pytest.param("azure-openai", "ServiceModelDeprecated", None, 400, id="Azure, when it is deployed"),
    pytest.param("azure-openai", "ServiceModelDeprecating", None, 400, id="Azure, when it is deployed shortly before"),
    pytest.param("azure-foundry", "unknown_model", None, 400, id="Azure AI Foundry"),
    pytest.param("github-models", "unknown_model", "Unknown model: gpt-4.1", 400, id="GitHub Models"),
    pytest.param("anthropic-api", "not_found_error", ANTHROPIC_JSON, 404, id="Anthropic"),
    pytest.param(
        "anthropic-api", "NotFoundError", "model: claude-3-opus-20240229", 404, id="Anthropic's message alone"
    ),
    pytest.param("aws-bedrock", "ResourceNotFoundException", BEDROCK, None, id="Bedrock"),
    pytest.param("aws-bedrock", "AccessDeniedException", f"{LEGACY} in the last 15 days", 403, id="Bedrock's legacy"),
    pytest.param("vertex-ai", "NOT_FOUND", f"{VERTEX} or your project does not have access to it.", 404, id="Vertex"),
    pytest.param("vertex-ai", None, "Publisher Model `projects/p/claude-sonnet-4` not found.", 404, id="Claude there"),
    pytest.param("gemini-api", "NOT_FOUND", GEMINI, 404, id="Gemini API"),
    pytest.param("gemini-api", None, "This model models/gemini-3-pro is no longer available.", 404, id="Gemini, newer"),
    pytest.param("groq", "model_decommissioned", None, 400, id="Groq"),
    pytest.param("groq", None, "The model `gemma2-9b-it` has been decommissioned and is no longer", 400, id="in words"),
    pytest.param("groq", None, "The model `qwen/qwen3-32b` does not exist or you do not have access", 404, id="later"),
    pytest.param("cerebras", None, CEREBRAS, 404, id="Cerebras"),
    pytest.param("alibaba-model-studio", "InvalidParameter", "Model not exist.", 400, id="Alibaba"),
    pytest.param(
        "alibaba-model-studio",
        None,
        "The model `Qwen-Plus` does not exist or you do not have access to it.",
        404,
        id="Alibaba, as OpenAI",
    ),
    pytest.param("openrouter", None, "No endpoints found for openai/gpt-4.5-preview.", 404, id="OpenRouter"),
    pytest.param("openrouter", None, "google/gemini-2.0-pro-exp-02-05:free is not a valid model ID", 400, id="cleared"),
    pytest.param("vercel-ai-gateway", None, "Model 'anthropic/claude-2' not found", 404, id="Vercel AI Gateway"),
    pytest.param("mistral-api", "1500", "Invalid model: mistral-medium-2312", 400, id="Mistral"),
    pytest.param("cohere-api", None, "model 'command-r' was removed on September 15, 2025.", 404, id="Cohere"),
    pytest.param("cohere-api", None, COHERE, 404, id="Cohere, earlier"),
    pytest.param("xai-api", None, "The model grok-beta was deprecated on 2025-09-15 and is no longer", 404, id="xAI"),
    pytest.param("xai-api", None, XAI_TEAM, 404, id="xAI, also a permission"),
    pytest.param("xai-api", None, "Model not found: grok-beta", 400, id="xAI, earlier"),
    pytest.param("fireworks-serverless", "NOT_FOUND", CUT_FIREWORKS, 404, id="Fireworks"),
    pytest.param("moonshot-api", "NotFoundError", "Not found the model kimi-k2.5 or Permission denied", 404, id="Kimi"),
    pytest.param("moonshot-api", None, "not found the model or permission denied", 404, id="Moonshot, earlier"),
    pytest.param("deepseek-api", "invalid_request_error", "Model Not Exist", 400, id="DeepSeek"),
    pytest.param("deepseek-api", None, DEEPSEEK, 400, id="DeepSeek, of the names that it retired"),
    pytest.param("github-copilot", "model_not_supported", None, 400, id="Copilot"),
    pytest.param("github-copilot", None, "400 The requested model is not supported.", 400, id="Copilot, in words"),
    pytest.param("perplexity-api", None, PERPLEXITY, 400, id="Perplexity"),
    pytest.param("perplexity-api", "invalid_model", None, 400, id="Perplexity's type of error"),
    pytest.param("together-ai", None, TOGETHER, 404, id="Together"),
    pytest.param("together-ai", "model_not_available", DEDICATED, 400, id="Together, dedicated only"),
    pytest.param("huggingface", None, HUGGING_FACE, 400, id="Hugging Face"),
    pytest.param("nvidia-nim", None, NVIDIA, 410, id="NVIDIA"),
    pytest.param("cloudflare-workers-ai", None, CLOUDFLARE, 410, id="Workers AI"),
    pytest.param("watsonx", None, WATSONX, 400, id="watsonx"),
    pytest.param("oci", "400", "Model meta.llama-3.1-70b-instruct 1.0.0 is retired", 400, id="Oracle"),
    pytest.param("databricks", "RESOURCE_DOES_NOT_EXIST", None, 404, id="Databricks"),
    pytest.param("snowflake-cortex", None, 'error: 400 \'"unknown model \\"arctic\\""\'', 400, id="Snowflake"),
]
WITHOUT_WORDS = [
    pytest.param(None, None, 404, id="not found"),
    pytest.param(None, "", 410, id="gone"),
    pytest.param("not_found_error", None, None, id="Anthropic's code"),
    pytest.param("resource_not_found_error", None, 404, id="Moonshot's code"),
]


@pytest.mark.parametrize(("platform", "code", "message", "status"), IN_WORDS)
def test_model_is_gone_in_each_platforms_words(
    platform: str, code: str | None, message: str | None, status: int | None
) -> None:
    assert says_end_of_life(platform, code, message, status)
    assert says_end_of_life(None, code, message, status), "a gateway passes on anybody's words"
    assert says_end_of_life("openrouter", code, message, status), "and so does a router"


@pytest.mark.parametrize(("platform", "code", "message", "status"), IN_WORDS)
def test_words_of_one_platform_say_nothing_at_another(
    platform: str, code: str | None, message: str | None, status: int | None
) -> None:
    another = {"mistral-api": "groq", "perplexity-api": "groq"}.get(platform, "mistral-api")
    assert not says_end_of_life(another, code, message, status)


@pytest.mark.parametrize(("code", "message", "status"), WITHOUT_WORDS)
@pytest.mark.parametrize("platform", [None, "openai-api", "moonshot-api", "voyage-api"])
def test_not_found_without_a_word_means_the_model(
    platform: str | None, code: str | None, message: str | None, status: int | None
) -> None:
    assert says_end_of_life(platform, code, message, status)


def test_platform_whose_words_nobody_knows_is_heard_in_all() -> None:
    assert says_end_of_life("wandb-inference", None, NO_ACCESS, 404)


GONE = [*(pytest.param(*row.values[1:], id=row.id) for row in IN_WORDS), *WITHOUT_WORDS[:2]]


@pytest.mark.parametrize(("code", "message", "status"), GONE)
def test_no_format_loses_it(code: str | None, message: str | None, status: int | None) -> None:
    """Where a format carries what the provider said, whichever of the three it was."""
    seen = [litellm(code, message, status), own(code, message, status), span(code, message, status)]
    if code is None or message is None:
        seen.append(kong(code, message, status))
    assert all(event.failed and event.end_of_life for event in seen), seen


@pytest.mark.parametrize(
    ("platform", "code", "message", "status"),
    [
        pytest.param("openai-api", "rate_limit_exceeded", "Rate limit reached for gpt-4 in org", 429, id="rate limit"),
        pytest.param(
            "openai-api",
            "context_length_exceeded",
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
            400,
            id="context length",
        ),
        pytest.param("openai-api", None, "No such File object: file-abc123", 404, id="OpenAI's missing file"),
        pytest.param("openai-api", "unsupported_value", "'temperature' is not supported with this model", 400, id="no"),
        pytest.param("openai-api", "insufficient_quota", None, 404, id="another code"),
        pytest.param("openai-api", None, "Invalid URL (POST /v1/chat/completion)", 404, id="another path"),
        pytest.param("anthropic-api", "not_found_error", "File not found: file_011C", 404, id="Anthropic's file"),
        pytest.param("anthropic-api", "invalid_request_error", "model: Field required", 400, id="no model given"),
        pytest.param("anthropic-api", "overloaded_error", "Overloaded", 529, id="overloaded"),
        pytest.param("anthropic-api", "permission_error", "Your account does not have access", 403, id="permission"),
        pytest.param("moonshot-api", "resource_not_found_error", "file not found", 404, id="Moonshot's missing file"),
        pytest.param("moonshot-api", "engine_overloaded_error", "The engine is currently overloaded", 429, id="busy"),
        pytest.param("moonshot-api", None, "Your account org-x is suspended", 403, id="Moonshot, unpaid"),
        pytest.param("deepseek-api", "invalid_request_error", "Insufficient Balance", 402, id="DeepSeek, unpaid"),
        pytest.param("deepseek-api", None, "This model's maximum context length is 65536 tokens", 400, id="too long"),
        pytest.param("github-copilot", None, "The requested model is not available for integrator x", 400, id="client"),
        pytest.param("github-copilot", "unsupported_api_for_model", "model is not accessible via", 400, id="endpoint"),
        pytest.param("perplexity-api", None, "Last message must have role `user`", 400, id="another demand"),
        pytest.param(
            "together-ai",
            "dedicated_endpoint_not_running",
            "The dedicated endpoint for a/b is not running.",
            400,
            id="stopped",
        ),
        pytest.param("aws-bedrock", "ResourceNotFoundException", "Could not find the guardrail.", 404, id="guardrail"),
        pytest.param(
            "aws-bedrock",
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
            403,
            id="Bedrock's permission",
        ),
        pytest.param("aws-bedrock", "ThrottlingException", "Too many tokens per day", 429, id="throttled"),
        pytest.param("vertex-ai", "NOT_FOUND", "Cached content projects/p/cachedContents/1 not found", 404, id="cache"),
        pytest.param("gemini-api", "NOT_FOUND", "File abc not found", 404, id="Gemini's file"),
        pytest.param("gemini-api", None, "Developer instruction is not enabled for models/gemma-3", 400, id="feature"),
        pytest.param("groq", None, "The model `x` is currently over capacity", 503, id="over capacity"),
        pytest.param("openrouter", None, "No endpoints found that support tool use.", 404, id="no tools there"),
        pytest.param("openrouter", None, "No endpoints found matching your data policy", 404, id="a policy"),
        pytest.param(
            "xai-api", None, "Live search is deprecated. Please switch to the Agent Tools API", 410, id="tool"
        ),
        pytest.param("xai-api", None, "No handler found on route. Please double check your URL", 404, id="xAI's path"),
        pytest.param("mistral-api", "3001", "Requests rate limit exceeded", 429, id="Mistral's rate limit"),
        pytest.param("watsonx", None, "Model 'x/y' does not support function 'function_text_chat'", 400, id="function"),
        pytest.param("azure-openai", None, "Resource not found", 400, id="another status"),
        pytest.param("azure-openai", "content_filter", "The response was filtered", 400, id="filtered"),
        pytest.param("nvidia-nim", None, "Function 'f': Not found for account 'a'", 404, id="of this account"),
        pytest.param("cloudflare-workers-ai", None, "AiError: 3040: Capacity temporarily exceeded", 429, id="capacity"),
        pytest.param("huggingface", None, "You have exceeded your monthly included credits", 402, id="unpaid"),
        pytest.param(None, None, "Invalid model name passed in model=gpt-4-32k.", 400, id="a gateway's own refusal"),
        pytest.param(None, None, None, 500, id="another status alone"),
        pytest.param(None, None, None, None, id="nothing"),
    ],
)
def test_other_errors_are_not_the_end(
    platform: str | None, code: str | None, message: str | None, status: int | None
) -> None:
    assert not says_end_of_life(platform, code, message, status)
    assert not says_end_of_life(None, code, message, status)


@given(
    platform=st.one_of(st.none(), st.sampled_from(sorted(each.platform for each in PLATFORMS if each.gone))),
    code=st.one_of(st.none(), st.text(max_size=20)),
    message=st.one_of(st.none(), st.text(), st.from_regex(r"(model '?\S* )+.{0,40}", fullmatch=True)),
    status=st.one_of(st.none(), st.integers(100, 599)),
)
def test_every_error_has_an_answer_and_a_platform_says_no_more_than_all(
    platform: str | None, code: str | None, message: str | None, status: int | None
) -> None:
    assert says_end_of_life(platform, code, message, status) <= says_end_of_life(None, code, message, status)


TRACEBACK = "litellm.APIError: Traceback (most recent call last):\n" + 30 * (
    '  File "/app/litellm/llms/openai/openai.py", line 823, in acompletion\n'
    "    response = await self.make_model_request(model=model, data=data)\n"
)
PIECES = (
    "does not exist or your team' was deprecated on' was removed on' is not supported for this environment, not found, "
    "make sure the correct model ID was used' not found' is retired has been deprecated does not exist Publisher Model "
    "is no longer available supported API model names are unknown model Permitted models "
)
"""Of words that need more beside them."""


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(TRACEBACK, id="traceback"),
        pytest.param(PIECES + 600 * "model x ", id="models"),
        pytest.param(PIECES + 600 * "model 'x' ", id="quoted models"),
        pytest.param(PIECES + "model " + 4000 * "x", id="long model"),
        pytest.param(PIECES + "unknown model " + 4000 * "\\", id="backslashes"),
        pytest.param(PIECES + 200 * "supported API model names are x ", id="half a sentence"),
    ],
)
def test_long_text_costs_little_where_the_words_of_all_count(message: str) -> None:
    begun = time.process_time()
    for _ in range(50):
        assert not says_end_of_life(None, None, message, 404)
    assert time.process_time() - begun < 50 * 0.002


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("model (gone|retired) today", "Model retired today"),
        ("left the sky|blown away", "The model was blown away"),
        ("colou?r \\S+ faded", "color x faded"),
        ("(?:no )*wind of \\d{3}", "no wind of 123"),
        ("a+ model", "aaa model"),
        ("[^ ]+ went", "it went"),
    ],
)
def test_words_may_be_any_regular_expression(expression: str, message: str) -> None:
    zephyr = Platforms([Platform(platform="zephyr", gone=(Gone(words=expression, source="a page"),))])
    assert end_of_life.says_end_of_life(zephyr, "zephyr", None, message, 400)
    assert not end_of_life.says_end_of_life(zephyr, "zephyr", None, "Rate limit reached", 429)


def test_routers_pass_on_the_words_of_all() -> None:
    routers = {each.platform for each in PLATFORMS if each.router}
    assert routers == {"openrouter", "vercel-ai-gateway", "cloudflare-ai-gateway", "litellm-proxy"}


def test_each_phrase_of_a_platform_says_where_it_was_seen() -> None:
    phrases = [way for each in PLATFORMS for way in each.gone]
    assert len(phrases) >= 72
    assert all(way.source for way in phrases)


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
    (event,) = events_of(decode(make_record(value)))
    return event
