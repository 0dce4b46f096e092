"""LiteLLM's StandardLoggingPayload: one record a call, a retry or a fallback.

`model` is what LiteLLM sent to the provider, `model_group` the alias that the client asked for, `response.model` what
answered. Checked against LiteLLM 1.106.2.
"""

from typing import Any

import msgspec

from service.core.identity import answering_platform
from service.core.usage import Decoded, FieldKind, UsageEvent
from service.formats import errors, operations, tolerant, values
from service.formats.reading import NOTHING, Hints
from service.formats.rejecting import UnreadableError
from service.formats.times import from_any
from service.formats.values import Scalar, count, name, text, truth

REPORTER = "litellm"
_DEPLOYMENT_PROVIDERS = frozenset({"azure", "azure_text", "sagemaker", "sagemaker_chat"})
"""Providers where the model's place in the request holds a name that the customer chose."""
_NO_CALLS = frozenset({"call_mcp_tool", "list_mcp_tools"})
_CALLER_HEADERS = ("x-service-name", "x-service", "x-caller", "x-application")


class _TokenDetails(msgspec.Struct, gc=False):
    cached_tokens: Any = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens_details: _TokenDetails | None = None
    cache_read_input_tokens: Any = None


class _Metadata(msgspec.Struct, gc=False):
    user_api_key_hash: Scalar = None
    user_api_key_alias: Scalar = None
    user_api_key_team_alias: Scalar = None
    user_api_key_user_email: Scalar = None
    user_api_key_end_user_id: Any = None
    spend_logs_metadata: Any = None
    requester_custom_headers: Any = None
    usage_object: _Usage | None = None


class _Error(msgspec.Struct, gc=False):
    error_code: Any = None
    error_class: Any = None
    error_message: Any = None


class _Response(msgspec.Struct, gc=False):
    model: Scalar = None


class _Payload(msgspec.Struct, gc=False):
    call_type: Scalar
    model: Scalar
    id: Any = None
    litellm_call_id: Any = None
    stream: Any = None
    status: Any = None
    custom_llm_provider: Scalar = None
    total_tokens: Any = None
    prompt_tokens: Any = None
    completion_tokens: Any = None
    startTime: Any = None  # noqa: N815  LiteLLM's spelling
    endTime: Any = None  # noqa: N815
    model_group: Scalar = None
    api_base: Scalar = None
    metadata: _Metadata | None = None
    cache_hit: Any = None
    request_tags: Any = None
    end_user: Any = None
    response: _Response | str | list[msgspec.Raw] | None = None
    error_str: Any = None
    error_information: _Error | None = None


class _Shaped(_Payload, gc=False):
    """With the marks of the dialects that `detect` asks for first."""

    resource_spans: Any = msgspec.field(name="resourceSpans", default=msgspec.UNSET)
    resource_logs: Any = msgspec.field(name="resourceLogs", default=msgspec.UNSET)


_NO_METADATA = _Metadata()
_NO_ERROR = _Error()
_PAYLOAD = msgspec.json.Decoder(_Payload)
_SHAPED = msgspec.json.Decoder(_Shaped)


def read(body: bytes, hints: Hints) -> Decoded:
    return _calls(tolerant.decode(_PAYLOAD, body), hints)


def read_if_shaped(body: bytes, hints: Hints) -> Decoded:
    """`read` of what no dialect claims that `detect` asks for first. Raises UnreadableError for any other."""
    payload = _SHAPED.decode(body)
    if payload.resource_spans is not msgspec.UNSET or payload.resource_logs is not msgspec.UNSET:
        raise UnreadableError("unknown_format")
    return _calls(payload, hints)


def _calls(payload: _Payload, hints: Hints) -> Decoded:
    if payload.cache_hit in (True, "True", "true") or payload.call_type in _NO_CALLS:
        return NOTHING
    return Decoded((_event(payload, hints),))


def _event(payload: _Payload, hints: Hints) -> UsageEvent:
    metadata = payload.metadata or _NO_METADATA
    provider = name(payload.custom_llm_provider)
    requested_id, requested_field = _requested(payload, provider)
    start = payload.startTime
    streaming = truth(payload.stream)
    uncounted = streaming and not payload.total_tokens
    failed = payload.status == "failure"
    endpoint = values.host(payload.api_base)
    status, error_code, end_of_life = _failure(payload, provider, endpoint) if failed else (None, None, False)
    return UsageEvent(
        format="litellm",
        reporter=REPORTER,
        at=hints.time() if start is None else from_any(start),
        service=_service(metadata),
        environment=_environment(payload.request_tags, metadata),
        provider=provider,
        host=endpoint,
        requested_id=requested_id,
        requested_field=requested_field,
        served_id=None if failed else _served(payload),
        operation=operations.from_call_type(payload.call_type),
        status=status,
        error_code=error_code,
        end_of_life=end_of_life,
        input_tokens=None if uncounted else count(payload.prompt_tokens),
        output_tokens=None if uncounted else count(payload.completion_tokens),
        cached_tokens=None if uncounted else _cached(metadata.usage_object),
        latency_ms=_latency(start, payload.endTime),
        streaming=streaming,
        request_id=text(payload.id) or text(payload.litellm_call_id),
        key_owner=_key_owner(payload, metadata),
    )


def _requested(payload: _Payload, provider: str | None) -> tuple[str | None, FieldKind]:
    model = name(payload.model)
    if model is None:
        return name(payload.model_group), "alias"
    if provider in _DEPLOYMENT_PROVIDERS or model.partition("/")[0] in _DEPLOYMENT_PROVIDERS:
        return model, "deployment"
    return model, "model"


def _served(payload: _Payload) -> str | None:
    """None where LiteLLM has overwritten the response's model with the alias that the client knows."""
    response = payload.response
    served = name(response.model) if isinstance(response, _Response) else None
    if served is None or served != payload.model_group:
        return served
    model = payload.model
    return served if model == served or (isinstance(model, str) and model.endswith(f"/{served}")) else None


def _service(metadata: _Metadata) -> str | None:
    """What the caller says of itself, else whom its key belongs to."""
    if metadata.requester_custom_headers and isinstance(headers := metadata.requester_custom_headers, dict):
        named = values.first_of(headers, _CALLER_HEADERS)
        if named is not None:
            return named
    if metadata.spend_logs_metadata and isinstance(spend := metadata.spend_logs_metadata, dict):
        named = values.first_of(spend, ("service",))
        if named is not None:
            return named
    return name(metadata.user_api_key_alias) or name(metadata.user_api_key_team_alias)


def _key_owner(payload: _Payload, metadata: _Metadata) -> str | None:
    """The person of the key, unless the call is made for that person, else its team.

    Without a key the e-mail address is of whoever signed in. `user_api_key_user_id` is not asked: where
    `user_header_mappings` say so, LiteLLM puts there whom a header of the request names.
    """
    if metadata.user_api_key_hash is not None and (person := name(metadata.user_api_key_user_email)) is not None:
        end_users = {str(one).strip().lower() for one in (payload.end_user, metadata.user_api_key_end_user_id)}
        if person.lower() not in end_users:
            return person
    return name(metadata.user_api_key_team_alias)


def _environment(tags: Any, metadata: _Metadata) -> str | None:
    if isinstance(tags, list):
        for tag in tags:
            if isinstance(tag, str) and tag.startswith("env:"):
                return values.environment(tag[4:])
    spend = metadata.spend_logs_metadata
    named = spend.get("environment") if isinstance(spend, dict) else None
    return values.environment(named) if isinstance(named, str) else None


def _failure(payload: _Payload, provider: str | None, endpoint: str | None) -> tuple[int | None, str, bool]:
    error = payload.error_information or _NO_ERROR
    message = next((m for m in (error.error_message, payload.error_str) if isinstance(m, str) and m), None)
    code = errors.code_in(message)
    named = code or text(error.error_class) or errors.UNNAMED
    status = values.http_status(error.error_code)
    return status, named, errors.says_end_of_life(answering_platform(provider, endpoint), code, message, status)


def _cached(usage: _Usage | None) -> int | None:
    if usage is None:
        return None
    details = usage.prompt_tokens_details
    cached = count(details.cached_tokens) if details is not None else None
    return cached if cached is not None else count(usage.cache_read_input_tokens)


def _latency(start: Any, end: Any) -> float | None:
    """`response_time` is the time to the first token of a stream, so the ends are compared."""
    if type(start) is float and type(end) is float:
        return values.milliseconds((end - start) * 1000)
    return None
