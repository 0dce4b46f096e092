"""A service's use of a deprecated model: its days of use, their summary, and its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from operator import sub
from typing import Literal, NamedTuple, Self

import msgspec

from service.core.catalog.lifecycle import Deprecation

State = Literal["active", "quiet", "overdue", "broken", "redirected", "waived"]
"""active: calls within the quiet period. quiet: no calls for longer: migrated. overdue: the shutdown date is past and
calls are answered. broken: calls fail because the model is gone, before or after that date. redirected: another model
answers. waived: a person accepted the risk until a day; only the campaign knows this."""

SHORTEST_QUIET = timedelta(days=3)
LONGEST_QUIET = timedelta(days=35)
RECENT_DAYS = 42
"""Days of use that are loaded, for the forecast. The summary includes older days."""


class ExposureKey(NamedTuple):
    """Identifies an exposure and its campaign."""

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
    """Calls of this model that another model answered, which is not a version of it."""


class Failing(NamedTuple):
    """The current streak of broken days of use."""

    since: date
    answered_on: date | None
    """The day of use before the streak. None: there is none."""


class Summary(msgspec.Struct, frozen=True, gc=False):
    """Summary of all days of use. It is stored, and sufficient for the state without reading the days."""

    first_at: datetime
    last_at: datetime
    last_day: date
    last_calls: int
    """Calls of `last_day`."""
    longest_gap: int
    """Longest time in days between two days of use. 0: there is only one."""
    calls: int
    failing: Failing | None
    """None: the last day of use is not broken. Whether a day is broken depends on `Deprecation.errors_count_after`."""
    redirected_since: date | None
    """First day of the current redirected streak."""

    @classmethod
    def of(
        cls, days: Sequence[DayOfUse], errors_count_after: date | None, *, first_at: datetime, last_at: datetime
    ) -> Self:
        """`days`: all days of use, at least one, oldest first."""
        used = [use.day.toordinal() for use in days]
        return cls(
            first_at,
            last_at,
            days[-1].day,
            days[-1].calls,
            max(map(sub, used[1:], used), default=0),
            sum(use.calls for use in days),
            failing(days, errors_count_after),
            _redirected_since(days),
        )

    @classmethod
    def of_totals(
        cls,
        last: DayOfUse,
        errors_count_after: date | None,
        *,
        first_at: datetime,
        last_at: datetime,
        gap: int,
        calls: int,
    ) -> "Summary | None":
        """As `of`, from the last day and totals. None: the last day is of a streak, so all days are needed."""
        if _fails(last, errors_count_after) or _is_redirected(last):
            return None
        return cls(first_at, last_at, last.day, last.calls, gap, calls, None, None)

    def then(self, use: DayOfUse, errors_count_after: date | None, *, last_at: datetime) -> "Summary":
        """The summary with one more, later day of use."""
        return Summary(
            self.first_at,
            max(self.last_at, last_at),
            use.day,
            use.calls,
            max(self.longest_gap, (use.day - self.last_day).days),
            self.calls + use.calls,
            (self.failing or Failing(use.day, self.last_day)) if _fails(use, errors_count_after) else None,
            (self.redirected_since or use.day) if _is_redirected(use) else None,
        )

    def with_last(self, use: DayOfUse, errors_count_after: date | None, *, last_at: datetime) -> "Summary | None":
        """The summary with new counts of the last day. None: this begins or ends a streak, so all days are needed."""
        fails, redirected = _fails(use, errors_count_after), _is_redirected(use)
        if fails != (self.failing is not None) or redirected != (self.redirected_since is not None):
            return None
        calls = self.calls - self.last_calls + use.calls
        return msgspec.structs.replace(self, last_at=last_at, last_calls=use.calls, calls=calls)

    @property
    def quiet_at(self) -> datetime:
        """When the exposure becomes quiet without further calls."""
        return self.last_at + self.quiet_period

    def state_while_calling(self, deadline: date | None) -> State:
        """The state before `quiet_at`, which time alone does not change."""
        if self.failing:
            return "broken"
        if self.redirected_since:
            return "redirected"
        return "overdue" if deadline is not None and self.last_day > deadline else "active"

    @property
    def quiet_period(self) -> timedelta:
        """Silence after which the caller counts as migrated: twice the longest gap between its days of use.

        At least 3 days, at most 35, so that a month-end job does not count as migrated on the 20th.
        """
        return min(LONGEST_QUIET, max(SHORTEST_QUIET, timedelta(days=2 * self.longest_gap)))


@dataclass(frozen=True)
class Exposure:
    """One (service, environment, deprecation) with its use, oldest first, without days that have no calls.

    A snapshot as of some `now`: it contains nothing later by event time.
    """

    service: str
    environment: str
    deprecation: Deprecation
    use: Summary
    days: tuple[DayOfUse, ...]
    """The days of `recent`, at least one."""
    requested_ids: tuple[str, ...] = ()
    """The ids as callers spell them, most used first."""
    served_ids: tuple[str, ...] = ()
    """Other models that answered, as spelled in the log, latest first."""
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
        """`days`: all days of use, at least one."""
        use = Summary.of(days, deprecation.errors_count_after, first_at=first_at, last_at=last_at)
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
    """The days of use in the `RECENT_DAYS` up to the last one, and the preceding day of use, so that the day before a
    silence is always included."""
    since = days[-1].day - timedelta(days=RECENT_DAYS)
    older = sum(use.day <= since for use in days)
    return tuple(days[max(0, older - 1) :])


def quiet_at(exposure: Exposure) -> datetime:
    """When the exposure becomes quiet without further calls."""
    return exposure.use.quiet_at


def last_week(days: Sequence[DayOfUse], today: date) -> list[DayOfUse]:
    """The days with calls among the seven UTC days up to `today`."""
    return [use for use in days if use.day > today - timedelta(days=7)]


class Redirection(NamedTuple):
    """Another model answers than the requested one."""

    day: date
    """Last day with calls; the counts are of this day."""
    answered: int
    redirected: int
    since: date
    """First day of the current redirected streak."""


def redirection(exposure: Exposure) -> Redirection | None:
    """None: the model itself answered more than half of the last day's calls, or the log does not name the model."""
    since, last = exposure.use.redirected_since, exposure.days[-1]
    return Redirection(last.day, _answered(last), last.redirected, since) if since else None


def state_of(exposure: Exposure, now: datetime) -> State:
    """The state as of `now`, from stored data only. Never `waived`, which depends on the campaign.

    The first matching rule wins. All rules but the first are about the last day with calls.

    quiet: no call for the quiet period, whatever the outcome of the last calls. broken: a tenth or more of the calls
    report that the model is gone, on any day, also before the shutdown (a brownout, an early death); or the day is
    after the shutdown, and half or more of the calls fail for any reason. redirected: another model answered half or
    more of the answered calls. `broken` has precedence, because a gateway that tries the dead model first and then
    falls back logs both calls, and hides the failure from its callers. overdue: the day is after the shutdown. active:
    none of these.

    If a gateway logs a fallback under the model that answered, only the failed attempt belongs to the exposure: broken.
    If it logs one call with a requested and another served model: redirected.
    """
    return "quiet" if now >= quiet_at(exposure) else exposure.use.state_while_calling(exposure.deadline)


def failing(days: Sequence[DayOfUse], errors_count_after: date | None) -> Failing | None:
    """None: the last day of use is not broken."""
    since: date | None = None
    for use in reversed(days):
        if not _fails(use, errors_count_after):
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


def _fails(use: DayOfUse, errors_count_after: date | None) -> bool:
    is_past = errors_count_after is not None and use.day > errors_count_after
    return _is_gone(use) or (is_past and 2 * use.errors >= use.calls)


def _is_gone(day: DayOfUse) -> bool:
    """Whether enough calls report that the model is gone, more than a few misspelt ids among many."""
    return day.end_of_life > 0 and 10 * day.end_of_life >= day.calls


def _is_redirected(day: DayOfUse) -> bool:
    return day.redirected > 0 and 2 * day.redirected >= _answered(day)


def _answered(day: DayOfUse) -> int:
    """At least `redirected`: errors may be another reporter's view of calls that a gateway finally answered."""
    return max(day.calls - day.errors, day.redirected)
