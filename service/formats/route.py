"""The fast way: reading a record as one that came before it, without a look at what it might be."""

from collections.abc import Callable
from typing import Any

from service.core.usage import Call, Decoded, PassedOver
from service.formats.contract import Answer, AnyEnvelope, Context, Envelope, Inner, items_of
from service.formats.envelopes.json_text import ARRAY, MAX_ITEMS
from service.formats.recognition import Form
from service.formats.rejecting import READ_ERRORS

SMALL = 2 * 1024 * 1024
"""Bytes. A record of which no layer is larger stays within the limits of `opening` whatever its route."""
Step = Form | AnyEnvelope
"""An object of one form, or an envelope of bytes."""


class OffRouteError(Exception):
    """The record did not come this route."""


OFF_ROUTE = (*READ_ERRORS, OffRouteError)


class Route:
    """The way of a record through its envelopes, outermost first, to its dialect."""

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
        return answer

    def _read_all(self, value: bytes, context: Context) -> Decoded:
        """Where an envelope may hold several."""
        answers: list[Answer] = []
        self._open(0, value, context, answers)
        return _joined(answers)

    def _open(self, at: int, body: Any, context: Context, answers: list[Answer]) -> None:
        step = self.steps[at]
        if isinstance(step, Form):
            self._use(at, step, step.guarded.decode(body), context, answers)
            return
        following = self.steps[at + 1]
        if step is ARRAY and isinstance(following, Form):
            shapes = following.guarded_many.decode(body)
            if len(shapes) > MAX_ITEMS:
                raise OffRouteError
            for shape in shapes:
                self._use(at + 1, following, shape, context, answers)
            return
        content: Any = body.encode() if isinstance(body, str) else bytes(body)
        if not step.matches(content):  # type: ignore[operator]  # an envelope of bytes
            raise OffRouteError
        self._open_inside(at, step.open(content, context), answers)

    def _use(self, at: int, form: Form, shape: Any, context: Context, answers: list[Answer]) -> None:
        thing: Any = form.thing
        if at == self._last:
            answers.append(thing.read(shape, context))
        else:
            self._open_inside(at, thing.open(shape, context), answers)

    def _open_inside(self, at: int, found: Any, answers: list[Answer]) -> None:
        for item in (found,) if type(found) is Inner else items_of(found):
            if type(item) is not Inner or item.body is None or len(answers) > MAX_ITEMS:
                raise OffRouteError
            if type(item.body) is bytes and len(item.body) > SMALL:
                raise OffRouteError
            self._open(at + 1, item.body, item.context, answers)


def _joined(answers: list[Answer]) -> Decoded:
    calls: list[Call] = []
    passed: list[PassedOver] = []
    for answer in answers:
        if isinstance(answer, Decoded):
            if answer.rejections:
                raise OffRouteError
            calls.extend(answer.calls)
            passed.extend(answer.passed)
        else:
            calls.append(answer)
    return Decoded(tuple(calls), (), tuple(passed))
