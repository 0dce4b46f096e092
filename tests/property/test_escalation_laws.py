"""Laws of decide() over random histories: use that starts, stops and starts again, moved dates, downtime, any zone."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from service.core.escalation.campaign import Campaign
from service.core.escalation.decide import decide
from service.core.escalation.decision import Close, Decision, Telling, Wait
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.exposure import DayOfUse, Exposure
from service.core.ownership import ABOVE_OWNER, Owner
from tests.builders import make_day, make_deprecation, make_exposure, make_owner

ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland")]
LAST_DAYS = 3


@dataclass
class Told:
    telling: Telling
    plan_version: int
    announced: date | None
    deadline: date | None
    at: datetime


@dataclass
class Life:
    """One exposure in memory, and all that was told about it."""

    owner: Owner
    campaign: Campaign | None = None
    told: list[Told] = field(default_factory=list)

    def tick(self, exposure: Exposure, now: datetime) -> Decision:
        decision = decide(self.campaign, exposure, self.owner, DEFAULT_POLICY, now)
        if not isinstance(decision, Wait):
            self.campaign = campaign = decision.campaign
            version, announced, deadline = campaign.plan_version, exposure.deprecation.announced, exposure.deadline
            self.told += [Told(telling, version, announced, deadline, now) for telling in decision.tellings]
        return decision


class Escalation(RuleBasedStateMachine):
    """Days of use grow with the clock while the service calls; ticks come at any time, or not for weeks."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2025, 4, 1, 8, tzinfo=UTC)
        self.life = Life(make_owner())
        self.deprecation = make_deprecation()
        self.calls = True
        self.days: dict[date, DayOfUse] = {}
        self.last_at = self.now
        self._use()

    def _use(self) -> None:
        if self.calls:
            deadline = self.deprecation.shutdown.deadline
            gone = deadline is not None and self.now.date() >= deadline
            self.days[self.now.date()] = (
                make_day(self.now.date(), errors=3, end_of_life=3) if gone else make_day(self.now.date())
            )
            self.last_at = self.now

    @property
    def exposure(self) -> Exposure:
        days = tuple(self.days[day] for day in sorted(self.days))
        return make_exposure(deprecation=self.deprecation, days=days, last_at=self.last_at)

    @rule(zone=st.sampled_from(ZONES))
    @precondition(lambda self: self.life.campaign is None)
    def owner_lives_elsewhere(self, zone: ZoneInfo) -> None:
        self.life.owner = make_owner(zone=zone)

    @rule(hours=st.integers(1, 12 * 24))
    def time_passes(self, hours: int) -> None:
        for _ in range(hours):
            self.now += timedelta(hours=1)
            self._use()

    @rule()
    def calls_stop(self) -> None:
        self.calls = False

    @rule()
    def calls_start(self) -> None:
        self.calls = True
        self._use()

    @rule(days=st.integers(-40, 40))
    @precondition(lambda self: self.deprecation.is_deprecated)
    def date_moves(self, days: int) -> None:
        on = self.deprecation.shutdown.on
        assert on is not None
        if on + timedelta(days=days) > date(2025, 4, 14):
            self.deprecation = make_deprecation(shutdown_on=on + timedelta(days=days))

    @rule()
    @precondition(lambda self: self.deprecation.is_deprecated)
    def deprecation_is_taken_back(self) -> None:
        self.deprecation = make_deprecation(announced=None, shutdown_on=None, precision="unknown")

    @rule(days=st.integers(1, 120))
    @precondition(lambda self: not self.deprecation.is_deprecated)
    def deprecation_comes_back(self, days: int) -> None:
        self.deprecation = make_deprecation(shutdown_on=max(date(2025, 4, 15), self.now.date()) + timedelta(days=days))

    @rule()
    def tick(self) -> None:
        before = self.life.campaign
        decision = self.life.tick(self.exposure, self.now)
        again = self.life.tick(self.exposure, self.now)
        assert isinstance(again, Wait), "asking again at one now does nothing"
        assert again.until is None or again.until > self.now
        if before is not None and not before.is_open and isinstance(decision, Close):
            raise AssertionError("closed twice")
        if before is not None and before.is_open and not self.deprecation.is_deprecated:
            assert isinstance(decision, Close)
            assert [telling.news for telling in decision.tellings] == ["withdrawn"]

    @invariant()
    def nothing_is_told_twice(self) -> None:
        keys = [
            (one.plan_version, one.telling.news, one.telling.step, one.telling.occurrence, audience)
            for one in self.life.told
            for audience in one.telling.audiences
        ]
        assert len(keys) == len(set(keys))

    @invariant()
    def nothing_is_told_before_its_time(self) -> None:
        for one in self.life.told:
            if one.telling.news == "notice" and not one.telling.reopened:
                at = DEFAULT_POLICY.step(one.telling.step).at
                day = at.day(self.life.owner.calendar, announced=one.announced, deadline=one.deadline)
                zone = UTC if at.while_failing else self.life.owner.zone
                assert day is not None
                assert one.at.astimezone(zone).date() >= day
                assert one.telling.not_before >= one.at

    @invariant()
    def nobody_above_hears_before_the_owner(self) -> None:
        for index, one in enumerate(self.life.told):
            if not ABOVE_OWNER.intersection(one.telling.audiences):
                continue
            calendar = self.life.owner.calendar
            late = one.deadline is not None and (one.deadline - calendar.day_of(one.at)).days <= LAST_DAYS
            earlier = [told for told in self.life.told[:index] if "owner" in told.telling.audiences]
            had_a_day = any(calendar.business_day_after(told.telling.not_before) <= one.at for told in earlier)
            assert had_a_day or (late and (earlier or "owner" in one.telling.audiences))

    @invariant()
    def first_notice_goes_to_the_owner(self) -> None:
        if self.life.told:
            assert "owner" in self.life.told[0].telling.audiences


Escalation.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestEscalationLaws = Escalation.TestCase


def _as_of(first: date, last: date, now: datetime) -> Exposure:
    """Called from midnight of the first day to 3:20 of the last. Past the shutdown it is answered still.

    No zone has its morning in the six hours before 3:20: there is a tick between a step's hour and the quiet one's.
    """
    until = min(last, now.date())
    ended = min(now, datetime.combine(last, time(3, 20), UTC))
    first_at = datetime.combine(first, time(), UTC)
    return make_exposure(since=first, until=until, first_at=first_at, last_at=ended)


def _live(owner: Owner, first: date, last: date, ticks: list[datetime]) -> Life:
    life = Life(owner)
    for now in ticks:
        if now.date() >= first:
            life.tick(_as_of(first, last, now), now)
    return life


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2025, 4, 1), date(2025, 7, 18)),
    lasts=st.integers(0, 110),
    gaps=st.lists(st.integers(1, 6 * 60), min_size=30, max_size=60),
)
def test_hourly_and_random_ticks_tell_the_same(zone: ZoneInfo, first: date, lasts: int, gaps: list[int]) -> None:
    begin, end = datetime(2025, 4, 10, tzinfo=UTC), datetime(2025, 7, 25, tzinfo=UTC)
    hourly = [begin + timedelta(hours=n) for n in range((end - begin) // timedelta(hours=1) + 1)]
    random, now = [begin], begin
    while now < end:
        now = min(end, now + timedelta(minutes=gaps[len(random) % len(gaps)]))
        random.append(now)
    owner = make_owner(zone=zone)
    last = first + timedelta(days=lasts)
    one, other = (_live(owner, first, last, ticks) for ticks in (hourly, random))
    assert _steps(one) == _steps(other)


def _steps(life: Life) -> list[tuple[str, str]]:
    """What the owner heard, in order."""
    return [
        (one.telling.step, one.telling.occurrence if one.telling.news == "notice" else "")
        for one in life.told
        if "owner" in one.telling.audiences
    ]


def test_campaign_keeps_what_was_told_when_time_stands_still() -> None:
    life = Life(make_owner())
    now = datetime(2025, 7, 3, 8, tzinfo=UTC)
    life.tick(make_exposure(until=now.date(), last_at=now), now)
    kept = life.campaign
    assert kept is not None
    life.tick(make_exposure(until=now.date(), last_at=now), now)
    assert life.campaign == replace(kept)
