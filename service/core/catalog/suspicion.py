"""Which readings are held back until a person has looked at them: those that cannot be right, or change too much.

A wrong reading that takes effect tells many teams something false; a right one that is held costs a look.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.statement import Changes, Name, Statement, deadline_of
from service.core.words import plural

FIRST_YEAR = 2015
YEARS_AHEAD = 20
"""A day before `FIRST_YEAR`, or later than this from now, is no day of a model."""
MAX_DROPPED = 3, 0.1
"""A larger number, and a larger share of what the source said before, is suspicious. So for the next two."""
MAX_MOVED = 10, 0.2
MAX_NEW_ENDS = 50, 0.5
MAX_NEW_ENDS_AT_FIRST = 2_000
"""The first reading of a source may bring many ends, but not thousands."""
Reason = Literal["contradicts_itself", "is_empty", "drops_many", "moves_many", "adds_many"]


class Suspicion(Struct, frozen=True, kw_only=True):
    """Why a reading is held back."""

    reason: Reason
    number: int
    of: int
    """Number of models that it is compared with."""
    example: str
    """Platform and id of the first one."""

    @property
    def detail(self) -> str:
        of = f" of {self.of:,}" if self.of else ""
        number, example = f"{plural(self.number, 'model')}{of}", f"for example {self.example}"
        match self.reason:
            case "contradicts_itself":
                return f"it contradicts itself about {number}, {example}"
            case "is_empty":
                return f"it has no model, and had {self.of:,} before"
            case "drops_many":
                return f"{number} are missing, {example}"
            case "moves_many":
                return f"the end of {number} is another, {example}"
            case "adds_many":
                return f"it adds the end of {number}, {example}"


def suspicions(
    reading: Reading,
    changes: Changes,
    current: Mapping[Name, Statement],
    known: Mapping[Name, Shutdown],
    *,
    on: date,
) -> tuple[Suspicion, ...]:
    """`current`: the source's statements in force; empty at its first reading. `known`: the provider's ends in the
    shipped catalog, with which a first reading is compared."""
    return tuple(_suspicions(reading, changes, current, known, on))


def _suspicions(
    reading: Reading, changes: Changes, current: Mapping[Name, Statement], known: Mapping[Name, Shutdown], on: date
) -> Iterator[Suspicion]:
    wrong = [one for one in changes.said if not one.left_on and contradicts_itself(one.finding, on)]
    if names := [*(one.name for one in wrong), *_named_twice(reading)]:
        yield _suspicion("contradicts_itself", names, len(reading.findings))
    alive = [one for one in current.values() if not one.left_on and not one.has_ended(on)]
    if alive and not reading.findings:
        yield _suspicion("is_empty", [one.name for one in alive], len(alive))
        return
    gone = [one.name for one in (*changes.dropped, *(one for one in changes.said if one.left_on))]
    if len(gone) > _limit(MAX_DROPPED, len(alive)):
        yield _suspicion("drops_many", gone, len(alive))
    ends = {one.name: one.finding.shutdown for one in changes.said if not one.left_on and deadline_of(one.finding)}
    before = {name: one.finding.shutdown for name, one in current.items()} if current else known
    dated = {name: end.on for name, end in before.items() if end is not None and end.on is not None}
    read = {(one.platform, one.id) for one in reading.findings}
    compared = dated if current else dated.keys() & read
    moved = [name for name, end in ends.items() if end is not None and dated.get(name, end.on) != end.on]
    if len(moved) > _limit(MAX_MOVED, len(compared)):
        yield _suspicion("moves_many", moved, len(compared))
    new = [name for name in ends if before.get(name) is None]
    if len(new) > (_limit(MAX_NEW_ENDS, len(dated)) if current else MAX_NEW_ENDS_AT_FIRST):
        yield _suspicion("adds_many", new, 0)


def contradicts_itself(finding: Finding, on: date) -> bool:
    """Whether its days are in the wrong order, or no days of a model. `on`: the day of the reading."""
    end = finding.shutdown.on if finding.shutdown is not None else None
    days = [day for day in (finding.released, finding.announced, end) if day is not None]
    return any(early > late for early, late in pairwise(days)) or any(
        not FIRST_YEAR <= day.year <= on.year + YEARS_AHEAD for day in days
    )


def _named_twice(reading: Reading) -> Iterator[Name]:
    """Names with two different ends."""
    ends: dict[Name, Shutdown | None] = {}
    for one in reading.findings:
        if ends.setdefault((one.platform, one.id), one.shutdown) != one.shutdown:
            yield one.platform, one.id


def _limit(bound: tuple[int, float], of: int) -> float:
    number, share = bound
    return max(number, share * of)


def _suspicion(reason: Reason, names: list[Name], of: int) -> Suspicion:
    return Suspicion(reason=reason, number=len(names), of=of, example=" ".join(names[0]))
