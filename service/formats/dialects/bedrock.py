"""Amazon Bedrock's model invocation log, from S3 or CloudWatch through a connector: one record per call.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
"""

from typing import Any

import msgspec

from service.core.usage import Call, Decoded, PassedOver, Scalar, Who, Words
from service.formats.contract import Context, Dialect, mark
from service.formats.times import from_any

_OPERATIONS = {"Converse": "chat", "ConverseStream": "chat"}
_NO_CALLS = ("CountTokens", "ApplyGuardrail", "Get", "List", "Create", "Stop")
_CALLER_TAGS = ("service", "service.name", "service_name", "application", "app")
"""Keys of the metadata that a caller may send with a request."""


class _Identity(msgspec.Struct, gc=False):
    arn: Scalar = None


class _Metrics(msgspec.Struct, gc=False, rename="camel"):
    latency_ms: Any = None
    invocation_latency: Any = None


class _Body(msgspec.Struct, gc=False):
    metrics: _Metrics | None = None
    invocation: _Metrics | None = msgspec.field(name="amazon-bedrock-invocationMetrics", default=None)


class _Input(msgspec.Struct, gc=False, rename="camel"):
    input_token_count: Any = None
    cache_read_input_token_count: Any = None


class _Output(msgspec.Struct, gc=False, rename="camel"):
    output_token_count: Any = None
    output_body_json: _Body | list[_Body] | None = None
    """A list if the answer was streamed."""


class _Log(msgspec.Struct, gc=False, rename="camel"):
    model_id: Scalar
    timestamp: Scalar = None
    operation: Scalar = None
    request_id: Any = None
    error_code: Scalar = None
    identity: _Identity | None = None
    request_metadata: dict[str, Any] | None = None
    input: _Input | None = None
    output: _Output | None = None


def _read(log: _Log, context: Context) -> Call | Decoded:
    operation = log.operation if isinstance(log.operation, str) else None
    if operation is not None and operation.startswith(_NO_CALLS):
        return Decoded(passed=(PassedOver("no_inference", "bedrock"),))
    who = Who(
        format="bedrock",
        reporter="bedrock",
        service=_service(log),
        environment=_tag(log, "environment"),
        provider="aws.bedrock",
        requested_id=log.model_id,
        requested_field="model",
        operation=_OPERATIONS.get(operation, operation) if operation is not None else None,
        error_code=log.error_code,
        streaming=operation.endswith("Stream") if operation is not None else None,
    )
    given = log.input.input_token_count if log.input is not None else None
    cached = log.input.cache_read_input_token_count if log.input is not None else None
    taken = log.output.output_token_count if log.output is not None else None
    at = from_any(log.timestamp) if log.timestamp is not None else context.time()
    return Call(who, at, given, taken, cached, _latency(log.output), log.request_id)


def _service(log: _Log) -> Words:
    """The caller's own name, or else its role or user: `assumed-role/<role>/<session>`, `user/<name>`."""
    arn = log.identity.arn if log.identity is not None else None
    path = arn.rpartition(":")[2].split("/", 4) if isinstance(arn, str) else []
    name = path[1] if len(path) > 1 and path[0] == "assumed-role" else (path[-1] if path else None)
    return (*(_tag(log, key) for key in _CALLER_TAGS), name)


def _tag(log: _Log, key: str) -> str | None:
    found = log.request_metadata.get(key) if log.request_metadata else None
    return found if isinstance(found, str) else None


def _latency(output: _Output | None) -> Any:
    body = output.output_body_json if output is not None else None
    if isinstance(body, list):
        return next((one.invocation.invocation_latency for one in reversed(body) if one.invocation is not None), None)
    return body.metrics.latency_ms if body is not None and body.metrics is not None else None


DIALECT = Dialect(
    "bedrock",
    "Amazon Bedrock's model invocation log",
    _Log,
    (mark("schemaType", "modelId"), mark("modelId", "operation", "requestId")),
    _read,
    passes={"no_inference": "counts tokens or applies a guardrail; no model was called"},
)
