"""Counts records of a flat dialect at once, without a `Call` of each: the fastest reader.

A record is counted here if its words are known and its time is in RFC 3339; `Route` reads all others, and teaches the
words. The words of a record are one key to the cell in which calls with these words are counted.
"""

from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from service.core.cleaning import may_be_remembered
from service.core.rollup import EARLIEST, END, MAX_CELLS, Cell, OutOfRangeError, Rollup
from service.core.usage import Call
from service.formats.contract import Answer, Context, Dialect, Flat
from service.formats.envelopes.headers import context_of
from service.formats.recognition import Form
from service.formats.record import Record
from service.formats.route import OFF_ROUTE, SMALL, OffRouteError, Read, Route
from service.formats.vocabulary import Vocabulary

_FIRST_DUE, _MOST_DUE = 50, 2_000
"""Records that cannot be counted, before a new decoder is made: the first time, and then twice as many each time."""
_OFF_ROUTE = (*OFF_ROUTE, OutOfRangeError)
Count = Callable[[Record], Answer | None]
"""Counts a record, or gives the answer of a reader that could not."""


class _NewWordsError(OffRouteError):
    """All words are known, and not together."""


class Counter:
    """Counts the records of one route, each into the rollup that is given."""

    def __init__(self, route: Route, form: Form, dialect: Dialect[Any], flat: Flat) -> None:
        self._route = route
        self._dialect = dialect
        self._vocabulary = Vocabulary(form, flat)
        self._known: Route | None = None
        """Accepts records with known words only."""
        self._varying = self._vocabulary.varying()
        """Fields whose words are the key to a cell."""
        self._words = _words_of(len(self._varying))
        self._fits = False
        """A record with known words was seen."""
        self._is_done = False
        """None will ever be."""
        self._missed, self._due = 0, _FIRST_DUE

    @staticmethod
    def of(route: Route) -> "Counter | None":
        form = route.steps[-1]
        if isinstance(form, Form) and isinstance(form.thing, Dialect) and form.thing.flat is not None:
            return Counter(route, form, form.thing, form.thing.flat)
        return None

    def counting(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """`read`: for records that do not have the route."""
        if self._is_done:
            return read
        return self._counting_flat(rollup, read) if len(self._route.steps) == 1 else self._counting(rollup, read)

    def _counting_flat(self, rollup: Rollup, read: Callable[[Record], Answer]) -> Count:
        """Hot path: all of it in one function."""
        count = rollup.count
        decode, words, get = self._decode, self._words, self._cells(rollup).get

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
                if cell is None:
                    raise _NewWordsError
                count(cell, shape)
            except _OFF_ROUTE as error:
                answer = self._read(record, context, rollup, error)
            else:
                return None
            decode, words, get = self._decode, self._words, self._cells(rollup).get
            return read(record) if answer is None else answer

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
            except _OFF_ROUTE as error:
                answer = self._read(record, context, rollup, error)
            else:
                return None
            find = self._finding(rollup)
            return read(record) if answer is None else answer

        return count_record

    def _finding(self, rollup: Rollup) -> Callable[[bytes, Context], Any]:
        """The cell and the numbers of a record's call. Of several calls, all are found before one is counted."""
        words, get, known = self._words, self._cells(rollup).get, self._known
        if known is None:
            return _nothing_known

        def find(shape: Any, context: Context) -> tuple[Cell, Any]:
            cell = get(
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

    def _read(self, record: Record, context: Context | None, rollup: Rollup, error: Exception) -> Answer | None:
        """A record that could not be counted, for `error`. Its words are learned."""
        if isinstance(error, _NewWordsError):
            return self._tried(self._route.read_by(self._remembering(rollup, context)), record, context)
        answer = self._tried(self._route.read_by(self._learn), record, context)
        if answer is not None:
            self._missed += 1
            if self._missed >= self._due:
                self._renew()
        return answer

    def _tried(self, read: Read, record: Record, context: Context | None) -> Answer | None:
        try:
            return read(record.value, context or Context(record))
        except OFF_ROUTE:
            return None

    def _remembering(self, rollup: Rollup, outer: Context | None) -> Callable[[Any, Context], Answer]:
        self._fits = True
        cells, words = self._cells(rollup), attrgetter(*self._varying)

        def remember(shape: Any, context: Context) -> Answer:
            answer = self._dialect.read(shape, context)
            if type(answer) is Call and may_be_remembered(answer.who):
                if len(cells) >= MAX_CELLS:
                    cells.clear()
                cells[words(shape) if outer is None else _key(words(shape), context)] = rollup.cell(answer.who)
            return answer

        return remember

    def _learn(self, shape: Any, context: Context) -> Answer:
        answer = self._dialect.read(shape, context)
        self._vocabulary.learn(shape)
        return answer

    def _renew(self) -> None:
        self._missed, self._due = 0, min(2 * self._due, _MOST_DUE)
        if self._vocabulary.is_news:
            self._known = Route(self._route.steps, self._vocabulary.shape())
            self._varying = self._vocabulary.varying()
            self._words = _words_of(len(self._varying))
            self._fits = False
        elif not self._fits:
            self._known, self._is_done = None, True

    def _cells(self, rollup: Rollup) -> dict[Any, Cell]:
        return rollup.cells_by_key.setdefault(self._known, {})


def _words_of(number: int) -> Callable[[Any], Any]:
    """Of a shape of known words, as `attrgetter` gives them: one, or a tuple. For few it is twice as fast."""
    few: Mapping[int, Callable[[Any], Any]] = {
        1: lambda shape: shape.word_1,
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
