"""A case: one exposure, its owner, and the moment at which both are looked at."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from service.core.calendar import Calendar, utc_midnight
from service.core.exposure import Exposure, State, quiet_at, state_of
from service.core.forecast import Forecast, forecast
from service.core.ownership import Owner

LAST_DAYS = 3
"""With so many days left, or fewer, nothing waits for working hours, nor for the owner to have had a day."""
UNTIL_MORE_IS_KNOWN = timedelta(minutes=5)
"""What cannot be said before records are read is asked again after so long."""


@dataclass(frozen=True)
class Case:
    """Without slots, so that it remembers what a decision asks it again and again."""

    exposure: Exposure
    owner: Owner
    now: datetime
    known_until: datetime | None = None
    """Up to when all calls are on record; None: up to `now`. Silence after it may be our own."""

    def with_evidence(self, exposure: Exposure) -> "Case":
        """The same case, of the same exposure with what messages show of it. All that was worked out still holds."""
        shown = replace(self, exposure=exposure)
        vars(shown).update(vars(self) | vars(shown))
        return shown

    @cached_property
    def today(self) -> date:
        """In the owner's zone."""
        return self.day_of(self.now)

    @cached_property
    def state(self) -> State:
        return state_of(self.exposure, self._known)

    @property
    def seems_quiet(self) -> bool:
        """No call for longer than the quiet period, but the records of that time are not all read."""
        return self.state != "quiet" and self.now >= quiet_at(self.exposure)

    @cached_property
    def deadline(self) -> date | None:
        """The first day of the shutdown."""
        return self.exposure.deadline

    @cached_property
    def effective_deadline(self) -> date | None:
        """The day by which changes must be out: the deadline, or the first day of the freeze that reaches up to it."""
        return None if self.deadline is None else self.owner.calendar.effective_deadline(self.deadline)

    @property
    def frozen_from(self) -> date | None:
        """The first day of the freeze that reaches up to the deadline. None: there is none."""
        return None if self.effective_deadline == self.deadline else self.effective_deadline

    @property
    def is_late(self) -> bool:
        """Whether the last days have begun."""
        return is_late_on(self.today, self.owner.calendar, self.deadline)

    @cached_property
    def forecast(self) -> Forecast:
        """By the whole UTC days before the owner's last morning: the same at any hour until the next one."""
        return forecast(self.exposure.days, self._last_morning(self._known).date())

    @property
    def next_forecast(self) -> datetime:
        """The next morning; soon, where the records up to the last one are not all read."""
        if self._last_morning(self._known) < self._last_morning(self.now):
            return self.now + UNTIL_MORE_IS_KNOWN
        days = (self.today + timedelta(days=n) for n in (0, 1))
        return next(at for day in days if (at := self.morning(day)) > self.now)

    @property
    def _known(self) -> datetime:
        return self.now if self.known_until is None else min(self.now, self.known_until)

    def _last_morning(self, moment: datetime) -> datetime:
        day = self.day_of(moment)
        morning = self.morning(day)
        return morning if morning <= moment else self.morning(day - timedelta(days=1))

    @cached_property
    def earliest(self) -> datetime:
        """Nothing is due before the end was public, nor before the first call."""
        announced = self.exposure.deprecation.announced
        return max(self.exposure.first_at, utc_midnight(announced)) if announced else self.exposure.first_at

    @cached_property
    def earliest_out(self) -> datetime:
        return self.go_out_at(self.earliest)

    @cached_property
    def goes_out(self) -> datetime:
        """When something that is ready now may reach people."""
        return self.go_out_at(self.now)

    def go_out_at(self, moment: datetime) -> datetime:
        return go_out_at(moment, self.owner.calendar, self.deadline)

    def day_of(self, moment: datetime) -> date:
        return self.owner.calendar.day_of(moment)

    def morning(self, day: date) -> datetime:
        return self.owner.calendar.work_start(day)

    def business_day_after(self, moment: datetime) -> datetime:
        """When who was told at `moment` has had a business day: what comes on a Saturday counts from Monday."""
        calendar = self.owner.calendar
        return calendar.business_day_after(calendar.next_working(moment))


@lru_cache(maxsize=4096)  # a tick asks for its own moment again and again, a look ahead for the first call
def go_out_at(moment: datetime, calendar: Calendar, deadline: date | None) -> datetime:
    """At once in the last days, else in the owner's working hours, and no later than the morning on which the last days
    begin: delayed, never dropped."""
    day = calendar.day_of(moment)
    if deadline is None or is_late_on(day, calendar, deadline):
        return moment if deadline else calendar.next_working(moment)
    begin = (end - timedelta(days=LAST_DAYS) for end in (deadline, calendar.effective_deadline(deadline)))
    return min([calendar.next_working(moment), *(calendar.work_start(one) for one in begin if one > day)])


def is_late_on(day: date, calendar: Calendar, deadline: date | None) -> bool:
    """From three days before the shutdown on, and before a freeze that reaches up to it; not all through that."""
    if deadline is None:
        return False
    left, changeable = (deadline - day).days, (calendar.effective_deadline(deadline) - day).days
    return left <= LAST_DAYS or 0 <= changeable <= LAST_DAYS
