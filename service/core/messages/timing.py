"""When a model goes, in words. The one place that knows how sure the day is and what may be said of it.

"No sooner than" is no deadline: nothing here says that anything breaks on it. A day without a time counts from 00:00
UTC. The catalog has no times.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.core import words
from service.core.catalog.lifecycle import Precision
from service.core.exposure import State

Phase = Literal["early", "broken", "overdue", "redirected", "today", "this_month", "ahead", "not_before", "undated"]
"""early: calls fail before the end. redirected: another model answers after it; before it, that is said of the caller,
and the day is what matters."""

_AFTER = {
    "redirect": "Another model answers from then on",
    "unsupported_but_served": "Calls may still be answered after it, without support",
}
_TODAY = {
    "redirect": "another model answers from now on",
    "unsupported_but_served": "support has ended, and calls can fail at any moment",
}
_STILL = {
    "redirect": ", by another model if the provider did as it announced",
    "unsupported_but_served": ", without support",
}


@dataclass(frozen=True, slots=True)
class Timing:
    shutdown_on: date | None
    precision: Precision
    days_left: int | None
    """To `shutdown_on`; not used where that is no deadline."""
    state: State
    after_shutdown: str = "error"
    """A core.catalog.AfterShutdown."""

    @property
    def phase(self) -> Phase:
        if self.state == "broken":
            return "broken" if self._has_begun else "early"
        if self.state == "overdue":
            return "overdue"
        if self.shutdown_on is None or self.precision == "unknown":
            return "undated"
        if self.days_left is None or self.precision == "no_sooner_than":
            return "not_before"
        return self._phase_by_day(self.days_left, self.shutdown_on)

    def _phase_by_day(self, days_left: int, on: date) -> Phase:
        if days_left > 0:
            return "ahead"
        if self.state == "redirected" and days_left < 0:
            return "redirected"
        if self.precision == "month" and _rest_of_month(on) + days_left >= 0:
            return "this_month"
        return "today" if days_left == 0 else "overdue"

    @property
    def rank(self) -> tuple[int, int]:
        """Urgent first."""
        if self.phase in {"not_before", "undated"}:
            return (4, (self.shutdown_on or date.max).toordinal())
        return ({"broken": 0, "early": 0, "overdue": 1, "redirected": 2}.get(self.phase, 3), self.days_left or 0)

    @property
    def mark(self) -> str:
        """How near it is, at a glance: red from three days before, orange within thirty, else yellow; white: no day."""
        if self.phase in {"not_before", "undated"}:
            return "⚪"
        if self.phase == "redirected":
            return "🟠"
        left = self.days_left or 0 if self.phase == "ahead" else 0
        return "🔴" if left <= 3 else "🟠" if left <= 30 else "🟡"

    @property
    def headline(self) -> str:
        """What follows the model's name in a header."""
        verb = "is expected to shut down" if self.precision == "tentative" else "shuts down"
        when = f"in {words.month(self._on)}" if self.precision == "month" else words.from_now(self.days_left or 0)
        headlines: dict[Phase, str] = {
            "early": f"fails already, {self._before_the_end}",
            "broken": "is shut down, and calls fail",
            "overdue": "is past its shutdown day and still answers",
            "redirected": "is past its shutdown day, and another model answers",
            "today": f"{verb} today",
            "this_month": "can shut down any day now",
            "ahead": f"{verb} {when}",
            "not_before": "is going away, day not set",
            "undated": "is deprecated, day not set",
        }
        return headlines[self.phase]

    @property
    def which(self) -> str:
        """What follows the model's name and "which" in a sentence."""
        on = f", on {words.day(self._on)}" if self.phase == "ahead" and self.precision != "month" else ""
        return "is shut down" if self.phase == "broken" else self.headline.replace(", day", " with its day") + on

    @property
    def brief(self) -> str:
        """The day and how far it is, for a line of a list. mrkdwn."""
        how_sure = {"tentative": " (tentative)", "month": " (only the month is known)"}.get(self.precision, "")
        dated = f"{self._day}{self._from_now}"
        briefs: dict[Phase, str] = {
            "early": f"calls fail already, {self._before_the_end}",
            "broken": f"{dated}, calls fail",
            "overdue": f"{dated}, still answers",
            "redirected": f"{dated}, another model answers",
            "today": dated + how_sure,
            "this_month": dated + how_sure,
            "ahead": dated + how_sure,
            "not_before": f"not before {words.day(self._on)}",
            "undated": "no day set",
        }
        return briefs[self.phase]

    def sentences(self, model: str, platform: str) -> str:
        """The whole of it, mrkdwn. `model` and `platform` are escaped."""
        said: dict[Phase, str] = {
            "early": f"fails *already*, {self._before_the_end}{self._announced_day}: calls are told that it is gone. "
            "It can be a brownout, after which calls are answered again, or the end itself, come early.",
            "broken": f"was to shut down on {self._day}{self._from_now}. Calls to it now fail.",
            "overdue": f"was to shut down on {self._day}{self._from_now}. Calls are still answered"
            f"{_STILL.get(self.after_shutdown, ', and can fail at any moment')}.",
            "redirected": f"was to shut down on {self._day}{self._from_now}. Another model answers in its place.",
            "today": f"shuts down *today*, {words.day(self._on)}, counted from 00:00 UTC: "
            f"{_TODAY.get(self.after_shutdown, 'calls can fail at any moment')}.",
            "this_month": f"shuts down in *{words.month(self._on)}*. The provider names no day: it can be any day now.",
            "ahead": f"{self._will}. {_AFTER.get(self.after_shutdown, 'Calls fail from then on')}.",
            "not_before": f"is going away. The provider keeps it until {self._day} at least, and has set no day.",
            "undated": "is deprecated. The provider has set no day for its end.",
        }
        return f"{model} on {platform} {said[self.phase]}"

    @property
    def _has_begun(self) -> bool:
        return self.days_left is not None and self.days_left <= 0 and self.precision in {"exact", "tentative", "month"}

    @property
    def _before_the_end(self) -> str:
        """`12 days before the announced end`"""
        if self.days_left is None or self.precision in {"no_sooner_than", "unknown"}:
            return "and no day is set for its end"
        return f"{words.plural(self.days_left, 'day')} before the announced end"

    @property
    def _announced_day(self) -> str:
        return "" if self.days_left is None or self.shutdown_on is None else f" on {self._day}"

    @property
    def _on(self) -> date:
        return self.shutdown_on or date.max

    @property
    def _day(self) -> str:
        return f"*{words.day(self.shutdown_on)}*" if self.shutdown_on else "an unknown day"

    @property
    def _from_now(self) -> str:
        return "" if self.days_left is None else f", {words.from_now(self.days_left)}"

    @property
    def _will(self) -> str:
        match self.precision:
            case "month":
                month = words.month(self._on)
                return f"shuts down in *{month}*. The provider names no day; lastcall counts from {self._day}"
            case "tentative":
                return (
                    f"is expected to shut down on {self._day}, counted from 00:00 UTC. The provider may still move it"
                )
            case _:
                return f"shuts down on {self._day}, counted from 00:00 UTC"


def _rest_of_month(on: date) -> int:
    return monthrange(on.year, on.month)[1] - on.day
