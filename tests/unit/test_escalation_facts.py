"""What a notice says of a relapse, and who counts as a new owner."""

from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from service.core.checklist import Checklist
from service.core.escalation.act import Acknowledge, perform
from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.case import Case
from service.core.escalation.cause import Redirected, Withdrawn
from service.core.escalation.decide import close_misattributed, decide
from service.core.escalation.decision import Close, Reopen
from service.core.escalation.delay import CalledLater
from service.core.escalation.hold import ActInForce, Promise
from service.core.escalation.holding import acknowledged_until
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.facts import facts_of
from service.core.notification import Facts, Notice
from tests.builders import (
    make_campaign,
    make_day,
    make_deprecation,
    make_exposure,
    make_forecast,
    make_news,
    make_notice,
    make_owner,
)

ADA, BEN = "ada@example.com", "ben@example.com"
TOLD = make_campaign("announced", "-60d")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_relapse_on_the_day_of_the_closing_says_since_when_it_was_silent_and_how_much_it_calls() -> None:
    closed = replace(TOLD, closed_at=at("2025-06-04T08:00"), close_reason="migrated")
    days = [make_day(date(2025, 5, 30)), make_day(date(2025, 5, 31)), make_day(date(2025, 6, 4), calls=7)]
    exposure, now = make_exposure(days=days, last_at=at("2025-06-04T10:00")), at("2025-06-04T11:00")
    decision = decide(closed, Case(exposure, make_owner(), now), DEFAULT_POLICY)
    assert isinstance(decision, Reopen)
    case = Case(exposure, make_owner(), now)
    facts = facts_of(decision.tellings[0], closed, decision.campaign, case, checklist=Checklist())
    assert isinstance(facts, Notice)
    relapse = facts.relapse
    assert relapse is not None
    assert (relapse.silent_since, relapse.back_since, relapse.calls) == (date(2025, 5, 31), date(2025, 6, 4), 7)


@pytest.mark.parametrize(
    ("before", "after", "is_new"),
    [
        pytest.param((ADA,), (ADA, BEN), False, id="one more joins"),
        pytest.param((ADA, BEN), (BEN,), False, id="one of two leaves"),
        pytest.param((ADA,), (BEN,), True, id="somebody else"),
        pytest.param((ADA,), (), True, id="nobody any more"),
        pytest.param((), (ADA,), True, id="somebody where nobody was known"),
        pytest.param((), (), False, id="nobody all the time"),
    ],
)
def test_hand_over_is_where_nobody_of_before_is_left(
    before: tuple[str, ...], after: tuple[str, ...], is_new: bool
) -> None:
    owner = make_owner(people=after, channel=None)
    assert NotifiedOwner("search", before).has_handed_over_to(owner) is is_new


def test_acknowledgement_stops_every_step_of_the_message() -> None:
    """+1d and the step for failing calls are told together."""
    together = at("2025-07-16T07:00")
    told = (Done("+1d", together, told=("owner",)), Done("+0d while failing", together, told=("oncall",)))
    campaign = replace(TOLD, done=(*TOLD.done, *told))
    now = at("2025-07-16T08:00")
    case = Case(make_exposure(until=date(2025, 7, 16), last_at=at("2025-07-16T07:30")), make_owner(), now)
    after = perform(Acknowledge(ADA), campaign, case, DEFAULT_POLICY)
    assert isinstance(after, Campaign)
    until = at("2025-07-23T07:00")
    steps = ("+1d", "+0d while failing", "-60d")
    assert [acknowledged_until(after, case, step) for step in steps] == [until, until, None]


PROMISED = replace(TOLD, promise=Promise(ADA, at("2025-05-20T08:00"), date(2025, 6, 6), broken_on=date(2025, 5, 16)))
NOT_DEPRECATED = make_deprecation(announced=None, shutdown_on=None, precision="unknown")
CLOSING = at("2025-06-04T08:00")


@pytest.mark.parametrize(
    "decision",
    [
        pytest.param(close_misattributed(PROMISED, CLOSING), id="its calls were of another model"),
        pytest.param(
            decide(PROMISED, Case(make_exposure(deprecation=NOT_DEPRECATED), make_owner(), CLOSING), DEFAULT_POLICY),
            id="the deprecation is taken back",
        ),
        pytest.param(decide(PROMISED, Case(make_exposure(), make_owner(), CLOSING), DEFAULT_POLICY), id="migrated"),
    ],
)
def test_no_promise_outlives_the_closing(decision: object) -> None:
    assert isinstance(decision, Close)
    assert (decision.campaign.in_force, decision.campaign.promise_broken_on) == (None, None)


def test_what_is_stored_comes_back_as_it_was() -> None:
    withdrawn = make_news(Withdrawn(at=CLOSING, before=date(2025, 7, 14)))
    redirected = make_news(Redirected(day=date(2025, 7, 13), answered=3, redirected=2, since=date(2025, 7, 1)))
    said = make_notice(
        spared=("manager",),
        early=("incident",),
        former="growth",
        relapse=True,
        frozen_from=date(2025, 7, 1),
        promise_broken_on=date(2025, 7, 1),
        act_in_force=ActInForce(what="snoozed", by=ADA, until=date(2025, 7, 4)),
        forecast=make_forecast(date(2025, 7, 1)),
        delays=(CalledLater(CLOSING),),
    )
    for fact in (withdrawn, redirected, said):
        assert msgspec.json.decode(msgspec.json.encode(fact), type=Facts) == fact
