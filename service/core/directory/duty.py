"""The people on duty: the directory's answer, and the fallback to its last answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.directory.answer import Unavailable

FORGOTTEN_AFTER = timedelta(days=7)
"""An older answer is not used: the people have probably changed."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """A valid answer: a gap in the rota, or a deleted schedule. An earlier answer no longer applies."""

    reason: str
    remedy: str


OnDuty = tuple[str, ...] | Nobody | Unavailable
"""E-mail addresses (never empty), or the reason why there are none."""


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The last valid answer."""

    people: tuple[str, ...]
    """Empty: nobody was on duty."""
    at: datetime


def fall_back_to_last_answer(answer: OnDuty, last: LastAnswer | None, now: datetime) -> OnDuty:
    """The answer to use at `now`: the last answer if the directory is unavailable and it is not too old."""
    if not isinstance(answer, Unavailable) or last is None or now - last.at > FORGOTTEN_AFTER:
        return answer
    return last.people or answer
