"""What must hold of every decision, whatever happens: the promises of escalation, kept as a witness's memory.

A witness sees each look at a world, remembers who was told what, and fails at the first decision that breaks a law.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from service.core.escalation.campaign import Campaign
from service.core.escalation.decision import Decision, Wait
from service.core.exposure import Exposure, quiet_at
from tests.escalation_timing import DatedStep, morning
from tests.escalation_told import Told

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class Witness(Told):
    looked_at: tuple[tuple[datetime, int], tuple[datetime, int]] = ((NEVER, 0), (NEVER, 0))
    """The last two looks: when, and at how many days of use."""

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
        self._slept_through_nothing(decision, at)
        self._stored(before, decision, exposure, at)
        if at >= world.now:
            self._nothing_is_left_undone(exposure, at)
        return decision

    def _slept_through_nothing(self, decision: Decision, now: datetime) -> None:
        """The engine looks again when the last look said so, and at the calls that it was to wake at."""
        days = self.world.days_by(now)
        wait, self.looked_at = self.world.look, (self.looked_at[1], (now, len(days)))
        (before, count), _ = self.looked_at
        if wait is None or now < before or (wait.until and now >= wait.until):
            return
        new = days[count:]
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
        steps = {step.name for step in decision.campaign.policy.steps}
        assert {done.step for done in decision.campaign.done} <= steps, "something else than a step is done"
        again = self.world.decide(now)
        assert isinstance(again, Wait), f"asked twice at one moment: {decision.reason}; {again and again.reason}"
        self._waits(again, now)

    def _waits(self, wait: Wait, now: datetime) -> None:
        assert wait.until is None or wait.until > now
        self.world.look = wait

    # --- what must not be left undone

    def _nothing_is_left_undone(self, exposure: Exposure, now: datetime) -> None:
        """After a look at the true time."""
        campaign, state = self.world.campaign, self._state(exposure, now)
        if not exposure.deprecation.known_on(now.date()) or state == "quiet" or now >= quiet_at(exposure):
            return
        if self._is_excused(exposure, now):
            return
        self._fails_anew(exposure, now)
        due = [one for one in self._ladder(exposure, now) if self._is_due(one, exposure, now)]
        if campaign is None:
            assert not due, "nobody was told of a step that is due"
            return
        if not campaign.is_open:
            assert campaign.closed_at is not None
            assert campaign.close_reason == "migrated", "deprecated again, and nothing came of it"
            assert exposure.last_at <= campaign.closed_at, "a new call did not reopen"
            return
        assert campaign.deadline == exposure.deadline, "the plan is for another day"
        assert campaign.is_reported == exposure.deprecation.is_reported, "the plan goes by another word"
        self._every_due_step_is_past(due, exposure, now)
        if any(not one.step.at.while_failing for one in due):
            self._owner_has_heard()
        if any(not one.step.at.needs_calls for one in due):
            broken = campaign.promise_broken_on
            assert broken is None or broken == self.named_promise, "a promise was not kept, and nobody was told"
        self._nobody_is_held_for_ever(exposure, now)
        self._bad_end_was_told(due, exposure, now)

    def _every_due_step_is_past(self, due: list[DatedStep], exposure: Exposure, now: datetime) -> None:
        for one in due:
            assert self._arming(one.step, exposure, now) in self.past, f"{one.step.name} is due, and nobody was told"

    def _owner_has_heard(self) -> None:
        if self.ever_heard:
            assert not set(self._answerable()).isdisjoint(self.ever_heard), "it changed hands, and nobody was told"

    def _nobody_is_held_for_ever(self, exposure: Exposure, now: datetime) -> None:
        is_waited_for = self.held and not self._is_moot(exposure, now) and not self._is_gentle(exposure, now)
        if is_waited_for and self.counted_from:
            assert now < self._had_a_business_day(self.counted_from), f"{self.held} are held for ever"
            # The last days begin with the morning, and the owner hears first.
            begun = max(morning(self.world.owner.calendar, self.world.owner.calendar.day_of(now)), self.counted_from)
            assert now < begun or not self._is_late(exposure, now), f"{self.held} are held in the last days"

    def _bad_end_was_told(self, due: list[DatedStep], exposure: Exposure, now: datetime) -> None:
        """Calls on the day of the shutdown or later: somebody who can act has heard."""
        deadline = exposure.deadline
        if deadline is None or exposure.days[-1].day < deadline or not due:
            return
        self.tally["ended badly"] += 1
        assert self.heard, "it ended badly, and no notice has told anybody who could act"
