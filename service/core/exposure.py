"""A service's use of a deprecated model: what was called, until when, and in which state that leaves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import sub
from typing import Literal, NamedTuple, Self

import msgspec

from service.core.catalog.lifecycle import Deprecation

State = Literal["active", "quiet", "overdue", "broken", "redirected", "waived"]
"""active: calls within the caller's own quiet period. quiet: none for longer, so migrated. overdue: the day is past and
calls are answered. broken: calls fail because the model is gone, after the day or before it. redirected: another model
answers. waived: somebody has accepted the risk until a day, which the campaign knows and usage does not."""

SHORTEST_QUIET = timedelta(days=3)
LONGEST_QUIET = timedelta(days=35)
RECENT_DAYS = 42
"""What is read of an exposure day by day: what the forecast goes by. All that is older is in its summary."""


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


class Failing(NamedTuple):
    """The days of use up to the last one on all of which the exposure was broken."""

    since: date
    answered_on: date | None
    """The day of use before them. None: there is none."""


class Summary(msgspec.Struct, frozen=True, gc=False):
    """What all days of use come to. The state needs no more, so it is stored, and the days need not be read."""

    first_at: datetime
    last_at: datetime
    last_day: date
    last_calls: int
    """Of that day."""
    longest_gap: int
    """Days from one day of use to the next; 0: there is only one."""
    calls: int
    failing: Failing | None
    """None: the last day of use is not broken. Which days are, depends on the deadline."""
    redirected_since: date | None
    """As `failing`: the first of the days up to the last one on all of which another model answered."""

    @classmethod
    def of(cls, days: Sequence[DayOfUse], deadline: date | None, *, first_at: datetime, last_at: datetime) -> Self:
        """Of all days of use, at least one, oldest first."""
        used = [use.day.toordinal() for use in days]
        return cls(
            first_at,
            last_at,
            days[-1].day,
            days[-1].calls,
            max(map(sub, used[1:], used), default=0),
            sum(use.calls for use in days),
            failing(days, deadline),
            _redirected_since(days),
        )

    def then(self, use: DayOfUse, deadline: date | None, *, last_at: datetime) -> "Summary":
        """With one more day of use, later than the last one so far."""
        return Summary(
            self.first_at,
            max(self.last_at, last_at),
            use.day,
            use.calls,
            max(self.longest_gap, (use.day - self.last_day).days),
            self.calls + use.calls,
            (self.failing or Failing(use.day, self.last_day)) if _fails(use, deadline) else None,
            (self.redirected_since or use.day) if _is_redirected(use) else None,
        )

    def with_last(self, use: DayOfUse, deadline: date | None, *, last_at: datetime) -> "Summary | None":
        """With the last day of use counted anew. None: it fails now, or another model answers, and did not before, or
        the other way round; since when, only the days say."""
        fails, redirected = _fails(use, deadline), _is_redirected(use)
        if fails != (self.failing is not None) or redirected != (self.redirected_since is not None):
            return None
        calls = self.calls - self.last_calls + use.calls
        return msgspec.structs.replace(self, last_at=last_at, last_calls=use.calls, calls=calls)

    @property
    def quiet_at(self) -> datetime:
        """When the exposure becomes quiet if nothing calls before."""
        return self.last_at + self.quiet_period

    def state_while_calling(self, deadline: date | None) -> State:
        """The state before `quiet_at`: time alone does not change it."""
        if self.failing:
            return "broken"
        if self.redirected_since:
            return "redirected"
        return "overdue" if deadline is not None and self.last_day > deadline else "active"

    @property
    def quiet_period(self) -> timedelta:
        """How long this caller may be silent before it counts as migrated: twice the longest gap between its days of
        use.

        At least 3 days, at most 35, so that a month-end job is not taken as migrated on the 20th.
        """
        return min(LONGEST_QUIET, max(SHORTEST_QUIET, timedelta(days=2 * self.longest_gap)))


@dataclass(frozen=True)
class Exposure:
    """One (service, environment, deprecation) with its use, oldest first; days without calls are left out.

    It is a picture as of some `now`: nothing in it is later by event time.
    """

    service: str
    environment: str
    deprecation: Deprecation
    use: Summary
    days: tuple[DayOfUse, ...]
    """The last ones, at least one: `recent` says which."""
    requested_ids: tuple[str, ...] = ()
    """The ids as callers spell them, most used first."""
    served_ids: tuple[str, ...] = ()
    """The other models that answered in its place, as the log spells them: the latest first."""
    request_ids: tuple[str, ...] = ()
    """A few sample request ids, as evidence."""

    @classmethod
    def of(
        cls,
        service: str,
        environment: str,
        deprecation: Deprecation,
        days: Sequence[DayOfUse],
        *,
        first_at: datetime,
        last_at: datetime,
    ) -> Self:
        """Of all its days of use, at least one."""
        use = Summary.of(days, deprecation.shutdown.deadline, first_at=first_at, last_at=last_at)
        return cls(service, environment, deprecation, use, recent(days))

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, *self.deprecation.key)

    @property
    def deadline(self) -> date | None:
        return self.deprecation.shutdown.deadline

    @property
    def first_at(self) -> datetime:
        return self.use.first_at

    @property
    def last_at(self) -> datetime:
        return self.use.last_at

    @cached_property
    def quiet_period(self) -> timedelta:
        return self.use.quiet_period


def recent(days: Sequence[DayOfUse]) -> tuple[DayOfUse, ...]:
    """The days of use of the last `RECENT_DAYS` up to the last one, and the day of use before those: what came before
    a silence of any length is among them."""
    since = days[-1].day - timedelta(days=RECENT_DAYS)
    older = sum(use.day <= since for use in days)
    return tuple(days[max(0, older - 1) :])


def quiet_at(exposure: Exposure) -> datetime:
    """When the exposure becomes quiet if nothing calls before."""
    return exposure.use.quiet_at


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
    since, last = exposure.use.redirected_since, exposure.days[-1]
    return Redirection(last.day, _answered(last), last.redirected, since) if since else None


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
    return "quiet" if now >= quiet_at(exposure) else exposure.use.state_while_calling(exposure.deadline)


def failing(days: Sequence[DayOfUse], deadline: date | None) -> Failing | None:
    """None: the last day of use is not broken."""
    since: date | None = None
    for use in reversed(days):
        if not _fails(use, deadline):
            return Failing(since, use.day) if since else None
        since = use.day
    return Failing(since, None) if since else None


def _redirected_since(days: Sequence[DayOfUse]) -> date | None:
    since: date | None = None
    for use in reversed(days):
        if not _is_redirected(use):
            break
        since = use.day
    return since


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
