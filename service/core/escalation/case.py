"""A case: one exposure, its owner, and the time of the decision."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from service.core.calendar import Calendar, Freeze, utc_midnight
from service.core.escalation.policy import Policy, Step
from service.core.exposure import Exposure, State, quiet_at, state_of
from service.core.forecast import Forecast, forecast
from service.core.ownership import Owner

LAST_DAYS = 3
"""In this many days before the end, nothing waits for working hours or for the owner's business day."""
UNTIL_MORE_IS_KNOWN = timedelta(minutes=5)
"""Interval of new evaluations while records still have to be read."""


@dataclass(frozen=True, slots=True)
class ScheduledStep:
    """A step with its time for one exposure."""

    step: Step
    nominal: datetime
    """By the policy alone: start of work in the owner's zone on the step's day; for failing calls, 0:00 UTC."""
    due: datetime
    """Not before the announcement or the first call; in working hours until the last days."""

    @property
    def name(self) -> str:
        return self.step.name


@dataclass(frozen=True)
class Case:
    """Without slots, so that results can be cached."""

    exposure: Exposure
    owner: Owner
    now: datetime
    known_until: datetime | None = None
    """Time up to which all calls are recorded. None: `now`. Silence after it proves nothing."""

    def with_evidence(self, exposure: Exposure) -> "Case":
        """The same case with an exposure that includes its evidence. Cached results stay valid."""
        shown = replace(self, exposure=exposure)
        vars(shown).update(vars(self) | vars(shown))
        return shown

    @cached_property
    def schedules(self) -> dict[Policy, tuple[ScheduledStep, ...]]:
        """Filled by `core.escalation.schedule`."""
        return {}

    @cached_property
    def today(self) -> date:
        """In the owner's zone."""
        return self.day_of(self.now)

    @cached_property
    def state(self) -> State:
        return state_of(self.exposure, self._known)

    @property
    def seems_quiet(self) -> bool:
        """No call for longer than the quiet period, but not all records of that time are read."""
        return self.state != "quiet" and self.now >= quiet_at(self.exposure)

    @cached_property
    def deadline(self) -> date | None:
        return self.exposure.deadline

    @cached_property
    def shutdown_at(self) -> datetime | None:
        return None if self.deadline is None else utc_midnight(self.deadline)

    @property
    def is_shut_down(self) -> bool:
        """By the plan: calls may still be answered."""
        return self.shutdown_at is not None and self.now >= self.shutdown_at

    @cached_property
    def freeze(self) -> Freeze | None:
        """The change freeze that lasts until the deadline."""
        return None if self.deadline is None else self.owner.calendar.freeze_before(self.deadline)

    @property
    def frozen_from(self) -> date | None:
        return self.freeze.begin if self.freeze else None

    @property
    def effective_deadline(self) -> date | None:
        """Last day for changes: the deadline, or the first day of a freeze that lasts until the deadline."""
        return self.frozen_from or self.deadline

    @cached_property
    def is_only_reported(self) -> bool:
        """Whether the end rests on a report alone: no word of the provider, and calls do not fail. Its ladder is the
        gentle one."""
        return self.exposure.deprecation.is_reported and self.state != "broken"

    @cached_property
    def urgent_deadline(self) -> date | None:
        """The deadline whose last days override working hours and the owner's business day."""
        return None if self.is_only_reported else self.deadline

    @property
    def is_late(self) -> bool:
        """Whether the last days have begun."""
        return is_late_on(self.today, self.owner.calendar, self.urgent_deadline)

    @cached_property
    def forecast(self) -> Forecast:
        """Based on complete UTC days before the owner's last morning, so it changes once per day."""
        return forecast(self.exposure.days, self._last_morning(self._known).date())

    @property
    def next_forecast(self) -> datetime:
        """The next morning; sooner if not all records up to the last morning are read."""
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
        """Nothing is due before the announcement or before the first call."""
        announced = self.exposure.deprecation.announced
        return max(self.exposure.first_at, utc_midnight(announced)) if announced else self.exposure.first_at

    @cached_property
    def earliest_send(self) -> datetime:
        return self.send_time(self.earliest)

    @cached_property
    def send_now_at(self) -> datetime:
        """When a notification that is due now may be sent."""
        return self.send_time(self.now)

    def send_time(self, moment: datetime) -> datetime:
        return send_time(moment, self.owner.calendar, self.urgent_deadline)

    def day_of(self, moment: datetime) -> date:
        return self.owner.calendar.day_of(moment)

    def morning(self, day: date) -> datetime:
        return self.owner.calendar.work_start(day)

    def business_day_after(self, moment: datetime) -> datetime:
        """End of one business day after `moment`: a notification on a Saturday counts from Monday."""
        calendar = self.owner.calendar
        return calendar.business_day_after(calendar.next_working(moment))


@lru_cache(maxsize=4096)  # a tick repeats its own time, a plan that of the first call
def send_time(moment: datetime, calendar: Calendar, deadline: date | None) -> datetime:
    """At once in the last days; otherwise in the owner's working hours, at the latest on the first morning of the last
    days. Delayed, never dropped."""
    day = calendar.day_of(moment)
    if deadline is None or is_late_on(day, calendar, deadline):
        return moment if deadline else calendar.next_working(moment)
    begin = (end - timedelta(days=LAST_DAYS) for end in (deadline, calendar.effective_deadline(deadline)))
    return min([calendar.next_working(moment), *(calendar.work_start(one) for one in begin if one > day)])


def is_late_on(day: date, calendar: Calendar, deadline: date | None) -> bool:
    """From three days before the shutdown on, and in the three days before a freeze that lasts until it."""
    if deadline is None:
        return False
    left, changeable = (deadline - day).days, (calendar.effective_deadline(deadline) - day).days
    return left <= LAST_DAYS or 0 <= changeable <= LAST_DAYS
