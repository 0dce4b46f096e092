"""Who is on duty: what a directory says of it, and whom to believe while it says nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.directory.answer import Unavailable

FORGOTTEN_AFTER = timedelta(days=7)
"""Who was on duty longer ago is not likely to be so now: somebody else is to hear instead."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """A good answer: a gap in the rota, or a schedule that is gone. Whoever was on duty before it is not any more."""

    reason: str
    remedy: str


OnDuty = tuple[str, ...] | Nobody | Unavailable
"""People as the directory names them, never none of them; or why nobody can be told."""


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last good answer."""

    people: tuple[str, ...]
    """Empty: nobody was on duty."""
    at: datetime


def fall_back_to_last_answer(answer: OnDuty, last: LastAnswer | None, now: datetime) -> OnDuty:
    """Who is to be told at `now`. What was said before counts only where the directory gave no answer."""
    if not isinstance(answer, Unavailable) or last is None or now - last.at > FORGOTTEN_AFTER:
        return answer
    return last.people or answer
