"""How long what people asked of a campaign holds, and what is told afterwards. The owner is in Berlin: 9:00 is 7:00 UTC
in summer. The shutdown is on Monday 14 July 2025."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from service.core.calendar import Freeze
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Snooze, Waive, perform
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.cause import BrokenPromise, NewOwner
from service.core.escalation.decide import decide
from service.core.escalation.decision import Close, HandOver, Reopen, Replan, Telling, Wait
from service.core.escalation.hold import Hold, KeptOpen, Promise, Snoozed, Waived
from service.core.escalation.holding import active_hold, asked_in_words
from service.core.escalation.policy import DEFAULT_POLICY, policy_from_json
from service.core.exposure import Exposure
from tests.builders import make_broken_promise, make_campaign, make_day, make_deprecation, make_exposure, make_owner

ADA = "ada@example.com"
OWNER = make_owner()
DOWN_TO_14 = ("announced", "-60d", "-30d", "-14d")
DOWN_TO_0 = (*DOWN_TO_14, "-7d", "-3d", "-1d", "0d")
TOLD = make_campaign(*DOWN_TO_14)
HOUR = timedelta(hours=1)
Calls = Callable[[datetime], Exposure]
"""The exposure as of a moment."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def steady(moment: datetime, **given: object) -> Exposure:
    """Three calls a day, the last one an hour ago."""
    last = moment - HOUR
    return make_exposure(**({"until": last.date(), "last_at": last} | given))


def falling(moment: datetime) -> Exposure:
    """From 600 calls on 9 June down to none on 8 July, by 20 a day."""
    last = min(moment - HOUR, at("2025-07-08T12:00"))
    days = [date(2025, 6, 9) + timedelta(days=n) for n in range((last.date() - date(2025, 6, 9)).days + 1)]
    return make_exposure(
        days=[make_day(day, calls=600 - 20 * n) for n, day in enumerate(days)],
        first_at=at("2025-03-01T12:00"),
        last_at=last,
    )


def falling_and_back(moment: datetime) -> Exposure:
    """None on 9 and 10 July, and three again on the 11th."""
    return falling(moment) if moment < at("2025-07-11T02:00") else steady(moment)


def until(last: str) -> Calls:
    """Steady up to a moment, and then no more."""
    return lambda moment: steady(min(moment, at(last) + HOUR))


def moved_to(day: date) -> Calls:
    return lambda moment: steady(moment, deprecation=make_deprecation(shutdown_on=day))


def in_force(campaign: Campaign, now: str, calls: Calls = steady) -> bool:
    return active_hold(campaign, Case(calls(at(now)), OWNER, at(now))) is not None


def promised(on: date, made: str, campaign: Campaign = TOLD, calls: Calls = steady) -> Campaign:
    after = perform(Commit(ADA, on), campaign, Case(calls(at(made)), OWNER, at(made)), DEFAULT_POLICY)
    assert not isinstance(after, Refused), after
    return after


def play(campaign: Campaign, since: str, end: str, calls: Calls = steady) -> tuple[Campaign, list[tuple[str, str]]]:
    """Every hour, what is told, when and at which step."""
    told = []
    moment = at(since)
    while moment <= at(end):
        decision = decide(campaign, Case(calls(moment), OWNER, moment), DEFAULT_POLICY)
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            told += [(f"{moment:%m-%d %H:%M}", telling.step) for telling in decision.tellings]
        moment += HOUR
    return campaign, told


def tellings_at(campaign: Campaign, now: str, calls: Calls = steady) -> tuple[Telling, ...]:
    decision = decide(campaign, Case(calls(at(now)), OWNER, at(now)), DEFAULT_POLICY)
    assert not isinstance(decision, Wait), decision.reason
    return decision.tellings


# --- the clock ends it ------------------------------------------------------------------------------------------------

SNOOZED = Snoozed(ADA, at("2025-07-02T10:00"), date(2025, 7, 4))


@pytest.mark.parametrize(
    ("hold", "last", "over"),
    [
        pytest.param(SNOOZED, "2025-07-04T06:59", "2025-07-04T07:00", id="a snooze until the morning of its day"),
        pytest.param(
            structs.replace(SNOOZED, until=date(2025, 7, 14)), "2025-07-13T23:59", "2025-07-14T00:00",
            id="no snooze outlives the shutdown",
        ),
        pytest.param(
            Promise(ADA, at("2025-07-13T10:00"), date(2025, 7, 14)), "2025-07-13T23:59", "2025-07-14T00:00",
            id="no promise outlives the shutdown",
        ),
        pytest.param(
            Waived(ADA, at("2025-07-02T10:00"), date(2025, 9, 1), "why"), "2025-09-01T06:59", "2025-09-01T07:00",
            id="a waiver does, until the morning of its day",
        ),
    ],
)  # fmt: skip
def test_hold_is_ended_by_the_clock(hold: Hold | Promise, last: str, over: str) -> None:
    campaign = replace(TOLD, **({"promise": hold} if isinstance(hold, Promise) else {"hold": hold}))
    assert [in_force(campaign, last), in_force(campaign, over)] == [True, False]


def test_nothing_is_told_while_snoozed_and_the_ladder_goes_on_afterwards() -> None:
    _, told = play(replace(TOLD, hold=SNOOZED), "2025-07-02T10:00", "2025-07-08T00:00")
    assert told == [("07-07 07:00", "-7d")]


def test_nothing_is_told_while_waived_and_the_end_is_told_as_one_message() -> None:
    waived = replace(TOLD, hold=Waived(ADA, at("2025-07-02T10:00"), date(2025, 7, 16), "why"))
    _, told = play(waived, "2025-07-02T10:00", "2025-07-16T23:00")
    assert told == [("07-16 07:00", "+1d")]


def test_snooze_is_over_when_a_freeze_comes_before_which_steps_move() -> None:
    """With changes frozen from Monday 7 July on, -3d stands on the 4th, and -7d on the 30th of June is past."""
    summer = Freeze(date(2025, 7, 7), date(2025, 7, 20), "summer")
    frozen = make_owner(calendar=replace(OWNER.calendar, freezes=(summer,)))
    snoozed = replace(TOLD, hold=structs.replace(SNOOZED, until=date(2025, 7, 7)))
    now = at("2025-07-02T12:00")
    assert active_hold(snoozed, Case(steady(now), OWNER, now))
    decision = decide(snoozed, Case(steady(now), frozen, now), DEFAULT_POLICY)
    assert isinstance(decision, Replan)
    assert (decision.campaign.hold, [one.step for one in decision.tellings]) == (None, ["-7d"])


# --- promises ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "made", "calls", "last", "doubted"),
    [
        pytest.param(
            date(2025, 7, 10), "2025-07-02T10:00", steady, "2025-07-06T06:59", "2025-07-06T07:00",
            id="eight days ahead: the first four, whatever the calls do",
        ),
        pytest.param(
            date(2025, 7, 3), "2025-07-02T10:00", steady, "2025-07-03T06:59", "2025-07-03T07:00",
            id="tomorrow: until the morning",
        ),
    ],
)  # fmt: skip
def test_promise_is_believed_for_half_its_time(on: date, made: str, calls: Calls, last: str, doubted: str) -> None:
    campaign = promised(on, made, calls=calls)
    assert [in_force(campaign, last, calls), in_force(campaign, doubted, calls)] == [True, False]


def test_promise_is_believed_for_longer_while_the_calls_fall_fast_enough() -> None:
    campaign = promised(date(2025, 7, 9), "2025-07-01T10:00", calls=falling)
    assert all(in_force(campaign, f"2025-07-{day:02}T08:00", falling) for day in range(1, 10))


def test_promise_after_a_relapse_is_trusted_anew() -> None:
    """The first promise of the opening before is forgotten with its closing."""
    campaign = promised(date(2025, 6, 20), "2025-06-16T10:00", calls=until("2025-06-19T15:00"))
    closed, _ = play(campaign, "2025-06-16T10:00", "2025-06-24T00:00", until("2025-06-19T15:00"))
    assert closed.close_reason == "migrated"
    again = decide(closed, Case(steady(at("2025-07-01T10:00")), OWNER, at("2025-07-01T10:00")), DEFAULT_POLICY)
    assert isinstance(again, Reopen)
    assert in_force(promised(date(2025, 7, 10), "2025-07-02T10:00", again.campaign), "2025-07-06T06:59")


def test_promise_for_this_very_day_holds_until_it_is_judged() -> None:
    campaign = promised(date(2025, 7, 2), "2025-07-02T10:00")
    assert [in_force(campaign, now) for now in ("2025-07-02T21:00", "2025-07-03T06:59", "2025-07-03T07:00")] == [
        True,
        True,
        False,
    ]


def test_promise_after_a_broken_one_is_believed_by_the_calls_alone() -> None:
    broken = replace(TOLD, promise=make_broken_promise(date(2025, 6, 27)))
    again = promised(date(2025, 7, 9), "2025-07-02T10:00", broken)
    falls = promised(date(2025, 7, 9), "2025-07-02T10:00", broken, falling)
    assert [in_force(again, "2025-07-02T10:00"), in_force(falls, "2025-07-02T10:00", falling)] == [False, True]


def test_steps_come_while_a_promise_is_not_believed() -> None:
    campaign = promised(date(2025, 7, 8), "2025-07-02T10:00")
    _, told = play(campaign, "2025-07-02T10:00", "2025-07-07T10:00")
    assert told == [("07-07 07:00", "-7d")]


def test_promise_made_for_friday_is_judged_on_monday_morning() -> None:
    campaign = promised(date(2025, 7, 4), "2025-07-04T05:00", make_campaign(*DOWN_TO_14, "-7d"))
    after, told = play(campaign, "2025-07-04T05:00", "2025-07-07T10:00")
    assert told == [("07-07 07:00", "-7d")]
    assert (after.promise_broken_on, after.in_force) == (date(2025, 7, 4), None)


def test_broken_promise_is_told_where_the_ladder_stands_and_named() -> None:
    campaign = promised(date(2025, 7, 2), "2025-06-30T10:00")
    assert in_force(campaign, "2025-06-30T12:00")
    (telling,) = tellings_at(campaign, "2025-07-03T07:00")
    assert isinstance(telling.cause, BrokenPromise)
    assert (telling.step, telling.cause.promised_on) == ("-14d", date(2025, 7, 2))
    assert telling.reason.startswith("the team promised to be done by Wed 2 Jul 2025, and was not; ")


@pytest.mark.parametrize(
    ("act", "told_at"),
    [
        pytest.param(Snooze(ADA, date(2025, 7, 7)), "07-07 07:00", id="a snooze, until it ends"),
        pytest.param(Commit(ADA, date(2025, 7, 12)), "07-05 20:00", id="another promise, which nothing speaks for"),
        pytest.param(Waive(ADA, date(2025, 7, 10), "why"), "07-10 07:00", id="a waiver, until it ends"),
    ],
)
def test_act_between_a_broken_promise_and_its_judgement_does_not_keep_it_from_being_told(
    act: Act, told_at: str
) -> None:
    """Promised for Friday, called on Saturday, asked on Saturday evening: before the judgement of Monday morning."""
    friday = promised(date(2025, 7, 4), "2025-07-04T05:00", make_campaign(*DOWN_TO_14, "-7d"))
    saturday = at("2025-07-05T20:00")
    asked = perform(act, friday, Case(steady(saturday), OWNER, saturday), DEFAULT_POLICY)
    assert isinstance(asked, Campaign)
    after, told = play(asked, "2025-07-05T20:00", "2025-07-10T10:00")
    assert told[0][0] == told_at
    assert after.promise
    assert not after.promise.untold_break


def test_promise_that_a_snooze_took_the_place_of_is_judged_at_the_first_call_after_its_day() -> None:
    """Promised for Thursday, snoozed until Wednesday, called again on Friday after the morning of the judgement."""
    asked_at = at("2025-07-01T10:00")
    thursday = promised(date(2025, 7, 3), "2025-07-01T10:00")
    snoozed = perform(Snooze(ADA, date(2025, 7, 2)), thursday, Case(steady(asked_at), OWNER, asked_at), DEFAULT_POLICY)
    assert isinstance(snoozed, Campaign)
    silent = decide(
        snoozed, Case(until("2025-07-03T15:00")(at("2025-07-04T09:00")), OWNER, at("2025-07-04T09:00")), DEFAULT_POLICY
    )
    assert isinstance(silent, Wait)
    assert silent.wakes_on_call
    [telling] = tellings_at(snoozed, "2025-07-04T12:00")
    assert isinstance(telling.cause, BrokenPromise)
    assert telling.cause.promised_on == date(2025, 7, 3)


def test_promise_is_looked_at_again_soon_when_the_records_up_to_the_morning_are_not_all_read() -> None:
    """The forecast of the morning is to say whether it is believed any more; so far only that of the day before is
    known."""
    campaign, morning = promised(date(2025, 7, 10), "2025-07-02T10:00", calls=falling), at("2025-07-07T07:00")
    looks = [
        decide(campaign, Case(falling(morning), OWNER, morning, known), DEFAULT_POLICY)
        for known in (morning - timedelta(seconds=5), morning)
    ]
    assert [isinstance(look, Wait) and look.until for look in looks] == [at("2025-07-07T07:05"), at("2025-07-08T07:00")]


def test_broken_promise_lets_the_highest_step_that_is_due_be_told_once() -> None:
    campaign = promised(date(2025, 7, 10), "2025-07-02T10:00", calls=falling)
    after, told = play(campaign, "2025-07-02T10:00", "2025-07-11T12:00", falling_and_back)
    assert told == [("07-11 07:00", "-3d")]
    assert after.promise_broken_on == date(2025, 7, 10)


def test_promise_that_is_kept_is_told_as_migrated_at_once() -> None:
    campaign = promised(date(2025, 7, 3), "2025-07-02T10:00", calls=until("2025-07-03T15:00"))
    after, told = play(campaign, "2025-07-02T10:00", "2025-07-10T00:00", until("2025-07-03T15:00"))
    assert told == [("07-06 15:00", "migrated")]
    assert (after.close_reason, after.in_force, after.promise_broken_on) == ("migrated", None, None)


@pytest.mark.parametrize(
    ("asked", "missed"),
    [
        pytest.param({}, ("-60d", "-30d"), id="nothing was asked"),
        pytest.param({"hold": Waived(ADA, at("2025-05-01T10:00"), date(2025, 7, 1), "why")}, (), id="waived"),
        pytest.param(
            {"hold": Snoozed(ADA, at("2025-05-12T10:00"), date(2025, 5, 15))}, ("-60d", "-30d"),
            id="snoozed until the morning of the first",
        ),
        pytest.param(
            {"promise": Promise(ADA, at("2025-05-12T10:00"), date(2025, 6, 6))}, ("-30d",),
            id="promised for a day between"
        ),
        pytest.param(
            {"promise": make_broken_promise(date(2025, 6, 6))}, ("-30d",), id="a broken promise by a day between"
        ),
    ],
)  # fmt: skip
def test_steps_that_somebody_asked_to_wait_were_not_missed(asked: dict[str, Any], missed: tuple[str, ...]) -> None:
    """lastcall was down from 12 May to 1 July."""
    (telling,) = tellings_at(make_campaign("announced", **asked), "2025-07-01T08:00", steady)
    assert (telling.step, telling.missed) == ("-14d", missed)


# --- what happens meanwhile -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planned_for", [date(2025, 8, 14), None], ids=["a later day", "no firm day"])
def test_shutdown_that_moves_earlier_ends_a_snooze_and_the_owner_hears(planned_for: date | None) -> None:
    campaign = replace(TOLD, deadline=planned_for, hold=SNOOZED)
    now = at("2025-07-02T12:00")
    decision = decide(campaign, Case(steady(now), OWNER, now), DEFAULT_POLICY)
    assert isinstance(decision, Replan)
    assert (decision.tellings[0].kind, decision.campaign.hold) == ("date_moved", None)


def test_shutdown_that_moves_later_is_told_once_the_snooze_is_over() -> None:
    _, told = play(replace(TOLD, hold=SNOOZED), "2025-07-02T10:00", "2025-07-05T00:00", moved_to(date(2025, 8, 14)))
    assert told == [("07-04 07:00", "date_moved")]


def test_promise_for_a_day_after_the_new_shutdown_holds_nothing() -> None:
    campaign = promised(date(2025, 7, 10), "2025-07-02T10:00")
    moved = moved_to(date(2025, 7, 8))
    assert asked_in_words(campaign, Case(moved(at("2025-07-02T12:00")), OWNER, at("2025-07-02T12:00"))) == (
        "ada@example.com has promised to be done by Thu 10 Jul 2025, which is after the shutdown as it is now"
    )
    assert [telling.kind for telling in tellings_at(campaign, "2025-07-02T12:00", moved)] == ["date_moved", "notice"]


def test_promise_for_a_day_before_the_new_shutdown_goes_on() -> None:
    campaign = promised(date(2025, 7, 10), "2025-07-02T10:00")
    assert in_force(campaign, "2025-07-03T12:00", moved_to(date(2025, 7, 11)))


def test_waiver_holds_wherever_the_shutdown_moves_and_the_move_is_told_at_once() -> None:
    waived = replace(TOLD, hold=Waived(ADA, at("2025-07-02T10:00"), date(2025, 7, 9), "why"))
    _, told = play(waived, "2025-07-02T10:00", "2025-07-09T12:00", moved_to(date(2025, 7, 7)))
    assert told == [("07-02 10:00", "date_moved"), ("07-09 07:00", "+1d")]


def test_waiver_outlives_a_relapse() -> None:
    """Silent for long enough to close, and calling again: nobody hears before its end, and then of the relapse."""
    hold = Waived(ADA, at("2025-06-01T10:00"), date(2025, 7, 9), "why")
    closed = replace(TOLD, hold=hold, closed_at=at("2025-06-20T10:00"), close_reason="migrated")
    after, told = play(closed, "2025-07-02T10:00", "2025-07-09T12:00")
    assert told == [("07-09 07:00", "-14d")]
    assert after.is_open


def test_hand_over_waits_for_the_snooze_and_the_new_owner_hears_first() -> None:
    eve = make_owner(team="shop", people=("eve@example.com",))
    during, after = at("2025-07-03T10:00"), at("2025-07-04T07:00")
    campaign = replace(TOLD, hold=SNOOZED)
    assert isinstance(decide(campaign, Case(steady(during), eve, during), DEFAULT_POLICY), Wait)
    decision = decide(campaign, Case(steady(after), eve, after), DEFAULT_POLICY)
    assert isinstance(decision, HandOver)
    assert [(telling.audiences, type(telling.cause)) for telling in decision.tellings] == [(("owner",), NewOwner)]


# --- acknowledged, and kept open --------------------------------------------------------------------------------------


def test_acknowledged_step_is_not_repeated_for_five_business_days() -> None:
    after_the_end = make_campaign(*DOWN_TO_0)
    told_on_tuesday, _ = play(after_the_end, "2025-07-15T07:00", "2025-07-15T07:00")
    now = at("2025-07-15T10:00")
    acknowledged = perform(Acknowledge(ADA), told_on_tuesday, Case(steady(now), OWNER, now), DEFAULT_POLICY)
    assert isinstance(acknowledged, Campaign)
    _, told = play(acknowledged, "2025-07-15T10:00", "2025-07-23T12:00")
    assert told == [("07-22 07:00", "+1d"), ("07-23 07:00", "+1d")]


def test_next_step_comes_in_spite_of_the_acknowledgement() -> None:
    now = at("2025-07-04T10:00")
    acknowledged = perform(Acknowledge(ADA), TOLD, Case(steady(now), OWNER, now), DEFAULT_POLICY)
    assert isinstance(acknowledged, Campaign)
    _, told = play(acknowledged, "2025-07-04T10:00", "2025-07-08T00:00")
    assert told == [("07-07 07:00", "-7d")]


def test_acknowledgement_is_of_one_step_and_not_of_the_repeats_of_the_next() -> None:
    policy = policy_from_json(
        {
            "name": "nagging",
            "steps": [
                {"at": "-14d", "tell": ["owner"], "repeat": "1d"},
                {"at": "-7d", "tell": ["owner"], "repeat": "1d"},
            ],
        }
    )
    now = at("2025-07-04T10:00")
    campaign = make_campaign(policy=policy)
    campaign, _ = play(campaign, "2025-07-04T08:00", "2025-07-04T08:00")
    acknowledged = perform(Acknowledge(ADA), campaign, Case(steady(now), OWNER, now), policy)
    assert isinstance(acknowledged, Campaign)
    _, told = play(acknowledged, "2025-07-04T10:00", "2025-07-08T12:00")
    assert told == [("07-07 07:00", "-7d"), ("07-08 07:00", "-7d")]


def test_silence_does_not_close_what_is_kept_open_before_the_shutdown() -> None:
    kept = replace(TOLD, kept_open=KeptOpen(ADA, at("2025-07-02T10:00")))
    silent = until("2025-06-20T10:00")
    after, told = play(kept, "2025-07-02T10:00", "2025-07-13T23:00", silent)
    assert (after.is_open, [step for _, step in told]) == (True, ["-7d", "-3d", "-1d"])
    decision = decide(after, Case(silent(at("2025-07-14T00:00")), OWNER, at("2025-07-14T00:00")), DEFAULT_POLICY)
    assert isinstance(decision, Close)
