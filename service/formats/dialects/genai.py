"""Attributes of a span or log event -> a call. Reads the GenAI conventions old and new, OpenLLMetry, OpenInference,
and frameworks with names of their own. `inference` decides what is a call.

A topic may have several of these, and a process may write two of them for one call; the reporter distinguishes them.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from service.core.usage import Call, Format, Scalar, Who, Words
from service.core.values import http_status, memoised, truth
from service.formats import operations
from service.formats.dialects import inference
from service.formats.dialects.genai_json import (
    INVOCATION,
    NAMED,
    NO_PARAMETERS,
    PARAMETERS,
    TOKENS,
    Parameters,
    first_known,
    parameters_of,
    tokens_of,
)

_REQUESTED = (
    "gen_ai.request.model",
    "llm.request.model_name",
    "ai.model.id",
    "langfuse.observation.model.name",
    "mlflow.llm.model",
)
_SERVED = ("gen_ai.response.model", "llm.response.model_name", "ai.response.model")
_EITHER = ("llm.model_name", "embedding.model_name", "reranker.model_name")
"""The response's model if there was a response, else the request's (OpenInference)."""
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
_LEVEL = "langfuse.observation.level"
"""Langfuse's wrappers mark a failed call only with ERROR, and `_LEVEL_MESSAGE`."""
_LEVEL_MESSAGE = "langfuse.observation.status_message"

_OPERATIONS = {"completion": "text_completion", "embedding": "embeddings"}
_CALLERS = ("k8s.deployment.name", "k8s.statefulset.name", "k8s.cronjob.name", "faas.name", "service.namespace")
_ENVIRONMENTS = ("deployment.environment.name", "deployment.environment")
CALLER = frozenset({"service.name", *_CALLERS, *_ENVIRONMENTS})
"""Attributes read from a resource."""


class Caller(msgspec.Struct, frozen=True, gc=False):
    """The calling process, from its resource."""

    service: Words
    environment: Words


class Telemetry(msgspec.Struct, gc=False):
    """A span or a log event, in either encoding."""

    format: Format
    reporter: str
    caller: Caller
    at: datetime
    attributes: Mapping[str, Any]
    """Attributes in `WANTED`, scalars only."""
    latency_ms: float | None = None
    failed: bool = False
    message: Any = None
    """Status message."""
    exception: Mapping[str, Any] = {}
    """Attributes of the exception event, if any."""
    trace: str | None = None
    """Trace and span id: identify the call if the provider gave no id."""


WANTED = (
    frozenset({*_REQUESTED, *_SERVED, *_EITHER, *PARAMETERS, *_PROVIDER, *_HOST, *_OPERATION, *_INPUT, *_OUTPUT})
    | {*TOKENS, *_CACHED, *_STREAMING, *_REQUEST_ID, _STATUS, _ERROR, _EXCEPTION_TYPE, _EXCEPTION_MESSAGE}
    | {_LEVEL, _LEVEL_MESSAGE}
    | inference.WANTED
)
"""All attributes that are read. Prompts and completions are never read."""


def caller(resource: Mapping[str, Any]) -> Caller:
    """The caller, from attributes in `CALLER`. The SDK sets `unknown_service` if nobody set a name."""
    name = resource.get("service.name")
    named = () if isinstance(name, str) and name.startswith("unknown_service") else (name,)
    callers, environments = _caller_fields(frozenset(resource))
    return Caller((*named, *_words(resource, callers)), _words(resource, environments))


def _read_caller_fields(names: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(key for key in _CALLERS if key in names), tuple(key for key in _ENVIRONMENTS if key in names)


_caller_fields: Callable[[frozenset[str]], tuple[tuple[str, ...], tuple[str, ...]]] = memoised(_read_caller_fields)


class _Fields(NamedTuple):
    """Attribute names for each field of a call."""

    provider: tuple[str, ...]
    host: tuple[str, ...]
    requested: tuple[str, ...]
    served: tuple[str, ...]
    either: tuple[str, ...]
    operation: tuple[str, ...]
    input: tuple[str, ...]
    output: tuple[str, ...]
    cached: tuple[str, ...]
    streaming: tuple[str, ...]
    request_id: tuple[str, ...]
    tokens: tuple[str, ...]
    parameters: tuple[str, ...]

    @property
    def numbers(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        return self.input, self.output, self.cached


def _read_fields(names: frozenset[str]) -> _Fields:
    every = (_PROVIDER, _HOST, _REQUESTED, _SERVED, _EITHER, _OPERATION, _INPUT, _OUTPUT, _CACHED, _STREAMING)
    parameters: Collection[str] = ()
    if inference.OPENINFERENCE_KIND in names:
        parameters = [INVOCATION] if NAMED in names else PARAMETERS
    return _Fields(*(tuple(key for key in keys if key in names) for keys in (*every, _REQUEST_ID, TOKENS, parameters)))


_fields: Callable[[frozenset[str]], _Fields] = memoised(_read_fields)


def call_of(telemetry: Telemetry) -> Call:
    """For telemetry that `inference` identifies as a call."""
    attributes = telemetry.attributes
    fields = _fields(frozenset(attributes))
    parameters = parameters_of(attributes, fields.parameters) if fields.parameters else NO_PARAMETERS
    failed = telemetry.failed or attributes.get(_LEVEL) == "ERROR"
    error_class, error_text = _error(telemetry, failed=failed)
    streaming = _streaming(attributes, fields.streaming, parameters) if fields.streaming or fields.parameters else None
    who = Who(  # by position, see its docstring
        telemetry.format,
        telemetry.reporter,
        telemetry.caller.service,
        telemetry.caller.environment,
        _words(attributes, fields.provider),
        _words(attributes, fields.host),
        (*_words(attributes, fields.requested), parameters.model if isinstance(parameters.model, str) else None),
        None,
        _words(attributes, fields.served),
        _operation(attributes, fields.operation),
        attributes.get(_STATUS),
        None,
        error_text,
        streaming,
        None,
        _words(attributes, fields.either),
        failed or None,
        error_class,
    )
    return Call(
        who,
        telemetry.at,
        *_numbers(attributes, fields),
        telemetry.latency_ms,
        next((attributes[key] for key in fields.request_id if attributes[key]), telemetry.trace),
    )


def _streaming(attributes: Mapping[str, Any], keys: tuple[str, ...], parameters: Parameters) -> bool | None:
    said = (truth(attributes[key]) for key in keys)
    return next((one for one in said if one is not None), truth(parameters.stream))


def _words(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Scalar, ...]:
    return tuple([_word(attributes[key]) for key in keys]) if keys else ()


def _word(value: Any) -> Any:
    """Decodes MLflow's values, which are JSON."""
    return value[1:-1] if isinstance(value, str) and value[:1] == '"' == value[-1:] else value


def _number(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if (value := attributes[key]) is not None:
            return value
    return None


def _numbers(attributes: Mapping[str, Any], fields: _Fields) -> tuple[Any, Any, Any]:
    """Tokens: input, output, cached."""
    taken, given, cached = [_number(attributes, keys) if keys else None for keys in fields.numbers]
    if fields.tokens:
        tokens = tokens_of(attributes, fields.tokens)
        taken = first_known(taken, tokens.input, tokens.input_tokens, tokens.prompt_tokens)
        given = first_known(given, tokens.output, tokens.output_tokens, tokens.completion_tokens)
        cached = first_known(cached, tokens.cached)
    return taken, given, cached


def _operation(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Words:
    words = tuple([_OPERATIONS.get(str(word)) or operations.from_call_type(word) for word in _words(attributes, keys)])
    return words or inference.operation_of_kind(attributes)


def _error(telemetry: Telemetry, *, failed: bool) -> tuple[Words, str | None]:
    """Class and text of a failed call's error. Most instrumentations have the HTTP status in the text only."""
    attributes, exception = telemetry.attributes, telemetry.exception
    error = attributes.get(_ERROR)
    status = http_status(attributes.get(_STATUS)) or 0  # OTLP/JSON writes numbers as text
    if not failed and not error and status < 400:
        return None, None
    message = telemetry.message or exception.get(_EXCEPTION_MESSAGE) or attributes.get(_LEVEL_MESSAGE)
    return (error, _class_name(exception)), message if isinstance(message, str) else None


def _class_name(exception: Mapping[str, Any]) -> str | None:
    """Class name without its package: `openai.NotFoundError` equals the `NotFoundError` of other reporters."""
    name = exception.get(_EXCEPTION_TYPE)
    return name.rpartition(".")[2] if isinstance(name, str) else None
