"""Attributes of a span or log event -> a call: the GenAI conventions old and new, OpenLLMetry, OpenInference, and the
frameworks that write names of their own. What of them is a call is told in `inference`.

Several may stand on one topic, and one process may write two of them for one call; the reporter keeps them apart.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from service.core.usage import Call, Format, Scalar, Who, Words
from service.core.values import http_status, truth
from service.formats.dialects import inference
from service.formats.rejecting import MSGSPEC_ERRORS

_REQUESTED = (
    "gen_ai.request.model",
    "llm.request.model_name",
    "ai.model.id",
    "langfuse.observation.model.name",
    "mlflow.llm.model",
)
_SERVED = ("gen_ai.response.model", "llm.response.model_name", "ai.response.model")
_EITHER = ("llm.model_name", "embedding.model_name")
"""The response's model when there was a response, else the request's (OpenInference)."""
_PROVIDER = (
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
    "mlflow.llm.provider",
)
_HOST = ("server.address", "gen_ai.openai.api_base", "url.full")
_OPERATION = ("gen_ai.operation.name", "llm.request.type")
_INPUT = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.usage.prompt_tokens",
    "llm.token_count.prompt",
    "ai.usage.promptTokens",
    "ai.usage.inputTokens",
    "ai.usage.tokens",
)
_OUTPUT = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
    "llm.token_count.completion",
    "ai.usage.completionTokens",
    "ai.usage.outputTokens",
)
_CACHED = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",
)
_STREAMING = ("gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming")
_REQUEST_ID = ("gen_ai.response.id", "aws.request_id", "ai.response.id")
_STATUS = "http.response.status_code"
_ERROR = "error.type"
_EXCEPTION_TYPE = "exception.type"
_EXCEPTION_MESSAGE = "exception.message"

_OPERATIONS = {"completion": "text_completion", "embedding": "embeddings"}
_CALLERS = ("k8s.deployment.name", "k8s.statefulset.name", "k8s.cronjob.name", "faas.name", "service.namespace")
_ENVIRONMENTS = ("deployment.environment.name", "deployment.environment")


class Caller(msgspec.Struct, frozen=True, gc=False):
    """What a resource says of the process that called."""

    service: Words
    environment: Words


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
    message: Any = None
    """Status message."""
    exception: Mapping[str, Any] = {}
    """Attributes of the exception event, if there is one."""
    trace: str | None = None
    """Trace and span id: the call's identity where the provider gave none."""


class _Parameters(msgspec.Struct, gc=False):
    model: Any = None
    stream: Any = None


class _Request(_Parameters, gc=False):
    """Of a provider's API, told from a user's own JSON by one of these."""

    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    prompt: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    contents: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Tokens(msgspec.Struct, gc=False):
    """Of Langfuse's usage details, or MLflow's token usage."""

    input: Any = None
    output: Any = None
    input_cached_tokens: Any = None
    cache_read_input_tokens: Any = None
    input_tokens: Any = None
    output_tokens: Any = None


_NO_TOKENS = _Tokens()
_TOKENS = ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage")
_DECODE_TOKENS = msgspec.json.Decoder(_Tokens)
_NO_PARAMETERS = _Parameters()
_PARAMETERS: Mapping[str, msgspec.json.Decoder[Any]] = {
    "llm.invocation_parameters": msgspec.json.Decoder(_Parameters),
    "embedding.invocation_parameters": msgspec.json.Decoder(_Parameters),
    "input.value": msgspec.json.Decoder(_Request),
}
"""JSON texts whose `model` is the requested one (OpenInference)."""


WANTED = (
    frozenset({*_REQUESTED, *_SERVED, *_EITHER, *_PARAMETERS, *_PROVIDER, *_HOST, *_OPERATION, *_INPUT, *_OUTPUT})
    | {*_TOKENS, *_CACHED, *_STREAMING, *_REQUEST_ID, _STATUS, _ERROR, _EXCEPTION_TYPE, _EXCEPTION_MESSAGE}
    | inference.WANTED
)
"""The attributes that are read at all. Prompts and completions are left where they are."""


def caller(resource: Mapping[str, Any]) -> Caller:
    """`unknown_service` is the SDK's way to say that nobody set a name."""
    name = resource.get("service.name")
    named = () if isinstance(name, str) and name.startswith("unknown_service") else (name,)
    return Caller((*named, *_words(resource, _CALLERS)), _words(resource, _ENVIRONMENTS))


def call_of(telemetry: Telemetry) -> Call:
    """For what `inference` takes for a call."""
    attributes = telemetry.attributes
    parameters, tokens = _parameters(attributes), _tokens(attributes)
    error_class, error_text = _error(telemetry)
    streaming = next((said for key in _STREAMING if (said := truth(attributes.get(key))) is not None), None)
    who = Who(
        format=telemetry.format,
        reporter=telemetry.reporter,
        service=telemetry.caller.service,
        environment=telemetry.caller.environment,
        provider=_words(attributes, _PROVIDER),
        host=_words(attributes, _HOST),
        requested_id=(*_words(attributes, _REQUESTED), parameters.model if isinstance(parameters.model, str) else None),
        served_id=_words(attributes, _SERVED),
        either_id=_words(attributes, _EITHER),
        operation=_operation(attributes),
        status=attributes.get(_STATUS),
        failed=telemetry.failed or None,
        error_class=error_class,
        error_text=error_text,
        streaming=streaming if streaming is not None else truth(parameters.stream),
    )
    return Call(
        who,
        telemetry.at,
        _number(attributes, _INPUT, tokens.input, tokens.input_tokens),
        _number(attributes, _OUTPUT, tokens.output, tokens.output_tokens),
        _number(attributes, _CACHED, tokens.input_cached_tokens, tokens.cache_read_input_tokens),
        telemetry.latency_ms,
        next((attributes[key] for key in _REQUEST_ID if attributes.get(key)), telemetry.trace),
    )


def _words(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Scalar, ...]:
    return tuple([_word(attributes[key]) for key in keys if key in attributes])


def _word(value: Any) -> Any:
    """MLflow writes each value as JSON."""
    return value[1:-1] if isinstance(value, str) and value[:1] == '"' == value[-1:] else value


def _number(attributes: Mapping[str, Any], keys: tuple[str, ...], *others: Any) -> Any:
    return next((n for n in (*map(attributes.get, keys), *others) if n is not None), None)


def _tokens(attributes: Mapping[str, Any]) -> _Tokens:
    for key in _TOKENS:
        if isinstance(said := attributes.get(key), str):
            try:
                return _DECODE_TOKENS.decode(said)
            except MSGSPEC_ERRORS:
                return _NO_TOKENS
    return _NO_TOKENS


def _operation(attributes: Mapping[str, Any]) -> Words:
    words = tuple([_OPERATIONS.get(str(word), word) for word in _words(attributes, _OPERATION)])
    return words or inference.operation_of_kind(attributes)


def _parameters(attributes: Mapping[str, Any]) -> _Parameters:
    """Of the request's JSON, only the model and whether it streams: the rest can be a prompt."""
    if inference.OPENINFERENCE_KIND not in attributes:
        return _NO_PARAMETERS
    named = "llm.request.model_name" in attributes
    for key, decoder in _PARAMETERS.items():
        found = _read_parameters(attributes.get(key), decoder)
        if named or isinstance(found.model, str):
            return found
    return _NO_PARAMETERS


def _read_parameters(json: Any, decoder: msgspec.json.Decoder[Any]) -> _Parameters:
    if not isinstance(json, str):
        return _NO_PARAMETERS
    try:
        found: _Parameters = decoder.decode(json)
    except MSGSPEC_ERRORS:
        return _NO_PARAMETERS
    if isinstance(found, _Request) and all(one is msgspec.UNSET for one in msgspec.structs.astuple(found)[2:]):
        return _NO_PARAMETERS
    return found


def _error(telemetry: Telemetry) -> tuple[Words, str | None]:
    """Class and text of a failed call's error. Most instrumentations have the HTTP status only in the text."""
    attributes, exception = telemetry.attributes, telemetry.exception
    error = attributes.get(_ERROR)
    status = http_status(attributes.get(_STATUS)) or 0  # a number is text in OTLP/JSON
    if not telemetry.failed and not error and status < 400:
        return None, None
    message = telemetry.message or exception.get(_EXCEPTION_MESSAGE)
    return (error, _class_name(exception)), message if isinstance(message, str) else None


def _class_name(exception: Mapping[str, Any]) -> str | None:
    """Without its package: `openai.NotFoundError` is the `NotFoundError` of other reporters."""
    name = exception.get(_EXCEPTION_TYPE)
    return name.rpartition(".")[2] if isinstance(name, str) else None
