"""All news about one deprecation for one destination at one tick."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

import msgspec

from service.core import words
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, NewsCause, Redirected, Withdrawn
from service.core.notification import News, Notice, UseFacts
from service.core.wording.end import Timing
from service.core.wording.names import name

URGENT_FIRST: tuple[type[NewsCause], ...] = (Redirected, Confirmed, DateMoved, Withdrawn, Migrated)
"""The order of news in a message."""


@dataclass(slots=True)
class Group:
    platform: str
    model: str
    id: str
    today: date
    """UTC day from which days are counted."""
    notices: list[Notice] = field(default_factory=list)
    news: list[News] = field(default_factory=list)

    @property
    def dates_of(self) -> str | None:
        first = self.notices[0] if self.notices else self.news[0]
        return first.end.dates_of

    @property
    def news_by_kind(self) -> Mapping[type[NewsCause], Sequence[News]]:
        """In the order of `URGENT_FIRST`."""
        found = {kind: [one for one in self.news if isinstance(one.cause, kind)] for kind in URGENT_FIRST}
        return {kind: some for kind, some in found.items() if some}

    @property
    def rank(self) -> tuple[int, int, int, str, str]:
        """Sort key: notices first, then news."""
        part = -1 if self.notices else min(URGENT_FIRST.index(type(one.cause)) for one in self.news)
        return (part, *(self.timing.rank if self.notices else (0, 0)), self.platform, self.model)

    @property
    def timing(self) -> Timing:
        """Timing of the worst notice. Raises without notices."""
        return _timing(self.notices[0], self.today)


def grouped(facts: Iterable[Notice | News], today: date) -> list[Group]:
    """Groups facts by deprecation, most urgent first; within a group the worst notice is first.

    `facts` are oldest first. Several facts of one exposure, which accumulate while Slack is down, are reduced to the
    current one: the newest notice, with the steps of the older ones as missed, or the news that it is over.
    """
    groups: dict[tuple[str, str], Group] = {}
    for fact in _latest(facts):
        use = fact.use
        group = groups.setdefault((use.platform, use.model), Group(use.platform, use.model, use.id, today))
        if isinstance(fact, Notice):
            group.notices.append(fact)
        else:
            group.news.append(fact)
    for group in groups.values():
        group.notices.sort(
            key=lambda n: (_timing(n, today).rank, -n.traffic.calls_7d, n.use.service, n.use.environment)
        )
    return sorted(groups.values(), key=lambda g: g.rank)


def _latest(facts: Iterable[Notice | News]) -> list[Notice | News]:
    """For each exposure: one notice or the news that it is over, the latest redirection, all moves of the date,
    and its confirmation."""
    moves: list[News] = []
    redirected: dict[UseFacts, News] = {}
    latest: dict[UseFacts, Notice | News] = {}
    for fact in facts:
        if isinstance(fact, Notice):
            before = latest.get(fact.use)
            latest[fact.use] = _joined(before, fact) if isinstance(before, Notice) else fact
            continue
        match fact.cause:
            case DateMoved() | Confirmed():
                moves.append(fact)
            case Redirected():
                redirected[fact.use] = fact
            case Migrated() | Withdrawn():
                latest[fact.use] = fact
                redirected.pop(fact.use, None)
            case _:
                assert_never(fact.cause)
    return [*moves, *redirected.values(), *latest.values()]


def _joined(before: Notice, newest: Notice) -> Notice:
    """The step of `before` counts as missed, unless `before` was the first notice to a new owner: others were notified
    of that step."""
    late = () if before.new_owner else (before.cause.step.name,)
    passed = dict.fromkeys((*before.missed.steps, *late, *newest.missed.steps))
    passed.pop(newest.cause.step.name, None)
    days = [before.missed.last_due, before.planned_on if late else None, newest.missed.last_due]
    missed = msgspec.structs.replace(newest.missed, steps=tuple(passed), last_due=max(filter(None, days), default=None))
    relapse, new_owner = newest.relapse or before.relapse, newest.new_owner or before.new_owner
    also = tuple(one for one in (relapse, new_owner) if one and one != newest.cause)
    broken_on = newest.promise_broken_on or before.promise_broken_on
    return msgspec.structs.replace(newest, missed=missed, also=also, promise_broken_on=broken_on)


def _timing(notice: Notice, today: date) -> Timing:
    end = notice.end
    days_left = (end.deadline - today).days if end.deadline else None
    known = end.shutdown_on, end.precision, days_left, notice.traffic.state, end.after_shutdown
    return Timing(*known, standing=end.standing)


def first_successor(notice: Notice) -> str | None:
    """The model to move to: none that is past its end, if that was looked up."""
    if notice.moving is not None:
        return next((one.id for one in notice.moving.successors), None)
    return next(iter(notice.end.replacements), None)


def services(facts: Iterable[Notice | News]) -> int:
    return len({fact.use.service for fact in facts})


def named_services(facts: Sequence[Notice | News]) -> str:
    """The service by its name, or how many there are."""
    count = services(facts)
    return name(facts[0].use.service) if count == 1 else words.plural(count, "service")
