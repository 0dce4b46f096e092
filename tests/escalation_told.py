"""Laws of what is told: once, at its time, to all whom it concerns, the owner first, and not while asked to wait."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service.core.calendar import utc_midnight
from service.core.escalation.act import Commit, Snooze, Waive
from service.core.escalation.campaign import Campaign
from service.core.escalation.cause import (
    BrokenPromise,
    Cause,
    FailsAgain,
    HeldBack,
    NewOwner,
    Relapse,
    Repeat,
    Resumed,
    StepDue,
    key_of,
)
from service.core.escalation.decision import Change, Close, Decision, Open, Reopen, Telling, Wait
from service.core.escalation.policy import Step
from service.core.exposure import Exposure, quiet_at
from service.core.ownership import ABOVE_OWNER, destinations
from tests.escalation_asked import Asked
from tests.escalation_memory import CHANNELS, early, is_on_the_day
from tests.escalation_timing import DAY, LAST_DAYS, in_last_days, is_working_time, morning

SHORTEST_QUIET = timedelta(days=3)


@dataclass
class Told(Asked):
    def _of_change(self, before: Campaign | None, change: Decision, exposure: Exposure, now: datetime) -> None:
        assert not isinstance(change, Wait)
        notices = [one for one in change.tellings if one.kind == "notice"]
        told = [audience for one in notices for audience in one.audiences]
        assert len(told) == len(set(told)), "one message, never a burst"
        self._fails_anew(exposure, now)
        is_kept = isinstance(change, Close) and isinstance(self.asked, Commit)
        silent_until = None if is_kept else self._silent_until(exposure, now)
        self._of_opening_and_closing(before, change, exposure, now)
        if before is not None and change.campaign.plan_version != before.plan_version:
            assert _plan(before) != _plan(change.campaign), "planned anew for the same day and word"
            self._news_of_plan(before, change, exposure)
            self._planned_anew(exposure, now)
            self.asked = None if isinstance(self.asked, Snooze) else self.asked
        for telling in change.tellings:
            self.tally[telling.kind] += 1
            is_news = telling.kind in {"date_moved", "confirmed"} or (
                telling.to_new_owner and telling.audiences == ("owner",)
            )
            if silent_until and (not is_news or isinstance(self.asked, Snooze)):
                assert telling.not_before >= silent_until, "told while somebody had asked to wait"
            self._of_telling(telling, change.campaign, exposure, now)
        of_steps = [one for one in notices if not isinstance(one.cause, NewOwner)]
        if of_steps or isinstance(change, Reopen):
            self._pass_due_steps(exposure, now)
            self._announcement_is_said([change.campaign.policy.step(one.step) for one in of_steps])
            self.tally["broken promise"] += change.campaign.promise_broken_on not in {None, self.named_promise}
            self.named_promise = change.campaign.promise_broken_on

    def _news_of_plan(self, before: Campaign, change: Change, exposure: Exposure) -> None:
        """Of another day, or of the provider's word after a report, the owner hears once."""
        said = [one for one in change.tellings if one.kind in {"date_moved", "confirmed"}]
        assert all(one.audiences == ("owner",) for one in said)
        is_confirmed = before.is_reported and exposure.deprecation.standing == "provider"
        is_moved = before.deadline != exposure.deadline
        wanted = ["confirmed"] if is_confirmed else ["date_moved"] if is_moved else []
        assert [one.kind for one in said] == (wanted if before.is_open else []), "news of the plan"
        for one in said:
            if is_confirmed and self.counted_from:
                self.counted_from = max(self.counted_from, one.not_before)
                self.heard = {address: max(at, one.not_before) for address, at in self.heard.items()}

    def _announcement_is_said(self, told: list[Step]) -> None:
        """By a higher step, on the day of the announcement and before its hour."""
        if any(not step.at.while_failing and step.at.anchor != "announced" for step in told):
            self.past.setdefault("announced", set())

    def _of_opening_and_closing(
        self, before: Campaign | None, change: Decision, exposure: Exposure, now: datetime
    ) -> None:
        match change:
            case Close():
                assert before is not None
                assert before.is_open, "closed twice"
                assert [one.audiences for one in change.tellings] == [("owner",)]
                assert change.campaign.close_reason == self._reason_to_close(exposure, now)
                self.acknowledged = None
                if isinstance(self.asked, Commit):
                    self.asked = None
            case Reopen():
                assert before is not None
                assert before.closed_at is not None
                is_back = before.close_reason == "withdrawn"
                assert is_back or exposure.last_at > before.closed_at, "only a new call reopens"
                self.heard.clear()
                self.held.clear()
                self.counted_from = None
            case Open():
                assert before is None
            case _:
                assert before is not None
                assert before.is_open, "told past a close"

    def _reason_to_close(self, exposure: Exposure, now: datetime) -> str:
        if not exposure.deprecation.is_deprecated:
            return "withdrawn"
        known = min(now, self.world.read_until or now)
        assert known - exposure.last_at >= SHORTEST_QUIET, "taken as migrated within its own rhythm"
        assert known >= quiet_at(exposure), "taken as migrated within its own rhythm"
        return "migrated"

    def _planned_anew(self, exposure: Exposure, now: datetime) -> None:
        """The steps that are ahead again are to be told again; past steps stay past."""
        is_broken = self._state(exposure, now) == "broken"
        ladder = [one for one in self._whole_ladder(exposure) if one.begins > now]
        ahead = {one.step.name for one in ladder if not (is_broken and is_on_the_day(one.step))}
        for name, at in list(self.failing_at.items()):
            told = self.past.pop(name, None), self.past.pop(early(name), None)
            if name not in ahead:
                self.past[self._arming_at(name, exposure.deadline, at)] = told[0] or told[1] or set()
            else:
                del self.failing_at[name]
        self.past = {name: who for name, who in self.past.items() if name not in ahead}
        if self.held_of is not None and self._arming(self.held_of, exposure, now) not in self.past:
            self.held.clear()
        if self.held_of is not None and all(one.step != self.held_of for one in self._whole_ladder(exposure)):
            self.held.clear()

    def _of_telling(self, telling: Telling, campaign: Campaign, exposure: Exposure, now: datetime) -> None:
        world = self.world
        for to in destinations(world.owner, telling.audiences, CHANNELS):
            key = (campaign.plan_version, key_of(telling.cause), to)
            is_this_instant = now.isoformat() in key_of(telling.cause)
            assert key not in self.said or is_this_instant, f"told twice, and dropped by the database: {key}"
            self.said.add(key)
        assert telling.audiences
        assert telling.reason
        assert destinations(world.owner, telling.audiences, CHANNELS), "nobody hears"
        assert telling.not_before >= now
        if telling.kind == "notice":
            self._of_notice(telling, campaign, exposure, now)
        elif not isinstance(self.asked, Snooze | Waive):
            self._goes_out_when_people_work(telling, exposure, now)
        if self._is_gentle(exposure, now):
            self.tally["gentle"] += 1
            assert ABOVE_OWNER.isdisjoint(telling.audiences), "somebody above the owner hears of a report"
            assert not isinstance(telling.cause, Repeat), "a report is repeated"
        self._owner_hears_first(telling, exposure, now)

    def _of_notice(self, telling: Telling, campaign: Campaign, exposure: Exposure, now: datetime) -> None:
        calendar = self.world.owner.calendar
        if isinstance(telling.cause, NewOwner):
            self._goes_out_when_people_work(telling, exposure, now)
            return
        dated = next((one for one in self._ladder(exposure, now) if one.step.name == telling.step), None)
        assert dated is not None, "told of a step that has no day"
        step = dated.step
        is_early_death = step.at.while_failing and self._state(exposure, now) == "broken"
        is_told_anew = (
            isinstance(telling.cause, Relapse | Resumed | BrokenPromise)
            or telling.to_new_owner
            or self._is_rest(telling)
        ) and step.name in self.past
        assert now >= dated.begins or is_early_death or is_told_anew, f"{telling.step} was told before its time"
        if in_last_days(calendar, self._urgent(exposure, now), now) or (
            step.at.while_failing and telling.not_before == now
        ):
            assert telling.not_before == now or telling.to_new_owner, "in the last days nothing waits"
        elif step.at.while_failing:
            assert telling.to_new_owner or self._is_rest(telling), "what fails is told at once"
        else:
            self._goes_out_when_people_work(telling, exposure, now)
        self._everybody_of(telling, step, exposure, now)
        self._once(telling, step, exposure, now)
        if self._is_gentle(exposure, now):
            self._above_wait_for_the_provider(campaign, telling.step, now)

    def _above_wait_for_the_provider(self, campaign: Campaign, name: str, now: datetime) -> None:
        step, done = campaign.policy.step(name), campaign.done_with(name)
        assert done is not None
        assert ABOVE_OWNER & set(step.tell) <= {*done.held, *done.spared}, "forgotten when the end is confirmed"
        if done.held:
            self.held, self.held_of = set(done.held), step
        if step.repeat:
            self.repeated[name] = self.world.owner.calendar.day_of(now)

    def _goes_out_when_people_work(self, telling: Telling, exposure: Exposure, now: datetime) -> None:
        """Or in the last days; and no later than they begin."""
        calendar, deadline, at = self.world.owner.calendar, self._urgent(exposure, now), telling.not_before
        assert is_working_time(calendar, at) or in_last_days(calendar, deadline, at)
        if telling.kind == "notice" and deadline is not None:
            assert at <= max(self.world.now, morning(calendar, deadline - LAST_DAYS * DAY)), "waits into the last days"

    def _everybody_of(self, telling: Telling, step: Step, exposure: Exposure, now: datetime) -> None:
        """Whoever belongs to the step hears, is held for the owner's day, or is spared by the forecast."""
        if not telling.to_new_owner and not self._is_rest(telling):
            assert set(step.tell) <= {*telling.audiences, *telling.held, *telling.spared}
        assert set(telling.held) | set(telling.spared) <= ABOVE_OWNER
        assert not (telling.held or telling.spared) or not self._is_late(exposure, now)

    def _once(self, telling: Telling, step: Step, exposure: Exposure, now: datetime) -> None:
        told = self.past.get(self._arming(step, exposure, now))
        is_more_of_it = told is not None and set(telling.audiences) <= self.held - told
        is_first = not self.heard  # of this opening
        again = telling.to_new_owner or is_first or isinstance(telling.cause, Relapse | Resumed | BrokenPromise)
        day, last = _day_of(telling.cause), self.repeated.get(step.name)
        if step.repeat and day and not again and not is_more_of_it:
            is_repeat = told is not None and not self._was_early(step, exposure, now)
            if is_repeat and last is not None:
                assert day - last >= timedelta(days=step.repeat), "repeated too soon"
            if is_repeat and self.acknowledged and self.acknowledged[0] == step.name:
                assert now >= self.acknowledged[1], "repeated while acknowledged"
        elif not again and not is_more_of_it:
            assert told is None, f"{step.name} was told before"
        if step.repeat and day:
            self.repeated[step.name] = day
        if not is_more_of_it:
            self._told_of_failing(step, now)
        earlier = (told or set()) if is_more_of_it else set()
        self.past[self._arming(step, exposure, now)] = earlier | set(telling.audiences)
        waiting = set() if self._is_moot(exposure, now) else self.held
        self.held = (waiting | set(telling.held)) - {*telling.audiences, *telling.spared}
        if telling.held:
            self.held_of = step

    def _is_rest(self, telling: Telling) -> bool:
        """Of those who were held back."""
        return self.held_of is not None and telling.step == self.held_of.name and set(telling.audiences) <= self.held

    def _was_early(self, step: Step, exposure: Exposure, now: datetime) -> bool:
        """Told of calls that failed before the shutdown, and now it is the day."""
        if exposure.deadline is None or not step.at.while_failing:
            return False
        return self.told_at[step.name] < utc_midnight(exposure.deadline) <= now

    def _owner_hears_first(self, telling: Telling, exposure: Exposure, now: datetime) -> None:
        if "owner" in telling.audiences:
            for address in self._answerable():
                self.ever_heard.setdefault(address, telling.not_before)
                if telling.kind != "notice":
                    continue
                if telling.to_new_owner or self.counted_from is None:
                    self.counted_from = telling.not_before
                if telling.to_new_owner or self.heard.get(address, telling.not_before) >= telling.not_before:
                    self.heard[address] = telling.not_before
        if ABOVE_OWNER.isdisjoint(telling.audiences):
            return
        since = [self.heard[address] for address in self._answerable() if address in self.heard]
        assert since, "somebody above the owner hears first"
        assert min(since) <= telling.not_before, "somebody above the owner hears first"
        had_a_day = self._had_a_business_day(min(since)) <= now
        assert had_a_day or self._is_late(exposure, now), "told before the owner had a business day"


def _plan(campaign: Campaign) -> tuple[date | None, date | None, bool]:
    return campaign.deadline, campaign.frozen_from, campaign.is_reported


def _day_of(cause: Cause) -> date | None:
    return cause.day if isinstance(cause, StepDue | Repeat | FailsAgain | HeldBack) else None
