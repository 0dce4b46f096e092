"""Laws of plans: what is foreseen is what ticking tells, and a difference of two plans loses and invents nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.calendar import Calendar
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.outlook import Outlook, ProjectLastWeek
from service.core.escalation.plan import Planned, Prospect, foresee
from service.core.escalation.plan_diff import compare
from service.core.escalation.policy import DEFAULT_POLICY, Policy, policy_from_json
from service.core.ownership import Owner
from service.core.scenario import CallSpan, Use, lifecycle
from tests.builders import make_campaign, make_day, make_deprecation, make_exposure, make_owner

BEGIN, END = date(2025, 6, 1), date(2025, 7, 24)
SPARSE = policy_from_json(
    {
        "name": "sparse",
        "steps": [
            {"at": "-20d", "tell": ["manager"]},
            {"at": "-5bd", "tell": ["owner", "director"], "repeat": "2d"},
            {"at": "+2d", "tell": ["owner"], "repeat": "3d"},
        ],
    }
)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland")]

owners = st.builds(lambda zone: make_owner(calendar=Calendar(zone)), st.sampled_from(ZONES))
policies = st.sampled_from([DEFAULT_POLICY, SPARSE])


@st.composite
def spans(draw: st.DrawFn) -> CallSpan:
    since = draw(st.dates(BEGIN, date(2025, 7, 20)))
    until = draw(st.none() | st.dates(since, END))
    shapes = ["flat", "weekly"] if until is None else ["flat", "weekly", "linear"]
    return CallSpan(draw(st.integers(0, 2000)), since, until, draw(st.sampled_from(shapes)), draw(st.integers(0, 500)))


@st.composite
def uses(draw: st.DrawFn) -> Use:
    record = make_deprecation(
        announced=date(2025, 6, 10),
        shutdown_on=draw(st.dates(date(2025, 7, 1), date(2025, 7, 14))),
        after_shutdown=draw(st.sampled_from(["error", "redirect", "unsupported_but_served"])),
    )
    on = draw(st.dates(date(2025, 6, 5), date(2025, 7, 15)))
    moves = draw(st.just([]) | st.just([(on, on + timedelta(days=draw(st.integers(1, 20))))]))
    made = draw(st.lists(spans(), min_size=1, max_size=3))
    return Use("search-api", "production", tuple(made), lifecycle(record, moves))


def ticks(start: datetime, end: datetime) -> Iterator[datetime]:
    """Each hour, and the last second of each day, after which no call of that day comes."""
    now = start
    while now < end:
        yield now
        if now.hour == 23:
            yield now + timedelta(minutes=59, seconds=59)
        now += timedelta(hours=1)


def ticked(prospect: Prospect, start: datetime, end: datetime) -> list[Telling]:
    campaign: Campaign | None = prospect.campaign
    told: list[Telling] = []
    for now in ticks(start, end):
        exposure = prospect.outlook.as_of(now)
        if exposure is None:
            continue
        decision = decide(campaign, Case(exposure, prospect.owner, now), prospect.policy)
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            told += decision.tellings
    return told


def assert_foreseen_as_ticked(outlook: Outlook, owner: Owner, policy: Policy, start: datetime) -> None:
    prospect = Prospect(outlook, owner, policy)
    end = datetime.combine(END, time(), UTC)
    foreseen = [one.telling for one in foresee(prospect, start=start, end=end)]
    assert foreseen == ticked(prospect, start, end)


@settings(max_examples=40, deadline=None)
@given(use=uses(), owner=owners, policy=policies)
def test_scenario_tells_what_hourly_ticks_tell(use: Use, owner: Owner, policy: Policy) -> None:
    assert_foreseen_as_ticked(use, owner, policy, datetime.combine(use.first_day, time(), UTC))


@settings(max_examples=20, deadline=None)
@given(
    owner=owners,
    policy=policies,
    called=st.lists(st.dates(date(2025, 5, 20), date(2025, 6, 20)), min_size=1, max_size=20, unique=True),
    shutdown_on=st.dates(date(2025, 6, 22), date(2025, 7, 14)),
)
def test_what_is_stored_goes_on_to_what_hourly_ticks_tell(
    owner: Owner, policy: Policy, called: list[date], shutdown_on: date
) -> None:
    deprecation = make_deprecation(announced=date(2025, 6, 10), shutdown_on=shutdown_on)
    exposure = make_exposure(deprecation=deprecation, days=[make_day(day) for day in sorted(called)])
    start = datetime(2025, 6, 21, 8, tzinfo=UTC)
    assert_foreseen_as_ticked(ProjectLastWeek(exposure, start), owner, policy, start)


@st.composite
def planned(draw: st.DrawFn) -> Planned:
    return Planned(
        datetime(2025, 7, draw(st.integers(1, 4)), 9, tzinfo=UTC),
        draw(st.sampled_from(["cart", "search"])),
        "production",
        "openai-api",
        "gpt-4.5-preview",
        "gpt-4.5-preview",
        draw(st.sampled_from(["-7d", "+1d"])),
        draw(st.sampled_from([None, None, 1])),
        draw(st.sampled_from(["#a", "#b"])),
        "owner",
        "foreseen",
        "by policy",
    )


plans = st.lists(planned(), max_size=12)


def identities(messages: list[Planned]) -> Counter[object]:
    return Counter((one.at, one.key, one.destination) for one in messages)


@given(before=plans, after=plans)
def test_difference_is_a_partition_of_both_plans(before: list[Planned], after: list[Planned]) -> None:
    diff = compare(before, after)
    kept = list(diff.unchanged)
    assert identities([*kept, *(one.before for one in diff.moved), *diff.dropped]) == identities(before)
    assert Counter([*kept, *(one.after for one in diff.moved), *diff.added]) == Counter(after)
    assert all(one.before.at != one.after.at for one in diff.moved)


@given(plan=plans)
def test_a_plan_does_not_differ_from_itself(plan: list[Planned]) -> None:
    diff = compare(plan, plan)
    assert (diff.added, diff.moved, diff.dropped) == ((), (), ())
    assert list(diff.unchanged) == sorted(plan)


@given(before=plans, after=plans)
def test_the_other_way_round_added_is_dropped(before: list[Planned], after: list[Planned]) -> None:
    one, other = compare(before, after), compare(after, before)
    assert identities(list(one.added)) == identities(list(other.dropped))
    assert len(one.moved) == len(other.moved)


def test_plan_foresees_the_brownouts_that_ticks_would_tell() -> None:
    """Calls of each Tuesday fail, since the 17th of June."""
    start, first = datetime(2025, 6, 21, 8, tzinfo=UTC), date(2025, 4, 14)
    days = [first + timedelta(days=n) for n in range((start.date() - first).days)]
    failed = {date(2025, 6, 17)}
    uses = [make_day(day, errors=3 * (day in failed), end_of_life=3 * (day in failed)) for day in days]
    exposure = make_exposure(days=uses, first_at=datetime(2025, 4, 14, tzinfo=UTC))
    told = make_campaign("announced", "-60d", "-30d")
    prospect = Prospect(ProjectLastWeek(exposure, start), make_owner(), DEFAULT_POLICY, told)
    end = datetime(2025, 7, 13, tzinfo=UTC)
    foreseen = [(one.telling.not_before, one.telling.step) for one in foresee(prospect, start=start, end=end)]
    assert foreseen == [(one.not_before, one.step) for one in ticked(prospect, start, end)]
    tuesdays = [date(2025, 6, 24), date(2025, 7, 1), date(2025, 7, 8)]
    assert [at.date() for at, step in foreseen if step == "+0d while failing"] == tuesdays
