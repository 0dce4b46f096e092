"""Everything that one destination hears about one deprecation at one tick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.core.messages.timing import Timing
from service.core.notification import DateMoved, Migrated, Notice


@dataclass(slots=True)
class Group:
    platform: str
    model: str
    id: str
    notices: list[Notice] = field(default_factory=list)
    moves: list[DateMoved] = field(default_factory=list)
    migrated: list[Migrated] = field(default_factory=list)

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """Urgent first: what still is called, then what only moved, then what is done."""
        part = 0 if self.notices else 1 if self.moves else 2
        return (part, *(timing(self.notices[0]).rank if self.notices else (0, 0)), self.platform, self.model)


def grouped(facts: Iterable[Notice | DateMoved | Migrated]) -> list[Group]:
    """By deprecation, urgent first, and the worst notice first in each group."""
    groups: dict[tuple[str, str], Group] = {}
    for fact in facts:
        group = groups.setdefault((fact.platform, fact.model), Group(fact.platform, fact.model, fact.id))
        match fact:
            case Notice():
                group.notices.append(fact)
            case DateMoved():
                group.moves.append(fact)
            case Migrated():
                group.migrated.append(fact)
    for group in groups.values():
        group.notices.sort(key=lambda n: (timing(n).rank, -n.calls_7d, n.service, n.environment))
    return sorted(groups.values(), key=lambda g: g.rank)


def timing(notice: Notice) -> Timing:
    return Timing(notice.shutdown_on, notice.precision, notice.days_left, notice.state, notice.after_shutdown)


def services(facts: Sequence[Notice | DateMoved | Migrated]) -> int:
    return len({fact.service for fact in facts})
