"""What people asked of a campaign, until the clock has ended it: what may be asked, and how long it holds."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service.core.calendar import utc_midnight
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Snooze, Waive
from service.core.escalation.campaign import Campaign
from service.core.exposure import Exposure
from service.core.forecast import forecast
from tests.escalation_memory import Memory
from tests.escalation_timing import last_day_for_changes, morning

ACKNOWLEDGED_BUSINESS_DAYS = 5


@dataclass
class Asked(Memory):
    asked: Snooze | Commit | Waive | None = None
    """What somebody asked, until the clock has ended it."""
    asked_for: tuple[date | None, date | None, bool] = (None, None, False)
    """The shutdown that it was asked for, the last day for changes before it, and whether others only report it."""
    acknowledged: tuple[str, datetime] | None = None
    """A step, and until when it is not repeated."""

    def act(self, act: Act) -> None:
        world, before = self.world, self.world.campaign
        answer = world.act(act)
        name = type(act).__name__
        if isinstance(answer, Refused):
            self.tally[f"{name} refused"] += 1
            assert answer.reason
            assert answer.remedy
            assert world.campaign is before
            return
        exposure = world.picture(world.now)
        if answer is None or exposure is None:
            return
        self.tally[name] += 1
        self._asked(act, answer, exposure)

    def _asked(self, act: Act, after: Campaign, exposure: Exposure) -> None:
        now, calendar, deadline = self.world.now, self.world.owner.calendar, exposure.deadline
        today = calendar.day_of(now)
        match act:
            case Snooze():
                assert calendar.is_business_day(act.until)
                assert act.until > today
                assert deadline is None or act.until <= deadline, "snoozed past the shutdown"
                for one in self._ladder(exposure, now):
                    if one.begins > now and not one.step.at.while_failing:
                        assert morning(calendar, act.until) <= self._goes_out(one, exposure, now), (
                            "snoozed past a milestone"
                        )
            case Commit():
                assert today <= act.on
                assert deadline is None or act.on <= deadline, "promised for a day after the shutdown"
            case Waive():
                assert act.until > today
            case Acknowledge():
                assert after.level is not None
                until = morning(calendar, calendar.add_business_days(today, ACKNOWLEDGED_BUSINESS_DAYS))
                self.acknowledged = after.level.step, until
                return
            case _:
                self.asked = self.acknowledged = None
                return
        self.asked, self.asked_for = act, self._ends(exposure)

    def _ends(self, exposure: Exposure) -> tuple[date | None, date | None, bool]:
        deadline, is_reported = exposure.deadline, exposure.deprecation.standing == "reported"
        return deadline, deadline and last_day_for_changes(self.world.owner.calendar, deadline), is_reported

    def _silent_until(self, exposure: Exposure, now: datetime) -> datetime | None:
        """Before this nothing may be told. None: at once."""
        asked, calendar, deadline = self.asked, self.world.owner.calendar, exposure.deadline
        end = utc_midnight(deadline) if deadline else None
        match asked:
            case Waive() if now < (until := morning(calendar, asked.until)):
                return until
            case Snooze() if self._ends(exposure) == self.asked_for:
                until = min(filter(None, (morning(calendar, asked.until), end)))
                return until if now < until else None
            case Commit() if deadline == self.asked_for[0] and (end is None or now < end):
                is_ahead = calendar.day_of(now) <= asked.on
                return (
                    now + timedelta(microseconds=1)
                    if is_ahead and self._burndown_agrees(asked, exposure, now)
                    else None
                )
            case _:
                return None

    def _burndown_agrees(self, promise: Commit, exposure: Exposure, now: datetime) -> bool:
        calendar, known = self.world.owner.calendar, min(now, self.world.read_until or now)
        day = calendar.day_of(known)
        last = day if morning(calendar, day) <= known else day - timedelta(days=1)
        burndown = forecast(exposure.days, morning(calendar, last).date())
        return burndown.is_believable(promise.on + timedelta(days=1))

    def _is_excused(self, exposure: Exposure, now: datetime) -> bool:
        """Somebody has asked to wait, and the clock has not ended it."""
        asked, calendar, deadline = self.asked, self.world.owner.calendar, exposure.deadline
        is_over = deadline is not None and now >= utc_midnight(deadline)
        match asked:
            case Waive():
                return now < morning(calendar, asked.until)
            case Snooze():
                is_firm_now = self.asked_for[2] and exposure.deprecation.standing != "reported"
                return not is_over and not is_firm_now and now < morning(calendar, asked.until)
            case Commit():
                judged = morning(calendar, calendar.add_business_days(asked.on, 1))
                called_after = calendar.day_of(exposure.last_at) > asked.on
                return not is_over and (now < judged or not called_after)
            case None:
                return False
