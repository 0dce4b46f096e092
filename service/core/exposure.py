"""A service's use of a deprecated model: what was called, until when, and in which state that leaves it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from service.core.catalog import Deprecation

State = Literal["active", "quiet", "overdue", "broken"]
"""active: calls within the caller's own quiet period. quiet: none for longer, so migrated. overdue: the day is past and calls
are answered. broken: the day is past and calls fail."""


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """One UTC day. `calls` counts failed ones too; the volume is the largest reporter's, hour by hour, never their sum."""

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
    """One (service, environment, deprecation) with its use by day, oldest first; days without calls are left out."""

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
