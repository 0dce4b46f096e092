"""lastcall's own record: one flat JSON object a call, for producers that write no other dialect.

The fields are described in docs/record-format.md and lastcall.schema.json, which ships beside this file.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from service.core.identity import answering_platform
from service.core.usage import Decoded, FieldKind, UsageEvent
from service.formats import errors, tolerant
from service.formats.reading import Hints
from service.formats.rejecting import UnreadableError
from service.formats.times import from_any
from service.formats.values import Scalar, count, environment, host, http_status, milliseconds, name, text, truth

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
    status: Any = None
    error_code: Scalar = None
    error_message: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    cached_tokens: Any = None
    latency_ms: Any = None
    duration_ms: Any = None
    streaming: Any = None
    request_id: Any = None
    key_owner: Scalar = None


class _Shaped(_Call, gc=False):
    """With the marks of the dialects that `detect` asks for first."""

    call_type: Any = msgspec.UNSET
    started_at: Any = msgspec.UNSET
    resource_spans: Any = msgspec.field(name="resourceSpans", default=msgspec.UNSET)
    resource_logs: Any = msgspec.field(name="resourceLogs", default=msgspec.UNSET)


FIELDS = frozenset(_Call.__struct_fields__)
_CALL = msgspec.json.Decoder(_Call)
_SHAPED = msgspec.json.Decoder(_Shaped)


def is_shape(fields: Collection[str]) -> bool:
    """A model, a caller or a provider, and either a time or no field that the schema does not know."""
    if "model" not in fields or not ("service" in fields or "provider" in fields):
        return False
    return "time" in fields or "ts" in fields or FIELDS.issuperset(fields)


def read(body: bytes, hints: Hints) -> Decoded:
    return Decoded((_event(tolerant.decode(_CALL, body), hints),))


def read_if_shaped(body: bytes, hints: Hints) -> Decoded:
    """`read`, in one go with `is_shape` for a record with a time. Raises UnreadableError for any other."""
    call = _SHAPED.decode(body)
    unset = msgspec.UNSET
    if call.call_type is not unset or call.started_at is not unset:
        raise UnreadableError("unknown_format")
    if call.resource_spans is not unset or call.resource_logs is not unset:
        raise UnreadableError("unknown_format")
    if (call.time is None and call.ts is None) or (call.service is None and call.provider is None):
        raise UnreadableError("unknown_format")
    return Decoded((_event(call, hints),))


def _event(call: _Call, hints: Hints) -> UsageEvent:
    time = call.time if call.time is not None else call.ts
    status = http_status(call.status)
    error_code = name(call.error_code)
    message = call.error_message if isinstance(call.error_message, str) else None
    failed = error_code is not None or (status is not None and status >= 400)
    if failed and error_code is None:
        error_code = errors.code_in(message)
    provider, endpoint = name(call.provider), host(call.host)
    gone = failed and errors.says_end_of_life(answering_platform(provider, endpoint), error_code, message, status)
    return UsageEvent(
        format="lastcall",
        reporter=name(call.reporter) or "lastcall",
        at=hints.time() if time is None else from_any(time),
        service=name(call.service) or hints.caller,
        environment=environment(call.environment),
        provider=provider,
        host=endpoint,
        requested_id=name(call.model),
        requested_field=_kind(call.model_kind),
        served_id=name(call.served_model) or name(call.response_model),
        operation=name(call.operation),
        status=status,
        error_code=error_code,
        end_of_life=gone,
        input_tokens=count(call.input_tokens),
        output_tokens=count(call.output_tokens),
        cached_tokens=count(call.cached_tokens),
        latency_ms=milliseconds(call.latency_ms if call.latency_ms is not None else call.duration_ms),
        streaming=truth(call.streaming),
        request_id=text(call.request_id),
        key_owner=name(call.key_owner),
    )


def _kind(value: Scalar) -> FieldKind:
    kind = _KINDS.get(value)
    if kind is None:
        raise UnreadableError("bad_field", "model_kind is none of model, deployment, alias")
    return kind
