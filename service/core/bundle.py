"""Everything that waits for one destination at one tick is one message: in which order it speaks."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.notification import DateMoved, Digest, Facts, Migrated, Notice, Trouble, Undeliverable

Urgency = tuple[int, int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One notification of a bundle."""

    facts: Facts
    came_from: str | None = None
    """The destination that it was rerouted from."""


def bundle(waiting: Sequence[Waiting]) -> list[Facts]:
    """The most urgent first. What was rerouted stays together behind the `Undeliverable` that explains it."""
    groups: dict[str | None, list[Waiting]] = {}
    for one in waiting:
        groups.setdefault(one.came_from, []).append(one)
    ordered = [sorted(group, key=_explanation_first) for group in groups.values()]
    ordered.sort(key=lambda group: min(_urgency(one.facts) for one in group))
    return [one.facts for group in ordered for one in group]


def _explanation_first(one: Waiting) -> tuple[bool, Urgency]:
    return (not isinstance(one.facts, Undeliverable), _urgency(one.facts))


def _urgency(facts: Facts) -> Urgency:
    """Sorts first what can wait least: trouble, notices by days left, moved dates, good news, digests."""
    match facts:
        case Trouble():
            return (0, 0, (facts.condition, facts.subject))
        case Notice():
            rank, days = (2, 0) if facts.days_left is None else (1, facts.days_left)
            return (rank, days, _subject(facts))
        case DateMoved():
            return (3, 0, _subject(facts))
        case Migrated():
            return (4, 0, _subject(facts))
        case Digest():
            return (5, 0, (facts.audience,))
        case Undeliverable():
            return (6, 0, (facts.destination,))


def _subject(facts: Notice | DateMoved | Migrated) -> tuple[str, ...]:
    return (facts.platform, facts.model, facts.service, facts.environment)
