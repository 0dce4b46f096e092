"""A service's use of a deprecated model: what was called, until when, and in which state that leaves it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
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
    """Calls of which another model than the requested one answered."""


@dataclass(frozen=True, slots=True)
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
    request_ids: tuple[str, ...] = ()
    """A few sample request ids, as evidence."""

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, *self.deprecation.key)

    @property
    def deadline(self) -> date | None:
        return self.deprecation.shutdown.deadline


def quiet_period(days: Iterable[DayOfUse]) -> timedelta:
    """How long this caller may be silent before it counts as migrated: twice the longest gap between its days of use.

    At least 3 days, at most 35, so that a month-end job is not taken as migrated on the 20th.
    """
    gaps = (later.day - earlier.day for earlier, later in pairwise(days))
    return min(LONGEST_QUIET, max(SHORTEST_QUIET, 2 * max(gaps, default=timedelta())))


def quiet_at(exposure: Exposure) -> datetime:
    """When the exposure becomes quiet if nothing calls before."""
    return exposure.last_at + quiet_period(exposure.days)


def state_of(exposure: Exposure, now: datetime) -> State:
    """The state as of `now`, from what is stored and nothing else.

    Broken: a tenth or more of the last day's calls say that the model is gone, on the shutdown's day or later; or half
    of them or more fail, on a later day.
    """
    if now >= quiet_at(exposure):
        return "quiet"
    last = exposure.days[-1]
    deadline = exposure.deadline
    if deadline is None or last.day < deadline:
        return "active"
    is_gone = last.end_of_life > 0 and 10 * last.end_of_life >= last.calls
    if is_gone or (last.day > deadline and 2 * last.errors >= last.calls):
        return "broken"
    return "overdue" if last.day > deadline else "active"
