"""Causes of notifications: decided with the telling, stored with the notification, and put into words here.

Campaign, plan version, destination and the key of the cause identify a notification.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, assert_never

from msgspec import Struct

from service.core import words
from service.core.escalation.campaign import CloseReason, NotifiedOwner
from service.core.escalation.hold import broken_promise
from service.core.ownership import Audience


class AtStep(Struct, frozen=True, kw_only=True):
    """A step of the policy that the campaign keeps."""

    name: str
    """`-30d`"""
    policy: str
    repeat_days: int | None = None
    """Interval at which it repeats while calls continue. None: it is sent once."""
    before_freeze: bool = False
    """Steps before the shutdown count from a change freeze that lasts until it."""

    @property
    def end(self) -> str:
        """In words: the day from which steps before the shutdown count."""
        return words.FREEZE if self.before_freeze else words.SHUTDOWN


class _OfStep(Struct, frozen=True, kw_only=True, tag_field="kind"):
    step: AtStep


class StepDue(_OfStep, frozen=True, kw_only=True, tag="step_due"):
    """A step of the policy is due."""

    day: date | None = None
    """For a repeating step: its current day. For failing calls: the first day of the failure."""


class Repeat(_OfStep, frozen=True, kw_only=True, tag="repeat"):
    """A step repeats, because calls continue."""

    day: date


class FailsAgain(_OfStep, frozen=True, kw_only=True, tag="fails_again"):
    """Calls fail again: after they were answered, or at the shutdown after an earlier failure."""

    day: date
    """Identifies the failure: its first day, the shutdown's, or that of a repeat."""


class HeldBack(_OfStep, frozen=True, kw_only=True, tag="held_back"):
    """Audiences above the owner are notified after the owner has had a business day."""

    day: date | None = None
    owner_told_on: date
    """In the owner's zone."""


class Relapse(_OfStep, frozen=True, kw_only=True, tag="relapse"):
    """The service counted as migrated, and calls again."""

    at: datetime
    silent_since: date | None = None
    """Day of the last call before the silence."""
    back_since: date | None = None
    """Day of the first call after the silence."""
    calls: int | None = None
    """Since then."""


class Resumed(_OfStep, frozen=True, kw_only=True, tag="resumed"):
    """The campaign was closed while calls continued: its deprecation was withdrawn and announced again, or the calls
    were attributed to another model in the meantime."""

    at: datetime
    closed_as: CloseReason


class BrokenPromise(_OfStep, frozen=True, kw_only=True, tag="broken_promise"):
    """A promise was broken, and no step is due that would report it."""

    promised_on: date


class NewOwner(_OfStep, frozen=True, kw_only=True, tag="new_owner"):
    """The service has a new owner: a first notice, at the current step."""

    at: datetime
    former: NotifiedOwner


class Migrated(Struct, frozen=True, kw_only=True, tag="migrated", tag_field="kind"):
    """No call for longer than the quiet period. The campaign is closed."""

    at: datetime
    last_at: datetime
    quiet_days: int


class DateMoved(Struct, frozen=True, kw_only=True, tag="date_moved", tag_field="kind"):
    """The provider moved the shutdown. The owner is notified once, with the old and the new date."""

    before: date | None
    after: date | None


class Confirmed(Struct, frozen=True, kw_only=True, tag="confirmed", tag_field="kind"):
    """The provider gives the end that only others reported before. The owner is notified once, with both days."""

    before: date | None
    """The reported shutdown. None: no firm day was reported."""
    after: date | None


class Withdrawn(Struct, frozen=True, kw_only=True, tag="withdrawn", tag_field="kind"):
    """The provider withdrew the deprecation. The campaign is closed."""

    at: datetime
    before: date | None


class Redirected(Struct, frozen=True, kw_only=True, tag="redirected", tag_field="kind"):
    """Another model answers than the requested one. The owner is notified once, before or after the shutdown."""

    day: date
    """The last day with calls; the two counts are of this day."""
    answered: int
    redirected: int
    """Answered calls that another model answered."""
    since: date
    """First day of the current redirected streak."""


StepCause = StepDue | Repeat | FailsAgain | HeldBack | Relapse | Resumed | BrokenPromise | NewOwner
NewsCause = Migrated | DateMoved | Confirmed | Withdrawn | Redirected
"""Causes outside the steps: events of one use of a model."""
Cause = StepCause | NewsCause
Kind = Literal["notice", "migrated", "date_moved", "confirmed", "withdrawn", "redirected"]


def kind_of(cause: Cause) -> Kind:
    match cause:
        case Migrated():
            return "migrated"
        case DateMoved():
            return "date_moved"
        case Confirmed():
            return "confirmed"
        case Withdrawn():
            return "withdrawn"
        case Redirected():
            return "redirected"
        case StepDue() | Repeat() | FailsAgain() | HeldBack() | Relapse() | Resumed() | BrokenPromise() | NewOwner():
            return "notice"


def key_of(cause: Cause) -> str:
    """Equal for causes that must be sent once only: `repeat/+1d/2025-07-16`."""
    own: tuple[str | date | None, ...]
    match cause:
        case StepDue() | Repeat() | FailsAgain() | HeldBack():
            own = cause.step.name, cause.day
        case Relapse() | Resumed() | NewOwner():
            own = cause.step.name, cause.at
        case BrokenPromise():
            own = cause.step.name, cause.promised_on
        case Migrated() | Withdrawn():
            own = (cause.at,)
        case DateMoved() | Confirmed():
            own = cause.before, cause.after
        case Redirected():
            own = ()
        case _:
            assert_never(cause)
    parts = (str(cause.__struct_config__.tag), *own)
    return "/".join(part.isoformat() if isinstance(part, date) else part or "" for part in parts)


def in_words(cause: Cause, *, spared: Sequence[Audience] = (), early: Sequence[Audience] = ()) -> str:
    """A clause with the reason. `spared`, `early`: audiences that the forecast removes or adds."""
    if isinstance(cause, NewsCause):
        return _news_in_words(cause)
    by_policy = _by_policy(cause.step, spared, early)
    match cause:
        case NewOwner():
            return f"first notice to a new owner, {words.step(cause.step.name, cause.step.end)}"
        case BrokenPromise():
            return f"{broken_promise(cause.promised_on)}; {by_policy}"
        case HeldBack():
            return f"{by_policy}, held back until the owner had a business day"
        case StepDue() | Repeat() | FailsAgain() | Relapse() | Resumed():
            return by_policy


def _news_in_words(cause: NewsCause) -> str:
    match cause:
        case Migrated():
            period = f"this caller's quiet period of {cause.quiet_days} days"
            return f"no call since {words.day(cause.last_at.date())}, longer than {period}"
        case DateMoved():
            return f"the shutdown moved from {_firm_day(cause.before)} to {_firm_day(cause.after)}"
        case Confirmed() if cause.before == cause.after:
            return f"the provider confirms the reported shutdown: {_firm_day(cause.after)}"
        case Confirmed():
            return f"the provider announces the shutdown: {_firm_day(cause.after)}, reported: {_firm_day(cause.before)}"
        case Withdrawn():
            return "the model is not deprecated any more"
        case Redirected():
            return "another model answers than the one that is asked for"


def _firm_day(on: date | None) -> str:
    return words.day(on) if on else "no firm day"


def _by_policy(step: AtStep, spared: Sequence[Audience], early: Sequence[Audience]) -> str:
    said = f"{words.step_in_words(step.name, step.repeat_days, step.end)}, by policy {step.policy}"
    if spared:
        said += f"; not to {words.audiences(spared)}, as the calls reach zero in time at this pace"
    if early:
        said += f"; earlier than planned to {words.audiences(early)}, as at this pace they do not"
    return said
