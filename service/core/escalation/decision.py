"""What `decide` can answer. Each answer has a reason that a person can read."""

from dataclasses import dataclass
from datetime import datetime

from service.core.escalation.campaign import Campaign
from service.core.escalation.cause import AtStep, Cause, Kind, NewOwner, StepCause, in_words, kind_of
from service.core.ownership import Audience


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to be told to some audiences."""

    cause: Cause
    audiences: tuple[Audience, ...]
    not_before: datetime
    """Quiet hours delay and never drop."""
    to_new_owner: NewOwner | None = None
    """It is the first that a new owner hears, whatever its cause is."""
    missed: tuple[str, ...] = ()
    """Steps that were due on earlier days and that nobody was told."""
    held: tuple[Audience, ...] = ()
    """Who hears of it once the owner has had a business day."""
    heard_by: tuple[Audience, ...] = ()
    """Who has heard of it before: whoever stands for both does not hear again."""
    spared: tuple[Audience, ...] = ()
    """Who is not told, because the calls reach zero in time at this pace."""
    early: tuple[Audience, ...] = ()
    """Who is told, or held, before its own step, because at this pace the calls do not reach zero in time."""

    @property
    def kind(self) -> Kind:
        return kind_of(self.cause)

    @property
    def at_step(self) -> AtStep | None:
        """None: it belongs to no step of the policy."""
        return self.cause.step if isinstance(self.cause, StepCause) else None

    @property
    def step(self) -> str:
        """The step's name, or the kind of the news where it is none."""
        return self.at_step.name if self.at_step else self.kind

    @property
    def reason(self) -> str:
        return in_words(self.cause, spared=self.spared, early=self.early)


@dataclass(frozen=True, slots=True)
class _Change:
    campaign: Campaign
    """As it will be."""
    tellings: tuple[Telling, ...]
    """What is to be told with it."""
    reason: str


@dataclass(frozen=True, slots=True)
class Open(_Change):
    """Somebody is to hear of the exposure for the first time."""


@dataclass(frozen=True, slots=True)
class Notify(_Change):
    """A step is due, or those who were held back from one; a promise was not kept, of which nobody may need to be told;
    or another model answers."""


@dataclass(frozen=True, slots=True)
class HandOver(_Change):
    """Somebody else answers for the service now, and gets a first notice."""


@dataclass(frozen=True, slots=True)
class Replan(_Change):
    """The deadline moved, of which the owner hears once, or the freeze before it, of which nobody does.

    Passed steps stay passed, future ones are armed again.
    """


@dataclass(frozen=True, slots=True)
class Close(_Change):
    """The calls have ended, or the model is not deprecated any more."""


@dataclass(frozen=True, slots=True)
class Reopen(_Change):
    """There was a new call, by event time, after the campaign was closed; or it was closed in error, or too early: the
    deprecation came again, the calls were of the model after all."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done now."""

    until: datetime | None
    """When time alone may make something due; later than now. None: time alone never will."""
    wakes_on_call: bool
    """Whether a new call may make something due before that."""
    reason: str


Change = Open | Notify | HandOver | Replan | Close | Reopen
Decision = Change | Wait
