"""A model that fails, is answered again, and fails once more. The shutdown is on 14 July 2025."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.cause import FailsAgain, StepDue
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.exposure import Exposure
from tests.builders import make_campaign, make_day, make_exposure, make_owner

FAILING = "+0d while failing"


def exposure_at(now: datetime, failing: set[date]) -> Exposure:
    """Three calls an hour, of which those of `failing` days fail."""
    first = date(2025, 6, 1)
    days = [first + timedelta(days=n) for n in range((now.date() - first).days + 1)]
    used = [make_day(day, calls=3, errors=3 * (day in failing), end_of_life=3 * (day in failing)) for day in days]
    return make_exposure(days=used, last_at=now)


def told_of_failing(campaign: Campaign, failing: set[date], *, end: str) -> list[tuple[str, str]]:
    """Looked at each hour from 2 July on: when it was told, and of which occurrence."""
    told, now = [], datetime(2025, 7, 2, tzinfo=UTC)
    while now < datetime.fromisoformat(end).replace(tzinfo=UTC):
        decision = decide(campaign, Case(exposure_at(now, failing), make_owner(), now), DEFAULT_POLICY)
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            told += [(f"{now:%d %H:%M}", occurrence(one)) for one in decision.tellings if one.step == FAILING]
        now += timedelta(hours=1)
    return told


def occurrence(telling: Telling) -> str:
    day = telling.cause.day if isinstance(telling.cause, StepDue | FailsAgain) else None
    return day.isoformat() if day else ""


def july(*days: int) -> set[date]:
    return {date(2025, 7, day) for day in days}


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        pytest.param(july(2, 3, 4), [("02 00:00", "")], id="it goes on failing"),
        pytest.param(
            july(2, 4, 5, 6, 7, 8, 9, 10, 11),
            [("02 00:00", ""), ("04 00:00", "2025-07-04")],
            id="answered for a day, then gone for good",
        ),
        pytest.param(
            july(2, 4, 6), [("02 00:00", ""), ("04 00:00", "2025-07-04"), ("06 00:00", "2025-07-06")], id="three times"
        ),
    ],
)
def test_each_failure_before_the_shutdown_is_told_once(failing: set[date], told: list[tuple[str, str]]) -> None:
    campaign = make_campaign("announced", "-60d", "-30d", "-14d")
    assert told_of_failing(campaign, failing, end="2025-07-12") == told


def test_shutdown_itself_is_told_after_an_early_failure_that_was_told_twice() -> None:
    campaign = make_campaign("announced", "-60d", "-30d", "-14d")
    told = told_of_failing(campaign, july(2, 4, *range(14, 17)), end="2025-07-17")
    assert told == [("02 00:00", ""), ("04 00:00", "2025-07-04"), ("14 00:00", "2025-07-14")]
