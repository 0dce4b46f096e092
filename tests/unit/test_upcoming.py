"""What comes next while something is held. The owner is in Berlin, the shutdown on Monday 14 July 2025."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from service.core.escalation.campaign import Done
from service.core.escalation.case import Case
from service.core.escalation.hold import Acknowledged, Hold, Promise, Snoozed, Waived
from service.core.escalation.schedule import upcoming
from tests.builders import make_campaign, make_day, make_exposure, make_owner

ADA = "ada@example.com"
NOW = datetime(2025, 6, 30, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "hold", "step", "at"),
    [
        pytest.param(("-14d",), None, "-7d", "2025-07-07T07:00", id="nothing is held"),
        pytest.param(
            ("-14d",), Waived(ADA, NOW, date(2025, 8, 4), "why"), "+1d", "2025-08-04T07:00",
            id="waived until after the shutdown: the highest step, when the waiver ends",
        ),
        pytest.param(
            ("-14d",), Waived(ADA, NOW, date(2025, 7, 5), "why"), "-7d", "2025-07-07T07:00",
            id="waived until before the next step",
        ),
        pytest.param(
            ("-14d",), Waived(ADA, NOW, date(2025, 7, 9), "why"), "-7d", "2025-07-09T07:00",
            id="waived past the next step",
        ),
        pytest.param(
            (), Waived(ADA, NOW, date(2025, 7, 2), "why"), "-14d", "2025-07-02T07:00",
            id="a step that is due and held already",
        ),
        pytest.param(
            ("-14d",), Snoozed(ADA, NOW, date(2025, 7, 7)), "-7d", "2025-07-07T07:00", id="snoozed until its morning"
        ),
        pytest.param(
            ("-14d",), Promise(ADA, NOW, date(2025, 7, 8)), "-7d", "2025-07-09T07:00",
            id="promised past it: the morning on which the promise is judged",
        ),
    ],
)  # fmt: skip
def test_step_that_falls_due_while_held_comes_when_the_hold_ends(
    told: tuple[str, ...], hold: Hold | Promise | None, step: str, at: str
) -> None:
    campaign = replace(
        make_campaign("announced", "-60d", "-30d", *told),
        **({"promise": hold} if isinstance(hold, Promise) else {"hold": hold}),
    )
    exposure = make_exposure(until=NOW.date(), last_at=NOW - timedelta(hours=1))
    following = upcoming(campaign, Case(exposure, make_owner(), NOW))
    assert following is not None
    assert (following.step.name, following.at) == (step, datetime.fromisoformat(at).replace(tzinfo=UTC))


def test_repeat_comes_when_its_acknowledgement_expires() -> None:
    """`+1d`, each day, was told on 15 July, and somebody is on it until the 18th: nothing comes before that."""
    told_at, until = datetime(2025, 7, 15, 7, tzinfo=UTC), datetime(2025, 7, 18, 7, tzinfo=UTC)
    done = Done("+1d", told_at, date(2025, 7, 15), told=("owner",))
    campaign = replace(make_campaign(), done=(done,), acknowledged=Acknowledged(ADA, told_at, "+1d", until))
    now = datetime(2025, 7, 15, 10, tzinfo=UTC)
    following = upcoming(campaign, Case(make_exposure(until=now.date(), last_at=now), make_owner(), now))
    assert following is not None
    assert (following.step.name, following.at) == ("+1d", until)


@pytest.mark.parametrize(
    ("redirected", "step"),
    [
        pytest.param(0, "+1d", id="answered"),
        pytest.param(3, None, id="another model answers: nothing is to come"),
    ],
)
def test_steps_of_calls_after_the_shutdown_are_not_promised_to_who_is_redirected(
    redirected: int, step: str | None
) -> None:
    now = datetime(2025, 7, 14, 10, tzinfo=UTC)
    told = make_campaign("announced", "-60d", "-30d", "-14d", "-7d", "-3d", "-1d", "0d")
    days = [make_day(date(2025, 7, day), calls=3, redirected=redirected) for day in range(1, 15)]
    exposure = make_exposure(days=days, last_at=now)
    following = upcoming(told, Case(exposure, make_owner(), now))
    assert (following and following.step.name) == step
