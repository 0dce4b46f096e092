"""Everything that one destination hears about one deprecation at one tick."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from service.core.catalog.lifecycle import Shutdown
from service.core.exposure import ExposureKey
from service.core.messages.timing import Timing
from service.core.notification import DateMoved, Happened, Migrated, Notice, Redirected, Withdrawn


@dataclass(slots=True)
class Group:
    platform: str
    model: str
    id: str
    today: date
    """The UTC day that days are counted from."""
    notices: list[Notice] = field(default_factory=list)
    redirected: list[Redirected] = field(default_factory=list)
    moves: list[DateMoved] = field(default_factory=list)
    withdrawn: list[Withdrawn] = field(default_factory=list)
    migrated: list[Migrated] = field(default_factory=list)

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """Urgent first: what still is called, then what only has changed, then what is done."""
        parts = (self.notices, self.redirected, self.moves, self.withdrawn, self.migrated)
        part = next(number for number, facts in enumerate(parts) if facts)
        return (part, *(self.timing.rank if self.notices else (0, 0)), self.platform, self.model)

    @property
    def timing(self) -> Timing:
        """That of the worst notice; there is one."""
        return _timing(self.notices[0], self.today)


def grouped(facts: Iterable[Notice | Happened], today: date) -> list[Group]:
    """By deprecation, urgent first, and the worst notice first in each group.

    `facts` are oldest first. Several of one exposure, as they wait when Slack is away, come to what holds now: its
    newest notice, which names the steps that the others were for, or that it is over.
    """
    groups: dict[tuple[str, str], Group] = {}
    for fact in _latest(facts):
        group = groups.setdefault((fact.platform, fact.model), Group(fact.platform, fact.model, fact.id, today))
        match fact:
            case Notice():
                group.notices.append(fact)
            case Redirected():
                group.redirected.append(fact)
            case DateMoved():
                group.moves.append(fact)
            case Withdrawn():
                group.withdrawn.append(fact)
            case Migrated():
                group.migrated.append(fact)
    for group in groups.values():
        group.notices.sort(key=lambda n: (_timing(n, today).rank, -n.calls_7d, n.service, n.environment))
    return sorted(groups.values(), key=lambda g: g.rank)


def _latest(facts: Iterable[Notice | Happened]) -> list[Notice | Happened]:
    """Of each exposure one notice, or that it is over; what answers instead as it was last; all moves of its date."""
    moves: list[DateMoved] = []
    redirected: dict[ExposureKey, Redirected] = {}
    latest: dict[ExposureKey, Notice | Migrated | Withdrawn] = {}
    for fact in facts:
        exposure = ExposureKey(fact.service, fact.environment, fact.platform, fact.model)
        match fact:
            case DateMoved():
                moves.append(fact)
            case Redirected():
                redirected[exposure] = fact
            case Notice():
                before = latest.get(exposure)
                latest[exposure] = _joined(before, fact) if isinstance(before, Notice) else fact
            case Migrated() | Withdrawn():
                latest[exposure] = fact
                redirected.pop(exposure, None)
    return [*moves, *redirected.values(), *latest.values()]


def _joined(before: Notice, newest: Notice) -> Notice:
    """What `before` was to tell was not told in time, unless it was a new owner's first notice: that tells of a step
    that others have heard of."""
    late = () if before.handed_over_from else (before.step,)
    passed = dict.fromkeys((*before.missed, *late, *newest.missed))
    passed.pop(newest.step, None)
    days = [before.last_due, before.planned_on if late else None, newest.last_due]
    return msgspec.structs.replace(
        newest,
        missed=tuple(passed),
        last_due=max(filter(None, days), default=None),
        reopened=before.reopened or newest.reopened,
        silent_since=newest.silent_since or before.silent_since,
        back_since=newest.back_since or before.back_since,
        calls_since_back=before.calls_since_back if newest.calls_since_back is None else newest.calls_since_back,
        handed_over_from=newest.handed_over_from or before.handed_over_from,
        promised_on=newest.promised_on or before.promised_on,
    )


def _timing(notice: Notice, today: date) -> Timing:
    deadline = Shutdown(notice.shutdown_on, notice.precision).deadline
    days_left = (deadline - today).days if deadline else None
    return Timing(notice.shutdown_on, notice.precision, days_left, notice.state, notice.after_shutdown)


def services(facts: Sequence[Notice | Happened]) -> int:
    return len({fact.service for fact in facts})
