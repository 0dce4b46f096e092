"""LiteLLM and Kong: a real record of each, of which ids, times, tokens, models and callers change."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from bench import calls
from bench.rows.row import Row, sample

KONG = "Kong"
KONG_EMPTY_LIST = "Kong, [] for an object"
KONG_EMPTY_OBJECT = "Kong, {} for a list"
"""Lua's empty table is both."""


def rows() -> Iterator[Row]:
    yield Row("LiteLLM", _litellm(), msgspec.json.Decoder(_LiteLLM).decode)
    yield _kong(KONG)
    yield _kong(KONG_EMPTY_LIST, usage={"prompt_tokens_details": []})
    yield _kong(KONG_EMPTY_OBJECT, tried_targets={})


def _tokens(number: int) -> dict[str, int]:
    """As a provider's answer has them."""
    prompt, completion = calls.input_tokens(number), calls.output_tokens(number)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


# --- LiteLLM ----------------------------------------------------------------------------------------------------------


class _Answer(msgspec.Struct, gc=False):
    model: str


class _Metadata(msgspec.Struct, gc=False):
    user_api_key_alias: str
    user_api_key_team_alias: str
    spend_logs_metadata: dict[str, str]


class _LiteLLM(msgspec.Struct, gc=False):
    id: str
    call_type: str
    status: str
    custom_llm_provider: str
    model: str
    api_base: str
    prompt_tokens: int
    completion_tokens: int
    startTime: float  # noqa: N815  LiteLLM's spelling
    endTime: float  # noqa: N815
    metadata: _Metadata
    response: _Answer


def _litellm() -> Callable[[int], bytes]:
    payload = sample("litellm_standard_logging_payload")

    def build(number: int) -> bytes:
        start, model = calls.moment(number).timestamp(), calls.model_of(number)
        payload.update(_tokens(number), id=f"chatcmpl-{number:024x}", litellm_call_id=f"call-{number:032x}")
        payload.update(startTime=start, endTime=start + 1.5, completionStartTime=start + 1.5, model=f"openai/{model}")
        payload["response"].update(id=payload["id"], model=model, usage=_tokens(number))
        metadata = payload["metadata"]
        metadata["usage_object"].update(_tokens(number))
        metadata["user_api_key_alias"] = f"{calls.service_of(number)}-key"
        metadata["spend_logs_metadata"]["service"] = calls.service_of(number)
        metadata["requester_custom_headers"]["x-service-name"] = calls.service_of(number)
        return msgspec.json.encode(payload)

    return build


# --- Kong -------------------------------------------------------------------------------------------------------------


class _Meta(msgspec.Struct, gc=False):
    provider_name: str
    request_model: str
    response_model: str
    llm_latency: float


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int
    completion_tokens: int


class _Plugin(msgspec.Struct, gc=False):
    meta: _Meta
    usage: _Usage


class _Request(msgspec.Struct, gc=False):
    id: str


class _Consumer(msgspec.Struct, gc=False):
    username: str


class _Kong(msgspec.Struct, gc=False):
    started_at: int
    upstream_uri: str
    upstream_status: str
    request: _Request
    consumer: _Consumer
    ai: dict[str, _Plugin]


def _kong(name: str, usage: dict[str, Any] | None = None, **plugin: Any) -> Row:
    """`usage` and `plugin`: what else stands in these two objects. Lua does not tell an empty list from an object."""
    log = sample("kong_kafka_log")
    proxy = log["ai"]["proxy"]
    proxy.update(plugin)
    proxy["usage"].update(usage or {})

    def build(number: int) -> bytes:
        model, caller = calls.model_of(number), calls.service_of(number)
        log["request"]["id"] = f"{number:032x}"
        log["started_at"] = int(calls.moment(number).timestamp() * 1000)
        log["consumer"].update(username=caller, custom_id=f"svc:{caller}")
        log["request"]["headers"].update({"x-consumer-username": caller, "x-consumer-custom-id": f"svc:{caller}"})
        proxy["meta"].update(request_model=model, response_model=model, llm_latency=350 + number % 900)
        proxy["usage"].update(_tokens(number))
        return msgspec.json.encode(log)

    return Row(name, build, msgspec.json.Decoder(_Kong).decode)
