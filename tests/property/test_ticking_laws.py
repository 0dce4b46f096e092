"""Law of ticking: one that ticks each hour, one at any moment and one when it was told to come to the same end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from service.core.escalation.act import Act
from service.core.escalation.policy import Policy, Step, parse_offset
from tests.escalation_history import EXAMPLES, SETTINGS, History
from tests.escalation_laws import Witness
from tests.escalation_world import Rhythm, World

gaps = st.lists(st.integers(20, 6 * 60), min_size=1, max_size=5)
"""Minutes between two looks."""

pytestmark = pytest.mark.usefixtures("what_happened")


class Ticking(History):
    """One history for three kinds of schedulers: one ticks each hour, one at any moment, one when it was told to."""

    worlds = 3
    longest_notice = 25

    def happens(self, change: Callable[[World], None]) -> None:
        """All see at once what has changed; they differ in when they look while time passes."""
        super().happens(change)
        self.all_look()

    def act(self, act: Act) -> None:
        super().act(act)
        self.all_look()

    def all_look(self) -> None:
        for witness in self.witnesses:
            witness.look()

    @rule(days=st.integers(1, 14), gaps=gaps)
    def days_pass(self, days: int, gaps: list[int]) -> None:
        self.time_passes(days * 24, gaps)

    @rule(hours=st.integers(0, 48), gaps=gaps)
    def time_passes(self, hours: int, gaps: list[int]) -> None:
        end = self.world.now + timedelta(hours=hours)
        each_hour, at_any_time, as_told = self.witnesses
        _tick(each_hour, end, [60])
        _tick(at_any_time, end, gaps)
        as_told.world.live_until(end, as_told.look)
        self.all_look()

    def teardown(self) -> None:
        """A while later all three stand at the same step, and the owner knows the same."""
        self.time_passes(hours=5 * 24, gaps=[5 * 60, 6 * 60])
        one, *others = [_stands(witness) for witness in self.witnesses]
        assert others == [one, one]


def _tick(witness: Witness, end: datetime, gaps: list[int]) -> None:
    world = witness.world
    for gap in cycle(gaps):
        if world.now + timedelta(minutes=gap) > end:
            break
        world.pass_to(world.now + timedelta(minutes=gap))
        witness.look()
    world.pass_to(end)


def _stands(witness: Witness) -> tuple[object, ...] | None:
    """Where a campaign stands, whenever it was looked at. Whoever looks once the calls have ended tells nobody of what
    came up shortly before."""
    campaign = witness.world.campaign
    if campaign is None:
        return None
    if campaign.close_reason == "migrated":
        return campaign.deadline, campaign.close_reason, campaign.hold
    calm = {step.name for step in campaign.policy.steps if not step.at.while_failing}
    return (
        campaign.deadline,
        campaign.is_open,
        campaign.close_reason,
        campaign.in_force,
        campaign.promise_broken_on,
        campaign.owner,
        {done.step for done in campaign.done},
        next((done.step for done in reversed(campaign.done) if done.told and done.step in calm), None),
    )


Ticking.TestCase.settings = settings(SETTINGS, max_examples=max(1, EXAMPLES // 10))
TestTicking = Ticking.TestCase


def test_promise_that_a_snooze_took_the_place_of_wakes_for_the_calls_after_its_day() -> None:
    """Two owners later its day begins in Kiribati. Calls are answered again by then, so they alone wake nobody."""
    failing = Policy("two steps", tuple(Step(parse_offset(one), ("owner",)) for one in ("+0d while failing", "-7d")))
    falling = Rhythm(grows_by=-0.2)
    history = Ticking()
    history.begins(
        day=22, minute=1436, notice=18, person="two", calendar="saturday night", policy=failing, rhythm=falling,
        calls_at=20, after="failing",
    )  # fmt: skip
    history.calls_are_answered_otherwise("failing")
    history.days_pass(days=1, gaps=[60])
    history.calls_are_answered_otherwise("answered")
    history.service_changes_hands(person="bob@example.com", calendar="always")
    history.somebody_promises(days=9)
    history.somebody_acknowledges()
    history.somebody_snoozes(nth=8, is_safe=True)
    history.service_changes_hands(person="nobody", calendar="kiritimati")
    history.somebody_acknowledges()
    history.days_pass(days=13, gaps=[60])
    history.teardown()
