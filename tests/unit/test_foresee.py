"""A look ahead ends also where a decision is never the last one, and where another policy takes the place of one."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from service.core.escalation.campaign import Done
from service.core.escalation.case import Case
from service.core.escalation.outlook import ProjectLastWeek
from service.core.escalation.plan import Prospect, as_if_adopted, foresee
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.ownership import Owner
from tests.builders import make_campaign, make_exposure, make_owner


@dataclass(frozen=True)
class _Restless(Owner):
    """Somebody else each time that one asks."""

    asked: Any = field(default_factory=count, compare=False)

    def __getattribute__(self, name: str) -> Any:
        if name == "people":
            return (f"person-{next(self.asked)}@example.com",)
        return super().__getattribute__(name)


def test_a_decision_that_changes_each_time_is_an_error_and_no_endless_loop() -> None:
    now = datetime(2025, 6, 2, 10, tzinfo=UTC)
    going_on = ProjectLastWeek(make_exposure(until=date(2025, 6, 2), last_at=now), now)
    prospect = Prospect(going_on, _Restless("search"), DEFAULT_POLICY, make_campaign("announced", "-60d"))
    with pytest.raises(TypeError, match="deciding twice at 2025-06-02"):
        list(foresee(prospect, start=now, end=now + timedelta(days=1)))


def test_nobody_waits_for_a_step_that_the_other_policy_does_not_have() -> None:
    now = datetime(2025, 6, 30, 8, tzinfo=UTC)
    exposure, owner = make_exposure(until=now.date(), last_at=now), make_owner()
    told = Done("-14d", now - timedelta(hours=1), told=("owner",), held=("manager",))
    before = make_campaign("announced", "-60d", "-30d", owner_told_at=told.at)
    campaign = replace(before, done=(*before.done, told))
    other = Policy("-7d alone", (Step(parse_offset("-7d"), ("owner", "manager")),))
    plans = {
        policy.name: [
            (f"{one.telling.not_before:%m-%d}", one.telling.step, one.telling.audiences)
            for one in foresee(
                Prospect(
                    ProjectLastWeek(exposure, now),
                    owner,
                    policy,
                    as_if_adopted(campaign, policy, Case(exposure, owner, now)),
                ),
                start=now,
                end=datetime(2025, 7, 9, tzinfo=UTC),
            )
        ]
        for policy in (DEFAULT_POLICY, other)
    }
    assert plans["-7d alone"] == [("07-07", "-7d", ("owner", "manager"))]
    assert plans["default"][0] == ("07-01", "-14d", ("manager",))


def test_repeat_that_the_other_policy_adds_to_the_step_of_now_is_planned() -> None:
    now = datetime(2025, 6, 20, 8, tzinfo=UTC)
    exposure, owner = make_exposure(until=now.date(), last_at=now), make_owner()
    told = Done("-30d", datetime(2025, 6, 16, 7, tzinfo=UTC), told=("owner",))
    campaign = make_campaign(done=(told,))
    weekly = Policy("weekly", (Step(parse_offset("-30d"), ("owner",), 7),))
    adopted = as_if_adopted(campaign, weekly, Case(exposure, owner, now))
    outlook = Prospect(ProjectLastWeek(exposure, now), owner, weekly, adopted)
    planned = [one.telling.not_before for one in foresee(outlook, start=now, end=datetime(2025, 7, 8, tzinfo=UTC))]
    assert [f"{at:%m-%d}" for at in planned] == ["06-23", "06-30", "07-07"]
