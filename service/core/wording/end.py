"""The end of a model in words. The only module that words the precision of a date.

"No sooner than" is no deadline: no text says that calls fail on that day. A day without a time counts from 00:00 UTC;
the catalog has no times.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from service.core import words
from service.core.card import SOON_DAYS
from service.core.catalog.lifecycle import Precision, Standing
from service.core.escalation.case import LAST_DAYS
from service.core.exposure import State
from service.core.wording.spans import Span, Spans, bold, say

_NOT_FIRM: dict[Standing, str] = {"inferred": ", expected", "reported": ", not confirmed"}
_CODE_HOSTS = {"github.com": "GitHub", "raw.githubusercontent.com": "GitHub", "gitlab.com": "GitLab"}
"""Their pages belong to projects, not to them."""

Phase = Literal["early", "broken", "overdue", "redirected", "today", "this_month", "ahead", "not_before", "undated"]
"""early: calls fail before the end. redirected: another model answers after the end; before the end, the redirection
is the caller's, and the date decides the phase."""

_AFTER = {
    "redirect": "another model answers from then on",
    "unsupported_but_served": "calls may still be answered after it, without support",
}
_TODAY = {
    "redirect": "another model answers from now on",
    "unsupported_but_served": "support has ended, and calls can fail at any moment",
}
_STILL = {
    "redirect": ", by another model if the provider did as it announced",
    "unsupported_but_served": ", without support",
}
_STILL_IF_RIGHT = {
    "redirect": ", by another model if the report is right",
    "unsupported_but_served": ", without support if the report is right",
}
_EARLY = (
    ": calls are told that it is gone. It can be a brownout, after which calls are answered again, or the end itself,"
    " come early."
)


def day_of_end(on: date | None, precision: Precision, standing: Standing = "provider") -> str:
    """`Mon 14 Jul 2025`, `July 2025 (no day named)`, `not before Mon 14 Jul 2025`, or `no day set`; with `...,
    expected` if it is inferred, `..., not confirmed` if it is reported."""
    if on is None or precision == "unknown":
        return "no day set"
    said = {
        "exact": words.day(on),
        "month": f"{words.month(on)} (no day named)",
        "no_sooner_than": f"not before {words.day(on)}",
    }[precision]
    return said + _NOT_FIRM.get(standing, "")


def reported_by(source: str | None) -> str:
    """For a reported end: `reported by dev.to, not confirmed by the provider`; of a project on GitHub, its name."""
    try:
        address = urlsplit(source or "")
    except ValueError:
        address = urlsplit("")
    owner, _, rest = address.path.strip("/").partition("/")
    repository = rest.partition("/")[0]
    who = address.hostname or "others"
    if who in _CODE_HOSTS and repository:
        who = f"{owner}/{repository} on {_CODE_HOSTS[who]}"
    return f"reported by {who}, not confirmed by the provider"


def moved(before: date | None, after: date | None) -> Spans:
    """After "the shutdown": `moved from Mon 5 Jan 2026 to Sat 1 Nov 2025, 65 days earlier`"""
    match before, after:
        case date(), date():
            days = (after - before).days
            apart = f", {words.plural(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
            return say(f"moved from {words.day(before)} to ", bold(words.day(after)), apart)
        case None, date():
            return say("had no day and now has one, ", bold(words.day(after)))
        case date(), None:
            return say(f"has no day any more: {words.day(before)} no longer holds")
        case _:
            return say("has no day")


def confirmed(model: Spans, before: date | None, after: date | None) -> Spans:
    """A sentence: the provider gives the end that was only reported before, for the same day or another one."""
    said = bold(words.day(after) if after else "no firm day")
    if before == after:
        return say("The provider confirms the reported shutdown of ", model, ": ", said, ".")
    reported = words.day(before) if before else "no firm day"
    return say("The provider announces the shutdown of ", model, ": ", said, f". The report said: {reported}.")


def days_left(days: int | None) -> str:
    """`in 12 days`, `today`, `3 days ago`; `no firm date` for a promise that is no deadline."""
    return "no firm date" if days is None else words.from_now(days)


def freeze(change_by: date | None, days_to_change: int | None, shutdown_on: date | None) -> str:
    """`changes freeze on Fri 18 Dec 2026, in 26 days`; empty: no change freeze comes before the shutdown."""
    if change_by is None or days_to_change is None or change_by == shutdown_on:
        return ""
    if days_to_change > 0:
        return f"changes freeze on {words.day(change_by)}, {words.from_now(days_to_change)}"
    return f"changes frozen since {words.day(change_by)}"


@dataclass(frozen=True, slots=True)
class Timing:
    shutdown_on: date | None
    precision: Precision
    days_left: int | None
    """Days to `shutdown_on`; unused if that is no deadline."""
    state: State
    after_shutdown: str = "error"
    """A core.catalog.AfterShutdown."""
    standing: Standing = "provider"

    @property
    def phase(self) -> Phase:
        if self.state == "broken":
            return "broken" if self._has_begun else "early"
        if self._is_within_its_month:
            return "this_month"
        if self.state == "overdue":
            return "overdue"
        if self.shutdown_on is None or self.precision == "unknown":
            return "undated"
        if self.days_left is None or self.precision == "no_sooner_than":
            return "not_before"
        return self._phase_by_day(self.days_left)

    def _phase_by_day(self, days_left: int) -> Phase:
        if days_left >= 0:
            return "ahead" if days_left else "today"
        return "redirected" if self.state == "redirected" else "overdue"

    @property
    def rank(self) -> tuple[int, int]:
        """Sort key, most urgent first."""
        if self.phase in {"not_before", "undated"}:
            return (4, (self.shutdown_on or date.max).toordinal())
        return ({"broken": 0, "early": 0, "overdue": 1, "redirected": 2}.get(self.phase, 3), self.days_left or 0)

    @property
    def mark(self) -> str:
        """Colour of the urgency: red in the last days and after, orange soon before, else yellow; white: no date. Never
        red for an end that is only reported while calls are answered."""
        if self.phase in {"not_before", "undated"}:
            return "⚪"
        if self.phase == "redirected":
            return "🟠"
        left = self.days_left or 0 if self.phase == "ahead" else 0
        is_doubtful = self.is_reported and self.state != "broken"
        return "🔴" if left <= LAST_DAYS and not is_doubtful else "🟠" if left <= SOON_DAYS else "🟡"

    @property
    def headline(self) -> str:
        """Text after the model's name in a header."""
        when = f"in {words.month(self._on)}" if self.precision == "month" else words.from_now(self.days_left or 0)
        the_day = "the day of its reported shutdown" if self.is_reported else "its shutdown day"
        any_day = "is reported to shut down this month" if self.is_reported else "can shut down any day now"
        still = (
            "was reported to shut down, and still answers"
            if self.is_reported
            else f"is past {the_day} and still answers"
        )
        headlines: dict[Phase, str] = {
            "early": f"fails already, {self._before_the_end}",
            "broken": "is shut down, and calls fail",
            "overdue": still,
            "redirected": f"is past {the_day}, and another model answers",
            "today": f"{self._shuts_down} today",
            "this_month": any_day,
            "ahead": f"{self._shuts_down} {when}",
            "not_before": "is reported to go away, day not known" if self.is_reported else "is going away, day not set",
            "undated": "is reported as deprecated, day not known" if self.is_reported else "is deprecated, day not set",
        }
        return headlines[self.phase]

    @property
    def which(self) -> str:
        """Text after the model's name and "which" in a sentence."""
        on = f", on {words.day(self._on)}" if self.phase == "ahead" and self.precision != "month" else ""
        return "is shut down" if self.phase == "broken" else self.headline.replace(", day", " with its day") + on

    @property
    def brief(self) -> str:
        """The date and its distance, for a line of a list."""
        briefs: dict[Phase, str] = {
            "early": f"calls fail already, {self._before_the_end}",
            "broken": f"{self._dated}, calls fail",
            "overdue": f"{self._dated}, still answers",
            "redirected": f"{self._dated}, another model answers",
            "this_month": f"{self._dated}, any day now",
        }
        return briefs.get(self.phase, self._dated)

    def sentences(self, model: Spans) -> Spans:
        """The full text. `model`: its name and platform."""
        was = say(
            f" was {self._said}to shut down", self._when, "" if self.precision == "month" else self._from_now, ". "
        )
        match self.phase:
            case "early":
                on = self._when if self.days_left is not None and self.shutdown_on else ""
                said = say(" fails ", bold("already"), f", {self._before_the_end}", on, _EARLY)
            case "broken":
                said = say(was, "Calls to it now fail.")
            case "overdue":
                fate = (_STILL_IF_RIGHT if self.is_reported else _STILL).get(
                    self.after_shutdown,
                    ", so the report is in doubt" if self.is_reported else ", and can fail at any moment",
                )
                said = say(was, f"Calls are still answered{fate}.")
            case "redirected":
                said = say(was, "Another model answers in its place.")
            case "today":
                fate = self._if_right(_TODAY.get(self.after_shutdown, "calls can fail at any moment"))
                on = f", {words.day(self._on)}, counted from 00:00 UTC: {fate}."
                said = say(f" {self._shuts_down} ", bold("today"), on)
            case "this_month":
                said = say(self._in_month, ": it can be any day now.")
            case "ahead":
                fate = self._if_right(_AFTER.get(self.after_shutdown, "calls fail from then on"))
                said = say(self._will, f". {fate[0].upper()}{fate[1:]}.")
            case "not_before" if self.is_reported:
                said = say(" is reported to go away, not before ", self._day, ". No day for its end is reported.")
            case "undated" if self.is_reported:
                said = say(" is reported as deprecated. No day for its end is reported.")
            case "not_before":
                until = say(" is going away. The provider keeps it until ", self._day)
                said = say(until, " at least, and has set no day.")
            case "undated":
                said = say(" is deprecated. The provider has set no day for its end.")
        return say(model, said)

    @property
    def is_reported(self) -> bool:
        return self.standing == "reported"

    @property
    def _has_begun(self) -> bool:
        return self.days_left is not None and self.days_left <= 0 and self.precision in {"exact", "month"}

    @property
    def _is_within_its_month(self) -> bool:
        if self.precision != "month" or self.shutdown_on is None or self.days_left is None:
            return False
        _, days = monthrange(self.shutdown_on.year, self.shutdown_on.month)
        return self.shutdown_on.day - days <= self.days_left <= 0

    @property
    def _before_the_end(self) -> str:
        """`12 days before the announced end`"""
        if self.days_left is None or self.precision in {"no_sooner_than", "unknown"}:
            return f"and no day is {'reported' if self.is_reported else 'set'} for its end"
        at_least = "at least " if self.precision == "month" else ""
        end = f"{'reported' if self.is_reported else 'announced'} end"
        return f"{at_least}{words.plural(self.days_left, 'day')} before the {end}"

    @property
    def _on(self) -> date:
        return self.shutdown_on or date.max

    @property
    def _day(self) -> Span:
        return bold(words.day(self.shutdown_on)) if self.shutdown_on else "an unknown day"

    @property
    def _when(self) -> Spans:
        """` on Mon 14 Jul 2025`, ` in July 2025 (no day named)`"""
        return say(" in " if self.precision == "month" else " on ", bold(day_of_end(self.shutdown_on, self.precision)))

    @property
    def _said(self) -> str:
        """How sure the end is, before "to shut down"; empty: the provider says so."""
        return {"provider": "", "inferred": "expected ", "reported": "reported "}[self.standing]

    @property
    def _shuts_down(self) -> str:
        return f"is {self._said}to shut down" if self._said else "shuts down"

    def _if_right(self, fate: str) -> str:
        return f"if the report is right, {fate}" if self.is_reported else fate

    @property
    def _from_now(self) -> str:
        return "" if self.days_left is None else f", {words.from_now(self.days_left)}"

    @property
    def _dated(self) -> str:
        """The date with its precision, and its distance if known."""
        said = day_of_end(self.shutdown_on, self.precision, self.standing)
        if self.phase in {"not_before", "undated"}:
            return said
        if self.precision != "month":
            return said + self._from_now
        return f"{said}{self._from_now} at the earliest" if self.phase == "ahead" else said

    @property
    def _in_month(self) -> Spans:
        no_day = "No day is reported" if self.is_reported else "The provider names no day"
        return say(f" {self._shuts_down} in ", bold(words.month(self._on)), f". {no_day}")

    @property
    def _will(self) -> Spans:
        if self.precision == "month":
            return say(self._in_month, "; lastcall counts from ", self._day)
        may_move = ". The provider may still move it" if self.standing == "inferred" else ""
        return say(f" {self._shuts_down} on ", self._day, f", counted from 00:00 UTC{may_move}")
