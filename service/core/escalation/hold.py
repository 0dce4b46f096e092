"""What people may ask of a campaign: on it, quiet until a day, done by a day, accepted risk. A clock ends each."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from service.core import words


class Acknowledged(Struct, frozen=True):
    """Somebody is on it: the step of that moment is not repeated. The next step comes all the same."""

    by: str
    at: datetime
    step: str
    until: datetime
    """Five of the owner's business days later."""
    with_it: tuple[str, ...] = ()
    """The other steps of the same message: those of failing calls are told beside the others."""


class Snoozed(Struct, frozen=True, tag="snoozed", tag_field="kind"):
    """Nothing is told before the morning of `until`, which is no later than the next step's day."""

    by: str
    at: datetime
    """Of one that prolongs another hold: when that began."""
    until: date


class Waived(Struct, frozen=True, tag="waived", tag_field="kind"):
    """The risk is accepted: no step is told before the morning of `until`, which may be after the shutdown."""

    by: str
    at: datetime
    """As of a snooze."""
    until: date
    reason: str


class Promise(Struct, frozen=True):
    """That the last call is made on `on` at the latest. While it is open, steps wait as long as the forecast agrees,
    unless a snooze or a waiver has taken its place; it is judged all the same."""

    by: str
    at: datetime
    """Of one that moves another: when that was made. Moving the day buys no time."""
    on: date
    trusted_until: datetime | None = None
    """Until when it is believed whatever the calls do, if not for a shorter time: no later than for the one before."""
    is_open: bool = True
    """It was neither broken nor taken back."""
    broken_on: date | None = None
    """The day of the last promise that was not kept: this one's, or one's before it."""
    is_break_told: bool = False
    """A notice has gone out since that names it."""

    def taken_back(self) -> "Promise":
        return replace(self, is_open=False)

    def broken(self) -> "Promise":
        return replace(self, is_open=False, broken_on=self.on, is_break_told=False)


Hold = Snoozed | Waived


class KeptOpen(Struct, frozen=True):
    """Somebody knows that the calls will come back, as of a job that runs once a quarter: silence closes nothing."""

    by: str
    at: datetime


class StandingAct(Struct, frozen=True, kw_only=True):
    """What somebody has asked and the clock has not ended."""

    what: Literal["snoozed", "waived", "promised", "doubted", "promised_too_late", "acknowledged", "kept_open"]
    """doubted: a promise that the forecast speaks against. promised_too_late: after the shutdown as it is now."""
    by: str
    on: date | None = None
    """When it was acknowledged or kept open, in the owner's zone; the day that is promised."""
    until: date | None = None
    reason: str | None = None
    """Of a waiver."""

    @classmethod
    def of(cls, hold: Hold | Promise) -> "StandingAct":
        match hold:
            case Snoozed():
                return cls(what="snoozed", by=hold.by, until=hold.until)
            case Waived():
                return cls(what="waived", by=hold.by, until=hold.until, reason=hold.reason)
            case Promise():
                return cls(what="promised", by=hold.by, on=hold.on)

    def in_words(self) -> str:
        """A clause."""
        on, until = (words.day(day) if day else "" for day in (self.on, self.until))
        promised = f"{self.by} has promised to be done by {on}"
        return {
            "snoozed": f"snoozed by {self.by} until {until}",
            "waived": f"waived by {self.by} until {until}: {self.reason}",
            "promised": promised,
            "doubted": f"{promised}, but at this pace the calls go on",
            "promised_too_late": f"{promised}, which is after the shutdown as it is now",
            "acknowledged": f"acknowledged by {self.by} on {on}, until {until}",
            "kept_open": f"kept open by {self.by} on {on}, whether or not it calls",
        }[self.what]


def broken_promise(on: date) -> str:
    """A clause."""
    return f"the team promised to be done by {words.day(on)}, and was not"
