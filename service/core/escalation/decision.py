"""What `decide` can answer. Each answer has a reason that a person can read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.core.escalation.campaign import Campaign
from service.core.ownership import Audience

News = Literal["notice", "date_moved", "withdrawn", "migrated"]


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing to be told to some audiences."""

    news: News
    step: str
    """A step of the policy, or the news where it is no step."""
    audiences: tuple[Audience, ...]
    not_before: datetime
    """Quiet hours delay and never drop."""
    reason: str
    occurrence: str = ""
    """Tells repeats of one step apart; empty for the first."""
    missed: tuple[str, ...] = ()
    """Steps that were due on earlier days and that nobody was told."""
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody is to hear of the exposure for the first time."""

    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Notify:
    """A step is due, or those who were held back from one."""

    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Replan:
    """The deadline moved: the owner hears of it once, passed steps stay passed, future ones are armed again."""

    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Close:
    """The calls have ended, or the model is not deprecated any more."""

    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """There was a new call, by event time, after the campaign was closed."""

    campaign: Campaign
    tellings: tuple[Telling, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done now."""

    until: datetime | None
    """When time alone may make something due; later than now. None: time alone never will."""
    wakes_on_call: bool
    """Whether a new call may make something due before that."""
    reason: str


Change = Open | Notify | Replan | Close | Reopen
"""`campaign` is the campaign as it will be, `tellings` what is to be told with it."""
Decision = Change | Wait
