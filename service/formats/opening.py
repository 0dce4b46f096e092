"""The full reader: opens envelopes layer by layer, until the keys of an object identify its dialect.

Layers, items and bytes are bounded, each and in total.
"""

import json
import re
from collections.abc import Iterable, Iterator, Set
from typing import Any, NamedTuple

import msgspec

from service.core.usage import Call, Decoded, PassedOver, Rejection
from service.formats import tolerant
from service.formats.contract import AnyDialect, Context, Envelope, Inner, Item, NeedsSchema, items_of
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES
from service.formats.envelopes.compression import MAX_BYTES
from service.formats.envelopes.debezium import ROW_CHANGED
from service.formats.envelopes.headers import context_of
from service.formats.envelopes.json_text import JOINED, LINES
from service.formats.recognition import Form, form_of, recognise, recognise_row
from service.formats.record import Record
from service.formats.rejecting import READ_ERRORS, UnreadableError, rejection
from service.formats.route import MAX_TOTAL_BYTES, MAX_TOTAL_ITEMS, SMALL, Step
from service.formats.unknown import shape_of

MAX_VALUES = SMALL
"""Commas of one layer: each value of an object or a list takes up to a hundred bytes once it is decoded. What is small
enough for a route has fewer."""
MAX_LAYERS = 8
MAX_STRINGS = 3
"""JSON texts inside JSON texts."""
OVER_BUDGET = Rejection("too_large", "layers and items in total")
"""The only result of a record beyond these bounds."""
_TOMBSTONE = Decoded(passed=(PassedOver("tombstone", "kafka"),))
"""A null value is how a compacted topic forgets a key."""
_ESCAPED_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF = re.compile("[\ud800-\udfff]")
_OF_BYTES = tuple(envelope for envelope in ENVELOPES if not isinstance(envelope.matches, tuple))
_IN_BINARY = tuple(dialect for dialect in DIALECTS if dialect.parse is not None)


class _Layer(NamedTuple):
    body: bytes
    context: Context
    steps: tuple[Step, ...] = ()
    """The envelopes around it, outermost first."""
    strings: int = 0


class _TooMuchError(Exception):
    """The record is over its budget."""


class Opening:
    """Reads one record and collects its parts. Use it once."""

    def __init__(self, fixed: AnyDialect | None) -> None:
        """`fixed`: the dialect of every record inside, whatever its keys say."""
        self._fixed = fixed
        self._calls: list[Call] = []
        self._rejections: list[Rejection] = []
        self._passed: list[PassedOver] = []
        self._bytes_left = MAX_TOTAL_BYTES
        self._items_left = MAX_TOTAL_ITEMS
        self._routes: set[tuple[Step, ...] | None] = set()
        self._last: dict[int, Form] = {}
        """By the number of envelopes around it: the form of the last object at that depth."""

    @property
    def steps(self) -> tuple[Step, ...] | None:
        """The route that all records inside have, by their keys. None: they have several."""
        return next(iter(self._routes)) if len(self._routes) == 1 else None

    def read(self, record: Record) -> Decoded:
        """A record over its total budget is one rejection and nothing else."""
        if record.value is None:
            return _TOMBSTONE
        context = context_of(record)
        if context is None:
            return Decoded(passed=(ROW_CHANGED,))
        try:
            self._open_all(_Layer(record.value, context))
        except _TooMuchError:
            return Decoded(rejections=(OVER_BUDGET,))
        return Decoded(tuple(self._calls), tuple(self._rejections), tuple(self._passed))

    def _open_all(self, record: _Layer) -> None:
        pending: list[Iterator[_Layer]] = [iter((record,))]
        while pending:
            layer = next(pending[-1], None)
            if layer is None:
                pending.pop()
            elif self._is_within_bounds(layer) and (inside := self._opened(layer)) is not None:
                pending.append(self._safely(inside))

    def _is_within_bounds(self, layer: _Layer) -> bool:
        body = layer.body
        if len(layer.steps) > MAX_LAYERS or layer.strings > MAX_STRINGS:
            self._reject(Rejection("too_deep", "layers of wrapping"))
        elif len(body) > MAX_BYTES:
            self._reject(Rejection("too_large"))
        elif body.count(b",") > MAX_VALUES:
            self._reject(Rejection("too_large", f"more than {MAX_VALUES:,} values"))
        elif not body or body.isspace():
            self._reject(Rejection("empty"))
        else:
            self._take(size=len(body))
            return True
        return False

    def _opened(self, layer: _Layer) -> Iterator[_Layer] | None:
        """The layers inside. Tries the form of the last object at the same depth first."""
        form = self._last.get(len(layer.steps))
        if form is None or layer.body[:1] != b"{":
            return self._open(layer)
        try:
            shape = tolerant.decoder_of(form.guarded).decode(layer.body)
        except READ_ERRORS:
            return self._open(layer)
        if isinstance(form.thing, Envelope):
            return self._open_envelope(layer, form, shape)
        self._routes.add((*layer.steps, form))
        self._collect(form.thing, shape, layer.context)
        return None

    def _safely(self, inside: Iterator[_Layer]) -> Iterator[_Layer]:
        """The layers; an error while they are opened becomes a rejection."""
        try:
            yield from inside
        except READ_ERRORS as error:
            self._reject(rejection(error))

    def _take(self, *, size: int = 0, items: int = 0) -> None:
        self._bytes_left -= size
        self._items_left -= items
        if self._bytes_left < 0 or self._items_left < 0:
            raise _TooMuchError

    def _open(self, layer: _Layer) -> Iterator[_Layer]:
        if layer.body[:1] == b"{":
            try:
                fields = tolerant.fields_of(layer.body)
            except msgspec.DecodeError:
                if (mended := _with_whole_characters(layer.body)) != layer.body:
                    yield from self._open(layer._replace(body=mended))
                    return
                if not any(several.matches(layer.body) for several in (LINES, JOINED)):  # type: ignore[operator]
                    raise
            else:
                form = self._form_of(fields.keys())
                if form is not None and (self._fixed is None or form.thing is self._fixed):
                    self._last[len(layer.steps)] = form
                yield from self._open_object(layer, form)
                return
        for envelope in _OF_BYTES:
            if envelope.matches(layer.body):  # type: ignore[operator]  # of bytes
                yield from self._inside(layer, envelope, envelope.open(layer.body, layer.context))
                return
        for dialect in _IN_BINARY:
            if (parsed := dialect.parse(layer.body)) is not None:  # type: ignore[misc]  # it has one
                self._read(self._fixed or dialect, layer, parsed if self._fixed is None else None)
                return
        stripped = layer.body.strip()
        if stripped != layer.body:
            yield from self._open(layer._replace(body=stripped))
        else:
            self._read(self._fixed, layer)

    def _form_of(self, keys: Set[str]) -> Form | None:
        """The form of an object with these keys. If a dialect is fixed, an object with all keys that the dialect
        requires is the dialect's, unless it is an outermost envelope."""
        form = recognise(keys)
        if self._fixed is None or (form is not None and isinstance(form.thing, Envelope) and form.thing.outermost):
            return form
        own = form_of(self._fixed)
        return own if own.mark.keys and own.fits(keys) else form

    def _open_object(self, layer: _Layer, form: Form | None) -> Iterator[_Layer]:
        if form is not None and isinstance(form.thing, Envelope):
            yield from self._open_envelope(layer, form, tolerant.decode(form.shape, layer.body))
        else:
            known: Any = form.thing if form is not None else None
            self._read(self._fixed or known, layer, form=form)

    def _open_envelope(self, layer: _Layer, form: Form, shape: Any) -> Iterator[_Layer]:
        envelope: Any = form.thing
        yield from self._inside(layer, form, envelope.open(shape, layer.context))

    def _inside(self, layer: _Layer, step: Step, found: Item | Iterable[Item]) -> Iterator[_Layer]:
        steps = (*layer.steps, step)
        for item in items_of(found):
            match item:
                case Inner(body=None):
                    self._routes.add(None)  # a route has a body for each step
                    form = recognise_row(tolerant.fields_of(layer.body).keys())
                    yield from self._open_object(layer._replace(context=item.context, steps=steps), form)
                case Inner(body=body):
                    self._take(items=item is not found)
                    content = body.encode() if isinstance(body, str) else bytes(body or b"")
                    yield _Layer(content, item.context, steps, layer.strings + item.text)
                case PassedOver():
                    self._passed.append(item)
                case Rejection():
                    self._reject(item)
                case NeedsSchema(schema=schema):
                    self._reject(Rejection("needs_schema", f"schema {schema}: write JSON instead, or JSON Schema"))

    def _read(self, dialect: AnyDialect | None, layer: _Layer, parsed: Any = None, form: Form | None = None) -> None:
        """A body that is no envelope. `parsed` is what the dialect's `parse` gave."""
        self._routes.add((*layer.steps, form) if form is not None else None)
        if dialect is None:
            self._reject(_unknown(layer.body))
            return
        try:
            shape = parsed if parsed is not None else _shape(dialect, layer.body)
        except READ_ERRORS as error:
            self._reject(rejection(error, dialect.name))
        else:
            self._collect(dialect, shape, layer.context)

    def _collect(self, dialect: AnyDialect, shape: Any, context: Context) -> None:
        try:
            answer = dialect.read(shape, context)
        except READ_ERRORS as error:
            self._reject(rejection(error, dialect.name))
            return
        if isinstance(answer, Call):
            self._calls.append(answer)
        else:
            self._calls.extend(answer.calls)
            self._rejections.extend(answer.rejections)
            self._passed.extend(answer.passed)
        self._hold_to_budget()

    def _reject(self, found: Rejection) -> None:
        self._rejections.append(found)
        self._hold_to_budget()

    def _hold_to_budget(self) -> None:
        if len(self._calls) + len(self._rejections) > MAX_TOTAL_ITEMS:
            raise _TooMuchError


def _with_whole_characters(body: bytes) -> bytes:
    """Without halves of surrogate pairs, which a text cut after half a character ends with, and JSON cannot have."""
    if _ESCAPED_HALF.search(body) is None:
        return body
    try:
        text = json.dumps(json.loads(body.decode(errors="replace")), ensure_ascii=False)
    except ValueError:
        return body
    return _HALF.sub("\ufffd", text).encode()


def _shape(dialect: AnyDialect, body: bytes) -> Any:
    """For a dialect that is fixed, whatever the body is."""
    if dialect.parse is None or body[:1] == b"{":
        return tolerant.decode(dialect.shape, body)
    if (parsed := dialect.parse(body)) is None:
        raise UnreadableError("bad_protobuf")
    return parsed


def _unknown(body: bytes) -> Rejection:
    try:
        body.decode()
    except UnicodeDecodeError:
        return Rejection("bad_encoding", "neither text nor OTLP protobuf")
    return Rejection("unknown_format", shape_of(body))
