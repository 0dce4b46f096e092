"""Simulated migrations for the back-test of the forecast: a share that is left to migrate, and the calls that it makes.

Nothing in here knows the forecast. The seed is all that a simulation depends on.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from service.core.exposure import DayOfUse

HISTORY, AFTERWARDS = 90, 150
"""Days before the deadline with which a simulation begins, and after it with which it ends."""
Share = Callable[[int], float]
"""Day, counted from the deadline -> the share of the use that is not migrated yet."""


@dataclass(frozen=True, slots=True)
class Migration:
    kind: str
    deadline: date
    begins: int
    """The day, counted from the deadline, on which the share first falls; of a flat one, the first day of all."""
    calls: Mapping[int, int]
    """By day, counted from the deadline; days without calls are left out."""

    @property
    def zero(self) -> int | None:
        """The first day after the last call; None when the calls go on for longer than is simulated."""
        last = max(self.calls, default=-HISTORY)
        return None if last >= AFTERWARDS - 35 else last + 1

    def days_until(self, today: int) -> list[DayOfUse]:
        """What is on record at noon of `today`."""
        seen = {day: n // 2 if day == today else n for day, n in self.calls.items() if day <= today}
        return [
            DayOfUse(self.deadline + timedelta(days=day), n, 0, 0, 0, 0, 0, 0) for day, n in sorted(seen.items()) if n
        ]


def flat(rng: Random) -> tuple[int, Share]:
    growth = rng.choice((0.0, 0.0, rng.uniform(-0.002, 0.004)))
    return -HISTORY, lambda day: max(0.0, 1 + growth * (day + HISTORY))


def linear(rng: Random) -> tuple[int, Share]:
    begins, lasts = rng.randint(-70, -12), rng.randint(10, 70)
    return begins, lambda day: _line(day, begins, lasts)


def step(rng: Random) -> tuple[int, Share]:
    """One to three switches; what they leave over may stay."""
    begins = rng.randint(-60, -12)
    at = [begins]
    for _ in range(rng.randint(0, 2)):
        at.append(at[-1] + rng.randint(4, 25))
    rest = rng.choice((0.0, 0.0, 0.0, rng.uniform(0.01, 0.2)))
    return begins, lambda day: max(rest, 1 - sum(day >= one for one in at) / len(at))


def weekly(rng: Random) -> tuple[int, Share]:
    """The same part each week, with the week's release."""
    begins, parts = rng.randint(-70, -12), rng.randint(3, 10)
    return begins, lambda day: max(0.0, 1 - (1 + (day - begins) // 7) / parts) if day >= begins else 1.0


def tail(rng: Random) -> tuple[int, Share]:
    """The same share of what is left each day, until a last part is switched at once."""
    begins, half_life, end = rng.randint(-70, -12), rng.uniform(4, 20), rng.uniform(0.002, 0.05)

    def share(day: int) -> float:
        left = 1.0 if day < begins else math.exp2(-(day - begins) / half_life)
        return left if left > end else 0.0

    return begins, share


def stalled(rng: Random) -> tuple[int, Share]:
    """A line that stops half-way; one of three goes on later."""
    begins, lasts, at = rng.randint(-70, -20), rng.randint(15, 50), rng.uniform(0.15, 0.75)
    stops = begins + round(lasts * (1 - at))
    pause = rng.choice((1_000, 1_000, rng.randint(7, 30)))
    return begins, lambda day: _line(day if day < stops else max(stops, day - pause), begins, lasts)


def relapsing(rng: Random) -> tuple[int, Share]:
    """A line that is taken back, wholly or in part, and begun again, or not."""
    begins, lasts, at = rng.randint(-70, -20), rng.randint(15, 50), rng.uniform(0.0, 0.7)
    back = begins + round(lasts * (1 - at))
    returns, again = rng.uniform(max(0.3, at), 1), back + rng.choice((1_000, rng.randint(3, 20), rng.randint(3, 20)))

    def share(day: int) -> float:
        return _line(day, begins, lasts) if day < back else returns * _line(day, again, lasts)

    return begins, share


def at_once_or_never(rng: Random) -> tuple[int, Share]:
    begins = rng.choice((-HISTORY, rng.randint(-70, -12)))
    return begins, lambda day: 1.0 if begins == -HISTORY or day < begins else 0.0


KINDS: Mapping[str, Callable[[Random], tuple[int, Share]]] = {
    "flat": flat,
    "linear": linear,
    "step": step,
    "weekly": weekly,
    "tail": tail,
    "stalled": stalled,
    "relapsing": relapsing,
    "bursty": linear,
    "month-end load": linear,
    "month-end job": at_once_or_never,
}


def simulate(kind: str, rng: Random) -> Migration:
    deadline = date(2025, 7, 14) + timedelta(days=rng.randint(0, 364))
    begins, share = KINDS[kind](rng)
    volume = math.exp(rng.uniform(math.log(15), math.log(30_000)))
    week = _week(rng)
    noise = rng.uniform(0.03, 0.3)
    burst = _bursts(rng, 0.06 if kind == "bursty" else 0.01)
    ends = rng.uniform(3, 10)
    calls = {}
    for day in range(-HISTORY, AFTERWARDS):
        on = deadline + timedelta(days=day)
        ends_month = (on + timedelta(days=1)).day == 1
        by_calendar = week[on.weekday()] * (ends if kind == "month-end load" and ends_month else 1.0)
        if kind == "month-end job":
            by_calendar = float(ends_month)
        is_lost = rng.random() < 0.01
        scatter = math.exp(rng.gauss(0, noise)) * burst.get(day, 1.0)
        if n := 0 if is_lost else _count(rng, volume * by_calendar * scatter * share(day)):
            calls[day] = n
    return Migration(kind, deadline, begins, calls)


def _line(day: int, begins: int, lasts: int) -> float:
    return min(1.0, max(0.0, 1 - (day - begins) / lasts))


def _week(rng: Random) -> list[float]:
    """What a day of the week calls: the weekend nothing, less, or the same as others."""
    weekend = rng.choice((0.0, 0.0, rng.uniform(0.05, 0.7), rng.uniform(0.05, 0.7), 1.0))
    return [rng.uniform(0.85, 1.15) for _ in range(5)] + [weekend, weekend]


def _bursts(rng: Random, chance: float) -> dict[int, float]:
    """Up to three days on end of two to eight times the calls."""
    found = {}
    for day in range(-HISTORY, AFTERWARDS):
        if rng.random() < chance:
            times = rng.uniform(2, 8)
            found.update({day + n: times for n in range(rng.randint(1, 3))})
    return found


def _count(rng: Random, mean: float) -> int:
    """A Poisson number, roughly."""
    if mean > 30:
        return round(rng.gauss(mean, math.sqrt(mean)))
    limit, product, n = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        n += 1
    return n
