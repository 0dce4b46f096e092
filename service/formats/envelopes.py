"""What is wrapped around a dialect's own bytes, taken off layer by layer.

Compression, text encodings, Schema Registry framing, JSON arrays, NDJSON, JSON text inside JSON, CloudEvents, Kafka
Connect, and the log shippers Fluent Bit, Vector, Filebeat. Bounded in layers, items, and bytes, each and in total.
"""

import binascii
import codecs
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from service.core.usage import Format, Rejection
from service.formats import otlp_protobuf, shippers, times, values
from service.formats.compression import MAX_BYTES, inflate
from service.formats.detect import detect
from service.formats.reading import Hints
from service.formats.rejecting import READ_ERRORS, UnreadableError, rejection

MAX_LAYERS = 8
MAX_STRINGS = 3
"""JSON texts inside JSON texts."""
MAX_ITEMS = 10_000
"""Elements of one array, or lines of one NDJSON value."""
MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""Of all layers of one record together."""
MAX_TOTAL_ITEMS = 50_000
OVER_BUDGET = Rejection("too_large", "layers and items in total")
"""All that is left of a record beyond them."""

Fields = dict[str, msgspec.Raw]
"""A JSON object opened by one level."""


class Leaf(NamedTuple):
    """Bytes with nothing around them any more."""

    body: bytes
    """Never empty."""
    hints: Hints
    format: Format | None
    """What its shape says."""


class _TooMuchError(Exception):
    """The record is over its budget."""


class _Budget:
    """What is left to one record, through all its layers: small ones inside small ones make up any amount."""

    def __init__(self) -> None:
        self.bytes = MAX_TOTAL_BYTES
        self._items = MAX_TOTAL_ITEMS

    def take_bytes(self, number: int) -> None:
        self.bytes -= number
        if self.bytes < 0:
            raise _TooMuchError

    def take_items(self, number: int) -> None:
        self._items -= number
        if self._items < 0:
            raise _TooMuchError


class _Layer(NamedTuple):
    body: bytes
    hints: Hints
    budget: _Budget
    layers: int = 0
    strings: int = 0

    def inside(self, body: bytes, hints: Hints | None = None, *, strings: int = 0) -> "_Layer":
        return _Layer(body, hints or self.hints, self.budget, self.layers + 1, self.strings + strings)


Item = Leaf | Rejection | _Layer

_OBJECT = msgspec.json.Decoder(Fields)
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_CLOUD_EVENT = frozenset({"specversion", "type", "source", "id"})
_CONNECT = frozenset({"schema", "payload"})
_SPACE = b" \t\r\n"


def open_record(value: bytes | None, hints: Hints) -> list[Leaf | Rejection]:
    """Every dialect record in a Kafka value. What cannot be opened is a Rejection in its place.

    A record over its total budget is one Rejection and nothing else.
    """
    if not value:
        return [Rejection("empty")]
    try:
        return list(_opened(_Layer(value, hints, _Budget())))
    except _TooMuchError:
        return [OVER_BUDGET]


def _opened(record: _Layer) -> Iterator[Leaf | Rejection]:
    pending: list[Iterator[Item]] = [iter((record,))]
    while pending:
        item = next(pending[-1], None)
        if item is None:
            pending.pop()
        elif isinstance(item, _Layer):
            pending.append(_open_safely(item))
        else:
            yield item


def header_hints(headers: Sequence[tuple[str, bytes]], recorded_ms: int) -> Hints:
    """CloudEvents in binary mode keeps its attributes in headers. Header values can be any bytes, or None."""
    if not headers:
        return Hints(recorded_ms)
    found = {name: content for name, content in headers if name in {"ce_time", "ce_source"} and content}
    if not found:
        return Hints(recorded_ms)
    return _cloud_event_hints(Hints(recorded_ms), _header(found.get("ce_source")), _header(found.get("ce_time")))


def _header(content: bytes | None) -> str | None:
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else None


def _open_safely(layer: _Layer) -> Iterator[Item]:
    if layer.layers > MAX_LAYERS or layer.strings > MAX_STRINGS:
        return iter((Rejection("too_deep", "layers of wrapping"),))
    if len(layer.body) > MAX_BYTES:
        return iter((Rejection("too_large"),))
    if not layer.body:
        return iter((Rejection("empty"),))
    layer.budget.take_bytes(len(layer.body))
    try:
        return _open(layer)
    except READ_ERRORS as error:
        return iter((rejection(error),))


def _open(layer: _Layer) -> Iterator[Item]:
    body = layer.body
    if body[:1] == b"{":
        return _open_object(layer)
    if (content := _inflate(layer)) is not None:
        return iter((layer.inside(content),))
    if (recoded := _recode(body)) is not None:
        return iter((layer.inside(recoded),))
    if body[0] == otlp_protobuf.FIRST_BYTE and (signal := otlp_protobuf.detect(body)) is not None:
        return iter((Leaf(body, layer.hints, signal),))
    return _open_text(layer, body.strip(_SPACE))


def _inflate(layer: _Layer) -> bytes | None:
    left = layer.budget.bytes
    try:
        return inflate(layer.body, left)
    except UnreadableError as error:
        if error.reason == "too_large" and left < MAX_BYTES:
            raise _TooMuchError from error
        raise


def _open_text(layer: _Layer, body: bytes) -> Iterator[Item]:
    first = body[:1]
    if first == b"{":
        return _open_object(layer._replace(body=body))
    if first == b"[":
        return _each(layer, _ARRAY.decode(body)) if b"\n" not in body else _lines_or(layer, body)
    if first == b'"':
        return iter((layer.inside(_STRING.decode(body).encode(), strings=1),))
    if body[:1] == b"\0" and body[5:].lstrip(_SPACE)[:1] == b"{":  # Schema Registry: magic byte, schema id, JSON
        return iter((layer.inside(body[5:]),))
    if not body:
        return iter((Rejection("empty"),))
    return iter((Leaf(body, layer.hints, None),))


def _open_object(layer: _Layer) -> Iterator[Item]:
    try:
        fields = _fields(layer.body)
    except msgspec.DecodeError:
        lines = layer.body.strip(_SPACE).split(b"\n", MAX_ITEMS)
        if len(lines) == 1 or not _is_json(lines[0]):
            raise
        return _each(layer, lines)
    shape = detect(fields)
    inner = _unwrap(fields, layer) if shape is None else None
    return iter((inner if inner is not None else Leaf(layer.body, layer.hints, shape),))


def _fields(body: bytes) -> Fields:
    """Readers pass over names that they do not know, whatever their bytes; so does this."""
    try:
        return _OBJECT.decode(body)
    except UnicodeDecodeError:
        return _OBJECT.decode(body.decode(errors="replace").encode())


def _lines_or(layer: _Layer, body: bytes) -> Iterator[Item]:
    """An array printed over several lines, or NDJSON of arrays."""
    try:
        return _each(layer, _ARRAY.decode(body))
    except msgspec.DecodeError:
        lines = body.split(b"\n", MAX_ITEMS)
        if not _is_json(lines[0]):
            raise
        return _each(layer, lines)


def _each(layer: _Layer, items: Sequence[bytes | msgspec.Raw]) -> Iterator[Item]:
    if len(items) > MAX_ITEMS:
        yield Rejection("too_large", f"more than {MAX_ITEMS} items")
        return
    layer.budget.take_items(len(items))
    for item in items:
        body = bytes(item).strip(_SPACE)
        if body:
            yield layer.inside(body)


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except READ_ERRORS:
        return False
    return True


def _recode(body: bytes) -> bytes | None:
    """UTF-16 with a mark -> UTF-8; a UTF-8 mark is dropped. None: nothing to do."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16").encode()
    return body[3:] if body.startswith(codecs.BOM_UTF8) else None


def _unwrap(fields: Fields, layer: _Layer) -> Item | None:
    """The payload of a known wrapper, or None for a record of its own."""
    keys = fields.keys()
    if keys >= _CLOUD_EVENT:
        return _cloud_event(fields, layer)
    if keys == _CONNECT:
        return layer.inside(bytes(fields["payload"])) if bytes(fields["payload"]) != b"null" else Rejection("empty")
    line = shippers.line_of(fields)
    return None if line is None else layer.inside(line, shippers.hints_of(fields, layer.hints))


def _cloud_event(fields: Fields, layer: _Layer) -> Item:
    hints = _cloud_event_hints(layer.hints, _text(fields.get("source")), _text(fields.get("time")))
    if (encoded := _text(fields.get("data_base64"))) is not None:
        try:
            return layer.inside(b64decode(encoded, validate=True), hints)
        except (binascii.Error, ValueError) as error:
            raise UnreadableError("bad_encoding", "data_base64") from error
    data = bytes(fields.get("data", b""))
    return layer.inside(data, hints) if data and data != b"null" else Rejection("empty", "CloudEvent without data")


def _cloud_event_hints(hints: Hints, source: str | None, time: str | None) -> Hints:
    """The last segment of a source such as `/services/billing-api` names who wrote the event."""
    caller = values.text(source.rstrip("/").rpartition("/")[2]) if source else None
    return Hints(hints.recorded_ms, times.or_none(time) or hints.at, caller or hints.caller)


def _text(raw: msgspec.Raw | None) -> str | None:
    return _STRING.decode(raw) if raw is not None and bytes(raw).startswith(b'"') else None
