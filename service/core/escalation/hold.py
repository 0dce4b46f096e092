"""Acts of people on a campaign: acknowledge, snooze, promise, waive. Each ends by the clock."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from service.core import words


class Acknowledged(Struct, frozen=True):
    """The current step is not repeated. The next step is still sent."""

    by: str
    at: datetime
    step: str
    until: datetime
    """Five of the owner's business days later."""
    with_it: tuple[str, ...] = ()
    """Other steps of the same message: a step for failing calls is sent together with the others."""


class Snoozed(Struct, frozen=True, tag="snoozed", tag_field="kind"):
    """Nothing is sent before the morning of `until`, which is no later than the next step's day."""

    by: str
    at: datetime
    """If it prolongs another hold: the start of that one."""
    until: date


class Waived(Struct, frozen=True, tag="waived", tag_field="kind"):
    """The risk is accepted: no step is sent before the morning of `until`, which may be after the shutdown."""

    by: str
    at: datetime
    """As for a snooze."""
    until: date
    reason: str


class Promise(Struct, frozen=True):
    """The last call is made on `on` at the latest. While the promise is open, steps wait as long as the forecast
    agrees. A snooze or a waiver replaces it for its duration; the promise is judged nevertheless."""

    by: str
    at: datetime
    """If it moves another promise: the time of that one. Moving the day extends nothing."""
    on: date
    trusted_until: datetime | None = None
    """Upper limit of the time in which steps wait whatever the calls do. Never later than for an earlier promise."""
    is_open: bool = True
    """Neither broken nor withdrawn."""
    broken_on: date | None = None
    """Day of the last broken promise: this one or an earlier one."""
    is_break_told: bool = False
    """A later notice has named the broken promise."""

    @property
    def untold_break(self) -> date | None:
        return None if self.is_break_told else self.broken_on

    def taken_back(self) -> "Promise":
        return replace(self, is_open=False)

    def broken(self) -> "Promise":
        return replace(self, is_open=False, broken_on=self.on, is_break_told=False)


Hold = Snoozed | Waived


class KeptOpen(Struct, frozen=True):
    """Silence does not close the campaign, for example for a job that runs once a quarter."""

    by: str
    at: datetime


class ActInForce(Struct, frozen=True, kw_only=True):
    what: Literal["snoozed", "waived", "promised", "doubted", "promised_too_late", "acknowledged", "kept_open"]
    """doubted: a promise that the forecast contradicts. promised_too_late: its day is after the current shutdown."""
    by: str
    on: date | None = None
    """Day of the acknowledgement or reopening, in the owner's zone; or the promised day."""
    until: date | None = None
    reason: str | None = None
    """For a waiver."""

    @classmethod
    def of(cls, hold: Hold | Promise) -> "ActInForce":
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
