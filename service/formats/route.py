"""The fast way: reading a record as one that came before it, without a look at what it might be."""

from typing import Any

from service.core.usage import Call, Decoded, PassedOver
from service.formats.contract import AnyEnvelope, Context, Inner, items_of
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
        end = steps[-1]
        self._bare = end.guarded.decode if self._last == 0 and isinstance(end, Form) else None
        self._dialect: Any = end.thing if isinstance(end, Form) else None

    def read(self, value: bytes, context: Context) -> Decoded:
        """What `opening` would say of the record. Raises one of `OFF_ROUTE` where anything may be otherwise."""
        if self._bare is not None:
            answer = self._dialect.read(self._bare(value), context)
            return answer if type(answer) is Decoded else Decoded((answer,))
        answers: list[Call | Decoded] = []
        self._open(0, value, context, answers)
        if len(answers) == 1:
            answer = answers[0]
            return answer if isinstance(answer, Decoded) else Decoded((answer,))
        return _joined(answers)

    def _open(self, at: int, body: bytes | str, context: Context, answers: list[Call | Decoded]) -> None:
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
        content: Any = body.encode() if isinstance(body, str) else body
        if not step.matches(content):  # type: ignore[operator]  # an envelope of bytes
            raise OffRouteError
        self._open_inside(at, step.open(content, context), answers)

    def _use(self, at: int, form: Form, shape: Any, context: Context, answers: list[Call | Decoded]) -> None:
        if at == self._last:
            answers.append(self._dialect.read(shape, context))
        else:
            thing: Any = form.thing
            self._open_inside(at, thing.open(shape, context), answers)

    def _open_inside(self, at: int, found: Any, answers: list[Call | Decoded]) -> None:
        for item in (found,) if type(found) is Inner else items_of(found):
            if type(item) is not Inner or item.body is None or len(item.body) > SMALL or len(answers) > MAX_ITEMS:
                raise OffRouteError
            self._open(at + 1, item.body, item.context, answers)


def _joined(answers: list[Call | Decoded]) -> Decoded:
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
