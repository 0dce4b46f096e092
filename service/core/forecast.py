"""The burndown of one exposure: the day on which its calls reach zero at their current pace, with an interval.

Whole weeks are compared, so weekends cancel out. A seasonal median filter (a day, and the same weekday a week before
and after) removes bursts, month-end loads and missing days. Every pair of the last five weeks gives a pace. The pace is
their median (Theil and Sen), the interval two of their quantiles. A week has half the weight of the week after it.
`bench/forecast.py` measures the accuracy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from math import ceil
from statistics import median
from typing import Literal

from service.core import words
from service.core.exposure import DayOfUse

Basis = Literal["weeks", "runs", "too_little"]
"""weeks: the levels of two to five weeks. runs: a caller that is silent in two of five weeks, judged by its days of
use. too_little: fewer than two whole weeks, or runs that differ; no verdict."""
Pace = Literal["in_time", "late", "unclear"]
"""in_time: even the late end of the interval is before the deadline. late: even the early end is not."""

WEEK = 7
MOST_WEEKS = 5
FARTHEST = 365
"""In days. A later zero day counts as never."""
RUNS = 6
"""Maximum number of earlier runs of a job that are compared with the last one."""
MIDDLE_OF_LAST_WEEK = 4
"""Days before today."""
STEP = 3
"""Factor of decline within a week that counts as a switch. It says nothing about the pace of the rest."""
FADING = 0.5
"""Weight of a week relative to the week after it."""
_PAIRS = {
    weeks: tuple((newer, older, FADING ** (newer + older)) for newer, older in combinations(range(weeks), 2))
    for weeks in range(2, MOST_WEEKS + 1)
}
"""By number of weeks: (newer, older, weight) of every pair, newest week first."""
TAIL = 0.15
"""Share of the weight outside the interval, on each side."""
MARGIN = 0.2
"""Relative change of a pace that past weeks do not show."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Based on the days before `today`, which is incomplete. A zero day is the first day without a call."""

    today: date
    basis: Basis
    zero: date | None
    """None: never at this pace, or unknown (`basis`)."""
    earliest: date | None
    """None: never, even at the fastest pace. `today` if there is no verdict."""
    latest: date | None
    """None: perhaps never."""
    calls_a_day: float
    """In the last week, including the weekend, without bursts. For runs: in the last run."""
    change_a_week: float
    """Change of the calls per day; negative: decline."""

    def against(self, deadline: date) -> Pace:
        if self.latest is not None and self.latest < deadline:
            return "in_time"
        return "late" if self.earliest is None or self.earliest >= deadline else "unclear"

    def is_believable(self, promised: date) -> bool:
        """Whether the calls may end by then. Only weeks can contradict it: between the runs of a job, nothing shows
        whether there will be another."""
        return self.basis != "weeks" or (self.earliest is not None and self.earliest <= promised)

    def in_words(self, deadline: date) -> str | None:
        """`at this pace the calls reach zero on Wed 9 Jul 2025, 5 days before the end`; None without a verdict.

        An interval of more than a week is given with both ends.
        """
        if self.basis == "too_little":
            return None
        never = "the calls do not reach zero" + ("" if deadline <= self.today else " before the end")
        if self.earliest is None or (self.latest is None and self.earliest >= deadline):
            return f"at this pace {never}"
        if self.latest is None:
            if self.earliest == self.today:
                return None
            earliest = f"{words.day(self.earliest)} at the earliest"
            return f"at this pace the calls reach zero on {earliest}, perhaps not before the end"
        if self.zero is not None and (self.latest - self.earliest).days <= WEEK:
            return (
                f"at this pace the calls reach zero on {words.day(self.zero)}, {_beside_the_end(self.zero, deadline)}"
            )
        between = f"between {words.day(self.earliest)} and {words.day(self.latest)}"
        return f"at this pace the calls reach zero {between}, {_beside_the_end(self.latest, deadline)} at the latest"


def forecast(days: Sequence[DayOfUse], today: date) -> Forecast:
    """`days` are oldest first. `today` is the first incomplete day: if records wait to be read, the day up to which
    they are read."""
    weeks = _weeks_on_record(days, today)
    if weeks < 2:
        return Forecast(today, "too_little", None, today, None, 0.0, 0.0)
    calls = _calls(days, today, weeks)
    active = sum(any(calls[start : start + WEEK]) for start in range(0, len(calls), WEEK))
    if MOST_WEEKS * active <= 3 * weeks:
        return _of_runs(days, today)
    levels = _since_the_last_step(_levels(calls))
    slow, pace, fast = _paces(levels)
    slow, fast = slow - MARGIN * abs(slow), fast + MARGIN * abs(fast)
    return Forecast(
        today,
        "weeks",
        zero=_zero(today, levels[0], pace),
        earliest=_zero(today, levels[0], fast),
        latest=_zero(today, levels[0], slow) if _is_steady(calls, levels, slow) else None,
        calls_a_day=levels[0],
        change_a_week=-pace,
    )


def _weeks_on_record(days: Sequence[DayOfUse], today: date) -> int:
    return min(MOST_WEEKS, (today - days[0].day).days // WEEK) if days else 0


def _calls(days: Sequence[DayOfUse], today: date, weeks: int) -> list[int]:
    """Calls of each day of the last `weeks`, yesterday first."""
    calls = [0] * (weeks * WEEK)
    newest = today.toordinal() - 1
    for use in reversed(days):
        age = newest - use.day.toordinal()
        if age >= len(calls):
            break
        if age >= 0:
            calls[age] = use.calls
    return calls


def _levels(calls: list[int]) -> list[float]:
    """Calls per day in each week, newest first."""
    middles = [sorted(three)[1] for three in zip(calls, calls[WEEK:], calls[2 * WEEK :], strict=False)]
    clean = [*calls[:WEEK], *middles, *calls[-WEEK:]]
    levels = [sum(clean[start : start + WEEK]) / WEEK for start in range(0, len(clean), WEEK)]
    levels[0] = _last_level(clean, levels)
    return levels


def _last_level(clean: list[int], levels: list[float]) -> float:
    """The last week has no week after it, so its outliers are found by the ratios of its days to the week before.

    If at least five days usually have calls, the lowest and the highest ratio are ignored.
    """
    usual = levels[1] / 10
    pairs = zip(clean[:WEEK], clean[WEEK : 2 * WEEK], strict=True)
    ratios = sorted((here / before, before) for here, before in pairs if before > usual)[1:-1]
    if len(ratios) < 3:
        return levels[0]
    return levels[1] * sum(ratio * before for ratio, before in ratios) / sum(before for _, before in ratios)


def _since_the_last_step(levels: list[float]) -> list[float]:
    """Without the weeks before a decline to less than a third within a week, once two weeks have followed it."""
    for week in range(2, len(levels)):
        if STEP * levels[week - 1] < levels[week]:
            return levels[:week]
    return levels


def _paces(levels: list[float]) -> tuple[float, float, float]:
    """Decline of the level per week: (slow, median, fast)."""
    paces = sorted(
        ((levels[older] - levels[newer]) / (older - newer), weight) for newer, older, weight in _PAIRS[len(levels)]
    )
    total = sum(weight for _, weight in paces)
    return _quantile(paces, TAIL * total), _quantile(paces, total / 2), _quantile(paces, (1 - TAIL) * total)


def _quantile(weighted: list[tuple[float, float]], share: float) -> float:
    passed = 0.0
    for value, weight in weighted:
        passed += weight
        if passed >= share:
            return value
    return weighted[-1][0]


def _is_steady(calls: list[int], levels: list[float], slow: float) -> bool:
    """Whether the interval has a late end: calls declined for at least three weeks at the slow pace or faster, without
    slowing down, up to the last days. The rest after a step, or a long tail, continues beyond its projected zero."""
    if len(levels) < 3 or slow <= 0 or levels[0] * WEEK <= slow * MIDDLE_OF_LAST_WEEK:
        return False
    return not _peters_out(levels) and _falls_to_the_last(calls, levels, slow)


def _peters_out(levels: list[float]) -> bool:
    """Whether the declines form a series that never reaches zero, if each is the same fraction of the one before."""
    oldest = min(3, len(levels) - 1)
    earlier, last = (levels[oldest] - levels[1]) / (oldest - 1), levels[1] - levels[0]
    return 0 < last < earlier and last * last < levels[0] * (earlier - last)


def _falls_to_the_last(calls: list[int], levels: list[float], slow: float) -> bool:
    """Whether the last three days are lower than the four before them by at least half of what the slow pace requires.

    The usual effect of weekdays comes from earlier weeks, corrected for their own decline.
    """
    usual = []
    for week in range(1, len(levels)):
        late, early = _halves(calls, week)
        if late and early:
            usual.append(late / early / (1 - min(0.9, slow / 2 / max(levels[week], levels[0]))))
    late, early = _halves(calls, 0)
    return bool(usual and early) and 1 - late / early / median(usual) >= min(1.0, slow / 2 / levels[0]) / 2


def _halves(calls: list[int], week: int) -> tuple[int, int]:
    """Calls of the last three days of a week, and of the four days before them."""
    start = week * WEEK
    return sum(calls[start : start + 3]), sum(calls[start + 3 : start + WEEK])


def _zero(today: date, level: float, pace: float) -> date | None:
    """Day on which a line through the middle of the last week reaches zero."""
    if level <= 0:
        return today
    if pace <= 0 or level * WEEK > pace * FARTHEST:
        return None
    ahead = max(0, ceil(level / pace * WEEK) - MIDDLE_OF_LAST_WEEK)
    return today + timedelta(days=ahead) if ahead <= (date.max - today).days else None


def _of_runs(days: Sequence[DayOfUse], today: date) -> Forecast:
    """A job whose last run had at least half its usual calls continues. Otherwise it may have ended."""
    runs = [use.calls for use in days if use.calls and use.day < today]
    *earlier, last = runs[-RUNS - 1 :] or [0]
    usual = sorted(earlier)[len(earlier) // 2] if earlier else 0
    if earlier and 2 * last >= usual:
        return Forecast(today, "runs", None, None, None, float(last), 0.0)
    return Forecast(today, "too_little", None, today, None, float(last), 0.0)


def _beside_the_end(day: date, deadline: date) -> str:
    days = (deadline - day).days
    if days == 0:
        return "on the day of the end"
    return f"{words.plural(abs(days), 'day')} {'before' if days > 0 else 'after'} the end"
