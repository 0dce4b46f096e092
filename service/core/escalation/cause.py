"""Why somebody is told: decided with the telling, kept with the notification, and made into words for people here.

With the campaign, its plan and the destination the key of a cause tells one notification from another.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from service.core import words
from service.core.escalation.campaign import Answerable, CloseReason
from service.core.escalation.hold import broken_promise
from service.core.ownership import Audience


class AtStep(Struct, frozen=True, kw_only=True):
    """A step of the policy that the campaign keeps."""

    name: str
    """`-30d`"""
    policy: str
    repeat_days: int | None = None
    """It comes round again after so many days while calls go on. None: it is told once."""
    before_freeze: bool = False
    """Days before the shutdown are counted from a change freeze that reaches up to it."""

    @property
    def end(self) -> str:
        """What steps before the shutdown are counted from, in words."""
        return words.FREEZE if self.before_freeze else words.SHUTDOWN


class _OfStep(Struct, frozen=True, kw_only=True, tag_field="kind"):
    step: AtStep


class StepDue(_OfStep, frozen=True, kw_only=True, tag="step_due"):
    """A step of the policy has its day."""

    day: date | None = None
    """Of a step that repeats: the one of its days that has begun. Of failing calls: since when they fail."""


class Repeat(_OfStep, frozen=True, kw_only=True, tag="repeat"):
    """A step comes round again, as calls go on."""

    day: date


class FailsAgain(_OfStep, frozen=True, kw_only=True, tag="fails_again"):
    """Calls fail another time, after they were answered, or at the shutdown after failing before it."""

    day: date
    """Which failure: its first day, the shutdown's, or that of a repeat."""


class HeldBack(_OfStep, frozen=True, kw_only=True, tag="held_back"):
    """Those above the owner hear of a step once the owner has had a business day."""

    day: date | None = None
    owner_told_on: date
    """In the owner's zone."""


class Relapse(_OfStep, frozen=True, kw_only=True, tag="relapse"):
    """The service had stopped calling, was taken as migrated, and calls again."""

    at: datetime
    silent_since: date | None = None
    """The day of its last call before the silence."""
    back_since: date | None = None
    """The day of its first call after the silence."""
    calls: int | None = None
    """Since then."""


class Resumed(_OfStep, frozen=True, kw_only=True, tag="resumed"):
    """The campaign was closed while calls went on: its deprecation was taken back and came again, or the calls were
    taken for another model's."""

    at: datetime
    closed_as: CloseReason


class BrokenPromise(_OfStep, frozen=True, kw_only=True, tag="broken_promise"):
    """A promise was not kept, and no step is due that would say so."""

    promised_on: date


class NewOwner(_OfStep, frozen=True, kw_only=True, tag="new_owner"):
    """Somebody else answers for the service: a first notice, at the step where the ladder stands."""

    at: datetime
    former: Answerable


class Migrated(Struct, frozen=True, kw_only=True, tag="migrated", tag_field="kind"):
    """No call for longer than the caller's own quiet period. The campaign is closed."""

    at: datetime
    last_at: datetime
    quiet_days: int


class DateMoved(Struct, frozen=True, kw_only=True, tag="date_moved", tag_field="kind"):
    """The provider moved the day. Each owner hears once, with the old and the new date."""

    before: date | None
    after: date | None


class Withdrawn(Struct, frozen=True, kw_only=True, tag="withdrawn", tag_field="kind"):
    """The provider has taken the end back. The campaign is closed."""

    at: datetime
    before: date | None
    """The shutdown that held until now."""


class Redirected(Struct, frozen=True, kw_only=True, tag="redirected", tag_field="kind"):
    """Another model answers than the one that is asked for. The owner hears once, before the day or after it."""

    day: date
    """The last day with calls, which the two counts are of."""
    answered: int
    redirected: int
    """Calls that another model answered, of those that were answered."""
    since: date
    """The first day of which this held, without a break until `day`."""


StepCause = StepDue | Repeat | FailsAgain | HeldBack | Relapse | Resumed | BrokenPromise | NewOwner
"""Of a reminder, at a step of the policy."""
NewsCause = Migrated | DateMoved | Withdrawn | Redirected
"""What happened to one use of a model, and is no reminder."""
Cause = StepCause | NewsCause
Kind = Literal["notice", "migrated", "date_moved", "withdrawn", "redirected"]


def kind_of(cause: Cause) -> Kind:
    match cause:
        case Migrated():
            return "migrated"
        case DateMoved():
            return "date_moved"
        case Withdrawn():
            return "withdrawn"
        case Redirected():
            return "redirected"
        case _:
            return "notice"


def key_of(cause: Cause) -> str:
    """The same for what is told once: `repeat/+1d/2025-07-16`"""
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
        case DateMoved():
            own = cause.before, cause.after
        case Redirected():
            own = ()
    parts = (str(cause.__struct_config__.tag), *own)
    return "/".join(part.isoformat() if isinstance(part, date) else part or "" for part in parts)


def in_words(cause: Cause, *, spared: Sequence[Audience] = (), early: Sequence[Audience] = ()) -> str:
    """A clause: why it is told. `spared`, `early`: who hears otherwise than the step says, because of the forecast."""
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
            before, after = (words.day(on) if on else "no firm day" for on in (cause.before, cause.after))
            return f"the shutdown moved from {before} to {after}"
        case Withdrawn():
            return "the model is not deprecated any more"
        case Redirected():
            return "another model answers than the one that is asked for"


def _by_policy(step: AtStep, spared: Sequence[Audience], early: Sequence[Audience]) -> str:
    said = f"{words.step_in_words(step.name, step.repeat_days, step.end)}, by policy {step.policy}"
    if spared:
        said += f"; not to {words.audiences(spared)}, as the calls reach zero in time at this pace"
    if early:
        said += f"; earlier than planned to {words.audiences(early)}, as at this pace they do not"
    return said
