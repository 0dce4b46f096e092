"""Attributes of a span or log event -> a call: the GenAI conventions old and new, OpenLLMetry, OpenInference.

All three may stand on one topic, and one process may write two of them for one call; the reporter keeps them apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from service.core.identity import answering_platform, names_deployments
from service.core.usage import Format, UsageEvent
from service.formats import errors, values

INFERENCE_EVENT = "gen_ai.client.inference.operation.details"
"""The one log event that stands for a call. Those of single messages (gen_ai.user.message, gen_ai.choice) do not."""

_REQUESTED = ("gen_ai.request.model", "llm.request.model_name")
_SERVED = ("gen_ai.response.model", "llm.response.model_name")
_SERVED_OR_REQUESTED = ("llm.model_name", "embedding.model_name")
"""The response's model when there was a response, else the request's (OpenInference)."""
_PARAMETERS = ("llm.invocation_parameters", "embedding.invocation_parameters", "input.value")
"""JSON texts whose `model` is the requested one (OpenInference)."""
_PROVIDER = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")
_HOST = ("server.address", "gen_ai.openai.api_base", "url.full")
_OPERATION = ("gen_ai.operation.name", "llm.request.type")
_INPUT = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
)
_OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
)
_CACHED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
)
_STREAMING = ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming")
_REQUEST_ID = ("gen_ai.response.id", "aws.request_id")
_SPAN_KIND = "openinference.span.kind"
_WORKFLOW_KIND = "traceloop.span.kind"
_STATUS = "http.response.status_code"
_ERROR = "error.type"
EVENT_NAME = "event.name"
EXCEPTION_TYPE = "exception.type"
EXCEPTION_MESSAGE = "exception.message"

WANTED = frozenset(
    {*_REQUESTED, *_SERVED, *_SERVED_OR_REQUESTED, *_PARAMETERS, *_PROVIDER, *_HOST, *_OPERATION, *_INPUT, *_OUTPUT}
    | {*_CACHED, *_STREAMING, *_REQUEST_ID, _SPAN_KIND, _WORKFLOW_KIND, _STATUS, _ERROR, EVENT_NAME}
    | {EXCEPTION_TYPE, EXCEPTION_MESSAGE}
)
"""The attributes that are read at all. Prompts and completions are left where they are."""

_OPENINFERENCE_CALLS = {"LLM": "chat", "EMBEDDING": "embeddings", "RERANKER": "rerank"}
_OPERATIONS = {"completion": "text_completion", "embedding": "embeddings"}
_CALLS = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
_NO_CALLS = frozenset(
    {"invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "plan", "retrieval"}
    | {f"{verb}_memory" for verb in ("create", "search", "update", "upsert", "delete")}
    | {"create_memory_store", "delete_memory_store"}
)
_CALLERS = ("k8s.deployment.name", "k8s.statefulset.name", "k8s.cronjob.name", "faas.name", "service.namespace")
_ENVIRONMENTS = ("deployment.environment.name", "deployment.environment")


class Caller(msgspec.Struct, frozen=True, gc=False):
    """What a resource says of the process that called."""

    service: str | None
    environment: str | None


class Telemetry(msgspec.Struct, gc=False):
    """A span or a log event, whatever the encoding."""

    format: Format
    reporter: str
    caller: Caller
    at: datetime
    attributes: Mapping[str, Any]
    """Those of `WANTED`, scalars only."""
    latency_ms: float | None = None
    failed: bool = False
    message: str | None = None
    """Status message."""
    exception: Mapping[str, Any] = {}
    """Attributes of the exception event, if there is one."""
    trace: str | None = None
    """Trace and span id: the call's identity where the provider gave none."""


class _Parameters(msgspec.Struct, gc=False):
    model: Any = None
    stream: Any = None


_NO_PARAMETERS = _Parameters()
_PARAMETERS_DECODER = msgspec.json.Decoder(_Parameters)


def caller(resource: Mapping[str, Any]) -> Caller:
    """`unknown_service` is the SDK's way to say that nobody set a name."""
    name = values.text(resource.get("service.name"))
    if name is None or name.startswith("unknown_service"):
        name = values.first_of(resource, _CALLERS)
    return Caller(name, values.environment(values.first_of(resource, _ENVIRONMENTS)))


def event_of(telemetry: Telemetry) -> UsageEvent:
    """For what `is_call`."""
    attributes = telemetry.attributes
    provider = values.first_of(attributes, _PROVIDER)
    host = next((found for key in _HOST if (found := values.host(attributes.get(key))) is not None), None)
    status, error_code, end_of_life = _outcome(telemetry, answering_platform(provider, host))
    failed = error_code is not None or (status is not None and status >= 400)
    parameters = _parameters(attributes)
    either = values.first_of(attributes, _SERVED_OR_REQUESTED)
    requested = values.first_of(attributes, _REQUESTED) or values.text(parameters.model)
    return UsageEvent(
        format=telemetry.format,
        reporter=telemetry.reporter,
        at=telemetry.at,
        service=telemetry.caller.service,
        environment=telemetry.caller.environment,
        provider=provider,
        host=host,
        requested_id=requested or (either if failed else None),
        requested_field="deployment" if names_deployments(provider, host) else "model",
        served_id=values.first_of(attributes, _SERVED) or (None if failed else either),
        operation=_operation(attributes),
        status=status,
        error_code=error_code,
        end_of_life=end_of_life,
        input_tokens=_count(attributes, _INPUT),
        output_tokens=_count(attributes, _OUTPUT),
        cached_tokens=_count(attributes, _CACHED),
        latency_ms=telemetry.latency_ms,
        streaming=_streaming(attributes, parameters),
        request_id=_request_id(attributes) or telemetry.trace,
    )


def is_call(attributes: Mapping[str, Any]) -> bool:
    """Agents, workflows and tools repeat what their children did; a span without model and operation is other work."""
    kind = attributes.get(_SPAN_KIND)
    if kind is not None:
        return kind in _OPENINFERENCE_CALLS
    if _WORKFLOW_KIND in attributes:
        return False
    operation = attributes.get("gen_ai.operation.name")
    if operation in _NO_CALLS:
        return False
    return operation in _CALLS or "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes


def _operation(attributes: Mapping[str, Any]) -> str | None:
    word = values.first_of(attributes, _OPERATION)
    if word is None:
        return _OPENINFERENCE_CALLS.get(attributes.get(_SPAN_KIND, ""))
    return _OPERATIONS.get(word, word)


def _request_id(attributes: Mapping[str, Any]) -> str | None:
    return next((found for key in _REQUEST_ID if (found := values.text(attributes.get(key))) is not None), None)


def _parameters(attributes: Mapping[str, Any]) -> _Parameters:
    """Of the request's JSON, only the model and whether it streams: the rest can be a prompt."""
    if _SPAN_KIND not in attributes:
        return _NO_PARAMETERS
    named = "llm.request.model_name" in attributes
    for key in _PARAMETERS:
        found = _read_parameters(attributes.get(key))
        if named or isinstance(found.model, str):
            return found
    return _NO_PARAMETERS


def _read_parameters(json: Any) -> _Parameters:
    if not isinstance(json, str):
        return _NO_PARAMETERS
    try:
        return _PARAMETERS_DECODER.decode(json)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _NO_PARAMETERS


def _outcome(telemetry: Telemetry, platform: str | None) -> tuple[int | None, str | None, bool]:
    """HTTP status, error code, end of life. Most instrumentations have the status only in the text of the error."""
    attributes = telemetry.attributes
    status = values.http_status(attributes.get(_STATUS))
    error = values.text(attributes.get(_ERROR))
    if not telemetry.failed and error is None and (status is None or status < 400):
        return status, None, False
    exception = telemetry.exception
    message = telemetry.message or exception.get(EXCEPTION_MESSAGE)
    message = message if isinstance(message, str) else None
    error_status = values.http_status(error)
    status = status or error_status or errors.status_in(message)
    code = errors.code_in(message)
    named = code or (error if error_status is None else None) or _class_name(exception)
    end_of_life = errors.says_end_of_life(platform, code or error, message, status)
    if named is None and (status is None or status < 400):
        named = errors.UNNAMED
    return status, named, end_of_life


def _class_name(exception: Mapping[str, Any]) -> str | None:
    """Without its package: `openai.NotFoundError` is the `NotFoundError` of other reporters."""
    name = values.text(exception.get(EXCEPTION_TYPE))
    return name.rpartition(".")[2] if name is not None else None


def _streaming(attributes: Mapping[str, Any], parameters: _Parameters) -> bool | None:
    for key in _STREAMING:
        if (streaming := values.truth(attributes.get(key))) is not None:
            return streaming
    return values.truth(parameters.stream)


def _count(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((count for key in keys if (count := values.count(attributes.get(key))) is not None), None)
