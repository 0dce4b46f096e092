"""What people may ask of a campaign: on it, quiet until a day, done by a day, accepted risk. A clock ends each."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody is on it: the step of that moment is not repeated. The next step comes all the same."""

    by: str
    at: datetime
    step: str
    until: datetime
    """Five of the owner's business days later."""
    with_it: tuple[str, ...] = ()
    """The other steps of the same message: those of failing calls are told beside the others."""


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Nothing is told before the morning of `until`, which is no later than the next step's day."""

    by: str
    at: datetime
    """For one that prolongs another hold: when that began."""
    until: date
    promised: date | None = None
    """The day of a promise that it took the place of. That is judged all the same."""
    kind: Literal["snoozed"] = "snoozed"


@dataclass(frozen=True, slots=True)
class Committed:
    """A promise that the last call is made on `on` at the latest. Steps wait as long as the forecast agrees."""

    by: str
    at: datetime
    on: date
    kind: Literal["committed"] = "committed"


@dataclass(frozen=True, slots=True)
class Waived:
    """The risk is accepted: no step is told before the morning of `until`, which may be after the shutdown."""

    by: str
    at: datetime
    """As of a snooze."""
    until: date
    reason: str
    promised: date | None = None
    """As of a snooze."""
    kind: Literal["waived"] = "waived"


Hold = Snoozed | Committed | Waived


@dataclass(frozen=True, slots=True)
class KeptOpen:
    """Somebody knows that the calls will come back, as of a job that runs once a quarter: silence closes nothing."""

    by: str
    at: datetime
