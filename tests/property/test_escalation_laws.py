"""Random histories: what services, providers, people, clocks and schedulers may do to a campaign, and what must hold.

The laws are in tests/escalation_laws.py. `make laws` runs 110,000 histories, each time others.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from service.core.calendar import Calendar, Freeze
from service.core.escalation.act import Acknowledge, Act, Commit, Reopen, Snooze, Waive, safe_days
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.ownership import NOBODY, Audience, Owner
from tests.builders import make_owner
from tests.escalation_laws import Witness
from tests.escalation_world import Answer, Rhythm, World

EXAMPLES = int(os.environ.get("LASTCALL_LAWS_EXAMPLES", "200"))
TALLY: Counter[str] = Counter()
"""What happened in all histories, so that one can see that the laws had something to say."""
FIRST_DAY = date(2025, 1, 1)
DAY = timedelta(days=1)
ADA = "ada@example.com"

_FREEZE = Freeze(date(2025, 12, 12), date(2026, 1, 6), "end of year")
_SPRING = Freeze(date(2025, 3, 24), date(2025, 4, 4), "end of quarter")
CALENDARS = {
    "utc": Calendar(),
    "bavaria": Calendar(ZoneInfo("Europe/Berlin"), country="DE", region="BY"),
    "germany with freezes": Calendar(ZoneInfo("Europe/Berlin"), country="DE", freezes=(_SPRING, _FREEZE)),
    "california with a freeze": Calendar(ZoneInfo("America/Los_Angeles"), country="US", freezes=(_FREEZE,)),
    "new york at night": Calendar(ZoneInfo("America/New_York"), work_starts=time(2, 30), work_ends=time(11)),
    "lord howe at night": Calendar(ZoneInfo("Australia/Lord_Howe"), work_starts=time(2, 15), work_ends=time(3)),
    "auckland": Calendar(ZoneInfo("Pacific/Auckland"), country="NZ"),
    "kiritimati": Calendar(ZoneInfo("Pacific/Kiritimati")),
    "india": Calendar(ZoneInfo("Asia/Kolkata"), country="IN"),
    "tokyo": Calendar(ZoneInfo("Asia/Tokyo"), country="JP"),
    "china": Calendar(ZoneInfo("Asia/Shanghai"), country="CN"),
    "gulf": Calendar(ZoneInfo("Asia/Dubai"), workdays=frozenset({6, 0, 1, 2, 3}), country="SA"),
    "always": Calendar(
        ZoneInfo("America/Sao_Paulo"), work_starts=time(0), work_ends=time(23, 59), workdays=frozenset(range(7))
    ),
    "saturday night": Calendar(
        ZoneInfo("Europe/London"), work_starts=time(22), work_ends=time(23), workdays=frozenset({5})
    ),
}
OFFSETS = [
    *("announced", "-60d", "-30d", "-15bd", "-14d", "-7d", "-5bd", "-3d", "-2bd", "-1d", "0d", "0bd"),
    *("+0d while failing", "+1d", "+1bd", "+2bd while failing", "+4d"),
]
AUDIENCES: list[Audience] = ["owner", "team", "oncall", "manager", "director", "incident", "organisation"]

people = st.sampled_from([ADA, "bob@example.com", "cy@example.com", "nobody", "a team", "two"])
calendars = st.sampled_from(sorted(CALENDARS))
rhythms = st.builds(
    Rhythm,
    every=st.sampled_from([1, 1, 1, 2, 7, 30]),
    calls=st.sampled_from([100, 3, 10_000]),
    grows_by=st.sampled_from([0.0, 0.0, -0.05, -0.2, 0.1]),
    rests_on_weekends=st.booleans(),
)


gaps = st.lists(st.integers(20, 6 * 60), min_size=1, max_size=5)
"""Minutes between two looks."""


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    offsets = draw(st.lists(st.sampled_from(OFFSETS), min_size=1, max_size=6, unique=True))
    steps = [
        Step(
            parse_offset(offset),
            tuple(draw(st.lists(st.sampled_from(AUDIENCES), min_size=1, max_size=3, unique=True))),
            draw(st.sampled_from([None, None, 1, 2, 7])),
        )
        for offset in offsets
    ]
    return Policy("drawn", tuple(steps))


def owner_of(person: str, calendar: str) -> Owner:
    match person:
        case "nobody":
            return NOBODY
        case "a team":
            return make_owner(people=(), manager=(), director=(), calendar=CALENDARS[calendar])
        case "two":
            return make_owner(people=(ADA, "eve@example.com"), calendar=CALENDARS[calendar])
        case _:
            return make_owner(people=(person,), calendar=CALENDARS[calendar])


class History(RuleBasedStateMachine):
    """What happens to one exposure. Several worlds can go through the same, and differ in when somebody looks."""

    witnesses: list[Witness]
    worlds = 1
    longest_notice = 120

    @initialize(
        day=st.integers(0, 700),
        minute=st.integers(0, 24 * 60 - 1),
        notice=st.integers(1, 120),
        person=people,
        calendar=calendars,
        policy=st.none() | policies(),
        rhythm=st.none() | rhythms,
        calls_at=st.sampled_from([0, 3, 12, 20]),
        after=st.sampled_from(["failing", "answered", "redirected"]),
    )
    def begins(
        self,
        *,
        day: int,
        minute: int,
        notice: int,
        person: str,
        calendar: str,
        policy: Policy | None,
        rhythm: Rhythm | None,
        calls_at: int,
        after: Answer,
    ) -> None:
        start = datetime.combine(FIRST_DAY + day * DAY, time(), UTC) + timedelta(minutes=minute)
        self.witnesses = []
        for _ in range(self.worlds):
            world = World(
                start=start,
                shutdown_on=start.date() + min(notice, self.longest_notice) * DAY,
                owner=owner_of(person, calendar),
                policy=policy or DEFAULT_POLICY,
                calls_at=timedelta(hours=calls_at),
            )
            world.answer_after_the_end = after
            world.call(rhythm or Rhythm())
            self.witnesses.append(Witness(world, TALLY))
        TALLY["histories"] += 1

    @property
    def world(self) -> World:
        return self.witnesses[0].world

    def happens(self, change: Callable[[World], None]) -> None:
        for witness in self.witnesses:
            change(witness.world)

    def act(self, act: Act) -> None:
        for witness in self.witnesses:
            witness.act(act)

    # --- calls

    @rule(rhythm=st.none() | rhythms)
    def calls_change(self, rhythm: Rhythm | None) -> None:
        self.happens(lambda world: world.call(rhythm))

    @rule(answer=st.sampled_from(["answered", "failing", "redirected"]))
    def calls_are_answered_otherwise(self, answer: Answer) -> None:
        self.happens(lambda world: world.answer_with(answer))

    # --- the provider

    @precondition(lambda self: self.world.deprecation.announced is not None)
    @rule(days=st.integers(-40, 40))
    def date_moves(self, days: int) -> None:
        announced, on = self.world.deprecation.announced, self.world.deadline or self.world.now.date()
        assert announced is not None
        day = min(max(announced + DAY, on + days * DAY), self.world.now.date() + self.longest_notice * DAY)
        self.happens(lambda world: world.plan_end(day))

    @precondition(lambda self: self.world.deadline is not None)
    @rule()
    def date_becomes_soft(self) -> None:
        self.happens(lambda world: world.plan_end(world.deadline, "no_sooner_than"))

    @precondition(lambda self: self.world.deprecation.is_deprecated)
    @rule()
    def deprecation_is_taken_back(self) -> None:
        self.happens(World.take_back)

    @precondition(lambda self: not self.world.deprecation.is_deprecated)
    @rule(days=st.integers(1, 90))
    def deprecation_comes_back(self, days: int) -> None:
        day = self.world.now.date() + min(days, self.longest_notice) * DAY
        self.happens(lambda world: world.announce(day))

    # --- people

    @rule(person=people, calendar=calendars)
    def service_changes_hands(self, person: str, calendar: str) -> None:
        self.happens(lambda world: world.hand_over_to(owner_of(person, calendar)))

    @rule()
    def somebody_acknowledges(self) -> None:
        self.act(Acknowledge(ADA))

    @rule(nth=st.integers(0, 40), is_safe=st.booleans())
    def somebody_snoozes(self, nth: int, is_safe: bool) -> None:
        case = self.world.case()
        safe = safe_days(self.world.campaign, case, self.world.policy) if case and is_safe else ()
        until = safe[nth % len(safe)] if safe else self.world.now.date() + nth * DAY
        self.act(Snooze(ADA, until))

    @rule(days=st.integers(0, 60))
    def somebody_promises(self, days: int) -> None:
        self.act(Commit(ADA, self.world.now.date() + days * DAY))

    @rule(days=st.integers(1, 90))
    def somebody_waives(self, days: int) -> None:
        self.act(Waive(ADA, self.world.now.date() + days * DAY, "the vendor renews the contract"))

    @rule()
    def somebody_reopens(self) -> None:
        self.act(Reopen(ADA))


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


# --- histories that once broke a law


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


SETTINGS = settings(
    stateful_step_count=24,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
Escalation.TestCase.settings = settings(SETTINGS, max_examples=EXAMPLES)
Ticking.TestCase.settings = settings(SETTINGS, max_examples=max(1, EXAMPLES // 10))
TestEscalation = Escalation.TestCase
TestTicking = Ticking.TestCase


@pytest.fixture(scope="module", autouse=True)
def what_happened(request: pytest.FixtureRequest) -> Iterator[None]:
    """At the end of a long run: what the laws had to say something about."""
    TALLY.clear()
    yield
    if "LASTCALL_LAWS_EXAMPLES" in os.environ:
        said = ", ".join(f"{count:,} {name}" for name, count in sorted(TALLY.items()))
        manager = request.config.pluginmanager
        with manager.getplugin("capturemanager").global_and_fixture_disabled():
            manager.getplugin("terminalreporter").write_line(f"\n{said}")
