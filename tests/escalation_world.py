"""A world of one exposure, for laws: a service that calls, a provider that moves its dates, people who act and leave,
and schedulers that look at it, or do not. Nothing here decides; `service.core.escalation` does.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from service.core.calendar import utc_midnight
from service.core.catalog.lifecycle import Deprecation, Shutdown, Standing
from service.core.escalation.act import Act, Refused, perform
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.escalation.decision import Decision, Wait
from service.core.escalation.policy import Policy
from service.core.exposure import DayOfUse, Exposure
from service.core.ownership import Owner
from tests.builders import make_day, make_deprecation

Answer = Literal["answered", "failing", "redirected"]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Rhythm:
    """One burst of calls on each day that is a multiple of `every`, or on working days; so many, and by so much more or
    less from one to the next."""

    every: int = 1
    calls: int = 100
    grows_by: float = 0.0
    rests_on_weekends: bool = False

    def calls_on(self, day: date) -> bool:
        return day.toordinal() % self.every == 0 and not (self.rests_on_weekends and day.weekday() > 4)


class Calls:
    """What was called, oldest first by event time: at most one burst a UTC day, all at the same time of the day."""

    def __init__(self, at: timedelta) -> None:
        self.at = at
        self.moments: list[datetime] = []
        self.days: list[DayOfUse] = []

    def add(self, day: date, calls: int, answer: Answer) -> DayOfUse | None:
        """Late, if a later day has calls already. A day that has calls keeps them: None."""
        moment = utc_midnight(day) + self.at
        index = bisect_right(self.moments, moment)
        if index and self.moments[index - 1] == moment:
            return None
        failed = calls if answer == "failing" else 0
        redirected = calls if answer == "redirected" else 0
        use = make_day(day, calls=calls, errors=failed, end_of_life=failed, redirected=redirected)
        self.moments.insert(index, moment)
        self.days.insert(index, use)
        return use

    def up_to(self, moment: datetime) -> int:
        return bisect_right(self.moments, moment)


class World:
    """`now` is the true time. What a scheduler takes for the time may be another one."""

    def __init__(
        self,
        *,
        start: datetime,
        shutdown_on: date,
        owner: Owner,
        policy: Policy,
        standing: Standing = "provider",
        calls_at: timedelta = 12 * HOUR,
    ) -> None:
        self.now = start
        self.owner, self.policy = owner, policy
        self.deprecation: Deprecation = make_deprecation(
            announced=start.date(), shutdown_on=shutdown_on, standing=standing
        )
        self.campaign: Campaign | None = None
        self.calls = Calls(calls_at)
        self.rhythm: Rhythm | None = None
        self.level = 0.0
        self.answer: Answer = "answered"
        self.answer_after_the_end: Answer = "failing"
        self.read_until: datetime | None = None
        """Where reading has stalled. None: all calls are on record."""
        self._counted_until: datetime | None = None
        """Up to where calls are on record while reading has stalled: what was counted once stays, though the log is
        not known to be read that far."""
        self._looked_at = start
        self.look: Wait | None = None
        """What the last look said. None: something has changed since, and the engine looks at once."""
        self._picture: tuple[int, Exposure] | None = None

    @property
    def deadline(self) -> date | None:
        return self.deprecation.shutdown.deadline

    # --- what happens

    def call(self, rhythm: Rhythm | None) -> None:
        self.rhythm = rhythm
        self.level = float(rhythm.calls) if rhythm else 0.0

    def pass_to(self, moment: datetime) -> None:
        """Time passes and nobody looks."""
        day = self.now.date()
        while day <= moment.date():
            at = utc_midnight(day) + self.calls.at
            if self.now < at <= moment and self.rhythm and self.rhythm.calls_on(day):
                self.calls.add(day, max(1, int(self.level)), self._answer_on(day))
                self.level = min(1e6, self.level * (1 + self.rhythm.grows_by))
            day += DAY
        self.now = max(self.now, moment)

    def _answer_on(self, day: date) -> Answer:
        gone = self.deadline is not None and day >= self.deadline
        return self.answer_after_the_end if gone else self.answer

    def answer_with(self, answer: Answer) -> None:
        self.answer = answer

    def read_up_to(self, moment: datetime | None) -> None:
        before, self.read_until = self._known_calls(), moment
        self._counted_until = moment and max(moment, self._looked_at)
        self._came_in(self.calls.days[before : self._known_calls()])

    def hear_late_of(self, days_ago: int) -> None:
        """A record of a day that is past comes in now."""
        if late := self.calls.add(self.now.date() - days_ago * DAY, 50, "answered"):
            self._picture = None
            if late is not self.calls.days[-1]:  # it changes what is known of the past
                self.look = None
            self._came_in([late])

    def _came_in(self, days: Sequence[DayOfUse]) -> None:
        """As the engine does: a record wakes where the last look said so; one of a model that is gone, or for which
        another answers, and one of a past day, always."""
        if self.look and any(self.look.wakes_on_call or one.end_of_life or one.redirected for one in days):
            self.look = None

    def plan_end(self, on: date | None, precision: Literal["exact", "no_sooner_than"] = "exact") -> None:
        self.deprecation = replace(self.deprecation, shutdown=Shutdown(on, precision))
        self.look = None

    def take_back(self) -> None:
        self.deprecation = replace(
            self.deprecation, announced=None, shutdown=Shutdown(None, "unknown"), replacements=()
        )
        self.look = None

    def announce(self, on: date, standing: Standing = "provider") -> None:
        self.deprecation = make_deprecation(announced=self.now.date(), shutdown_on=on, standing=standing)
        self.look = None

    def say(self, standing: Standing) -> None:
        """Who says so changes: the provider confirms what was reported, or others only go on to report it."""
        self.deprecation = replace(self.deprecation, standing=standing)
        self.look = None

    def hand_over_to(self, owner: Owner) -> None:
        self.owner = owner
        self.look = None

    # --- who looks

    def picture(self, now: datetime) -> Exposure | None:
        """What is on record by `now`. None: nothing was called yet."""
        count = self._known_calls(now)
        if count == 0:
            return None
        known = self._picture
        if known is None or known[0] != count or known[1].deprecation is not self.deprecation:
            known = self._picture = count, self._picture_of(count)
        return known[1]

    def days_by(self, now: datetime) -> Sequence[DayOfUse]:
        """All that are on record by `now`, which is more than a picture has day by day."""
        return self.calls.days[: self._known_calls(now)]

    def _known_calls(self, now: datetime | None = None) -> int:
        until = now or self.now
        return self.calls.up_to(until if self._counted_until is None else min(until, self._counted_until))

    def _picture_of(self, count: int) -> Exposure:
        first, last = self.calls.moments[0], self.calls.moments[count - 1]
        days = tuple(self.calls.days[:count])
        return Exposure.of("search-api", "production", self.deprecation, days, first_at=first, last_at=last)

    def decide(self, now: datetime) -> Decision | None:
        """What a scheduler that reads what is stored would do. None: there is no exposure."""
        exposure = self.picture(now)
        if self.read_until is None:
            self._looked_at = max(self._looked_at, now)
        if exposure is None:
            return None
        return decide(self.campaign, Case(exposure, self.owner, now, self.read_until), self.policy)

    def case(self) -> Case | None:
        exposure = self.picture(self.now)
        return None if exposure is None else Case(exposure, self.owner, self.now, self.read_until)

    def act(self, act: Act) -> Campaign | Refused | None:
        """None: there is nothing to act on."""
        case = self.case()
        if case is None:
            return None
        answer = perform(act, self.campaign, case, self.policy)
        if isinstance(answer, Campaign):
            self.campaign, self.look = answer, None
        return answer

    def live_until(self, end: datetime, tick: Callable[[], object]) -> None:
        """As the engine does: `tick` when the last look said so, at a call where it said so, and at calls that are told
        that the model is gone, or that another one answers."""
        while (at := self._next_look()) <= end:
            self.pass_to(at)
            tick()
        self.pass_to(end)

    def _next_look(self) -> datetime:
        if self.look is None:
            return self.now
        call = self._next_call(any_call=self.look.wakes_on_call or not self.calls.moments)
        at = min((one for one in (self.look.until, call) if one), default=datetime.max.replace(tzinfo=UTC))
        # A scheduler that waits for records asks each five minutes; each few hours will do here.
        return at if self.read_until is None else max(at, self.now + 5 * HOUR)

    def _next_call(self, *, any_call: bool) -> datetime | None:
        for n in range(40):
            at = utc_midnight(self.now.date() + n * DAY) + self.calls.at
            is_called = at > self.now and self.rhythm is not None and self.rhythm.calls_on(at.date())
            if is_called and (any_call or self._answer_on(at.date()) != "answered"):
                return at
        return None
