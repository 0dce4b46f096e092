"""What people may do about a campaign, and what is refused. The owner is in Berlin, the shutdown on Monday 14 July."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from service.core.calendar import Calendar, Freeze
from service.core.escalation.act import (
    Acknowledge,
    Act,
    Commit,
    Refused,
    Reopen,
    Snooze,
    Waive,
    perform,
    safe_days,
)
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import Acknowledged, Hold, KeptOpen, Promise, Snoozed, Waived
from service.core.escalation.holding import active_hold, asked_in_words
from service.core.escalation.policy import DEFAULT_POLICY
from tests.builders import make_broken_promise, make_campaign, make_deprecation, make_exposure, make_owner

ADA, BOB = "ada@example.com", "bob@example.com"
DOWN_TO_14 = ("announced", "-60d", "-30d", "-14d")
BERLIN = make_owner().calendar.zone
HOLIDAYS = Calendar(BERLIN, country="DE", region="BE")
FREEZE = Calendar(BERLIN, freezes=(Freeze(date(2025, 7, 7), date(2025, 7, 20), "summer"),))
NOT_BEFORE = make_deprecation(precision="no_sooner_than")
JULY_2 = "2025-07-02T10:00"
"""A Wednesday. The next step is -7d, on Monday 7 July."""
TOLD = make_campaign(*DOWN_TO_14)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def case_at(now: str, calendar: Calendar | None = None, **given: object) -> Case:
    """Called each day, for the last time an hour ago."""
    moment = at(now)
    last = moment - timedelta(hours=1)
    exposure = make_exposure(**({"until": last.date(), "last_at": last} | given))
    return Case(exposure, make_owner(**({"calendar": calendar} if calendar else {})), moment)


def done(act: Act, campaign: Campaign | None, case: Case) -> Campaign:
    after = perform(act, campaign, case, DEFAULT_POLICY)
    assert not isinstance(after, Refused), after
    return after


def refused(act: Act, campaign: Campaign | None, case: Case) -> Refused:
    after = perform(act, campaign, case, DEFAULT_POLICY)
    assert isinstance(after, Refused), after
    return after


# --- what an act leaves -----------------------------------------------------------------------------------------------


def test_acknowledgement_is_of_the_step_told_last_and_lasts_five_business_days() -> None:
    after = done(Acknowledge(ADA), TOLD, case_at(JULY_2))
    assert after.acknowledged == Acknowledged(ADA, at(JULY_2), "-14d", until=at("2025-07-09T07:00"))


def test_a_holiday_is_not_one_of_the_five_business_days() -> None:
    on_tuesday = case_at("2025-05-27T10:00", HOLIDAYS)  # Ascension is on Thursday 29 May
    acknowledged = done(Acknowledge(ADA), make_campaign("announced"), on_tuesday).acknowledged
    assert acknowledged is not None
    assert acknowledged.until == at("2025-06-04T07:00")


@pytest.mark.parametrize(
    ("act", "hold", "said"),
    [
        pytest.param(
            Snooze(ADA, date(2025, 7, 4)),
            Snoozed(ADA, at(JULY_2), date(2025, 7, 4)),
            "snoozed by ada@example.com until Fri 4 Jul 2025",
            id="snooze",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 9)),
            Promise(ADA, at(JULY_2), date(2025, 7, 9), at("2025-07-05T07:00")),
            "ada@example.com has promised to be done by Wed 9 Jul 2025",
            id="commit",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 2)),
            Promise(ADA, at(JULY_2), date(2025, 7, 2), at("2025-07-03T07:00")),
            "ada@example.com has promised to be done by Wed 2 Jul 2025",
            id="commit to this very day",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 14)),
            Promise(ADA, at(JULY_2), date(2025, 7, 14), at("2025-07-08T07:00")),
            "ada@example.com has promised to be done by Mon 14 Jul 2025",
            id="commit up to the shutdown",
        ),
        pytest.param(
            Waive(ADA, date(2025, 9, 1), "  paid by\nthe \u202evendor\x00 "),
            Waived(ADA, at(JULY_2), date(2025, 9, 1), "paid by the vendor"),
            "waived by ada@example.com until Mon 1 Sep 2025: paid by the vendor",
            id="waive past the shutdown, on one line, with nothing unseen in it",
        ),
    ],
)
def test_what_is_asked_is_in_force_at_once(act: Act, hold: Hold | Promise, said: str) -> None:
    after = done(act, TOLD, case_at(JULY_2))
    assert after.in_force == hold
    assert replace(after, hold=None, promise=None) == TOLD
    assert asked_in_words(after, case_at(JULY_2)) == said


def test_what_is_asked_last_takes_the_place_of_what_was_asked_before() -> None:
    snoozed = done(Snooze(ADA, date(2025, 7, 4)), TOLD, case_at(JULY_2))
    waived = done(Waive(BOB, date(2025, 9, 1), "frozen product"), snoozed, case_at(JULY_2))
    assert waived.hold == Waived(BOB, at(JULY_2), date(2025, 9, 1), "frozen product")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Acknowledge(ADA), id="acknowledge"),
        pytest.param(Snooze(ADA, date(2025, 7, 4)), id="snooze"),
        pytest.param(Commit(ADA, date(2025, 7, 9)), id="commit"),
        pytest.param(Waive(ADA, date(2025, 9, 1), "why"), id="waive"),
    ],
)
def test_asking_twice_changes_nothing_the_second_time(act: Act) -> None:
    once = done(act, TOLD, case_at(JULY_2))
    assert perform(act, once, case_at("2025-07-02T10:05"), DEFAULT_POLICY) == once


def test_promise_can_come_before_any_notice() -> None:
    opened = done(Commit(ADA, date(2025, 7, 9)), None, case_at(JULY_2))
    assert (opened.opened_at, opened.deadline, opened.done) == (at(JULY_2), date(2025, 7, 14), ())
    assert opened.policy == DEFAULT_POLICY


# --- which days are safe ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "calendar", "told", "safe"),
    [
        pytest.param(JULY_2, None, DOWN_TO_14, ["07-03", "07-04", "07-07"], id="up to the next step's day"),
        pytest.param("2025-07-04T20:00", None, DOWN_TO_14, ["07-07"], id="late on Friday: until Monday's step"),
        pytest.param("2025-07-03T22:30", None, DOWN_TO_14, ["07-07"], id="it is Friday already in Berlin"),
        pytest.param(
            "2025-06-04T08:00", HOLIDAYS, ("announced", "-60d"),
            ["06-05", "06-06", "06-10", "06-11", "06-12", "06-13", "06-16"],
            id="not Whit Monday; the step of a Saturday comes on Monday",
        ),
        pytest.param(JULY_2, FREEZE, (*DOWN_TO_14, "-7d"), ["07-03", "07-04"], id="-3d is 3 days before the freeze"),
        pytest.param("2025-07-11T10:00", None, (*DOWN_TO_14, "-7d", "-3d"), [], id="-1d is on a Sunday"),
        pytest.param("2025-07-14T10:00", None, (*DOWN_TO_14, "-7d", "-3d", "-1d", "0d"), [], id="the shutdown"),
        pytest.param("2025-07-07T08:00", None, DOWN_TO_14, [], id="a step is due at this moment"),
        pytest.param("2025-07-07T06:59", None, DOWN_TO_14, [], id="a step is due today"),
    ],
)  # fmt: skip
def test_snooze_offers_safe_days_only(now: str, calendar: Calendar | None, told: list[str], safe: list[str]) -> None:
    case = case_at(now, calendar)
    days = safe_days(make_campaign(*told, frozen_from=case.frozen_from), case, DEFAULT_POLICY)
    assert [f"{day:%m-%d}" for day in days] == safe


def test_no_day_is_safe_while_the_plan_is_older_than_a_freeze() -> None:
    assert safe_days(TOLD, case_at("2025-07-01T10:00", FREEZE), DEFAULT_POLICY) == ()


def test_without_a_firm_shutdown_a_month_of_business_days_is_safe() -> None:
    campaign = make_campaign("announced", deadline=None)
    days = safe_days(campaign, case_at(JULY_2, deprecation=NOT_BEFORE), DEFAULT_POLICY)
    assert (days[0], days[-1], len(days)) == (date(2025, 7, 3), date(2025, 8, 1), 22)


def test_no_day_is_safe_before_the_first_notice_while_that_is_due() -> None:
    assert safe_days(None, case_at(JULY_2), DEFAULT_POLICY) == ()


def test_no_day_is_safe_until_the_owner_has_heard_that_the_shutdown_moved_earlier() -> None:
    planned_for_august = make_campaign(*DOWN_TO_14, deadline=date(2025, 8, 14))
    assert safe_days(planned_for_august, case_at(JULY_2), DEFAULT_POLICY) == ()


# --- what is refused --------------------------------------------------------------------------------------------------

CLOSED = replace(TOLD, closed_at=at("2025-07-01T08:00"), close_reason="migrated")
ALL_TOLD = make_campaign(*DOWN_TO_14, "-7d", "-3d", "-1d", "0d")


@pytest.mark.parametrize(
    ("act", "campaign", "case", "kind", "said"),
    [
        pytest.param(
            Acknowledge(ADA), None, case_at(JULY_2), "not_now", "no step of the current plan has been sent yet",
            id="ack of nothing",
        ),
        pytest.param(
            Acknowledge(ADA), make_campaign(), case_at(JULY_2), "not_now",
            "no step of the current plan has been sent yet",
            id="ack of a promise that came before any notice",
        ),
        pytest.param(
            Snooze(ADA, date(2025, 7, 8)), TOLD, case_at(JULY_2), "not_now",
            "Tue 8 Jul 2025 is not safe to snooze until", id="snooze past the next step",
        ),
        pytest.param(
            Snooze(ADA, date(2025, 7, 5)), TOLD, case_at(JULY_2), "not_now",
            "Sat 5 Jul 2025 is not safe to snooze until", id="snooze until a Saturday",
        ),
        pytest.param(
            Snooze(ADA, date(2025, 7, 2)), TOLD, case_at(JULY_2), "not_now",
            "Wed 2 Jul 2025 is not safe to snooze until", id="snooze until today",
        ),
        pytest.param(
            Snooze(ADA, date(2025, 7, 15)), ALL_TOLD, case_at("2025-07-14T10:00"), "not_now",
            "no day is safe to snooze until", id="snooze past the shutdown",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 1)), TOLD, case_at(JULY_2), "wrong_input", "Tue 1 Jul 2025 is past",
            id="promise a day that is past",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 15)), TOLD, case_at(JULY_2), "not_now", "Tue 15 Jul 2025 is after the shutdown",
            id="promise a day after the shutdown",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 14)), ALL_TOLD, case_at("2025-07-14T10:00"), "not_now",
            "the shutdown was on Mon 14 Jul 2025", id="promise on the day itself",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 14)), ALL_TOLD,
            case_at("2025-07-14T10:00", deprecation=make_deprecation(standing="reported")), "not_now",
            "the shutdown was reported for Mon 14 Jul 2025", id="promise on the reported day itself",
        ),
        pytest.param(
            Commit(ADA, date(2026, 7, 4)), make_campaign("announced", deadline=None),
            case_at(JULY_2, deprecation=NOT_BEFORE), "wrong_input", "Sat 4 Jul 2026 is too far away",
            id="promise a day in more than a year",
        ),
        pytest.param(
            Commit(ADA, date.max), make_campaign("announced", deadline=None),
            case_at(JULY_2, deprecation=NOT_BEFORE), "wrong_input", "Fri 31 Dec 9999 is too far away",
            id="promise the last day that there is",
        ),
        pytest.param(
            Waive(ADA, date(2025, 8, 1), " \n"), TOLD, case_at(JULY_2), "wrong_input", "a waiver needs a reason",
            id="waive without a reason",
        ),
        pytest.param(
            Waive(ADA, date(2025, 8, 1), "x" * 501), TOLD, case_at(JULY_2), "wrong_input",
            "the reason is longer than 500 characters", id="waive at length",
        ),
        pytest.param(
            Waive(ADA, date(2025, 8, 1), "until xoxb-1234567890-abcdef is gone"), TOLD, case_at(JULY_2), "wrong_input",
            "the reason contains a credential", id="waive with a token in the reason",
        ),
        pytest.param(
            Waive(ADA, date(2025, 7, 2), "why"), TOLD, case_at(JULY_2), "wrong_input",
            "Wed 2 Jul 2025 is not a possible end of a waiver", id="waive until today",
        ),
        pytest.param(
            Waive(ADA, date(2026, 7, 4), "why"), TOLD, case_at(JULY_2), "wrong_input",
            "Sat 4 Jul 2026 is not a possible end of a waiver", id="waive for more than a year",
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 9)), CLOSED, case_at(JULY_2), "not_now", "the campaign is closed", id="closed"
        ),
        pytest.param(
            Commit(ADA, date(2025, 7, 9)), TOLD,
            case_at(JULY_2, until=date(2025, 6, 20), last_at=at("2025-06-20T12:00")), "not_now",
            "the calls have ended", id="no call for longer than the quiet period",
        ),
        pytest.param(
            Waive(ADA, date(2025, 8, 1), "why"), None,
            case_at(JULY_2, until=date(2025, 6, 20), last_at=at("2025-06-20T12:00")), "not_now",
            "the calls have ended", id="no call for so long, and nobody was told",
        ),
        pytest.param(
            Waive(ADA, date(2025, 8, 1), "why"), TOLD,
            case_at(JULY_2, deprecation=make_deprecation(announced=None, shutdown_on=None, precision="unknown")),
            "not_now", "the model is not deprecated", id="not deprecated any more",
        ),
        pytest.param(Reopen(ADA), None, case_at(JULY_2), "not_now", "there is no campaign yet", id="reopen nothing"),
        pytest.param(
            Reopen(ADA), TOLD, case_at(JULY_2), "not_now", "nothing is in force that could be withdrawn",
            id="reopen what is open",
        ),
        pytest.param(
            Reopen(ADA), replace(TOLD, hold=Snoozed(ADA, at("2025-06-25T08:00"), date(2025, 6, 30))), case_at(JULY_2),
            "not_now", "nothing is in force that could be withdrawn", id="take back a snooze that is over",
        ),
        pytest.param(
            Reopen(ADA), replace(ALL_TOLD, closed_at=at("2025-07-20T08:00"), close_reason="migrated"),
            case_at("2025-07-21T08:00", until=date(2025, 7, 14), last_at=at("2025-07-14T01:00")), "not_now",
            "the shutdown is past, and the calls have ended", id="reopen after the end",
        ),
    ],
)  # fmt: skip
def test_refused_says_why_and_what_to_do_instead(
    act: Act, campaign: Campaign | None, case: Case, kind: str, said: str
) -> None:
    refusal = refused(act, campaign, case)
    assert (refusal.reason, refusal.kind) == (said, kind)
    assert refusal.remedy


def test_snooze_that_is_refused_names_the_days_that_are_safe() -> None:
    refusal = refused(Snooze(ADA, date(2025, 7, 8)), TOLD, case_at(JULY_2))
    assert refusal.remedy == "choose a business day: Thu 3 Jul 2025 to Mon 7 Jul 2025"


def test_promise_after_the_shutdown_is_offered_the_last_day() -> None:
    refusal = refused(Commit(ADA, date(2025, 7, 15)), TOLD, case_at(JULY_2))
    assert refusal.remedy == "promise a day up to Mon 14 Jul 2025, or waive"


# --- taking back, and opening again -----------------------------------------------------------------------------------


def test_reopen_takes_back_all_that_is_in_force() -> None:
    asked = done(Snooze(ADA, date(2025, 7, 4)), done(Acknowledge(ADA), TOLD, case_at(JULY_2)), case_at(JULY_2))
    assert done(Reopen(BOB), asked, case_at(JULY_2)) == TOLD


def test_promise_that_is_not_believed_can_be_taken_back() -> None:
    promised = replace(TOLD, promise=Promise(ADA, at("2025-06-16T08:00"), date(2025, 7, 4)))
    assert asked_in_words(promised, case_at(JULY_2)) == (
        "ada@example.com has promised to be done by Fri 4 Jul 2025, but at this pace the calls go on"
    )
    assert done(Reopen(BOB), promised, case_at(JULY_2)).in_force is None


def test_closed_campaign_is_open_again_and_kept_open() -> None:
    silent = case_at(JULY_2, until=date(2025, 6, 25), last_at=at("2025-06-25T12:00"))
    after = done(Reopen(ADA), CLOSED, silent)
    assert after == replace(
        CLOSED, closed_at=None, close_reason=None, reopened_at=at(JULY_2), kept_open=KeptOpen(ADA, at(JULY_2))
    )
    assert asked_in_words(after, silent) == "kept open by ada@example.com on Wed 2 Jul 2025, whether or not it calls"


def test_what_is_kept_open_can_be_waived_while_it_is_silent() -> None:
    silent = case_at(JULY_2, until=date(2025, 6, 25), last_at=at("2025-06-25T12:00"))
    kept = done(Reopen(ADA), CLOSED, silent)
    assert done(Waive(ADA, date(2025, 9, 1), "quarterly job"), kept, silent).hold is not None


def test_campaign_that_closed_under_a_waiver_is_reopened_without_it() -> None:
    waived = replace(CLOSED, hold=Waived(ADA, at("2025-06-01T08:00"), date(2025, 9, 1), "why"))
    assert done(Reopen(BOB), waived, case_at(JULY_2)).hold is None


# --- promises ---------------------------------------------------------------------------------------------------------


def test_moving_a_promise_buys_no_time() -> None:
    promised = done(Commit(ADA, date(2025, 7, 4)), TOLD, case_at(JULY_2))
    moved = done(Commit(BOB, date(2025, 7, 11)), promised, case_at("2025-07-03T10:00"))
    assert moved.promise is not None
    assert (moved.promise.by, moved.promise.at, moved.promise.on) == (BOB, at(JULY_2), date(2025, 7, 11))


def trusted(campaign: Campaign) -> datetime:
    assert campaign.promise is not None
    assert campaign.promise.trusted_until is not None
    return campaign.promise.trusted_until


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([], id="moved"),
        pytest.param([Reopen(ADA)], id="taken back, and made again"),
        pytest.param([Waive(ADA, date(2025, 9, 1), "why")], id="a waiver between"),
        pytest.param([Waive(ADA, date(2025, 9, 1), "why"), Reopen(ADA)], id="a waiver between, and taken back"),
        pytest.param([Snooze(BOB, date(2025, 7, 4))], id="a snooze between"),
        pytest.param([Commit(ADA, date(2025, 7, 5)), Commit(ADA, date(2025, 7, 11))], id="moved to and fro"),
    ],
)
def test_no_promise_of_an_opening_is_trusted_for_longer_than_the_first(between: list[Act]) -> None:
    """Made on 2 July for the 8th: trusted up to the 5th, whatever the calls do."""
    campaign = done(Commit(ADA, date(2025, 7, 8)), TOLD, case_at(JULY_2))
    assert trusted(campaign) == at("2025-07-05T07:00")
    for act in [*between, Commit(ADA, date(2025, 7, 14))]:
        campaign = done(act, campaign, case_at("2025-07-03T10:00"))
    assert trusted(campaign) <= at("2025-07-05T07:00")
    assert active_hold(campaign, case_at("2025-07-05T07:00")) is None


def test_promise_for_an_earlier_day_is_trusted_for_less_time() -> None:
    campaign = done(Commit(ADA, date(2025, 7, 14)), TOLD, case_at(JULY_2))
    earlier = done(Commit(ADA, date(2025, 7, 4)), campaign, case_at(JULY_2))
    assert trusted(earlier) == at("2025-07-03T07:00")


def test_promise_that_was_broken_stays_named_when_another_day_is_promised() -> None:
    broken = replace(TOLD, promise=make_broken_promise(date(2025, 6, 27)))
    assert done(Commit(ADA, date(2025, 7, 9)), broken, case_at(JULY_2)).promise_broken_on == date(2025, 6, 27)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Commit(ADA, date(2025, 7, 11)), id="another promise"),
        pytest.param(Waive(ADA, date(2025, 9, 1), "why"), id="a waiver"),
        pytest.param(Snooze(ADA, date(2025, 7, 7)), id="a snooze"),
    ],
)
def test_no_act_on_the_weekend_saves_a_promise_that_friday_broke(act: Act) -> None:
    promised = replace(TOLD, promise=Promise(ADA, at("2025-06-25T08:00"), date(2025, 7, 4)))
    on_saturday = case_at("2025-07-05T20:00")
    assert done(act, promised, on_saturday).promise_broken_on == date(2025, 7, 4)


def test_broken_promise_cannot_be_taken_back() -> None:
    promised = replace(TOLD, promise=Promise(ADA, at("2025-06-25T08:00"), date(2025, 7, 4)))
    assert refused(Reopen(ADA), promised, case_at("2025-07-05T20:00")).reason == (
        "nothing is in force that could be withdrawn"
    )


def test_what_is_kept_open_says_so_when_it_is_asked_to_open_again() -> None:
    kept = replace(TOLD, kept_open=KeptOpen(ADA, at(JULY_2)))
    answer = refused(Reopen(ADA), kept, case_at("2025-07-03T10:00"))
    assert answer.reason == "it is kept open by ada@example.com on Wed 2 Jul 2025, whether or not it calls"


def test_waiver_of_a_closed_campaign_can_be_prolonged_once_the_calls_are_back() -> None:
    until_august = Waived(ADA, at("2025-06-02T10:00"), date(2025, 8, 4), "why")
    closed = replace(TOLD, hold=until_august, closed_at=at("2025-06-20T10:00"), close_reason="migrated")
    longer = Waive(ADA, date(2025, 9, 1), "why")
    after = done(longer, closed, case_at(JULY_2))
    assert after.hold == structs.replace(until_august, until=date(2025, 9, 1))
    assert not after.is_open
    assert refused(longer, replace(closed, hold=None), case_at(JULY_2)).reason == "the campaign is closed"


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(Snooze(ADA, date(2025, 7, 4)), id="a snooze"),
        pytest.param(Waive(ADA, date(2025, 9, 1), "why"), id="a waiver"),
    ],
)
def test_promise_whose_place_another_act_takes_is_kept_in_mind_until_it_is_taken_back(act: Act) -> None:
    promised = replace(TOLD, promise=Promise(ADA, at("2025-06-25T08:00"), date(2025, 7, 3)))
    asked = done(act, promised, case_at(JULY_2))
    again = done(act, asked, case_at("2025-07-02T11:00"))
    assert again == asked
    assert isinstance(asked.in_force, Snoozed | Waived)
    assert asked.promised_on == date(2025, 7, 3)
    assert done(Reopen(ADA), asked, case_at("2025-07-02T11:00")).in_force is None
