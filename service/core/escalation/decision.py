"""The results of `decide`. Each has a readable reason."""

from dataclasses import dataclass
from datetime import datetime

from service.core.escalation.campaign import Campaign
from service.core.escalation.cause import AtStep, Cause, Kind, NewOwner, StepCause, in_words, kind_of
from service.core.ownership import Audience


@dataclass(frozen=True, slots=True)
class Telling:
    """One notification for some audiences. `held` and `spared`: as in the campaign's `Done`."""

    cause: Cause
    audiences: tuple[Audience, ...]
    not_before: datetime
    """In the future if it waits for working hours."""
    to_new_owner: NewOwner | None = None
    """Set if it is the first notice to a new owner, whatever its cause."""
    missed: tuple[str, ...] = ()
    """Steps of earlier days that were not sent."""
    held: tuple[Audience, ...] = ()
    already_notified: tuple[Audience, ...] = ()
    """Audiences that were already notified: an address in both is not notified twice."""
    spared: tuple[Audience, ...] = ()
    early: tuple[Audience, ...] = ()
    """Audiences notified or held before their own step, because the forecast is late."""

    @property
    def kind(self) -> Kind:
        return kind_of(self.cause)

    @property
    def at_step(self) -> AtStep | None:
        """None: the cause is outside the steps."""
        return self.cause.step if isinstance(self.cause, StepCause) else None

    @property
    def step(self) -> str:
        """Name of the step, or the kind of another cause."""
        return self.at_step.name if self.at_step else self.kind

    @property
    def reason(self) -> str:
        return in_words(self.cause, spared=self.spared, early=self.early)


@dataclass(frozen=True, slots=True)
class _Change:
    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Open(_Change):
    """First notice about the exposure."""


@dataclass(frozen=True, slots=True)
class Notify(_Change):
    """A step or its held audiences are due; a promise was broken, with or without a message; or another model
    answers."""


@dataclass(frozen=True, slots=True)
class HandOver(_Change):
    """The service has a new owner, who gets a first notice."""


@dataclass(frozen=True, slots=True)
class Replan(_Change):
    """The deadline moved or the provider confirmed it, of which the owner is notified once; or the freeze before it
    moved, or the end is only reported from now on, of which nobody is notified.

    Past steps stay past; future steps can be sent again.
    """


@dataclass(frozen=True, slots=True)
class Close(_Change):
    """The calls have ended, or the model is no longer deprecated."""


@dataclass(frozen=True, slots=True)
class Reopen(_Change):
    """A new call, by event time, after the close; or the deprecation was announced again; or the calls were attributed
    to the model again."""


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime | None
    """When time alone may make something due; later than now. None: never."""
    wakes_on_call: bool
    """Whether a new call may make something due earlier."""
    reason: str


Change = Open | Notify | HandOver | Replan | Close | Reopen
Decision = Change | Wait
