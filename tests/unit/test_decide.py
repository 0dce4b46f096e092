"""decide(), case by case, worked out by hand. The owner is in Berlin: 9:00 is 7:00 UTC in summer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.cause import Relapse, Resumed, key_of
from service.core.escalation.decide import close_misattributed, decide
from service.core.escalation.decision import Change, Close, Decision, Notify, Open, Reopen, Replan, Telling, Wait
from service.core.escalation.policy import DEFAULT_POLICY, Policy, policy_from_json
from service.core.exposure import Exposure
from tests.builders import make_day, make_deprecation, make_exposure, make_owner

OWNER = make_owner()
NO_DEPRECATION = make_deprecation(announced=None, shutdown_on=None, precision="unknown")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ask(
    campaign: Campaign | None, now: str, exposure: Exposure | None = None, policy: Policy = DEFAULT_POLICY
) -> Decision:
    """With no exposure given: called each day, for the last time an hour ago."""
    moment = at(now)
    return decide(campaign, Case(exposure or calling(moment), OWNER, moment), policy)


def calling(moment: datetime, **given: object) -> Exposure:
    last = moment - timedelta(hours=1)
    return make_exposure(until=last.date(), **{"last_at": last, **given})


def changed(decision: Decision) -> Change:
    assert not isinstance(decision, Wait), decision.reason
    return decision


def only(decision: Decision) -> Telling:
    (telling,) = changed(decision).tellings
    return telling


def opened(now: str = "2025-04-14T08:00", **given: object) -> Campaign:
    return changed(ask(None, now, calling(at(now), **given))).campaign


# --- opening ----------------------------------------------------------------------------------------------------------


def test_nothing_is_told_before_the_announcement() -> None:
    decision = ask(None, "2025-04-13T10:00")
    assert decision == Wait(at("2025-04-14T00:00"), wakes_on_call=False, reason="the end is not announced yet")


def test_announcement_waits_for_nine_in_the_owners_zone() -> None:
    decision = ask(None, "2025-04-14T06:59")
    assert isinstance(decision, Wait)
    assert decision.until == at("2025-04-14T07:00")


def test_campaign_opens_with_the_announcement() -> None:
    decision = ask(None, "2025-04-14T07:00")
    assert isinstance(decision, Open)
    telling = only(decision)
    assert (telling.step, telling.audiences, telling.missed) == ("announced", ("owner", "team"), ())
    assert decision.campaign.policy == DEFAULT_POLICY
    assert decision.campaign.deadline == date(2025, 7, 14)


def test_caller_that_had_stopped_before_is_left_in_peace() -> None:
    decision = ask(None, "2025-04-14T07:00", make_exposure(until=date(2025, 4, 10)))
    assert decision == Wait(None, wakes_on_call=True, reason="the calls ended before the first notice was due")


def test_model_that_is_not_deprecated_concerns_nobody() -> None:
    assert isinstance(ask(None, "2025-04-14T07:00", make_exposure(deprecation=NO_DEPRECATION)), Wait)


@pytest.mark.parametrize(
    ("now", "step", "audiences", "missed"),
    [
        pytest.param(
            "2025-06-03T08:00", "-60d", ("owner",), ("announced",), id="owner hears the highest step that is due"
        ),
        pytest.param(
            "2025-07-03T08:00",
            "-14d",
            ("owner", "team"),
            ("announced", "-60d", "-30d"),
            id="manager is held back: the owner has not had a day",
        ),
        pytest.param(
            "2025-07-11T08:00",
            "-3d",
            ("owner", "team", "oncall", "manager", "director"),
            ("announced", "-60d", "-30d", "-14d", "-7d"),
            id="three days remain: everybody at once",
        ),
    ],
)
def test_late_discovery_is_one_message_that_says_what_was_missed(
    now: str, step: str, audiences: tuple[str, ...], missed: tuple[str, ...]
) -> None:
    telling = only(ask(None, now))
    assert (telling.step, telling.audiences, telling.missed) == (step, audiences, missed)


def test_held_back_hear_when_the_owner_had_a_business_day() -> None:
    campaign = opened("2025-07-03T08:00")
    waits = ask(campaign, "2025-07-04T07:59")
    assert isinstance(waits, Wait)
    assert waits.until == at("2025-07-04T08:00")
    told = only(ask(campaign, "2025-07-04T08:00"))
    assert (told.step, told.audiences) == ("-14d", ("manager",))


def test_owner_found_on_friday_has_had_a_business_day_on_monday() -> None:
    campaign = opened("2025-07-04T08:00")
    assert isinstance(ask(campaign, "2025-07-06T20:00"), Wait)
    # Monday's own step is due at nine, before the day is over: the manager is still held back, until ten.
    monday = changed(ask(campaign, "2025-07-07T07:00"))
    assert only(monday).audiences == ("owner", "team")
    assert only(ask(monday.campaign, "2025-07-07T08:00")).audiences == ("manager",)


def test_found_on_saturday_goes_out_on_monday() -> None:
    saturday = at("2025-05-24T10:00")
    found = make_exposure(days=(make_day(saturday.date()),), first_at=saturday, last_at=saturday)
    decision = ask(None, "2025-05-24T12:00", found)
    assert isinstance(decision, Wait)
    assert decision.until == at("2025-05-26T07:00")


def test_found_late_in_the_evening_waits_for_the_morning() -> None:
    telling = only(ask(None, "2025-06-03T20:00"))
    assert telling.not_before == at("2025-06-04T07:00")


def test_new_caller_hears_however_late_it_comes() -> None:
    now = at("2025-07-20T10:00")
    days = (make_day(date(2025, 7, 20), errors=3, end_of_life=3),)
    exposure = make_exposure(days=days, first_at=now - timedelta(hours=1), last_at=now - timedelta(hours=1))
    telling = only(ask(None, "2025-07-20T10:00", exposure))
    assert telling.step == "+0d while failing"
    assert "owner" in telling.audiences


# --- steps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "early", "due"),
    [
        pytest.param("-60d", "2025-05-15T06:59", "2025-05-15T07:00", id="a Thursday"),
        pytest.param("-30d", "2025-06-16T06:59", "2025-06-16T07:00", id="a Saturday waits for Monday"),
        pytest.param("-1d", "2025-07-13T06:59", "2025-07-13T07:00", id="a Sunday does not, one day before the end"),
        pytest.param("0d", "2025-07-14T06:59", "2025-07-14T07:00", id="the day"),
    ],
)
def test_step_is_told_at_nine_of_its_day_and_not_before(step: str, early: str, due: str) -> None:
    campaign = opened()
    for name in ("-60d", "-30d", "-14d", "-7d", "-3d", "-1d"):
        if name == step:
            break
        campaign = changed(ask(campaign, _MILESTONES[name])).campaign
    assert isinstance(ask(campaign, early), Wait)
    assert only(ask(campaign, due)).step == step


_MILESTONES = {
    "-60d": "2025-05-15T08:00",
    "-30d": "2025-06-16T08:00",
    "-14d": "2025-06-30T08:00",
    "-7d": "2025-07-07T08:00",
    "-3d": "2025-07-11T08:00",
    "-1d": "2025-07-13T08:00",
}


def test_steps_missed_in_a_downtime_are_told_once_at_the_highest() -> None:
    decision = changed(ask(opened(), "2025-07-01T08:00"))
    assert (only(decision).step, only(decision).missed) == ("-14d", ("-60d", "-30d"))
    assert isinstance(ask(decision.campaign, "2025-07-01T08:00"), Wait)


def test_policy_is_frozen_when_the_campaign_opens() -> None:
    other = policy_from_json({"name": "other", "steps": [{"at": "-80d", "tell": ["owner"]}]})
    assert isinstance(ask(opened(), "2025-04-28T08:00", policy=other), Wait)


def test_no_sooner_than_is_no_deadline() -> None:
    soft = make_deprecation(precision="no_sooner_than")
    campaign = opened(deprecation=soft)
    assert campaign.deadline is None
    later = ask(campaign, "2025-07-13T08:00", calling(at("2025-07-13T08:00"), deprecation=soft))
    assert isinstance(later, Wait)


# --- after the end ----------------------------------------------------------------------------------------------------


def failing_since(first: date, now: datetime) -> Exposure:
    exposure = calling(now)
    days = tuple(structs.replace(day, errors=3, end_of_life=3) if day.day >= first else day for day in exposure.days)
    return make_exposure(deprecation=exposure.deprecation, days=days, last_at=exposure.last_at)


def told_to_the_end() -> Campaign:
    return changed(ask(opened(), "2025-07-14T07:00")).campaign


def test_failing_calls_are_told_at_once_on_the_day_itself() -> None:
    before = changed(ask(opened(), "2025-07-13T08:00")).campaign
    now = at("2025-07-14T01:30")
    telling = only(decide(before, Case(failing_since(date(2025, 7, 14), now), OWNER, now), DEFAULT_POLICY))
    assert (telling.step, telling.not_before) == ("+0d while failing", now)


def test_past_the_end_it_is_told_daily_while_it_is_called() -> None:
    first = changed(ask(told_to_the_end(), "2025-07-15T07:00"))
    assert (only(first).step, key_of(only(first).cause)) == ("+1d", "step_due/+1d/2025-07-15")
    assert isinstance(ask(first.campaign, "2025-07-16T06:59"), Wait)
    again = changed(ask(first.campaign, "2025-07-16T07:00"))
    assert (only(again).step, key_of(only(again).cause)) == ("+1d", "repeat/+1d/2025-07-16")


def test_past_the_end_silence_is_not_told() -> None:
    now = at("2025-07-16T08:00")
    month_end = make_exposure(days=(date(2025, 5, 31), date(2025, 6, 30)))
    assert isinstance(decide(told_to_the_end(), Case(month_end, OWNER, now), DEFAULT_POLICY), Wait)


# --- closing and reopening --------------------------------------------------------------------------------------------


def closed() -> Campaign:
    """Told at the announcement, silent since 1 May, closed on 4 May."""
    return changed(ask(opened(), "2025-05-04T14:00", make_exposure(until=date(2025, 5, 1)))).campaign


def test_quiet_closes_with_one_message_to_the_owner() -> None:
    decision = ask(opened(), "2025-05-05T09:00", make_exposure(until=date(2025, 5, 1)))
    assert isinstance(decision, Close)
    assert (only(decision).kind, only(decision).audiences) == ("migrated", ("owner",))
    assert decision.campaign.close_reason == "migrated"


def test_late_record_does_not_reopen() -> None:
    late = make_exposure(until=date(2025, 5, 3))
    decision = ask(closed(), "2025-05-06T10:00", late)
    assert decision == Wait(None, wakes_on_call=True, reason="no call since the campaign was closed")


def test_relapse_reopens_at_the_level_that_was_left() -> None:
    decision = ask(closed(), "2025-06-20T10:00")
    assert isinstance(decision, Reopen)
    telling = only(decision)
    assert (telling.step, type(telling.cause), telling.audiences) == ("announced", Relapse, ("owner", "team"))
    assert telling.missed == (), "there was nothing to tell while it was silent"
    assert isinstance(ask(decision.campaign, "2025-06-20T10:00"), Wait)


def test_relapse_says_what_was_missed_before_the_campaign_was_closed() -> None:
    """lastcall was away from April on, and looked again once the calls had ended."""
    before = opened()
    gone = calling(at("2025-05-20T08:00"))
    shut = changed(decide(before, Case(gone, OWNER, at("2025-06-02T09:00")), DEFAULT_POLICY))
    assert isinstance(shut, Close)
    again = ask(shut.campaign, "2025-06-20T10:00")
    assert only(again).missed == ("-60d",)


def test_relapse_after_the_end_is_told_as_what_it_is() -> None:
    now = at("2025-07-20T10:00")
    decision = decide(closed(), Case(failing_since(date(2025, 7, 14), now), OWNER, now), DEFAULT_POLICY)
    telling = only(decision)
    assert (telling.step, type(telling.cause)) == ("+0d while failing", Relapse)


def test_deprecation_taken_back_closes() -> None:
    now = at("2025-05-05T09:00")
    decision = decide(opened(), Case(calling(now, deprecation=NO_DEPRECATION), OWNER, now), DEFAULT_POLICY)
    assert isinstance(decision, Close)
    assert (only(decision).kind, decision.campaign.close_reason) == ("withdrawn", "withdrawn")


def test_deprecation_taken_back_after_its_date_moved_is_told_apart_from_the_move() -> None:
    move = changed(moved(opened(), date(2025, 8, 14), "2025-04-28T08:00"))
    taken_back = ask(move.campaign, "2025-05-05T09:00", calling(at("2025-05-05T09:00"), deprecation=NO_DEPRECATION))
    assert (only(move).kind, only(taken_back).kind) == ("date_moved", "withdrawn")
    assert changed(taken_back).campaign.plan_version == move.campaign.plan_version


def test_two_returns_of_a_deprecation_on_one_day_are_told_apart() -> None:
    """And neither says that the service had stopped calling."""
    campaign, heard = opened(), []
    for hour in (9, 12):
        now = at(f"2025-05-05T{hour:02}:00")
        campaign = changed(ask(campaign, f"{now:%FT%R}", calling(now, deprecation=NO_DEPRECATION))).campaign
        relapse = ask(campaign, f"{now + timedelta(hours=2):%FT%R}")
        campaign = changed(relapse).campaign
        heard.append(only(relapse))
    first, second = heard
    assert isinstance(first.cause, Resumed)
    assert isinstance(second.cause, Resumed)
    assert key_of(first.cause) != key_of(second.cause)


# --- moved dates ------------------------------------------------------------------------------------------------------


def moved(campaign: Campaign, to: date, now: str) -> Decision:
    return ask(campaign, now, calling(at(now), deprecation=make_deprecation(shutdown_on=to)))


def test_moved_date_is_told_once_to_the_owner() -> None:
    decision = moved(opened(), date(2025, 8, 14), "2025-04-28T08:00")
    assert isinstance(decision, Replan)
    assert (only(decision).kind, only(decision).audiences) == ("date_moved", ("owner",))
    assert decision.campaign.plan_version == 2
    assert isinstance(moved(decision.campaign, date(2025, 8, 14), "2025-04-28T08:00"), Wait)


def test_later_date_arms_the_steps_that_are_in_the_future_again() -> None:
    at_14 = changed(ask(opened(), "2025-06-30T08:00")).campaign
    later = changed(moved(at_14, date(2025, 8, 14), "2025-07-01T08:00"))
    assert [one.kind for one in later.tellings] == ["date_moved"]
    # -60d was 15 June by the new plan: passed. -30d is 15 July: armed again.
    assert [done.step for done in later.campaign.done] == ["announced", "-60d"]
    assert isinstance(moved(later.campaign, date(2025, 8, 14), "2025-07-15T06:59"), Wait)
    assert only(moved(later.campaign, date(2025, 8, 14), "2025-07-15T07:00")).step == "-30d"


def test_earlier_date_tells_the_highest_step_that_it_makes_due() -> None:
    earlier = changed(moved(opened(), date(2025, 5, 14), "2025-05-02T08:00"))
    moved_on, notice = earlier.tellings
    assert moved_on.kind == "date_moved"
    assert (notice.step, notice.missed) == ("-14d", ("-60d", "-30d"))


def test_soft_date_that_becomes_firm_is_a_move() -> None:
    campaign = opened(deprecation=make_deprecation(precision="no_sooner_than"))
    decision = ask(campaign, "2025-04-28T08:00")
    assert isinstance(decision, Replan)
    assert decision.reason == "the shutdown moved from no firm day to Mon 14 Jul 2025"


def test_every_decision_has_a_reason_that_can_be_read() -> None:
    assert ask(opened(), "2025-05-15T07:00").reason == "60 days before the shutdown, by policy default"
    assert isinstance(ask(opened(), "2025-05-15T07:00"), Notify)


# --- records that are not read yet ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known_until", "closes"),
    [
        pytest.param("2025-05-04T12:00", True, id="all records of the quiet period are read"),
        pytest.param("2026-01-01T00:00", True, id="known beyond now, as in a replay of old records"),
        pytest.param("2025-05-04T11:59", False, id="a minute of the quiet period is not read"),
    ],
)
def test_silence_closes_only_as_far_as_it_is_known(known_until: str, closes: bool) -> None:
    """Last called on 1 May at noon, each day: the quiet period of three days ends on 4 May at noon."""
    now, known = at("2025-05-05T08:00"), at(known_until)
    exposure = make_exposure(until=date(2025, 5, 1))
    decision = decide(opened(), Case(exposure, OWNER, now, known), DEFAULT_POLICY)
    if closes:
        assert isinstance(decision, Close)
    else:
        reason = "no call since 2025-05-01, but not all records since then are read"
        assert decision == Wait(at("2025-05-05T08:05"), wakes_on_call=True, reason=reason)


def test_step_that_is_due_does_not_wait_for_records() -> None:
    exposure = make_exposure(until=date(2025, 5, 1))
    now, known = at("2025-05-15T08:00"), at("2025-05-02T00:00")
    assert only(decide(opened(), Case(exposure, OWNER, now, known), DEFAULT_POLICY)).step == "-60d"


def test_nobody_is_told_of_a_caller_that_may_have_stopped() -> None:
    exposure = make_exposure(until=date(2025, 5, 1))
    now, known = at("2025-05-15T08:00"), at("2025-05-02T00:00")
    for campaign in (None, closed_before_the_calls()):
        decision = decide(campaign, Case(exposure, OWNER, now, known), DEFAULT_POLICY)
        assert isinstance(decision, Wait)
        assert decision.until == at("2025-05-15T08:05")


def closed_before_the_calls() -> Campaign:
    return replace(opened(), closed_at=at("2025-04-20T08:00"), close_reason="migrated")


def test_deprecation_that_comes_again_is_told_to_a_caller_between_two_runs() -> None:
    """A monthly job: the last that its owner heard was that the model stays."""
    gone = changed(ask(opened(), "2025-05-05T09:00", calling(at("2025-05-05T09:00"), deprecation=NO_DEPRECATION)))
    decision = ask(gone.campaign, "2025-05-06T09:00", calling(at("2025-05-05T08:00")))
    assert isinstance(decision, Reopen)
    assert only(decision).audiences == ("owner", "team")


def test_deprecation_that_comes_again_waits_until_it_is_public() -> None:
    gone = changed(ask(opened(), "2025-05-05T09:00", calling(at("2025-05-05T09:00"), deprecation=NO_DEPRECATION)))
    again = make_deprecation(announced=date(2025, 5, 7))
    waits = ask(gone.campaign, "2025-05-06T23:59", calling(at("2025-05-06T23:59"), deprecation=again))
    assert isinstance(waits, Wait)
    assert waits.until == at("2025-05-07T00:00")


def test_calls_that_are_of_the_model_after_all_open_the_campaign_again() -> None:
    gone = close_misattributed(opened(), at("2025-05-05T09:00"))
    assert isinstance(gone, Close)
    assert gone.campaign.close_reason == "misattributed"
    again = ask(gone.campaign, "2025-05-06T09:00")
    assert isinstance(again, Reopen)
    assert again.reason == "the calls are of this model after all"
    assert isinstance(only(again).cause, Resumed)


def test_deprecation_that_comes_again_is_told_where_all_that_was_told_is_ahead_again() -> None:
    """Found on the day of the shutdown, taken back, and announced anew for the day after."""
    found = opened("2025-07-14T10:00")
    gone = changed(ask(found, "2025-07-14T11:00", calling(at("2025-07-14T11:00"), deprecation=NO_DEPRECATION)))
    tomorrow = make_deprecation(announced=date(2025, 7, 14), shutdown_on=date(2025, 7, 15))
    again = ask(gone.campaign, "2025-07-14T12:00", calling(at("2025-07-14T12:00"), deprecation=tomorrow))
    assert (only(again).step, only(again).audiences) == ("-1d", ("owner", "team", "oncall", "manager", "director"))
