"""Counts records of a flat dialect at once, without a `Call` of each: the fastest reader.

A record is counted here if its words are known and its time is in RFC 3339; `Route` reads all others, and teaches the
words. The words of a record are one key to the cell in which calls with these words are counted.
"""

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from service.core.rollup import EARLIEST, END, Cell, OutOfRangeError, Rollup
from service.core.usage import Call
from service.formats.contract import Answer, Context, Dialect, Flat
from service.formats.envelopes.headers import context_of
from service.formats.recognition import Form
from service.formats.record import Record
from service.formats.route import OFF_ROUTE, SMALL, OffRouteError, Route
from service.formats.vocabulary import Vocabulary

_FIRST_DUE, _MOST_DUE = 50, 2_000
"""Records to learn from before a new decoder is made: at first, and at most. Twice as many each time."""
_OFF_ROUTE = (*OFF_ROUTE, OutOfRangeError)
Count = Callable[[Record], Answer | None]
"""Counts a record, or gives the answer of a reader that could not."""


class _NewWordsError(Exception):
    """All words are known, and have no cell together."""


class FlatReader:
    """Reads the records of one route of a flat dialect. Those with known words are counted, each into the rollup that
    is given."""

    def __init__(self, route: Route, form: Form, dialect: Dialect[Any], flat: Flat) -> None:
        self._route = route
        self._dialect = dialect
        self._vocabulary = Vocabulary(form, flat)
        self._read_and_learn = route.read_by(self._learn)
        self._known: Route | None = None
        """Accepts records with known words only."""
        self._varying = self._vocabulary.varying()
        """Fields whose words are the key to a cell."""
        self._words = _words_of(len(self._varying))
        self._fits = False
        """`_known` accepted a record."""
        self._is_done = False
        """Nothing new was learned, and no record was accepted: none is tried again."""
        self._due = self._to_learn = _FIRST_DUE
        """Records to learn from before `_renew`: at first, and still."""
        self._to_pass = 0
        """Records that are not accepted and not learned from, before learning goes on."""

    @staticmethod
    def of(route: Route) -> "FlatReader | None":
        form = route.steps[-1]
        if isinstance(form, Form) and isinstance(form.thing, Dialect) and form.thing.flat is not None:
            return FlatReader(route, form, form.thing, form.thing.flat)
        return None

    def counting(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """`read`: for records that do not have the route."""
        if self._is_done:
            return read
        return self._counting_flat(rollup, read) if len(self._route.steps) == 1 else self._counting(rollup, read)

    def _counting_flat(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """As `_counting` for a record without an envelope. Hot path: all of it in one function."""
        count = rollup.count
        decode, words, get = self._decode, self._words, rollup.remembered(self, self._known).get

        def count_record(record: Record) -> Answer | None:
            nonlocal decode, words, get
            value, context = record.value, None
            if value is None or len(value) > SMALL:
                return read(record)
            if record.headers and (context := context_of(record)) is None:
                return read(record)
            try:
                shape = decode(value)
                cell = get(words(shape) if context is None else _key(words(shape), context))
                if cell is not None:
                    count(cell, shape)
                    return None
                answer = self._read_and_remember(record, context, rollup)
            except _OFF_ROUTE:
                answer = self._learn_from(record, context)
            if answer is None:
                return read(record)
            decode, words, get = self._decode, self._words, rollup.remembered(self, self._known).get
            return answer

        return count_record

    def _counting(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        count, find, several = rollup.count, self._finding(rollup), self._route.several

        def count_record(record: Record) -> Answer | None:
            nonlocal find
            value = record.value
            context = context_of(record) if record.headers else Context(record)
            if value is None or len(value) > SMALL or context is None:
                return read(record)
            try:
                found = find(value, context)
                if several:
                    if not found:
                        return read(record)
                    for cell, shape in found:
                        count(cell, shape)
                else:
                    cell, shape = found
                    count(cell, shape)
            except _NewWordsError:
                answer = self._read_and_remember(record, context, rollup)
            except _OFF_ROUTE:
                answer = self._learn_from(record, context)
            else:
                return None
            if answer is None:
                return read(record)
            find = self._finding(rollup)
            return answer

        return count_record

    def _finding(self, rollup: Rollup) -> Callable[[bytes, Context], Any]:
        """The cell and the numbers of a record's call. Of several calls, all are found before one is counted."""
        words, get, known = self._words, rollup.remembered(self, self._known).get, self._known
        if known is None:
            return _nothing_known

        def find(shape: Any, context: Context) -> tuple[Cell, Any]:
            cell = get(  # `_key`, in place: this runs for every call
                (words(shape), context.caller, context.environment, context.namespace, context.account, context.region)
            )
            if cell is None:
                raise _NewWordsError
            return cell, shape

        def find_in_time(shape: Any, context: Context) -> tuple[Cell, Any]:
            if not EARLIEST <= shape.at < END:
                raise OffRouteError
            return find(shape, context)

        return partial(known.items, use=find_in_time) if known.several else known.read_by(find)

    @property
    def _decode(self) -> Any:
        return self._known.decode if self._known is not None else _nothing_known

    def _read_and_remember(self, record: Record, context: Context | None, rollup: Rollup) -> Answer | None:
        """The answer for a record that `_known` accepts, whose words have no cell yet. None: it has another route."""
        self._fits = True
        cells, words = rollup.remembered(self, self._known), attrgetter(*self._varying)

        def remember(shape: Any, inner: Context) -> Answer:
            answer = self._dialect.read(shape, inner)
            if type(answer) is Call:
                rollup.remember(cells, words(shape) if context is None else _key(words(shape), inner), answer.who)
            return answer

        try:
            return self._route.read_by(remember)(record.value, context or Context(record))
        except OFF_ROUTE:
            return None

    def _learn_from(self, record: Record, context: Context | None) -> Answer | None:
        """The answer for a record that `_known` does not accept. None: it has another route, or is not learned from."""
        if self._to_pass:
            self._to_pass -= 1
            return None
        try:
            answer = self._read_and_learn(record.value, context or Context(record))
        except OFF_ROUTE:
            return None
        self._to_learn -= 1
        if not self._to_learn:
            self._renew()
        return answer

    def _learn(self, shape: Any, context: Context) -> Answer:
        answer = self._dialect.read(shape, context)
        self._vocabulary.learn(shape)
        return answer

    def _renew(self) -> None:
        self._due = self._to_learn = min(2 * self._due, _MOST_DUE)
        if self._vocabulary.is_news:
            self._known = Route(self._route.steps, self._vocabulary.shape())
            self._varying = self._vocabulary.varying()
            self._words = _words_of(len(self._varying))
            self._fits = False
        elif self._fits:
            self._to_pass, self._to_learn = self._due, _FIRST_DUE
        else:
            self._known, self._is_done = None, True


def _words_of(number: int) -> Callable[[Any], Any]:
    """Of a shape of known words, as `attrgetter` gives them: one, or a tuple. For two to five words, written out saves
    20 to 50 ns of the 1.5 us that a record takes."""
    few: Mapping[int, Callable[[Any], Any]] = {
        2: lambda shape: (shape.word_1, shape.word_2),
        3: lambda shape: (shape.word_1, shape.word_2, shape.word_3),
        4: lambda shape: (shape.word_1, shape.word_2, shape.word_3, shape.word_4),
        5: lambda shape: (shape.word_1, shape.word_2, shape.word_3, shape.word_4, shape.word_5),
    }
    return few.get(number) or attrgetter(*(f"word_{one}" for one in range(1, number + 1)))


def _nothing_known(*_: Any) -> Any:
    raise OffRouteError


def _key(words: Any, context: Context) -> tuple[Any, ...]:
    """All that the words of a call depend on."""
    return words, context.caller, context.environment, context.namespace, context.account, context.region
