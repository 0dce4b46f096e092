"""Everything that one destination hears about one deprecation at one tick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from service.core.catalog.lifecycle import Shutdown
from service.core.messages.timing import Timing
from service.core.notification import DateMoved, Migrated, Notice


@dataclass(slots=True)
class Group:
    platform: str
    model: str
    id: str
    today: date
    """The UTC day that days are counted from."""
    notices: list[Notice] = field(default_factory=list)
    moves: list[DateMoved] = field(default_factory=list)
    migrated: list[Migrated] = field(default_factory=list)

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """Urgent first: what still is called, then what only moved, then what is done."""
        part = 0 if self.notices else 1 if self.moves else 2
        return (part, *(self.timing.rank if self.notices else (0, 0)), self.platform, self.model)

    @property
    def timing(self) -> Timing:
        """That of the worst notice; there is one."""
        return _timing(self.notices[0], self.today)


def grouped(facts: Iterable[Notice | DateMoved | Migrated], today: date) -> list[Group]:
    """By deprecation, urgent first, and the worst notice first in each group.

    `facts` are oldest first. Several of one exposure, as they wait when Slack is away, come to what holds now: its
    newest notice, which names the steps that the others were for, or that it has migrated.
    """
    groups: dict[tuple[str, str], Group] = {}
    for fact in _latest(facts):
        group = groups.setdefault((fact.platform, fact.model), Group(fact.platform, fact.model, fact.id, today))
        match fact:
            case Notice():
                group.notices.append(fact)
            case DateMoved():
                group.moves.append(fact)
            case Migrated():
                group.migrated.append(fact)
    for group in groups.values():
        group.notices.sort(key=lambda n: (_timing(n, today).rank, -n.calls_7d, n.service, n.environment))
    return sorted(groups.values(), key=lambda g: g.rank)


def _latest(facts: Iterable[Notice | DateMoved | Migrated]) -> list[Notice | DateMoved | Migrated]:
    """Of each exposure one notice or migration; all moves of its date."""
    moves: list[DateMoved] = []
    latest: dict[tuple[str, str, str, str], Notice | Migrated] = {}
    for fact in facts:
        if isinstance(fact, DateMoved):
            moves.append(fact)
            continue
        exposure = (fact.service, fact.environment, fact.platform, fact.model)
        match latest.get(exposure), fact:
            case Notice() as before, Notice():
                latest[exposure] = _joined(before, fact)
            case _:
                latest[exposure] = fact
    return [*moves, *latest.values()]


def _joined(before: Notice, newest: Notice) -> Notice:
    """What `before` was to tell was not told in time."""
    passed = dict.fromkeys((*before.missed, before.step, *newest.missed))
    passed.pop(newest.step, None)
    return msgspec.structs.replace(newest, missed=tuple(passed), reopened=before.reopened or newest.reopened)


def _timing(notice: Notice, today: date) -> Timing:
    deadline = Shutdown(notice.shutdown_on, notice.precision).deadline
    days_left = (deadline - today).days if deadline else None
    return Timing(notice.shutdown_on, notice.precision, days_left, notice.state, notice.after_shutdown)


def services(facts: Sequence[Notice | DateMoved | Migrated]) -> int:
    return len({fact.service for fact in facts})
