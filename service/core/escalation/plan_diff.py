"""Two plans of one span held against each other: what a change of policy adds, moves and drops."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.core.escalation.plan import Planned


@dataclass(frozen=True, slots=True)
class Moved:
    """The same thing is told to the same destination at another time."""

    before: Planned
    after: Planned


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """Each message of the plan before is in `unchanged`, `moved` or `dropped`; each of the plan after it in
    `unchanged`, `moved` or `added`."""

    added: tuple[Planned, ...]
    moved: tuple[Moved, ...]
    dropped: tuple[Planned, ...]
    unchanged: tuple[Planned, ...]
    """As they stand in the plan after."""


def compare(before: Iterable[Planned], after: Iterable[Planned]) -> PlanDiff:
    """In the order of time. What the same destination hears of the same exposure at the same time is the same message,
    whatever the step is called; so is what it hears of the same step, at another time. What comes round again is told
    of its day, and is another one on another day."""
    same, old, new = _paired(before, after, lambda one: (one.at, one.key, one.destination, one.step))
    renamed, old, new = _paired(old, new, lambda one: (one.at, one.key, one.destination))
    moved, old, new = _paired(old, new, lambda one: (one.key, one.destination, one.step, one.repeat_days and one.at))
    return PlanDiff(
        tuple(new),
        tuple(sorted((Moved(*pair) for pair in moved), key=lambda one: one.after)),
        tuple(old),
        tuple(sorted(one for _, one in (*same, *renamed))),
    )


def _paired(
    before: Iterable[Planned], after: Iterable[Planned], same: Callable[[Planned], object]
) -> tuple[list[tuple[Planned, Planned]], list[Planned], list[Planned]]:
    """Those that are the same, and the rest of both in the order of time. Each message is in one pair at most."""
    old: dict[object, list[Planned]] = {}
    for one in sorted(before):
        old.setdefault(same(one), []).append(one)
    pairs, new = [], []
    for one in sorted(after):
        if candidates := old.get(same(one)):
            pairs.append((candidates.pop(0), one))
        else:
            new.append(one)
    return pairs, sorted(one for rest in old.values() for one in rest), new
