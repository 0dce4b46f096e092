"""The fast reader: reads a record by the route of an earlier one, or says that it does not have this route."""

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, NamedTuple, cast

import msgspec

from service.core.usage import Call, Decoded, PassedOver
from service.formats.contract import Answer, AnyEnvelope, Context, Inner, items_of
from service.formats.envelopes.json_text import ARRAY, LINES, MAX_ITEMS, lines_of
from service.formats.recognition import Form
from service.formats.rejecting import READ_ERRORS

MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""Of all layers of one record together."""
MAX_TOTAL_ITEMS = 50_000
SMALL = 1024 * 1024
"""Most bytes of a record that is read by a route, and of each layer in it."""
Step = Form | AnyEnvelope
"""An object of one form, or an envelope of bytes."""

Use = Callable[[Any, Any], Any]
"""A body, or a dialect's shape, and what is around it -> whatever is made of it: an answer, or what a reader counts."""
Read = Callable[[Any, Context], Answer]


class OffRouteError(Exception):
    """The record does not have this route."""


OFF_ROUTE = (*READ_ERRORS, OffRouteError)


class Layer(NamedTuple):
    """One step: decode the body, unless the step before has done so; then open it (envelope) or read it (dialect)."""

    shape: type[Any] | None
    decode: Callable[[Any], Any]
    use: Use
    each: Callable[[bytes], Sequence[Any]] | None = None
    """Of an array or of lines: decodes all items for the next step."""
    reading: Callable[[Use], Use] | None = None
    """What reads the inside -> what reads the whole, where a record has one item: faster than by the other fields."""


LayerOf = Callable[[int, Form, Layer | None], Layer]
"""Number of a step, its form, and the layer inside it -> its layer."""


class Route:
    """The envelopes of a record, outermost first, and its dialect."""

    def __init__(self, steps: tuple[Step, ...], layer_of: LayerOf | None = None) -> None:
        """`layer_of`: in place of the guarded layers of objects, which give what `opening` gives."""
        self.steps = steps
        layers: list[Layer] = []
        for number, step in reversed(list(enumerate(steps))):
            inside = layers[0] if layers else None
            if not isinstance(step, Form):
                layer = _layer_of_bytes(step, inside)
            else:
                layer = _guarded_layer(step, inside) if layer_of is None else layer_of(number, step, inside)
            layers.insert(0, layer)
        *self._envelopes, self._dialect = layers
        self.several = any(_envelope_of(step).several for step in steps[:-1])
        self.read: Read = self.read_by(self._dialect.use)
        self.decode = layers[0].decode
        """The first step's: bytes -> its shape."""

    def read_by(self, use: Use) -> Use:
        """Bytes -> the same result as `opening`, with `use` for the dialect's `read`. Raises one of `OFF_ROUTE` if the
        result might differ."""
        if self.several:
            return lambda value, context: _joined(self.items(value, context, use))
        read = self._dialect.reading(use) if self._dialect.reading is not None else _read_by(self._dialect, use)
        for layer in reversed(self._envelopes):
            read = layer.reading(read) if layer.reading is not None else _open_by(layer, read)
        return read

    def items(self, value: bytes, context: Any, use: Use) -> list[Any]:
        """What `use` gives for each item of a record with several. Raises as `read_by`."""
        collected = _Collected(len(self.steps), use)
        self._open(0, value, context, collected)
        return collected.answers

    def _open(self, at: int, body: Any, context: Any, collected: "_Collected") -> None:
        is_dialect = at == len(self._envelopes)
        layer = self._dialect if is_dialect else self._envelopes[at]
        shape = body if type(body) is layer.shape else layer.decode(body)
        if is_dialect:
            collected.answers.append(collected.use(shape, context))
        elif layer.each is not None:
            shapes = layer.each(shape)
            collected.take(items=len(shapes))
            if at + 1 == len(self._envelopes):
                collected.answers.extend(map(collected.use, shapes, repeat(context)))
            else:
                for one in shapes:
                    self._open(at + 1, one, context, collected)
        else:
            for item in items_of(layer.use(shape, context)):
                if type(item) is not Inner or item.body is None:
                    raise OffRouteError
                collected.take(items=1, size=len(item.body) * (len(self.steps) - at) if type(item.body) is bytes else 0)
                self._open(at + 1, item.body, item.context, collected)


def _read_by(dialect: Layer, use: Use) -> Use:
    shape, decode = dialect.shape, dialect.decode

    def read(body: Any, context: Any) -> Any:
        answer = use(body if type(body) is shape else decode(body), context)
        return _bounded(answer) if type(answer) is Decoded else answer

    return read


def _open_by(envelope: Layer, read: Use) -> Use:
    shape, decode, use = envelope.shape, envelope.decode, envelope.use

    def open_and_read(body: Any, context: Any) -> Any:
        found = use(body if type(body) is shape else decode(body), context)
        if type(found) is not Inner:
            raise OffRouteError
        return read(found.body, found.context)

    return open_and_read


def _envelope_of(step: Step) -> AnyEnvelope:
    return cast(AnyEnvelope, step.thing if isinstance(step, Form) else step)


def _guarded_layer(form: Form, inside: Layer | None) -> Layer:
    thing: Any = form.thing
    shape = form.guarded_around(inside.shape if inside is not None else None)
    return Layer(shape, msgspec.json.Decoder(shape).decode, thing.read if inside is None else thing.open)


def _layer_of_bytes(envelope: AnyEnvelope, inside: Layer | None) -> Layer:
    matches: Any = envelope.matches
    open_: Any = envelope.open

    def decode(body: Any) -> bytes:
        content = body if type(body) is bytes else body.encode() if type(body) is str else bytes(body)
        if not matches(content):
            raise OffRouteError
        return content

    def use(content: bytes, context: Any) -> Any:
        found = open_(content, context)
        if type(found) is Inner and type(found.body) is bytes and len(found.body) > SMALL:
            raise OffRouteError
        return found

    def reading(read: Use) -> Use:
        def open_and_read(body: Any, context: Any) -> Any:  # `decode` and `use`, in place: calls would cost a tenth
            if type(body) is not bytes:
                body = decode(body)
            elif not matches(body):
                raise OffRouteError
            found = open_(body, context)
            if type(found) is not Inner:
                raise OffRouteError
            content: Any = found.body
            if len(content) > SMALL:
                raise OffRouteError
            return read(content, context)

        return open_and_read

    return Layer(None, decode, use, _decoder_of_each(envelope, inside), reading)


def _decoder_of_each(envelope: AnyEnvelope, inside: Layer | None) -> Callable[[bytes], Sequence[Any]] | None:
    if inside is None or inside.shape is None:
        return None
    if envelope is ARRAY:
        return msgspec.json.Decoder(list[inside.shape]).decode  # type: ignore[name-defined]
    if envelope is LINES:
        decode = inside.decode
        return lambda body: [decode(line) for line in _lines_of(body) if line]
    return None


def _lines_of(body: bytes) -> list[bytes]:
    lines = lines_of(body)
    if len(lines) > MAX_ITEMS:
        raise OffRouteError
    return lines


class _Collected:
    """The results of a record with several items, within its bounds."""

    def __init__(self, layers: int, use: Use) -> None:
        self.use = use
        self.answers: list[Any] = []
        self._bytes = MAX_TOTAL_BYTES - SMALL * layers  # the full reader counts each layer: here none is larger
        self._items = MAX_ITEMS

    def take(self, *, items: int, size: int = 0) -> None:
        self._items -= items
        self._bytes -= size
        if self._bytes < 0 or self._items < 0:
            raise OffRouteError


def _joined(answers: Sequence[Answer]) -> Decoded:
    calls: list[Call] = []
    passed: list[PassedOver] = []
    for answer in answers:
        if isinstance(answer, Decoded):
            calls.extend(_bounded(answer).calls)
            passed.extend(answer.passed)
        else:
            calls.append(answer)
    return _bounded(Decoded(tuple(calls), (), tuple(passed)))


def _bounded(found: Decoded) -> Decoded:
    if found.rejections or len(found.calls) > MAX_TOTAL_ITEMS:
        raise OffRouteError
    return found
