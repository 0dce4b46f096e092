"""Laws of escalation under schedulers that run, stop, race, and do not know all calls yet.

The laws are in tests/escalation_laws.py. `make laws` runs 110,000 histories, each time others.
"""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from service.core.escalation.policy import Policy, Step, parse_offset
from tests.escalation_history import ADA, DAY, EXAMPLES, SETTINGS, History
from tests.escalation_laws import Witness
from tests.escalation_world import Rhythm

pytestmark = pytest.mark.usefixtures("what_happened")


class Escalation(History):
    """Schedulers that run, that are down, that race, whose clocks jump, and that do not know yet what was called."""

    @property
    def witness(self) -> Witness:
        return self.witnesses[0]

    @rule(hours=st.integers(0, 14 * 24), minutes=st.integers(0, 59))
    def schedulers_run(self, hours: int, minutes: int) -> None:
        self.world.live_until(self.world.now + timedelta(hours=hours, minutes=minutes), self.witness.look)

    @rule(days=st.integers(0, 14), hours=st.integers(1, 4 * 24))
    def promised_day_passes(self, days: int, hours: int) -> None:
        """Up to near the morning on which the promise is judged."""
        self.somebody_promises(days)
        self.schedulers_run(days * 24 + hours, 0)

    @rule(hours=st.integers(1, 30 * 24), minutes=st.integers(0, 59))
    def schedulers_are_down(self, hours: int, minutes: int) -> None:
        self.world.pass_to(self.world.now + timedelta(hours=hours, minutes=minutes))

    @rule(minutes=st.lists(st.integers(1, 30 * 60), min_size=1, max_size=4))
    def ticks_come_at_any_time(self, minutes: list[int]) -> None:
        for some in minutes:
            self.world.pass_to(self.world.now + timedelta(minutes=some))
            self.witness.look()

    @rule(minutes=st.integers(1, 3 * 24 * 60))
    def clock_jumps_back(self, minutes: int) -> None:
        self.witness.look(self.world.now - timedelta(minutes=minutes))
        self.world.look = None

    @rule(minutes=st.integers(-10, 0), first_wins=st.booleans())
    def two_schedulers_look_at_once(self, minutes: int, first_wins: bool) -> None:
        self.witness.look_twice(self.world.now + timedelta(minutes=minutes), first_wins=first_wins)

    @rule(days=st.integers(1, 40))
    def late_record_comes_in(self, days: int) -> None:
        self.world.hear_late_of(days)

    @precondition(lambda self: self.world.read_until is None)
    @rule(hours=st.integers(0, 48))
    def reading_stalls(self, hours: int) -> None:
        self.world.read_up_to(self.world.now - timedelta(hours=hours))

    @precondition(lambda self: self.world.read_until is not None)
    @rule()
    def reading_catches_up(self) -> None:
        self.world.read_up_to(None)

    def teardown(self) -> None:
        """Whatever went before: the day comes, and passes."""
        self.world.read_up_to(None)
        if self.world.deadline is not None:
            after = datetime.combine(self.world.deadline + 3 * DAY, time(), UTC)
            self.world.live_until(max(after, self.world.now + DAY), self.witness.look)


Escalation.TestCase.settings = settings(SETTINGS, max_examples=EXAMPLES)
TestEscalation = Escalation.TestCase

# --- histories that once broke a law


def test_call_that_was_counted_stays_when_reading_stalls_before_it() -> None:
    """A call at the very midnight of the last look; the log is known to be read up to an hour before."""
    history = Escalation()
    history.begins(
        day=0, minute=0, notice=1, person=ADA, calendar="always", policy=None, rhythm=None, calls_at=0, after="failing"
    )
    history.late_record_comes_in(days=3)
    history.ticks_come_at_any_time(minutes=[1, 1, 24 * 60 - 2])
    history.reading_stalls(hours=1)
    history.two_schedulers_look_at_once(minutes=0, first_wins=False)
    history.teardown()


def test_relapse_that_no_step_speaks_of_is_told_once_a_step_has_a_day() -> None:
    """The caller comes back while the shutdown has no firm day, and all steps of the policy are long past."""
    long_before = Policy("two steps", tuple(Step(parse_offset(one), ("owner",)) for one in ("-60d", "-30d")))
    history = Escalation()
    history.begins(
        day=31, minute=0, notice=1, person=ADA, calendar="always", policy=long_before, rhythm=Rhythm(every=7),
        calls_at=0, after="failing",
    )  # fmt: skip
    history.schedulers_are_down(hours=15, minutes=0)
    history.schedulers_run(hours=89, minutes=0)
    history.date_becomes_soft()
    history.schedulers_run(hours=88, minutes=0)
    history.date_moves(days=0)
    history.schedulers_run(hours=1, minutes=0)
    history.teardown()


def test_broken_promise_is_told_at_a_step_that_a_new_calendar_has_put_off() -> None:
    """It is told again, and was told for the first time by the calendar of then."""
    step = Policy("one step", (Step(parse_offset("-15bd"), ("owner",)),))
    history = Escalation()
    history.begins(
        day=0, minute=0, notice=18, person=ADA, calendar="bavaria", policy=step, rhythm=None, calls_at=0,
        after="failing",
    )  # fmt: skip
    history.promised_day_passes(days=0, hours=1)
    history.promised_day_passes(days=0, hours=31)
    history.service_changes_hands(calendar="always", person=ADA)
    history.promised_day_passes(days=0, hours=1)
    history.teardown()


def test_late_call_that_shortens_the_quiet_period_wakes() -> None:
    history = Escalation()
    history.begins(
        day=0, minute=0, notice=112, person=ADA, calendar="always", policy=None, rhythm=Rhythm(every=30), calls_at=0,
        after="failing",
    )  # fmt: skip
    history.ticks_come_at_any_time(minutes=[1])
    history.ticks_come_at_any_time(minutes=[1])
    history.ticks_come_at_any_time(minutes=[134, 642, 732, 1073])
    history.late_record_comes_in(days=9)
    history.ticks_come_at_any_time(minutes=[1, 281, 127, 1])
    history.ticks_come_at_any_time(minutes=[1, 386, 641, 1739])
    history.late_record_comes_in(days=24)
    history.ticks_come_at_any_time(minutes=[1, 1800])
    history.late_record_comes_in(days=19)
    history.ticks_come_at_any_time(minutes=[1, 1])
    history.teardown()


def test_day_of_a_repeat_never_goes_back_though_the_clock_does() -> None:
    """By a clock of 27 hours ago the calls had ended; the day's repeat was told before."""
    history = Escalation()
    history.begins(
        day=148, minute=0, notice=1, person=ADA, calendar="always", policy=None, calls_at=0, after="failing",
        rhythm=Rhythm(every=30, rests_on_weekends=True),
    )  # fmt: skip
    history.promised_day_passes(days=4, hours=10)
    history.schedulers_are_down(hours=105, minutes=0)
    history.schedulers_are_down(hours=320, minutes=0)
    history.promised_day_passes(days=0, hours=10)
    history.promised_day_passes(days=4, hours=67)
    history.clock_jumps_back(minutes=1)
    history.promised_day_passes(days=8, hours=1)
    history.schedulers_are_down(hours=154, minutes=0)
    history.schedulers_are_down(hours=182, minutes=0)
    history.schedulers_are_down(hours=187, minutes=0)
    history.clock_jumps_back(minutes=1)
    history.clock_jumps_back(minutes=1)
    history.clock_jumps_back(minutes=1)
    history.schedulers_are_down(hours=80, minutes=0)
    history.promised_day_passes(days=4, hours=20)
    history.promised_day_passes(days=3, hours=19)
    history.clock_jumps_back(minutes=1621)
    history.clock_jumps_back(minutes=1)
    history.teardown()


def test_call_from_before_all_others_wakes() -> None:
    """It was made in working hours, and so the announcement is due before the morning that was waited for."""
    history = Escalation()
    history.begins(
        day=104, minute=0, notice=1, person=ADA, calendar="california with a freeze", policy=None,
        rhythm=Rhythm(every=7), calls_at=0, after="failing",
    )  # fmt: skip
    history.date_becomes_soft()
    history.schedulers_run(hours=5 * 24 + 1, minutes=0)
    history.late_record_comes_in(days=1)
    history.clock_jumps_back(minutes=1)
    history.teardown()
