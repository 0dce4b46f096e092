"""Random histories of one exposure: what services, providers, reporters and people may do to its campaign."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from service.core.calendar import Calendar, Freeze
from service.core.catalog.lifecycle import Standing
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
standings = st.sampled_from(get_args(Standing))
first_standings = st.sampled_from([*get_args(Standing), "reported"])


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
        standing=first_standings,
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
        standing: Standing = "provider",
    ) -> None:
        start = datetime.combine(FIRST_DAY + day * DAY, time(), UTC) + timedelta(minutes=minute)
        self.witnesses = []
        for _ in range(self.worlds):
            world = World(
                start=start,
                shutdown_on=start.date() + min(notice, self.longest_notice) * DAY,
                owner=owner_of(person, calendar),
                policy=policy or DEFAULT_POLICY,
                standing=standing,
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

    @precondition(lambda self: self.world.deprecation.is_deprecated)
    @rule(days=st.just(0) | st.integers(-40, 40))
    def provider_confirms(self, days: int) -> None:
        """For the same day or another one."""
        self.happens(lambda world: world.say("provider"))
        if days:
            self.date_moves(days)

    @precondition(lambda self: self.world.deprecation.is_deprecated)
    @rule(standing=standings)
    def standing_changes(self, standing: Standing) -> None:
        self.happens(lambda world: world.say(standing))

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
    @rule(days=st.integers(1, 90), standing=standings)
    def deprecation_comes_back(self, days: int, standing: Standing) -> None:
        day = self.world.now.date() + min(days, self.longest_notice) * DAY
        self.happens(lambda world: world.announce(day, standing))

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


SETTINGS = settings(
    stateful_step_count=24,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
