"""LiteLLM's StandardLoggingPayload (one record per call, retry or fallback), and rows of its table of spend logs.

`model` is the model that LiteLLM sent to the provider, `model_group` the alias in the client's request,
`response.model` the model that answered. On failure `model` may be the alias too (BerriAI/litellm issue 33572). A row
of LiteLLM_SpendLogs has the same names, with metadata and tags as JSON text. Checked against LiteLLM 1.106.2.
"""

import re
from typing import Any

import msgspec

from service.core.identity import known_platforms, names_deployments
from service.core.usage import Call, Decoded, EndWords, FieldKind, PassedOver, Scalar, Who, Words
from service.core.values import name, truth
from service.formats import operations
from service.formats.contract import Context, Dialect, mark
from service.formats.rejecting import MSGSPEC_ERRORS
from service.formats.times import from_any

_NO_CALL = re.compile(
    r"a?_?(?:(?:create|retrieve|cancel|list|get|delete|update|upload|download|add|count|modify|register)_"
    r"|apply_guardrail|rag_|token_counter|file_|vector_store|container_|skill|eval|search$|video_(?:list|status|retrieve|content|delete|\w+_character)).*"
    r"|(?:call|list)_mcp_tools?|a?(?:run_code|code_interpreter_tool|send_message)"
)
"""Call types that manage or poll resources at a provider, run code or call another agent, but no model."""
_CALLS = frozenset({"create_interaction", "acreate_interaction", "create_video", "acreate_video"})
"""Call types that call a model although their names resemble those that do not."""
_MOST_MODELS = 100
"""Status of a finished batch."""
_FALLBACK = "Error doing the fallback"
"""Precedes the error of another model, which LiteLLM appends."""
_CALLER_HEADERS = ("x-service-name", "x-service", "x-caller", "x-application")


class _TokenDetails(msgspec.Struct, gc=False):
    cached_tokens: Any = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens_details: _TokenDetails | None = None
    cache_read_input_tokens: Any = None


class _Error(msgspec.Struct, gc=False):
    error_code: Scalar = None
    error_class: Scalar = None
    error_message: Any = None


class _Metadata(msgspec.Struct, gc=False):
    user_api_key_hash: Scalar = None
    user_api_key_alias: Scalar = None
    user_api_key_team_alias: Scalar = None
    user_api_key_user_email: Scalar = None
    user_api_key_end_user_id: Any = None
    spend_logs_metadata: dict[str, Any] | None = None
    requester_custom_headers: dict[str, Any] | None = None
    usage_object: _Usage | None = None
    error_information: _Error | None = None
    status: Any = None


class _Response(msgspec.Struct, gc=False):
    model: Scalar = None


class _Headers(msgspec.Struct, gc=False):
    """Of the provider's answer."""

    sunset: Scalar = msgspec.field(name="llm_provider-sunset", default=None)
    deprecation: Scalar = msgspec.field(name="llm_provider-deprecation", default=None)
    model_deprecation: Scalar = msgspec.field(name="llm_provider-x-model-deprecation-timestamp", default=None)


class _Hidden(msgspec.Struct, gc=False):
    litellm_model_name: Scalar = None
    additional_headers: _Headers | None = None
    batch_models: list[Scalar] | None = None


class _ModelMap(msgspec.Struct, gc=False):
    model_map_key: Scalar = None


class _Payload(msgspec.Struct, gc=False):
    call_type: Scalar
    model: Scalar
    id: Any = None
    request_id: Any = None
    litellm_call_id: Any = None
    stream: Scalar = None
    status: Any = None
    custom_llm_provider: Scalar = None
    total_tokens: Any = None
    prompt_tokens: Any = None
    completion_tokens: Any = None
    startTime: Any = None  # noqa: N815  LiteLLM's spelling
    endTime: Any = None  # noqa: N815
    request_duration_ms: Any = None
    model_group: Scalar = None
    api_base: Scalar = None
    metadata: _Metadata | str | None = None
    cache_hit: Any = None
    request_tags: list[Any] | str | None = None
    end_user: Any = None
    response: _Response | str | list[msgspec.Raw] | None = None
    error_str: Any = None
    error_information: _Error | None = None
    hidden_params: _Hidden | None = None
    model_map_information: _ModelMap | None = None


_NO_METADATA = _Metadata()
_NO_ERROR = _Error()
_NO_HIDDEN = _Hidden()
_METADATA = msgspec.json.Decoder(_Metadata)
_TAGS = msgspec.json.Decoder(list[Any])


def _read(payload: _Payload, context: Context) -> Call | Decoded:
    if payload.cache_hit in (True, "True", "true"):
        return _passed("cache_hit")
    call_type = payload.call_type if isinstance(payload.call_type, str) else ""
    if call_type not in _CALLS and _NO_CALL.fullmatch(call_type) is not None:
        models = (payload.hidden_params or _NO_HIDDEN).batch_models
        return _batch(payload, models, context) if models else _passed("management")
    return _call(payload, context, *_requested(payload))


def _passed(kind: str) -> Decoded:
    return Decoded(passed=(PassedOver(kind, "litellm"),))


def _batch(payload: _Payload, models: list[Scalar], context: Context) -> Decoded:
    """A finished batch is a call of each of its models. With several models, the tokens cannot be attributed."""
    calls = [_call(payload, context, model, "model") for model in list(dict.fromkeys(models))[:_MOST_MODELS]]
    if len(calls) > 1:
        calls = [msgspec.structs.replace(call, input_tokens=None, output_tokens=None) for call in calls]
    return Decoded(tuple(calls))


def _call(payload: _Payload, context: Context, requested_id: Scalar, requested_field: FieldKind) -> Call:
    metadata = _metadata(payload.metadata)
    start = payload.startTime
    failed = "failure" in (payload.status, metadata.status)
    error = (payload.error_information or metadata.error_information or _NO_ERROR) if failed else _NO_ERROR
    uncounted = not payload.total_tokens and truth(payload.stream)
    who = Who(
        format="litellm",
        reporter="litellm",
        service=_service(metadata),
        environment=(_environment(payload.request_tags, metadata), context.environment),
        provider=payload.custom_llm_provider,
        host=payload.api_base,
        requested_id=requested_id,
        requested_field=requested_field,
        served_id=_served(payload),
        operation=operations.from_call_type(payload.call_type),
        status=error.error_code,
        failed=failed,
        error_class=error.error_class,
        error_text=_error_text(error, payload.error_str) if failed else None,
        streaming=payload.stream,
        key_owner=_key_owner(payload, metadata),
        end=_end(payload.hidden_params),
    )
    return Call(
        who,
        from_any(start) if start is not None else context.time(),
        None if uncounted else payload.prompt_tokens,
        None if uncounted else payload.completion_tokens,
        None if uncounted else _cached(metadata.usage_object),
        _latency(payload),
        payload.id or payload.request_id or payload.litellm_call_id,
    )


def _end(hidden: _Hidden | None) -> EndWords | None:
    headers = hidden.additional_headers if hidden is not None else None
    if headers is None or headers.sunset is headers.deprecation is headers.model_deprecation is None:
        return None
    return EndWords(headers.sunset, headers.deprecation, headers.model_deprecation)


def _requested(payload: _Payload) -> tuple[Scalar, FieldKind]:
    model, alias = payload.model, payload.model_group
    if name(model) is None or not isinstance(model, str):
        return alias, "alias"
    if payload.status == "failure" and model == alias:
        sent = _sent(payload)
        if sent is None:
            return alias, "alias"
        model = sent
    provider = name(payload.custom_llm_provider)
    words = (provider, model.partition("/")[0] if "/" in model else None)
    chosen = any(names_deployments(known_platforms(), word) for word in words)
    return model, "deployment" if chosen else "model"


def _sent(payload: _Payload) -> str | None:
    """The model that a failed call sent, if the payload has it in addition to the alias."""
    sent = payload.hidden_params.litellm_model_name if payload.hidden_params is not None else None
    if isinstance(sent, str) and sent:
        return sent
    key = payload.model_map_information.model_map_key if payload.model_map_information is not None else None
    return key if isinstance(key, str) and key and key != payload.model_group else None


def _served(payload: _Payload) -> Scalar:
    """None: LiteLLM has replaced the response's model with the client's alias."""
    response = payload.response
    served = response.model if isinstance(response, _Response) else None
    if served is None or served != payload.model_group:
        return served
    model = payload.model
    return served if model == served or (isinstance(model, str) and model.endswith(f"/{served}")) else None


def _metadata(given: _Metadata | str | None) -> _Metadata:
    if not isinstance(given, str):
        return given or _NO_METADATA
    try:
        return _METADATA.decode(given)
    except MSGSPEC_ERRORS:
        return _NO_METADATA


def _service(metadata: _Metadata) -> Words:
    """The caller's own name, or else the owner of its key."""
    named: tuple[Scalar, ...] = (metadata.user_api_key_alias, metadata.user_api_key_team_alias)
    if spend := metadata.spend_logs_metadata:
        named = (_word(spend.get("service")), *named)
    if headers := metadata.requester_custom_headers:
        named = (*(_word(headers.get(key)) for key in _CALLER_HEADERS), *named)
    return named


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _key_owner(payload: _Payload, metadata: _Metadata) -> Words:
    """The key's person, unless the call is made for that person; or else its team.

    Without a key, the e-mail address is that of the signed-in user. `user_api_key_user_id` is not used: with
    `user_header_mappings`, LiteLLM fills it from a request header.
    """
    person = metadata.user_api_key_user_email
    if isinstance(person, str) and metadata.user_api_key_hash is not None:
        end_users = {str(one).strip().lower() for one in (payload.end_user, metadata.user_api_key_end_user_id)}
        if person.strip().lower() not in end_users:
            return person, metadata.user_api_key_team_alias
    return metadata.user_api_key_team_alias


def _environment(tags: list[Any] | str | None, metadata: _Metadata) -> Words:
    if isinstance(tags, str):
        try:
            tags = _TAGS.decode(tags)
        except MSGSPEC_ERRORS:
            tags = None
    for tag in tags or ():
        if isinstance(tag, str) and tag.startswith("env:"):
            return tag[4:]
    spend = metadata.spend_logs_metadata
    return _word(spend.get("environment")) if spend else None


def _error_text(error: _Error, fallback: Any) -> str | None:
    text = next((text for text in (error.error_message, fallback) if isinstance(text, str) and text), None)
    return text.partition(_FALLBACK)[0] if text is not None else None


def _cached(usage: _Usage | None) -> Any:
    if usage is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details is not None else None
    return cached if cached is not None else usage.cache_read_input_tokens


def _latency(payload: _Payload) -> Any:
    """Calculated from the two ends, because `response_time` is the time to the first token of a stream."""
    start, end = payload.startTime, payload.endTime
    return (end - start) * 1000 if type(start) is float and type(end) is float else payload.request_duration_ms


DIALECT = Dialect(
    "litellm",
    "LiteLLM's StandardLoggingPayload, and rows of its spend logs",
    _Payload,
    (mark("call_type", "model"),),
    _read,
    passes={
        "cache_hit": "answered from the gateway's cache; no provider was called",
        "management": "manages or polls batches, files and the like; no model was called",
    },
)
