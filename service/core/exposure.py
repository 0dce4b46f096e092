"""A service's use of a deprecated model: what was called, until when, and in which state that leaves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import sub
from typing import Literal, NamedTuple

import msgspec

from service.core.catalog.lifecycle import Deprecation

State = Literal["active", "quiet", "overdue", "broken", "redirected", "waived"]
"""active: calls within the caller's own quiet period. quiet: none for longer, so migrated. overdue: the day is past and
calls are answered. broken: calls fail because the model is gone, after the day or before it. redirected: another model
answers. waived: somebody has accepted the risk until a day, which the campaign knows and usage does not."""

SHORTEST_QUIET = timedelta(days=3)
LONGEST_QUIET = timedelta(days=35)


class ExposureKey(NamedTuple):
    """What tells one exposure from another, and names its campaign."""

    service: str
    environment: str
    platform: str
    model: str

    @property
    def label(self) -> str:
        """`search-api / production / openai-api / gpt-4.5-preview`"""
        return " / ".join(part for part in self if part)


class DayOfUse(msgspec.Struct, frozen=True, gc=False):
    """One UTC day. `calls` counts failed ones too; the volume is the largest reporter's, hour by hour, never a sum.

    A struct, because a page reads hundreds of thousands of them, and a frozen dataclass takes long to make.
    """

    day: date
    calls: int
    errors: int
    end_of_life: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    tokens_known: int
    redirected: int = 0
    """Calls that asked for the model and were answered by another one, which is no version of it."""


@dataclass(frozen=True)
class Exposure:
    """One (service, environment, deprecation) with its use by day, oldest first; days without calls are left out.

    It is a picture as of some `now`: nothing in it is later by event time.
    """

    service: str
    environment: str
    deprecation: Deprecation
    first_at: datetime
    last_at: datetime
    days: tuple[DayOfUse, ...]
    requested_ids: tuple[str, ...] = ()
    """The ids as callers spell them, most used first."""
    served_ids: tuple[str, ...] = ()
    """The other models that answered in its place, as the log spells them: the latest first."""
    request_ids: tuple[str, ...] = ()
    """A few sample request ids, as evidence."""

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, *self.deprecation.key)

    @property
    def deadline(self) -> date | None:
        return self.deprecation.shutdown.deadline

    @cached_property
    def quiet_period(self) -> timedelta:
        return quiet_period(self.days)


def quiet_period(days: Sequence[DayOfUse]) -> timedelta:
    """How long this caller may be silent before it counts as migrated: twice the longest gap between its days of use.

    At least 3 days, at most 35, so that a month-end job is not taken as migrated on the 20th.
    """
    # As numbers, which are compared several times as fast: every decision asks for it.
    used = [use.day.toordinal() for use in days]
    longest = max(map(sub, used[1:], used), default=0)
    return min(LONGEST_QUIET, max(SHORTEST_QUIET, timedelta(days=2 * longest)))


def quiet_at(exposure: Exposure) -> datetime:
    """When the exposure becomes quiet if nothing calls before."""
    return exposure.last_at + exposure.quiet_period


def last_week(days: Sequence[DayOfUse], today: date) -> list[DayOfUse]:
    """Of the seven UTC days up to `today`, those with calls."""
    return [use for use in days if use.day > today - timedelta(days=7)]


class Redirection(NamedTuple):
    """Another model answers than the one that is asked for."""

    day: date
    """The last one with calls, which the counts are of."""
    answered: int
    redirected: int
    since: date
    """The first of the days of use up to `day` on all of which it was so."""


def redirection(exposure: Exposure) -> Redirection | None:
    """None: the model itself answered more than half of the last day's calls, or the log does not say."""
    since: DayOfUse | None = None
    for day in reversed(exposure.days):
        if not _is_redirected(day):
            break
        since = day
    last = exposure.days[-1]
    return Redirection(last.day, _answered(last), last.redirected, since.day) if since else None


def state_of(exposure: Exposure, now: datetime) -> State:
    """The state as of `now`, from what is stored and nothing else. Never `waived`: that is the campaign's to say.

    Each rule but the first is about the last day with calls; the first that holds wins.

    quiet: no call for the caller's own quiet period, whatever became of the last ones.
    broken: a tenth or more of the calls say that the model is gone, on any day, before the shutdown too (a brownout, an
    early death); or the day is later than the shutdown, and half of the calls or more fail, whatever they say.
    redirected: half or more of the answered calls were answered by another model. It comes after broken, because a
    gateway that tries the dead model first and then falls back logs both, and hides from its callers that it is dead.
    overdue: the day is later than the shutdown.
    active: none of these.

    Where a gateway logs a fallback under the model that it fell back to, the failed try is all that is left of the
    exposure: broken. Where it logs one call that was asked of one model and answered by another: redirected.
    """
    if now >= quiet_at(exposure):
        return "quiet"
    last = exposure.days[-1]
    if _fails(last, exposure.deadline):
        return "broken"
    if _is_redirected(last):
        return "redirected"
    return "overdue" if _is_past(last, exposure.deadline) else "active"


class Failing(NamedTuple):
    """The days of use up to the last one on all of which the exposure was broken."""

    since: date
    answered_on: date | None
    """The day of use before them. None: there is none."""


def failing(exposure: Exposure) -> Failing | None:
    """None: the last day of use is not broken."""
    since: date | None = None
    for use in reversed(exposure.days):
        if not _fails(use, exposure.deadline):
            return Failing(since, use.day) if since else None
        since = use.day
    return Failing(since, None) if since else None


def _fails(day: DayOfUse, deadline: date | None) -> bool:
    return _is_gone(day) or (_is_past(day, deadline) and 2 * day.errors >= day.calls)


def _is_past(day: DayOfUse, deadline: date | None) -> bool:
    return deadline is not None and day.day > deadline


def _is_gone(day: DayOfUse) -> bool:
    """Whether calls were told that the model is gone, and more of them than one misspelt id among many."""
    return day.end_of_life > 0 and 10 * day.end_of_life >= day.calls


def _is_redirected(day: DayOfUse) -> bool:
    return day.redirected > 0 and 2 * day.redirected >= _answered(day)


def _answered(day: DayOfUse) -> int:
    """Errors can be another reporter's evidence of calls that a gateway answered in the end."""
    return max(day.calls - day.errors, day.redirected)
