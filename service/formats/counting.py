"""Counts records of a flat dialect at once, without a `Call` of each: the fastest reader.

A record is counted here if its words are known and its time is in RFC 3339; `Route` reads all others, and teaches the
words. The words of a record, its envelopes and its headers are one key to the cell in which calls with these words are
counted.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from service.core.cleaning import are_short, may_be_remembered
from service.core.rollup import EARLIEST, END, Cell, OutOfRangeError, Rollup
from service.core.usage import Call, Decoded, Who
from service.formats.contract import Answer, Context, Dialect, Inner
from service.formats.envelopes.headers import context_of, words_of
from service.formats.recognition import Form
from service.formats.record import Record
from service.formats.route import OFF_ROUTE, SMALL, Layer, OffRouteError, Route, Step, Use
from service.formats.vocabulary import Vocabulary

_FIRST_DUE, _MOST_DUE = 50, 2_000
"""Records to learn from before a new decoder is made: at first, and at most. Twice as many each time."""
_RUNS_TO_SKIP = 1_000
"""Before records that never fitted are tried again: a topic may begin with those of a producer that is soon gone."""
_MOST_WHOS = 2_000
"""Of one reader: bounds the memory."""
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OFF_ROUTE = (*OFF_ROUTE, OutOfRangeError)
Count = Callable[[Record], Answer | None]
"""Counts a record, or gives the answer of a reader that could not."""


class _NewWordsError(Exception):
    """All words are known, and have no cell together."""

    def __init__(self, keys: Sequence[Any]) -> None:
        """`keys`: of all calls in the record."""
        super().__init__(keys)
        self.keys = keys


class FlatReader:
    """Reads the records of one route of a flat dialect. Those with known words are counted, each into the rollup that
    is given."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._vocabularies = {number: Vocabulary(one) for number, one in enumerate(route.steps) if type(one) is Form}
        """By the number of the step."""
        self._learning = Route(route.steps, self._learning_layer)
        """As `_route`, and all that is read is learned."""
        self._known: _Known | None = None
        self._fits = False
        """`_known` accepted a record."""
        self._runs_to_skip = 0
        """Runs of which no record is tried, because none was accepted, and nothing new was learned."""
        self._due = self._to_learn = _FIRST_DUE
        """Records to learn from before `_renew`: at first, and still."""
        self._to_pass = 0
        """Records that are not accepted and not learned from, before learning goes on."""

    @staticmethod
    def of(route: Route) -> "FlatReader | None":
        """None: its records are not counted at once."""
        return FlatReader(route) if all(map(_is_counted, route.steps)) else None

    def counting(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """For the next records; what they teach is known to the next reader. `read`: for records of other routes."""
        if self._runs_to_skip:
            self._runs_to_skip -= 1
            return read
        known = self._known
        if known is None:
            return lambda record: self._learn_from(record, None) or read(record)
        return (self._counting_flat if len(self._route.steps) == 1 else self._counting)(known, rollup, read)

    def _counting_flat(self, known: "_Known", rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """As `_counting` for a record without an envelope. Hot path: all of it in one function."""
        cells = rollup.remembered(self, known)
        count, get, decode, words = rollup.count, cells.get, known.route.decode, known.words

        def count_record(record: Record) -> Answer | None:
            value = record.value
            if value is None or len(value) > SMALL:
                return read(record)
            try:
                shape = decode(value)
                key = words(shape)
                if record.headers:
                    if (around := words_of(record)) is None:
                        return read(record)
                    key = key, around
                cell = get(key) or known.recall(key, cells, rollup)
                if cell is None:
                    return self._read_and_remember(record, (key,), known) or read(record)
                count(cell, shape)
            except _OFF_ROUTE:
                return self._learn_from(record, known) or read(record)
            return None

        return count_record

    def _counting(self, known: "_Known", rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        count = known.counting(rollup, rollup.remembered(self, known))

        def count_record(record: Record) -> Answer | None:
            value = record.value
            around = words_of(record) if record.headers else ()
            if value is None or len(value) > SMALL or around is None:
                return read(record)
            try:
                count(value, around)
            except _NewWordsError as error:
                return self._read_and_remember(record, error.keys, known) or read(record)
            except _OFF_ROUTE:
                return self._learn_from(record, known) or read(record)
            return None

        return count_record

    def _read_and_remember(self, record: Record, keys: Sequence[Any], known: "_Known") -> Answer | None:
        """The answer for a record that `known` accepts, with the keys of its calls, of which some are new. None: it has
        another route."""
        self._fits = self._fits or known is self._known
        answer = self._read_by(self._route, record)
        if answer is not None and len(calls := _calls_of(answer)) == len(keys):
            known.remember(keys, calls)
        return answer

    def _learn_from(self, record: Record, known: "_Known | None") -> Answer | None:
        """The answer for a record that `known` does not accept. None: it has another route, or is not learned from."""
        if known is not self._known:
            return None
        if self._to_pass:
            self._to_pass -= 1
            return None
        answer = self._read_by(self._learning, record)
        if answer is not None and _calls_of(answer):
            self._to_learn -= 1
            if not self._to_learn:
                self._renew()
        return answer

    def _read_by(self, route: Route, record: Record) -> Answer | None:
        value, context = record.value, context_of(record)
        if value is None or len(value) > SMALL or context is None:
            return None
        try:
            return route.read(value, context)
        except OFF_ROUTE:
            return None

    def _renew(self) -> None:
        self._due = self._to_learn = min(2 * self._due, _MOST_DUE)
        vocabularies = self._vocabularies.values()
        is_news = any(one.is_news for one in vocabularies)
        has_moved = any(one.has_moved for one in vocabularies)
        if not is_news and self._fits:
            self._to_pass, self._to_learn = self._due, _FIRST_DUE
        if is_news or has_moved:
            self._known, self._fits = _Known(self._route, self._vocabularies), False
        elif not self._fits:
            self._runs_to_skip = _RUNS_TO_SKIP

    def _learning_layer(self, number: int, form: Form, inside: Layer | None) -> Layer:
        vocabulary, decode = self._vocabularies[number], msgspec.json.Decoder(form.guarded).decode
        use: Any = form.thing.read if isinstance(form.thing, Dialect) else form.thing.open

        def learn(body: Any, context: Context) -> Any:
            shape = decode(body)
            found = use(shape, context)
            vocabulary.learn(shape, _KEYS.decode(body))
            return found

        return Layer(None, lambda body: body, learn)


class _Known:
    """Reads the records of a route whose words are known. In place of a context it hands on what tells records with the
    same words apart: the words around them."""

    def __init__(self, route: Route, vocabularies: Mapping[int, Vocabulary]) -> None:
        self._vocabularies = vocabularies
        self.route = Route(route.steps, self._layer)
        self.words = _words_of(vocabularies[len(route.steps) - 1])
        """Of the shape that a record of the dialect is decoded as."""
        self._whos: dict[Any, Who] = {}
        """By key."""

    def recall(self, key: Any, cells: dict[Any, Cell], rollup: Rollup) -> Cell | None:
        """The cell of a rollup that has had no call with these words. None: no rollup has had one."""
        who = self._whos.get(key)
        return rollup.remember(cells, key, who) if who is not None else None

    def remember(self, keys: Sequence[Any], calls: Sequence[Call]) -> None:
        """What keys mean, if they are short."""
        for key, call in zip(keys, calls, strict=True):
            if may_be_remembered(call.who) and are_short(key):
                if len(self._whos) >= _MOST_WHOS:
                    self._whos.clear()
                self._whos[key] = call.who

    def counting(self, rollup: Rollup, cells: dict[Any, Cell]) -> Callable[[bytes, Any], None]:
        """Counts the calls of a record: all of them, or none. Raises one of `_OFF_ROUTE`, or _NewWordsError."""
        count, get, words, items = rollup.count, cells.get, self.words, self.route.items

        def count_call(shape: Any, around: Any) -> None:
            key = words(shape), around
            cell = get(key) or self.recall(key, cells, rollup)
            if cell is None:
                raise _NewWordsError((key,))
            count(cell, shape)

        def key_of(shape: Any, around: Any) -> tuple[Any, Any]:
            if not EARLIEST <= shape.at < END:
                raise OutOfRangeError
            return (words(shape), around), shape

        def count_all(value: bytes, around: Any) -> None:
            found = items(value, around, key_of)
            if not found:
                raise OffRouteError  # no call, which counts as another kind of record
            targets = [cell for key, _ in found if (cell := get(key) or self.recall(key, cells, rollup)) is not None]
            if len(targets) < len(found):
                raise _NewWordsError([key for key, _ in found])
            for cell, (_, shape) in zip(targets, found, strict=True):
                count(cell, shape)

        return count_all if self.route.several else self.route.read_by(count_call)

    def _layer(self, number: int, form: Form, inside: Layer | None) -> Layer:
        vocabulary = self._vocabularies[number]
        shape: Any = vocabulary.shape(inside.shape if inside is not None else None)
        decode, words, varies = msgspec.json.Decoder(shape).decode, _words_of(vocabulary), bool(vocabulary.varying())
        is_decoded = number - 1 in self._vocabularies and self._vocabularies[number - 1].holds_json

        def open_known(opened: Any, around: Any) -> Inner:
            around = (words(opened), around) if varies else around
            return Inner(opened.body, around)

        def reading(read: Use) -> Use:
            if inside is None:
                return read if is_decoded else lambda body, around: read(decode(body), around)

            def open_and_read(body: Any, around: Any) -> Any:
                opened = body if is_decoded else decode(body)
                return read(opened.body, (words(opened), around) if varies else around)

            return open_and_read

        return Layer(shape, decode, open_known, reading=reading)


def _calls_of(answer: Answer) -> Sequence[Call]:
    return answer.calls if isinstance(answer, Decoded) else (answer,)


def _is_counted(step: Step) -> bool:
    if not isinstance(step, Form):
        return True
    return (step.thing.flat if isinstance(step.thing, Dialect) else step.thing.uncounted) is not None


def _words_of(vocabulary: Vocabulary) -> Callable[[Any], Any]:
    """Of a shape of known words, as `attrgetter` gives them: one, or a tuple. For two to five words, written out saves
    20 to 50 ns of the 1.5 us that a record takes."""
    number = len(vocabulary.varying())
    few: Mapping[int, Callable[[Any], Any]] = {
        0: lambda shape: (),
        2: lambda shape: (shape.word_1, shape.word_2),
        3: lambda shape: (shape.word_1, shape.word_2, shape.word_3),
        4: lambda shape: (shape.word_1, shape.word_2, shape.word_3, shape.word_4),
        5: lambda shape: (shape.word_1, shape.word_2, shape.word_3, shape.word_4, shape.word_5),
    }
    return few.get(number) or attrgetter(*(f"word_{one}" for one in range(1, number + 1)))
