"""Compares two plans of one span: the messages that a change of policy adds, moves and drops."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.core.escalation.plan import Planned


@dataclass(frozen=True, slots=True)
class Moved:
    """The same message to the same destination, at another time."""

    before: Planned
    after: Planned


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """Each message of the old plan is in `unchanged`, `moved` or `dropped`; each of the new plan in `unchanged`,
    `moved` or `added`."""

    added: tuple[Planned, ...]
    moved: tuple[Moved, ...]
    dropped: tuple[Planned, ...]
    unchanged: tuple[Planned, ...]
    """As in the new plan."""


def compare(before: Iterable[Planned], after: Iterable[Planned]) -> PlanDiff:
    """In order of time. Two messages to one destination about one exposure are the same if they have the same time,
    whatever their steps, or the same step at another time. Repeats on different days are different messages."""
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
    """Pairs of equal messages, and the rest of both plans in order of time. A message is in at most one pair."""
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
