"""The fast reader: a record is read by the route of one before it, without a look at what else it could be."""

from collections.abc import Callable
from typing import Any

from service.core.usage import Call, Decoded, PassedOver
from service.formats.contract import Answer, AnyEnvelope, Context, Envelope, Inner, items_of
from service.formats.envelopes.json_text import ARRAY, MAX_ITEMS
from service.formats.recognition import Form
from service.formats.rejecting import READ_ERRORS

MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""Of all layers of one record together."""
MAX_TOTAL_ITEMS = 50_000
SMALL = 2 * 1024 * 1024
"""Bytes of a record that may go a route. What it unpacks is counted."""
Step = Form | AnyEnvelope
"""An object of one form, or an envelope of bytes."""


class OffRouteError(Exception):
    """The record did not come this route."""


OFF_ROUTE = (*READ_ERRORS, OffRouteError)


class Route:
    """The envelopes of a record, outermost first, and its dialect."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self._last = len(steps) - 1
        objects = [step for step in steps if isinstance(step, Form)]
        self._only_objects = len(objects) == len(steps)
        self._envelopes = [(one.guarded.decode, one.thing.open) for one in objects if isinstance(one.thing, Envelope)]
        end: Any = steps[-1]
        self._guarded, self._dialect_read = end.guarded.decode, end.thing.read
        self.bare: tuple[Callable[[bytes], Any], Callable[[Any, Context], Answer]] | None = (
            (self._guarded, self._dialect_read) if self._last == 0 else None
        )
        """What decodes and what reads, where there is no envelope."""

    def read(self, value: bytes, context: Context) -> Answer:
        """What `opening` would say of the record. Raises one of `OFF_ROUTE` where anything may be otherwise."""
        if not self._only_objects:
            return self._read_all(value, context)
        body: Any = value
        around = context
        for guarded, opened in self._envelopes:
            found: Any = opened(guarded(body), around)
            if type(found) is not Inner:
                return self._read_all(value, context)
            body, around = found.body, found.context
        answer: Answer = self._dialect_read(self._guarded(body), around)
        return answer if isinstance(answer, Call) else _within_bounds(answer)

    def _read_all(self, value: bytes, context: Context) -> Decoded:
        """Where an envelope may hold several."""
        answers: list[Answer] = []
        self._open(0, value, context, _Left(answers))
        return _joined(answers)

    def _open(self, at: int, body: Any, context: Context, left: "_Left") -> None:
        step = self.steps[at]
        if isinstance(step, Form):
            self._use(at, step, step.guarded.decode(body), context, left)
            return
        following = self.steps[at + 1]
        if step is ARRAY and isinstance(following, Form):
            shapes = following.guarded_many.decode(body)
            if len(shapes) > MAX_ITEMS:
                raise OffRouteError
            for shape in shapes:
                self._use(at + 1, following, shape, context, left)
            return
        content: Any = body.encode() if isinstance(body, str) else bytes(body)
        if not step.matches(content):  # type: ignore[operator]  # an envelope of bytes
            raise OffRouteError
        self._open_inside(at, step.open(content, context), left)

    def _use(self, at: int, form: Form, shape: Any, context: Context, left: "_Left") -> None:
        thing: Any = form.thing
        if at == self._last:
            left.answers.append(thing.read(shape, context))
        else:
            self._open_inside(at, thing.open(shape, context), left)

    def _open_inside(self, at: int, found: Any, left: "_Left") -> None:
        for item in (found,) if type(found) is Inner else items_of(found):
            if type(item) is not Inner or item.body is None:
                raise OffRouteError
            left.take(len(item.body) if type(item.body) is bytes else 0)
            self._open(at + 1, item.body, item.context, left)


class _Left:
    """What a record may still unpack, and what was found in it."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self._bytes = MAX_TOTAL_BYTES - SMALL
        self._items = MAX_ITEMS

    def take(self, size: int) -> None:
        self._bytes -= size
        self._items -= 1
        if size > SMALL or self._bytes < 0 or self._items < 0:
            raise OffRouteError


def _joined(answers: list[Answer]) -> Decoded:
    calls: list[Call] = []
    passed: list[PassedOver] = []
    for answer in answers:
        if isinstance(answer, Decoded):
            calls.extend(_within_bounds(answer).calls)
            passed.extend(answer.passed)
        else:
            calls.append(answer)
    return _within_bounds(Decoded(tuple(calls), (), tuple(passed)))


def _within_bounds(found: Decoded) -> Decoded:
    if found.rejections or len(found.calls) > MAX_TOTAL_ITEMS:
        raise OffRouteError
    return found
