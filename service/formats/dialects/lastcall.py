"""lastcall's own record: one flat JSON object per call, for producers without another dialect.

docs/record-format.md and formats/lastcall.schema.json describe the fields.
"""

from typing import Any, get_args

import msgspec

from service.core.usage import Call, EndWords, FieldKind, Scalar, Who
from service.formats.contract import Context, Dialect, Flat, mark
from service.formats.rejecting import UnreadableError
from service.formats.times import from_any

_KINDS = frozenset(get_args(FieldKind))


class _Call(msgspec.Struct, gc=False, kw_only=True):
    """In the order of the documentation, which producers usually follow: a field is found fastest after the previous
    one."""

    time: Any = None
    ts: Any = None
    service: Scalar = None
    environment: Scalar = None
    provider: Scalar = None
    host: Scalar = None
    model: Scalar
    model_kind: Scalar = None
    served_model: Scalar = None
    response_model: Scalar = None
    operation: Scalar = None
    status: Scalar = None
    error_code: Scalar = None
    error_message: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    cached_tokens: Any = None
    latency_ms: Any = None
    duration_ms: Any = None
    streaming: Scalar = None
    request_id: Any = None
    sunset: Scalar = None
    deprecation: Scalar = None
    model_deprecation: Scalar = None
    key_owner: Scalar = None
    reporter: Scalar = None


def _read(call: _Call, context: Context) -> Call:
    time = call.time if call.time is not None else call.ts
    kind: Any = call.model_kind
    if kind is None:
        kind = "model"
    elif kind not in _KINDS:
        raise UnreadableError("bad_field", "model_kind is none of model, deployment, alias")
    served, other = call.served_model, call.response_model
    message = call.error_message
    who = Who(  # by position, see its docstring
        "lastcall",
        call.reporter,
        call.service if context.caller is None else (call.service, context.caller),
        call.environment if context.environment is None else (call.environment, context.environment),
        call.provider,
        call.host,
        call.model,
        kind,
        served if other is None else (served, other),
        call.operation,
        call.status,
        call.error_code,
        message if type(message) is str else None,
        call.streaming,
        call.key_owner,
        end=_end(call),
    )
    return Call(
        who,
        from_any(time) if time is not None else context.time(),
        call.input_tokens,
        call.output_tokens,
        call.cached_tokens,
        call.latency_ms if call.latency_ms is not None else call.duration_ms,
        call.request_id,
    )


def _end(call: _Call) -> EndWords | None:
    if call.sunset is call.deprecation is call.model_deprecation is None:
        return None
    return EndWords(call.sunset, call.deprecation, call.model_deprecation)


DIALECT = Dialect(
    "lastcall",
    "lastcall's own record",
    _Call,
    (
        *(mark("model", caller, time) for caller in ("service", "provider") for time in ("time", "ts")),
        *(mark("model", caller, weak=True, alone=True) for caller in ("service", "provider")),
    ),
    _read,
    flat=Flat(
        {
            "at": ("time", "ts"),
            "input_tokens": ("input_tokens",),
            "output_tokens": ("output_tokens",),
            "cached_tokens": ("cached_tokens",),
            "latency_ms": ("latency_ms", "duration_ms"),
            "request_id": ("request_id",),
        },
        frozenset({"operation", "streaming"}),
    ),
)
