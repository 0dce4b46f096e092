"""A Kafka record -> calls, rejections, and what was passed over. Total: any bytes give a value, never an exception."""

from collections.abc import Callable, Mapping

from service.core.rollup import MAX_READERS, Rollup
from service.core.usage import Decoded, Format
from service.formats.contract import Answer, AnyDialect, Context
from service.formats.counting import FlatReader
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES
from service.formats.envelopes.headers import context_of
from service.formats.opening import Opening
from service.formats.recognition import form_of
from service.formats.record import Record
from service.formats.route import OFF_ROUTE, SMALL, Read, Route, Step

_ROUTES = 3
"""Remembered of one topic."""
_MADE = 256
"""Routes that are kept, because another topic or a later record may have them."""
_PASSES = {"tombstone": "a null value: how a compacted topic forgets a key"}
_BY_NAME: Mapping[Format, AnyDialect] = {dialect.name: dialect for dialect in DIALECTS}


def decode(record: Record, format: Format | None = None) -> Decoded:  # noqa: A002  the word of the CLI and lastcall.yaml
    """All that one record holds, in order, read as `format`, or as whatever each part's keys say."""
    return Opening(_BY_NAME[format] if format is not None else None).read(record)


def why_passed_over(format_: Format, kind: str) -> str:
    """What the parts of a `PassedOver` are, and what would make them count. Total: another version may have counted
    them."""
    passes = {dialect.name: dialect.passes for dialect in DIALECTS}
    passes |= {envelope.name: envelope.passes for envelope in ENVELOPES} | {"kafka": _PASSES}
    return passes.get(format_, {}).get(kind, "no call, as another version of lastcall has it")


class Decoder:
    """`decode` for a stream. The records of a topic mostly have the same envelopes and dialect (their route), so the
    last routes that worked are tried first. The result is the same as without them, at a fraction of the cost.
    """

    def __init__(self, formats: Mapping[str, Format] | None = None) -> None:
        """`formats`: by topic, those that are fixed and not told by shape."""
        self._fixed = {topic: _BY_NAME[format_] for topic, format_ in (formats or {}).items()}
        fixed_routes = {dialect: Route((form_of(dialect),)) for dialect in set(self._fixed.values())}
        self._routes = {topic: [fixed_routes[dialect]] for topic, dialect in self._fixed.items()}
        self._made: dict[tuple[Step, ...], Route] = {}
        self._flat_readers: dict[Route, FlatReader] = {}

    def decode(self, record: Record) -> Decoded:
        answer = self._answer(record)
        return answer if isinstance(answer, Decoded) else Decoded((answer,))

    def reader(self, topic: str) -> Callable[[Record], Answer]:
        """`decode` for records of one topic; a record with one call gives that call. Ask once for many records: the
        topic's routes are looked up here. `formats/opening.py` reads the records that fit no remembered route."""
        routes = self._routes.get(topic)
        if not routes:
            return self._answer
        read, read_otherwise = routes[0].read, self._read_otherwise

        def read_first(record: Record) -> Answer:
            value = record.value
            context = context_of(record) if record.headers else Context(record)
            if value is not None and context is not None and len(value) <= SMALL:
                try:
                    return read(value, context)
                except OFF_ROUTE:
                    pass
            return read_otherwise(record, context, read)

        return read_first

    def counter(self, topic: str, rollup: Rollup) -> Callable[[Record], Answer | None]:
        """`reader`, but what can be counted without a `Call` is added to `rollup` at once; the answer is None then."""
        read, routes = self.reader(topic), self._routes.get(topic)
        flat_reader = self._flat_reader(routes[0]) if routes else None
        return flat_reader.counting(rollup, read) if flat_reader is not None else read

    def _flat_reader(self, route: Route) -> FlatReader | None:
        found = self._flat_readers.get(route)
        if found is None and (found := FlatReader.of(route)) is not None:
            if len(self._flat_readers) >= MAX_READERS:
                self._flat_readers.clear()
            self._flat_readers[route] = found
        return found

    def _answer(self, record: Record) -> Answer:
        return self._read_otherwise(record, context_of(record) if record.headers else Context(record))

    def _read_otherwise(self, record: Record, context: Context | None, tried: Read | None = None) -> Answer:
        """By another route than the one that was tried, or by none."""
        value = record.value
        if value is not None and context is not None and len(value) <= SMALL:
            for route in self._routes.get(record.topic, ()):
                if route.read is not tried:
                    try:
                        return route.read(value, context)
                    except OFF_ROUTE:
                        pass  # another route, or a broken record: the full reader tells
        return self._decode_and_remember(record)

    def _decode_and_remember(self, record: Record) -> Decoded:
        fixed = self._fixed.get(record.topic)
        opening = Opening(fixed)
        decoded = opening.read(record)
        if fixed is None and decoded.calls and not decoded.rejections and opening.steps is not None:
            known = self._routes.get(record.topic, [])
            others = [route for route in known if route.steps != opening.steps]
            self._routes[record.topic] = [self._route(opening.steps), *others[: _ROUTES - 1]]
        return decoded

    def _route(self, steps: tuple[Step, ...]) -> Route:
        """Made once: it composes classes, which costs more than to read a record in full."""
        route = self._made.get(steps)
        if route is None:
            if len(self._made) >= _MADE:
                self._made.clear()
                self._flat_readers.clear()
            route = self._made[steps] = Route(steps)
        return route
