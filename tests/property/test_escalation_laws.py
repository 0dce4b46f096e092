"""Random histories: what services, providers, people, clocks and schedulers may do to a campaign, and what must hold.

The laws are in tests/escalation_laws.py. `make laws` runs 100,000 histories.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from service.core.calendar import Calendar, Freeze
from service.core.escalation.act import Acknowledge, Commit, Reopen, Snooze, Waive, safe_days
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.ownership import NOBODY, Audience, Owner
from tests.builders import make_owner
from tests.escalation_laws import Witness
from tests.escalation_world import Answer, Rhythm, World

EXAMPLES = int(os.environ.get("LASTCALL_LAWS_EXAMPLES", "2000"))
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


class Escalation(RuleBasedStateMachine):
    world: World
    witness: Witness

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
        self.world = World(
            start=start,
            shutdown_on=start.date() + notice * DAY,
            owner=owner_of(person, calendar),
            policy=policy or DEFAULT_POLICY,
            calls_at=timedelta(hours=calls_at),
        )
        self.world.answer_after_the_end = after
        self.world.call(rhythm or Rhythm())
        self.witness = Witness(self.world, TALLY)
        TALLY["histories"] += 1

    # --- time

    @rule(hours=st.integers(0, 14 * 24), minutes=st.integers(0, 59))
    def schedulers_run(self, hours: int, minutes: int) -> None:
        self.world.live_until(self.world.now + timedelta(hours=hours, minutes=minutes), self.witness.look)

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

    # --- calls

    @rule(rhythm=st.none() | rhythms)
    def calls_change(self, rhythm: Rhythm | None) -> None:
        self.world.call(rhythm)

    @rule(answer=st.sampled_from(["answered", "failing", "redirected"]))
    def calls_are_answered_otherwise(self, answer: Answer) -> None:
        self.world.answer = answer

    @rule(days=st.integers(1, 40))
    def late_record_comes_in(self, days: int) -> None:
        self.world.hear_late_of(days)

    @precondition(lambda self: self.world.read_until is None)
    @rule(hours=st.integers(0, 48))
    def reading_stalls(self, hours: int) -> None:
        self.world.read_until = self.world.now - timedelta(hours=hours)

    @precondition(lambda self: self.world.read_until is not None)
    @rule()
    def reading_catches_up(self) -> None:
        self.world.read_until = self.world.look = None

    # --- the provider

    @precondition(lambda self: self.world.deprecation.announced is not None)
    @rule(days=st.integers(-40, 40))
    def date_moves(self, days: int) -> None:
        announced, on = self.world.deprecation.announced, self.world.deadline or self.world.now.date()
        assert announced is not None
        self.world.plan_end(max(announced + DAY, on + days * DAY))

    @precondition(lambda self: self.world.deadline is not None)
    @rule()
    def date_becomes_soft(self) -> None:
        self.world.plan_end(self.world.deadline, "no_sooner_than")

    @precondition(lambda self: self.world.deprecation.is_deprecated)
    @rule()
    def deprecation_is_taken_back(self) -> None:
        self.world.take_back()

    @precondition(lambda self: not self.world.deprecation.is_deprecated)
    @rule(days=st.integers(1, 90))
    def deprecation_comes_back(self, days: int) -> None:
        self.world.announce(self.world.now.date() + days * DAY)

    # --- people

    @rule(person=people, calendar=calendars)
    def service_changes_hands(self, person: str, calendar: str) -> None:
        self.world.hand_over_to(owner_of(person, calendar))

    @rule()
    def somebody_acknowledges(self) -> None:
        self.witness.act(Acknowledge(ADA))

    @rule(nth=st.integers(0, 40), is_safe=st.booleans())
    def somebody_snoozes(self, nth: int, is_safe: bool) -> None:
        case = self.world.case()
        safe = safe_days(self.world.campaign, case, self.world.policy) if case and is_safe else ()
        until = safe[nth % len(safe)] if safe else self.world.now.date() + nth * DAY
        self.witness.act(Snooze(ADA, until))

    @rule(days=st.integers(0, 60))
    def somebody_promises(self, days: int) -> None:
        self.witness.act(Commit(ADA, self.world.now.date() + days * DAY))

    @rule(days=st.integers(1, 90))
    def somebody_waives(self, days: int) -> None:
        self.witness.act(Waive(ADA, self.world.now.date() + days * DAY, "the vendor renews the contract"))

    @rule()
    def somebody_reopens(self) -> None:
        self.witness.act(Reopen(ADA))

    def teardown(self) -> None:
        """Whatever went before: the day comes, and passes."""
        world = self.world
        world.read_until = world.look = None
        if world.deadline is not None:
            after = datetime.combine(world.deadline + 3 * DAY, time(), UTC)
            world.live_until(max(after, world.now + DAY), self.witness.look)


Escalation.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=24,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestEscalation = Escalation.TestCase


@pytest.fixture(scope="module", autouse=True)
def what_happened(request: pytest.FixtureRequest) -> Iterator[None]:
    """At the end of a long run: what the laws had to say something about."""
    TALLY.clear()
    yield
    said = ", ".join(f"{count:,} {name}" for name, count in sorted(TALLY.items()))
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    if terminal and "LASTCALL_LAWS_EXAMPLES" in os.environ:
        terminal.write_line(f"\n{said}")
