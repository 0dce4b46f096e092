"""What must hold of every decision, whatever happens: the promises of escalation, kept as a witness's memory.

A witness sees each look at a world, remembers who was told what, and fails at the first decision that breaks a law.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from service.core.calendar import utc_midnight
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Snooze, Waive
from service.core.escalation.campaign import Campaign
from service.core.escalation.decision import Close, Decision, Open, Reopen, Telling, Wait
from service.core.escalation.policy import Step
from service.core.exposure import Exposure, quiet_at, state_of
from service.core.forecast import forecast
from service.core.ownership import ABOVE_OWNER, Audience, Channels, destinations
from tests.escalation_timing import (
    DAY,
    LAST_DAYS,
    Standing,
    goes_out,
    in_last_days,
    is_working_time,
    morning,
    standings,
)
from tests.escalation_world import World

CHANNELS: Final = Channels("#lastcall", "#lastcall-ops")
FIRST = "handed over"
"""A first notice to a new owner: it speaks of the step where the ladder stands, and does not take its place."""
ACKNOWLEDGED_BUSINESS_DAYS = 5
NEVER = datetime.min.replace(tzinfo=UTC)
SHORTEST_QUIET = timedelta(days=3)


@dataclass
class Witness:
    world: World
    tally: Counter[str] = field(default_factory=Counter)
    said: set[tuple[object, ...]] = field(default_factory=set)
    """The keys under which the database keeps what is told: a second one is dropped."""
    behind: dict[str, set[Audience]] = field(default_factory=dict)
    """The steps that the campaign has left behind, told or passed over, and who heard of each."""
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
    ever_heard: dict[str, datetime] = field(default_factory=dict)
    asked: Snooze | Commit | Waive | None = None
    """What somebody asked, until the clock has ended it."""
    asked_for: date | None = None
    """The shutdown that it was asked for."""
    acknowledged: tuple[str, datetime] | None = None
    """A step, and until when it is not repeated."""
    could_be_told: bool = False
    """Before the shutdown there was a look at which a step was due and nobody had asked to wait."""

    looked_at: tuple[tuple[datetime, int], tuple[datetime, int]] = ((NEVER, 0), (NEVER, 0))
    """The last two looks: when, and at how many days of use."""

    # --- looks

    def look(self, now: datetime | None = None) -> Decision | None:
        """A scheduler looks, and stores what it decides. `now`: what it takes for the time."""
        world = self.world
        at = world.now if now is None else now
        before, decision = world.campaign, world.decide(at)
        if decision is None:
            world.look = Wait(None, wakes_on_call=True, reason="nothing was called yet")
            return None
        exposure = world.picture(at)
        assert exposure is not None
        self._slept_through_nothing(decision, exposure, at)
        self._stored(before, decision, exposure, at)
        if at >= world.now:
            self._nothing_is_left_undone(exposure, at)
        return decision

    def _slept_through_nothing(self, decision: Decision, exposure: Exposure, now: datetime) -> None:
        """The engine looks again when the last look said so, and at the calls that it was to wake at."""
        wait, self.looked_at = self.world.look, (self.looked_at[1], (now, len(exposure.days)))
        (before, count), _ = self.looked_at
        if wait is None or now < before or (wait.until and now >= wait.until):
            return
        new = exposure.days[count:]
        if not any(wait.wakes_on_call or one.end_of_life or one.redirected for one in new):
            assert isinstance(decision, Wait), f"slept through: {decision.reason}"

    def look_twice(self, other: datetime, *, first_wins: bool) -> None:
        """Two schedulers, of which one goes by `other`, read the same. One stores what it decides; the other finds that
        it has changed, and starts over."""
        clocks = (self.world.now, other) if first_wins else (other, self.world.now)
        for now in clocks:
            self.look(now)

    def _stored(self, before: Campaign | None, decision: Decision, exposure: Exposure, now: datetime) -> None:
        self.tally[type(decision).__name__] += 1
        assert decision.reason
        if isinstance(decision, Wait):
            self._waits(decision, now)
            return
        self._of_change(before, decision, exposure, now)
        self.world.campaign = decision.campaign
        again = self.world.decide(now)
        assert isinstance(again, Wait), f"asked twice at one moment: {decision.reason}; {again and again.reason}"
        self._waits(again, now)

    def _waits(self, wait: Wait, now: datetime) -> None:
        assert wait.until is None or wait.until > now
        self.world.look = wait

    # --- safety: what is told

    def _of_change(self, before: Campaign | None, change: Decision, exposure: Exposure, now: datetime) -> None:
        assert not isinstance(change, Wait)
        notices = [one for one in change.tellings if one.news == "notice"]
        told = [audience for one in notices for audience in one.audiences]
        assert len(told) == len(set(told)), "one message, never a burst"
        self._fails_anew(exposure, now)
        is_kept = isinstance(change, Close) and isinstance(self.asked, Commit)
        silent_until = None if is_kept else self._silent_until(exposure, now)
        self._of_opening_and_closing(before, change, exposure, now)
        if before is not None and change.campaign.plan_version != before.plan_version:
            planned_for = before.deadline, before.frozen_from
            assert planned_for != (change.campaign.deadline, change.campaign.frozen_from), (
                "planned anew for the same day"
            )
            self._planned_anew(exposure, now)
            self.asked = None if isinstance(self.asked, Snooze) else self.asked
        for telling in change.tellings:
            self.tally[telling.news] += 1
            is_news = telling.news == "date_moved" or (telling.handed_over and telling.audiences == ("owner",))
            if silent_until and (not is_news or isinstance(self.asked, Snooze)):
                assert telling.not_before >= silent_until, "told while somebody had asked to wait"
            self._of_telling(telling, change.campaign, exposure, now)
        if any(not one.occurrence.startswith(FIRST) for one in notices) or isinstance(change, Reopen):
            self._left_behind(exposure, now)

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
        """The steps that are ahead again are to be told again; those that are behind stay behind."""
        is_broken = self._state(exposure, now) == "broken"
        ladder = [one for one in self._ladder(exposure) if one.begins > now]
        ahead = {one.step.name for one in ladder if not (is_broken and is_on_the_day(one.step))}
        for name, at in list(self.failing_at.items()):
            told = self.behind.pop(name, None), self.behind.pop(early(name), None)
            if name not in ahead or is_broken:
                self.behind[self._arming_at(name, exposure.deadline, at)] = told[0] or told[1] or set()
            else:
                del self.failing_at[name]
        self.behind = {name: who for name, who in self.behind.items() if name not in ahead}
        if self.held_of is not None and self._arming(self.held_of, exposure, now) not in self.behind:
            self.held.clear()
        if self.held_of is not None and all(one.step != self.held_of for one in self._ladder(exposure)):
            self.held.clear()

    def _of_telling(self, telling: Telling, campaign: Campaign, exposure: Exposure, now: datetime) -> None:
        world = self.world
        for to in destinations(world.owner, telling.audiences, CHANNELS):
            key = (campaign.plan_version, telling.news, telling.step, telling.occurrence, to)
            assert key not in self.said or telling.handed_over, f"told twice, and dropped by the database: {key}"
            self.said.add(key)
        assert telling.audiences
        assert telling.reason
        assert destinations(world.owner, telling.audiences, CHANNELS), "nobody hears"
        assert telling.not_before >= now
        if telling.news == "notice":
            self._of_notice(telling, campaign.policy.step(telling.step), exposure, now)
        elif not isinstance(self.asked, Snooze | Waive):
            self._goes_out_when_people_work(telling, exposure)
        self._owner_hears_first(telling, exposure, now)

    def _of_notice(self, telling: Telling, step: Step, exposure: Exposure, now: datetime) -> None:
        calendar = self.world.owner.calendar
        if telling.occurrence.startswith(FIRST):
            self._goes_out_when_people_work(telling, exposure)
            return
        standing = next((one for one in self._ladder(exposure) if one.step == step), None)
        is_early_death = step.at.while_failing and self._state(exposure, now) == "broken"
        assert standing is not None, "told of a step that has no day"
        is_told_anew = (
            telling.occurrence.startswith("reopened") or telling.handed_over or is_rest(telling)
        ) and step.name in self.behind
        assert now >= standing.begins or is_early_death or is_told_anew, f"{telling.step} was told before its time"
        if in_last_days(calendar, exposure.deadline, now) or (step.at.while_failing and telling.not_before == now):
            assert telling.not_before == now or telling.handed_over, "in the last days nothing waits"
        elif step.at.while_failing:
            assert telling.handed_over or is_rest(telling), "what fails is told at once"
        else:
            self._goes_out_when_people_work(telling, exposure)
        self._everybody_of(telling, step, exposure, now)
        self._once(telling, step, exposure, now)

    def _goes_out_when_people_work(self, telling: Telling, exposure: Exposure) -> None:
        """Or in the last days; and no later than they begin."""
        calendar, deadline, at = self.world.owner.calendar, exposure.deadline, telling.not_before
        assert is_working_time(calendar, at) or in_last_days(calendar, deadline, at)
        if telling.news == "notice" and deadline is not None:
            assert at <= max(self.world.now, morning(calendar, deadline - LAST_DAYS * DAY)), "waits into the last days"

    def _everybody_of(self, telling: Telling, step: Step, exposure: Exposure, now: datetime) -> None:
        """Whoever belongs to the step hears, is held for the owner's day, or is spared by the forecast."""
        if not telling.handed_over and not is_rest(telling):
            assert set(step.tell) <= {*telling.audiences, *telling.held, *telling.spared}
        assert set(telling.held) | set(telling.spared) <= ABOVE_OWNER
        assert not (telling.held or telling.spared) or not self._is_late(exposure, now)

    def _once(self, telling: Telling, step: Step, exposure: Exposure, now: datetime) -> None:
        told = self.behind.get(self._arming(step, exposure, now))
        is_more_of_it = told is not None and set(telling.audiences) <= self.held - told
        again = telling.handed_over or telling.occurrence.startswith(("reopened", "promised"))
        if step.repeat and telling.occurrence and not again and not is_more_of_it:
            day, last = date.fromisoformat(telling.occurrence), self.repeated.get(step.name)
            is_soon = told is not None and last is not None and day - last < timedelta(days=step.repeat)
            assert not is_soon or self._was_early(step, exposure, now), "repeated too soon"
            if told is not None and self.acknowledged and self.acknowledged[0] == step.name:
                assert now >= self.acknowledged[1], "repeated while acknowledged"
        elif not again and not is_more_of_it:
            assert told is None, f"{step.name} was told before"
        if step.repeat and telling.occurrence[:4].isdigit():
            self.repeated[step.name] = date.fromisoformat(telling.occurrence)
        self._told_of_failing(step, now)
        earlier = (told or set()) if is_more_of_it else set()
        self.behind[self._arming(step, exposure, now)] = earlier | set(telling.audiences)
        waiting = set() if self._is_moot(exposure, now) else self.held
        self.held = (waiting | set(telling.held)) - {*telling.audiences, *telling.spared}
        if telling.held:
            self.held_of = step

    def _was_early(self, step: Step, exposure: Exposure, now: datetime) -> bool:
        """Told of calls that failed before the shutdown, and now it is the day."""
        if exposure.deadline is None or not step.at.while_failing:
            return False
        return self.told_at[step.name] < utc_midnight(exposure.deadline) <= now

    def _owner_hears_first(self, telling: Telling, exposure: Exposure, now: datetime) -> None:
        if "owner" in telling.audiences:
            for address in self._answerable():
                self.ever_heard.setdefault(address, telling.not_before)
                if telling.news != "notice":
                    continue
                if telling.handed_over or self.counted_from is None:
                    self.counted_from = telling.not_before
                if telling.handed_over or self.heard.get(address, telling.not_before) >= telling.not_before:
                    self.heard[address] = telling.not_before
        if ABOVE_OWNER.isdisjoint(telling.audiences):
            return
        since = [self.heard[address] for address in self._answerable() if address in self.heard]
        assert since, "somebody above the owner hears first"
        assert min(since) <= telling.not_before, "somebody above the owner hears first"
        had_a_day = self._had_a_business_day(min(since)) <= now
        assert had_a_day or self._is_late(exposure, now), "told before the owner had a business day"

    # --- liveness: what is left undone

    def _nothing_is_left_undone(self, exposure: Exposure, now: datetime) -> None:
        """After a look at the true time."""
        campaign, state = self.world.campaign, self._state(exposure, now)
        if not exposure.deprecation.known_on(now.date()) or state == "quiet" or now >= quiet_at(exposure):
            return
        if self._is_excused(exposure, now):
            return
        self._fails_anew(exposure, now)
        due = [one for one in self._ladder(exposure) if self._is_due(one, exposure, now)]
        if campaign is None:
            assert not due, "nobody was told of a step that is due"
            return
        if not campaign.is_open:
            assert campaign.closed_at is not None
            assert campaign.close_reason == "migrated", "deprecated again, and nothing came of it"
            assert exposure.last_at <= campaign.closed_at, "a new call did not reopen"
            return
        assert campaign.deadline == exposure.deadline, "the plan is for another day"
        self._every_step_is_behind(due, exposure, now)
        if any(not one.step.at.while_failing for one in due):
            self._owner_has_heard()
        self._nobody_is_held_for_ever(exposure, now)
        self._bad_end_was_told(due, exposure, now)

    def _every_step_is_behind(self, due: list[Standing], exposure: Exposure, now: datetime) -> None:
        for one in due:
            assert self._arming(one.step, exposure, now) in self.behind, f"{one.step.name} is due, and nobody was told"
            if one.step.at.days < 0 or one.step.at.anchor == "announced":
                self.could_be_told |= self.world.deadline is not None and now < utc_midnight(self.world.deadline)

    def _owner_has_heard(self) -> None:
        if self.ever_heard:
            assert not set(self._answerable()).isdisjoint(self.ever_heard), "it changed hands, and nobody was told"

    def _nobody_is_held_for_ever(self, exposure: Exposure, now: datetime) -> None:
        if self.held and self.counted_from and not self._is_moot(exposure, now):
            assert now < self._had_a_business_day(self.counted_from), f"{self.held} are held for ever"
            # The last days begin with the morning.
            today = morning(self.world.owner.calendar, self.world.owner.calendar.day_of(now))
            assert now < today or not self._is_late(exposure, now), f"{self.held} are held in the last days"

    def _is_moot(self, exposure: Exposure, now: datetime) -> bool:
        """Nobody needs to hear of failing calls any more when they are answered again."""
        return bool(self.held_of and self.held_of.at.while_failing) and self._state(exposure, now) != "broken"

    def _bad_end_was_told(self, due: list[Standing], exposure: Exposure, now: datetime) -> None:
        """Calls on the day of the shutdown or later: somebody who can act has heard."""
        deadline = exposure.deadline
        if deadline is None or exposure.days[-1].day < deadline or not due:
            return
        self.tally["ended badly"] += 1
        assert self.ever_heard, "it ended badly, and nobody was told"

    # --- acts

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
                for one in self._ladder(exposure):
                    if one.begins > now and not one.step.at.while_failing:
                        assert morning(calendar, act.until) <= self._goes_out(one, exposure), "snoozed past a milestone"
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
        self.asked, self.asked_for = act, deadline

    def _silent_until(self, exposure: Exposure, now: datetime) -> datetime | None:
        """Before this nothing may be told. None: at once."""
        asked, calendar, deadline = self.asked, self.world.owner.calendar, exposure.deadline
        end = utc_midnight(deadline) if deadline else None
        match asked:
            case Waive() if now < (until := morning(calendar, asked.until)):
                return until
            case Snooze() if deadline == self.asked_for:
                until = min(filter(None, (morning(calendar, asked.until), end)))
                return until if now < until else None
            case Commit() if deadline == self.asked_for and (end is None or now < end):
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
                return not is_over and now < morning(calendar, asked.until)
            case Commit():
                judged = morning(calendar, calendar.add_business_days(asked.on, 1))
                called_after = calendar.day_of(exposure.last_at) > asked.on
                return not is_over and (now < judged or not called_after)
            case None:
                return False

    # --- the world in a few words

    def _ladder(self, exposure: Exposure) -> tuple[Standing, ...]:
        policy = self.world.campaign.policy if self.world.campaign else self.world.policy
        return standings(policy, self.world.owner.calendar, exposure.deprecation.announced, exposure.deadline)

    def _left_behind(self, exposure: Exposure, now: datetime) -> None:
        """Whatever is due by now was told, or passed over for what was."""
        for one in self._ladder(exposure):
            name = self._arming(one.step, exposure, now)
            if name not in self.behind and self._is_due(one, exposure, now):
                self.behind[name] = set()
                self._told_of_failing(one.step, now)

    def _told_of_failing(self, step: Step, now: datetime) -> None:
        self.told_at[step.name] = now
        if step.at.while_failing and not step.repeat:
            self.failing_at[step.name] = now

    def _fails_anew(self, exposure: Exposure, now: datetime) -> None:
        """A failure that comes after a day of answered calls is another one than that which was told."""
        if self._state(exposure, now) != "broken":
            return
        answered_on = next((use.day for use in reversed(exposure.days) if not use.end_of_life), None)
        for one in self._ladder(exposure):
            told_at = self.told_at.get(one.step.name)
            if one.step.at.while_failing and told_at and answered_on and answered_on > told_at.date():
                for name in (one.step.name, early(one.step.name)):
                    self.behind.pop(name, None)
                self.repeated.pop(one.step.name, None)

    def _arming(self, step: Step, exposure: Exposure, now: datetime) -> str:
        is_once = step.at.while_failing and not step.repeat
        return self._arming_at(step.name, exposure.deadline, now) if is_once else step.name

    def _arming_at(self, failing: str, deadline: date | None, at: datetime) -> str:
        """It is told once while calls fail early, and once from the shutdown on."""
        return early(failing) if deadline is not None and at < utc_midnight(deadline) else failing

    def _is_due(self, one: Standing, exposure: Exposure, now: datetime) -> bool:
        state, at = self._state(exposure, now), one.step.at
        if at.while_failing:
            return state == "broken" and (is_on_the_day(one.step) or one.begins <= now)
        if at.days > 0 and state not in {"overdue", "broken"}:
            return False
        return one.begins <= now and self._goes_out(one, exposure) <= now

    def _goes_out(self, one: Standing, exposure: Exposure) -> datetime:
        """Once it is public and there is a call; in working hours, which the last days do not wait for."""
        announced = exposure.deprecation.announced
        moment = max(one.begins, exposure.first_at, *([utc_midnight(announced)] if announced else []))
        return goes_out(self.world.owner.calendar, exposure.deadline, moment)

    def _had_a_business_day(self, since: datetime) -> datetime:
        """What comes out of hours counts from the next ones on."""
        calendar = self.world.owner.calendar
        return calendar.business_day_after(calendar.next_working(since))

    def _answerable(self) -> tuple[str, ...]:
        return tuple(one.address for one in destinations(self.world.owner, ("owner",), CHANNELS))

    def _is_late(self, exposure: Exposure, now: datetime) -> bool:
        return in_last_days(self.world.owner.calendar, exposure.deadline, now)

    def _state(self, exposure: Exposure, now: datetime) -> str:
        return state_of(exposure, min(now, self.world.read_until or now))


def early(step: str) -> str:
    """The name of a step that is told because the model is gone before its day."""
    return f"{step} early"


def is_on_the_day(step: Step) -> bool:
    """It is told of calls that fail, and comes with an early death as well."""
    return step.at.while_failing and step.at.days == 0


def is_rest(telling: Telling) -> bool:
    """Of those who were held back."""
    return set(telling.audiences) <= ABOVE_OWNER and not telling.held
