"""lastcall's own record: one flat JSON object a call, for producers that write no other dialect.

The fields are described in docs/record-format.md and formats/lastcall.schema.json.
"""

from typing import Any

import msgspec

from service.core.usage import Call, FieldKind, Scalar, Who
from service.formats.contract import Context, Dialect, mark
from service.formats.rejecting import UnreadableError
from service.formats.times import from_any

_KINDS: dict[Scalar, FieldKind] = {None: "model", "model": "model", "deployment": "deployment", "alias": "alias"}


class _Call(msgspec.Struct, gc=False):
    model: Scalar
    time: Any = None
    ts: Any = None
    model_kind: Scalar = None
    service: Scalar = None
    environment: Scalar = None
    reporter: Scalar = None
    provider: Scalar = None
    host: Scalar = None
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
    key_owner: Scalar = None


def _read(call: _Call, context: Context) -> Call:
    time = call.time if call.time is not None else call.ts
    kind = _KINDS.get(call.model_kind)
    if kind is None:
        raise UnreadableError("bad_field", "model_kind is none of model, deployment, alias")
    served, other = call.served_model, call.response_model
    message = call.error_message
    who = Who(
        format="lastcall",
        reporter=call.reporter,
        service=call.service if context.caller is None else (call.service, context.caller),
        environment=call.environment,
        provider=call.provider,
        host=call.host,
        requested_id=call.model,
        requested_field=kind,
        served_id=served if other is None else (served, other),
        operation=call.operation,
        status=call.status,
        error_code=call.error_code,
        error_text=message if isinstance(message, str) else None,
        streaming=call.streaming,
        key_owner=call.key_owner,
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


DIALECT = Dialect(
    "lastcall",
    "our own record",
    _Call,
    (
        *(mark("model", caller, time) for caller in ("service", "provider") for time in ("time", "ts")),
        *(mark("model", caller, weak=True, alone=True) for caller in ("service", "provider")),
    ),
    _read,
)
