"""Which message is the live card of a deprecation at a destination: semantics 29 and 37.

A message is the card of each deprecation that its destination is notified of for the first time, or whose urgency it
raises, or that a service calls again. A further message of the same urgency belongs into the card's thread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from service.core.escalation.case import LAST_DAYS
from service.core.notification import Facts, Notice

SOON_DAYS = 30


class Urgency(IntEnum):
    CALM = 0
    SOON = 1
    """At most `SOON_DAYS` before the deadline, or before a change freeze that reaches up to it."""
    LAST_DAYS = 2
    """At most `LAST_DAYS` before it, or past it."""
    FAILING = 3
    """Calls fail, or another model answers."""


@dataclass(frozen=True, slots=True)
class Card:
    platform: str
    model: str
    urgency: Urgency
    begins: bool
    """Whether the message is the card. If not, the card before it stays, with a lower urgency."""


def changed_cards(
    facts: Iterable[Facts | None], current: Mapping[tuple[str, str], Urgency], *, today: date
) -> list[Card]:
    """What a message with `facts` changes. `current`: urgency of the destination's cards by platform and model.
    `today`: the UTC day on which the message was rendered. None: unreadable facts."""
    told: dict[tuple[str, str], Urgency] = {}
    again: set[tuple[str, str]] = set()
    for notice in facts:
        if not isinstance(notice, Notice):
            continue
        key = (notice.use.platform, notice.use.model)
        told[key] = max(urgency(notice, today), told.get(key, Urgency.CALM))
        if notice.relapse:
            again.add(key)
    return [
        Card(*key, now, begins=key in again or now > current.get(key, -1))
        for key, now in told.items()
        if key in again or now != current.get(key)
    ]


def urgency(notice: Notice, today: date) -> Urgency:
    if notice.traffic.state in {"broken", "redirected"}:
        return Urgency.FAILING
    end = notice.freeze.begin if notice.freeze and notice.freeze.begin > today else notice.end.deadline
    if end is None:
        return Urgency.CALM
    left = (end - today).days
    if notice.end.is_reported:
        return Urgency.SOON if left <= SOON_DAYS else Urgency.CALM
    return Urgency.LAST_DAYS if left <= LAST_DAYS else Urgency.SOON if left <= SOON_DAYS else Urgency.CALM
