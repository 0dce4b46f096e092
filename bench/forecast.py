"""How often the forecast is right on simulated migrations, against "the change of the last week goes on".

Each migration is looked at on several days before its deadline, as long as it is under way: begun a week ago or more (a
month-end job: 31 days, so that it ran since) and not yet quiet. The truth is the simulated day after the last call. Run
with `--seed` to see that no seed was tuned to; the exit code says whether the forecast is as good as `docs/forecast.md`
says.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from random import Random

from bench.migrations import KINDS, Migration, simulate
from service.core.calendar import utc_midnight
from service.core.exposure import DayOfUse, Summary
from service.core.forecast import Forecast, Pace, forecast

HORIZONS = (45, 30, 21, 14, 7, 3)
REPETITIONS = 5


@dataclass(frozen=True, slots=True)
class Case:
    migration: Migration
    horizon: int
    days: list[DayOfUse]

    @property
    def today(self) -> date:
        return self.migration.deadline - timedelta(days=self.horizon)

    @property
    def zero(self) -> date | None:
        zero = self.migration.zero
        return None if zero is None else self.migration.deadline + timedelta(days=zero)

    @property
    def is_in_time(self) -> bool:
        return self.zero is not None and self.zero <= self.migration.deadline


@dataclass(slots=True)
class Tally:
    """What came of some cases. `forced` is the verdict of the middle of the interval, which is never unclear."""

    cases: int = 0
    misses: int = 0
    verdicts: dict[Pace, int] = field(default_factory=lambda: {"in_time": 0, "late": 0, "unclear": 0})
    right: int = 0
    forced_right: int = 0
    naive_right: int = 0
    false_in_time: int = 0
    naive_false_in_time: int = 0
    covered: int = 0
    errors: list[int] = field(default_factory=list)
    """Days between the foreseen and the true day of zero, where both forecasters name one and there is one."""
    naive_errors: list[int] = field(default_factory=list)

    def add(self, case: Case, found: Forecast, guess: date | None) -> None:
        deadline, truth = case.migration.deadline, case.is_in_time
        verdict = found.against(deadline)
        naive = guess is not None and guess < deadline
        self.cases += 1
        self.misses += not truth
        self.verdicts[verdict] += 1
        self.right += verdict == ("in_time" if truth else "late")
        self.forced_right += (found.zero is not None and found.zero < deadline) == truth
        self.naive_right += naive == truth
        self.false_in_time += verdict == "in_time" and not truth
        self.naive_false_in_time += naive and not truth
        self.covered += _is_within(case.zero, found)
        if case.zero and found.zero and guess:
            self.errors.append(abs((found.zero - case.zero).days))
            self.naive_errors.append(abs((guess - case.zero).days))

    @property
    def said(self) -> int:
        return self.cases - self.verdicts["unclear"]


def _is_within(zero: date | None, found: Forecast) -> bool:
    if zero is None:
        return found.latest is None
    return found.earliest is not None and found.earliest <= zero and (found.latest is None or zero <= found.latest)


def last_week_goes_on(days: list[DayOfUse], today: date) -> date | None:
    """The day of zero if each week changes the calls by as much as the last one did."""
    last, before = (sum(use.calls for use in days if start <= (today - use.day).days < start + 7) for start in (1, 8))
    if last == 0:
        return today
    if last >= before:
        return None
    ahead = max(0, ceil(7 * last / (before - last)) - 4)
    return today + timedelta(days=ahead) if ahead <= 365 else None


def _quiet_period(days: Sequence[DayOfUse]) -> timedelta:
    first, last = (utc_midnight(use.day) for use in (days[0], days[-1]))
    return Summary.of(days, None, first_at=first, last_at=last).quiet_period


def cases(seed: int, each: int) -> Iterator[Case]:
    rng = Random(seed)  # noqa: S311
    for kind in KINDS:
        under_way = 31 if kind == "month-end job" else 7
        for _ in range(each):
            migration = simulate(kind, rng)
            for horizon in HORIZONS:
                case = Case(migration, horizon, migration.days_until(-horizon))
                is_over = not case.days or case.today - case.days[-1].day >= _quiet_period(case.days)
                if migration.begins <= -horizon - under_way and not is_over:
                    yield case


def tallied(found: list[Case]) -> dict[str, Tally]:
    """By kind, by horizon, and of the whole mix; apart, of the mix without those that say late whatever comes."""
    tallies: dict[str, Tally] = {}
    for case in found:
        answer, guess = forecast(case.days, case.today), last_week_goes_on(case.days, case.today)
        moves = case.migration.kind not in ("flat", "month-end job")
        names = (case.migration.kind, f"{case.horizon} days before", "the mix")
        for name in (*names, "what moves") if moves else names:
            tallies.setdefault(name, Tally()).add(case, answer, guess)
    order = [*KINDS, *(f"{horizon} days before" for horizon in HORIZONS), "what moves", "the mix"]
    return {name: tallies[name] for name in order if name in tallies}


def microseconds(found: list[Case]) -> float:
    """Of CPU time a call, in the fastest of some runs over all cases."""
    took = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        for case in found:
            forecast(case.days, case.today)
        took.append(time.process_time() - started)
    return min(took) / len(found) * 1e6


def report(tallies: dict[str, Tally], cost: float) -> bool:
    print(
        "                           |   right, of what is said   | 'in time' of misses |  error, days  | truth within"
    )
    print(
        "                     cases | said  right forced  naive  |   said     naive    | median naive  | the interval"
    )
    for name, one in tallies.items():
        errors = [f"{statistics.median(found):5.0f}" if found else "    -" for found in (one.errors, one.naive_errors)]
        print(
            f"{name:20} {one.cases:5} | {one.said / one.cases:4.0%}  {_share(one.right, one.said)}  "
            f"{_share(one.forced_right, one.cases)}  {_share(one.naive_right, one.cases)}  |  "
            f"{_share(one.false_in_time, one.misses, 1)}    {_share(one.naive_false_in_time, one.misses, 1)}   | "
            f"{errors[0]}  {errors[1]}  | {_share(one.covered, one.cases)}"
        )
    mix = tallies["the mix"]
    better = (mix.forced_right - mix.naive_right) / mix.cases
    right, false = mix.right / mix.said, mix.false_in_time / mix.misses
    wrong, naive_wrong = (mix.said - mix.right) / mix.cases, 1 - mix.naive_right / mix.cases
    print(f"\nright, of the verdicts that are said     {right:6.1%}   wanted: 90% or more")
    print(f"wrong verdicts, of all cases             {wrong:6.1%}   the naive one: {naive_wrong:.1%}")
    print(f"forced to a verdict, against the naive   {better:+6.1%}   wanted: +7% or more")
    print(f"'in time' said of what misses its day    {false:6.1%}   wanted: 3% or less")
    print(f"a call of forecast()                     {cost:4.0f} µs   wanted: 50 or less")
    return right >= 0.9 and better >= 0.07 and false <= 0.03 and cost <= 50


def _share(part: int, whole: int, decimals: int = 0) -> str:
    return f"{part / whole:5.{decimals}%}" if whole else "    -"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=150, help="migrations of each kind")
    given = parser.parse_args()
    found = list(cases(given.seed, given.each))
    return 0 if report(tallied(found), microseconds(found)) else 1


if __name__ == "__main__":
    sys.exit(main())
