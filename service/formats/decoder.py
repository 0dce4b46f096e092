"""A Kafka record -> usage events and rejections. Total: any bytes give a value, never an exception."""

from collections.abc import Mapping

from service.core.usage import Decoded, Format, Rejection, UsageEvent
from service.formats import kong, lastcall, litellm, otlp_json, otlp_protobuf
from service.formats.compression import MAX_BYTES
from service.formats.envelopes import MAX_TOTAL_ITEMS, OVER_BUDGET, Leaf, header_hints, open_record
from service.formats.reading import NOTHING, Hints, Reader
from service.formats.record import Record
from service.formats.rejecting import READ_ERRORS, rejection

_OBJECT = ord("{")


def _either(from_json: Reader, from_protobuf: Reader) -> Reader:
    def read(body: bytes, hints: Hints) -> Decoded:
        return from_json(body, hints) if body[0] == _OBJECT else from_protobuf(body, hints)

    return read


READERS: Mapping[Format, Reader] = {
    "otlp_traces": _either(otlp_json.read_traces, otlp_protobuf.read_traces),
    "otlp_logs": _either(otlp_json.read_logs, otlp_protobuf.read_logs),
    "litellm": litellm.read,
    "kong": kong.read,
    "lastcall": lastcall.read,
}
_RECOGNISERS: Mapping[Format, Reader] = {
    "otlp_traces": READERS["otlp_traces"],
    "otlp_logs": _either(otlp_json.read_logs_if_shaped, otlp_protobuf.read_logs),
    "litellm": litellm.read_if_shaped,
    "kong": kong.read_if_shaped,
    "lastcall": lastcall.read_if_shaped,
}
"""Readers that refuse all but what `detect` gives them. They may refuse some of that as well."""


def decode(record: Record, format: Format | None = None) -> Decoded:  # noqa: A002  the word of the CLI and lastcall.yaml
    """All calls of one record, in order, of `format`, or of whatever each part's shape says."""
    return _read_all(open_record(record.value, header_hints(record.headers, record.timestamp)), format)


class Decoder:
    """`decode` for a stream: a topic mostly holds one format, so the last one that worked is tried first.

    The answer is the same as without that memory, at a third of the cost.
    """

    def __init__(self, formats: Mapping[str, Format] | None = None) -> None:
        """`formats`: by topic, those that are fixed and not told by shape."""
        self._formats = formats or {}
        self._readers: dict[str, Reader] = {topic: READERS[fixed] for topic, fixed in self._formats.items()}

    def decode(self, record: Record) -> Decoded:
        value = record.value
        reader = self._readers.get(record.topic)
        if reader is not None and value and value[0] == _OBJECT and len(value) <= MAX_BYTES:
            try:
                return reader(value, header_hints(record.headers, record.timestamp))
            except READ_ERRORS:
                pass  # wrapped, another format, or broken: the long way tells which
        return self._decode_and_remember(record)

    def _decode_and_remember(self, record: Record) -> Decoded:
        parts = open_record(record.value, header_hints(record.headers, record.timestamp))
        fixed = self._formats.get(record.topic)
        decoded = _read_all(parts, fixed)
        only = parts[0] if len(parts) == 1 else None
        if fixed is None and decoded.events and isinstance(only, Leaf) and only.body is record.value:
            self._readers[record.topic] = _RECOGNISERS[decoded.events[0].format]
        return decoded


def _read_all(parts: list[Leaf | Rejection], format_: Format | None) -> Decoded:
    if len(parts) == 1:
        return _read(parts[0], format_)
    events: list[UsageEvent] = []
    rejections: list[Rejection] = []
    for part in parts:
        decoded = _read(part, format_)
        events.extend(decoded.events)
        rejections.extend(decoded.rejections)
        if len(events) + len(rejections) > MAX_TOTAL_ITEMS:
            return Decoded(rejections=(OVER_BUDGET,))
    return Decoded(tuple(events), tuple(rejections)) if events or rejections else NOTHING


def _read(part: Leaf | Rejection, format_: Format | None) -> Decoded:
    if isinstance(part, Rejection):
        return Decoded(rejections=(part,))
    found = format_ or part.format
    if found is None:
        return Decoded(rejections=(_unknown(part),))
    try:
        return READERS[found](part.body, part.hints)
    except READ_ERRORS as error:
        return Decoded(rejections=(rejection(error, found),))


def _unknown(leaf: Leaf) -> Rejection:
    try:
        leaf.body.decode()
    except UnicodeDecodeError:
        return Rejection("bad_encoding", "neither text nor OTLP protobuf")
    return Rejection("unknown_format")
