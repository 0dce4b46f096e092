"""Two plans of one span held against each other: what a change of policy adds, moves and drops."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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
    """In the order of time. A message is the same by its exposure, its step and its destination. A repeat is told of
    its day, so on another day it is another one."""
    added, moved, dropped, unchanged = [], [], [], []
    old, new = _by_identity(before), _by_identity(after)
    for identity in {**old, **new}:
        kept, gone, come = _by_time(old[identity], new[identity])
        unchanged += kept
        pairs = [] if any(one.repeat_days for one in (*gone, *come)) else list(zip(gone, come, strict=False))
        moved += [Moved(*pair) for pair in pairs]
        dropped += gone[len(pairs) :]
        added += come[len(pairs) :]
    return PlanDiff(
        tuple(sorted(added)),
        tuple(sorted(moved, key=lambda one: one.after)),
        tuple(sorted(dropped)),
        tuple(sorted(unchanged)),
    )


def _by_identity(plan: Iterable[Planned]) -> defaultdict[object, list[Planned]]:
    found: defaultdict[object, list[Planned]] = defaultdict(list)
    for one in sorted(plan):
        found[one.key, one.step, one.destination].append(one)
    return found


def _by_time(before: Sequence[Planned], after: Sequence[Planned]) -> tuple[list[Planned], list[Planned], list[Planned]]:
    """(those of `after` at a time of `before`, the rest of `before`, the rest of `after`), each message once."""
    kept, gone, come = [], list(before), []
    for one in after:
        same = next((other for other in gone if other.at == one.at), None)
        if same is None:
            come.append(one)
        else:
            gone.remove(same)
            kept.append(one)
    return kept, gone, come
