"""What a witness of a world keeps in mind: who heard what, which steps are past, and where the ladder stands."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from service.core.calendar import utc_midnight
from service.core.escalation.policy import Step
from service.core.exposure import Exposure, state_of
from service.core.ownership import Audience, Channels, destinations
from tests.escalation_timing import DatedStep, dated_steps, gentle, in_last_days, send_now_at
from tests.escalation_world import World

CHANNELS: Final = Channels("#lastcall", "#lastcall-ops")


@dataclass
class Memory:
    world: World
    tally: Counter[str] = field(default_factory=Counter)
    said: set[tuple[object, ...]] = field(default_factory=set)
    """The keys under which the database keeps what is told: a second one is dropped."""
    past: dict[str, set[Audience]] = field(default_factory=dict)
    """The past steps of the campaign, told or passed over, and who heard of each."""
    failing_at: dict[str, datetime] = field(default_factory=dict)
    """When a step that speaks of failing calls was told last."""
    told_at: dict[str, datetime] = field(default_factory=dict)
    repeated: dict[str, date] = field(default_factory=dict)
    """Of a step that repeats: the day that was told last."""
    held: set[Audience] = field(default_factory=set)
    """Who belongs to a step that was told, and has to wait for the owner."""
    held_of: Step | None = None
    heard: dict[str, datetime] = field(default_factory=dict)
    """Since when those who answer for the service have heard of it in this opening, by address."""
    counted_from: datetime | None = None
    """When the owner heard first, or will hear: those who are held wait for a business day from then on."""
    named_promise: date | None = None
    """The day of the promise that was not kept and that a notice has named last."""
    ever_heard: dict[str, datetime] = field(default_factory=dict)

    def _whole_ladder(self, exposure: Exposure) -> tuple[DatedStep, ...]:
        policy = self.world.campaign.policy if self.world.campaign else self.world.policy
        return dated_steps(policy, self.world.owner.calendar, exposure.deprecation.announced, exposure.deadline)

    def _ladder(self, exposure: Exposure, now: datetime) -> tuple[DatedStep, ...]:
        """What is told by the word of `now`: of a provider, or of others only."""
        whole = self._whole_ladder(exposure)
        return gentle(whole) if self._is_gentle(exposure, now) else whole

    def _is_gentle(self, exposure: Exposure, now: datetime) -> bool:
        """Others report the end, neither the provider nor a failing call shows it."""
        return exposure.deprecation.standing == "reported" and self._state(exposure, now) != "broken"

    def _urgent(self, exposure: Exposure, now: datetime) -> date | None:
        """The day before which the last days override working hours."""
        return None if self._is_gentle(exposure, now) else exposure.deadline

    def _pass_due_steps(self, exposure: Exposure, now: datetime) -> None:
        """Whatever is due by now was told, or passed over for what was."""
        for one in self._ladder(exposure, now):
            name = self._arming(one.step, exposure, now)
            if name not in self.past and self._is_due(one, exposure, now):
                self.past[name] = set()
                self._told_of_failing(one.step, now)
        self._pass_steps_left_out(exposure, now)

    def _pass_steps_left_out(self, exposure: Exposure, now: datetime) -> None:
        """A step that tells those above only has its turn when the end is confirmed, unless a higher one was told."""
        ladder = {one.step.name for one in self._ladder(exposure, now)}
        whole = self._whole_ladder(exposure)
        told = [one.begins for one in whole if one.step.name in ladder & self.past.keys()]
        for one in whole:
            is_lower = one.step.at.anchor == "announced" or (told and one.begins <= max(told))
            if one.step.name not in ladder and is_lower:
                self.past.setdefault(one.step.name, set())

    def _told_of_failing(self, step: Step, now: datetime) -> None:
        self.told_at[step.name] = now
        if step.at.while_failing and not step.repeat:
            self.failing_at[step.name] = now

    def _fails_anew(self, exposure: Exposure, now: datetime) -> None:
        """A failure that comes after a day of answered calls is another one than that which was told."""
        if self._state(exposure, now) != "broken":
            return
        answered_on = next((use.day for use in reversed(exposure.days) if not use.end_of_life), None)
        for one in self._ladder(exposure, now):
            told_at = self.told_at.get(one.step.name)
            if one.step.at.while_failing and told_at and answered_on and answered_on > told_at.date():
                for name in (one.step.name, early(one.step.name)):
                    self.past.pop(name, None)
                self.repeated.pop(one.step.name, None)
                self.failing_at.pop(one.step.name, None)

    def _arming(self, step: Step, exposure: Exposure, now: datetime) -> str:
        is_once = step.at.while_failing and not step.repeat
        return self._arming_at(step.name, exposure.deadline, now) if is_once else step.name

    def _arming_at(self, failing: str, deadline: date | None, at: datetime) -> str:
        """It is told once while calls fail early, and once from the shutdown on."""
        return early(failing) if deadline is not None and at < utc_midnight(deadline) else failing

    def _is_due(self, one: DatedStep, exposure: Exposure, now: datetime) -> bool:
        state, at = self._state(exposure, now), one.step.at
        if at.while_failing:
            return state == "broken" and (is_on_the_day(one.step) or one.begins <= now)
        if at.days > 0 and state not in {"overdue", "broken"}:
            return False
        return one.begins <= now and self._goes_out(one, exposure, now) <= now

    def _goes_out(self, one: DatedStep, exposure: Exposure, now: datetime) -> datetime:
        """Once it is public and there is a call; in working hours, which the last days do not wait for."""
        announced = exposure.deprecation.announced
        moment = max(one.begins, exposure.first_at, *([utc_midnight(announced)] if announced else []))
        return send_now_at(self.world.owner.calendar, self._urgent(exposure, now), moment)

    def _had_a_business_day(self, since: datetime) -> datetime:
        """What comes out of hours counts from the next ones on."""
        calendar = self.world.owner.calendar
        return calendar.business_day_after(calendar.next_working(since))

    def _is_moot(self, exposure: Exposure, now: datetime) -> bool:
        """Nobody needs to hear of failing calls any more when they are answered again."""
        return bool(self.held_of and self.held_of.at.while_failing) and self._state(exposure, now) != "broken"

    def _answerable(self) -> tuple[str, ...]:
        return tuple(one.address for one in destinations(self.world.owner, ("owner",), CHANNELS))

    def _is_late(self, exposure: Exposure, now: datetime) -> bool:
        return in_last_days(self.world.owner.calendar, self._urgent(exposure, now), now)

    def _state(self, exposure: Exposure, now: datetime) -> str:
        return state_of(exposure, min(now, self.world.read_until or now))


def early(step: str) -> str:
    """The name of a step that is told because the model is gone before its day."""
    return f"{step} early"


def is_on_the_day(step: Step) -> bool:
    """It is told of calls that fail, and comes with an early death as well."""
    return step.at.while_failing and step.at.days == 0
