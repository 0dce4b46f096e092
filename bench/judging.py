"""What the runs of `bench/ingest.py` amount to: medians, ratios, and which of the bounds are kept."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Mode:
    name: str
    loop: str
    """Module in `bench/loops`."""
    needs: str | None = None
    """Package of an environment of its own."""
    slow: bool = False


class Run(msgspec.Struct, frozen=True):
    seconds: float
    cpu_seconds: float
    peak_mb: float
    totals: tuple[int, int, int]
    """Calls, input tokens, output tokens."""

    @property
    def rate(self) -> float:
        return self.totals[0] / self.seconds

    @property
    def cpu_rate(self) -> float:
        return self.totals[0] / self.cpu_seconds


@dataclass(frozen=True, slots=True)
class Bound:
    """lastcall reaches `least` times what `against` reaches."""

    against: str
    unit: str
    measure: Callable[[Run], float]
    least: float


BOUNDS = (
    Bound("floor", "records/s", lambda run: run.rate, 0.70),
    Bound("floor", "records/CPU s", lambda run: run.cpu_rate, 0.70),
    Bound("faststream", "records/s", lambda run: run.rate, 20),
    Bound("faststream-batch", "records/s", lambda run: run.rate, 4),
    Bound("quix", "records/s", lambda run: run.rate, 1.5),
    Bound("bytewax", "records/s", lambda run: run.rate, 1.0),
)
MOST_MB = 200


def line(name: str, run: Run) -> str:
    return _line(name, run.rate, run.cpu_rate, run.peak_mb)


def _line(name: str, rate: float, cpu_rate: float, peak_mb: float) -> str:
    return f"{name:17} {rate:>9,.0f} records/s  {cpu_rate:>9,.0f} records/CPU s  {peak_mb:>4.0f} MB"


def report(results: Mapping[str, Sequence[Run]]) -> bool:
    """Whether every bound is kept of those whose modes ran."""
    print("\nmedians")
    for name, runs in results.items():
        rate, cpu_rate = statistics.median(r.rate for r in runs), statistics.median(r.cpu_rate for r in runs)
        print(_line(name, rate, cpu_rate, max(run.peak_mb for run in runs)))
    if "lastcall" not in results:
        return True
    print("\nlastcall against     median of the rounds' ratios (lowest, highest)")
    kept = [_judge(bound, results) for bound in BOUNDS if bound.against in results]
    peak = max(run.peak_mb for run in results["lastcall"])
    print(f"{'most memory':39} {peak:6.0f} MB, below {MOST_MB}{'' if peak < MOST_MB else '  MISSED'}")
    return all(kept) and peak < MOST_MB


def _judge(bound: Bound, results: Mapping[str, Sequence[Run]]) -> bool:
    """Of one round and the same: its runs stood next to each other."""
    rounds = zip(results["lastcall"], results[bound.against], strict=True)
    ratios = [bound.measure(ours) / bound.measure(theirs) for ours, theirs in rounds]
    ratio = statistics.median(ratios)
    kept = ratio >= bound.least
    spread = f"({min(ratios):.2f}, {max(ratios):.2f})"
    print(
        f"{bound.against:17} {bound.unit:14} {ratio:13.2f} {spread:16} at least {bound.least:g}"
        f"{'' if kept else '  MISSED'}"
    )
    return kept
