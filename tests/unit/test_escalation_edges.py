"""Days on which two rules meet, told as small histories under the eyes of all laws."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.core.calendar import Calendar, Freeze
from service.core.escalation.act import Commit, Snooze, Waive
from service.core.escalation.cause import HeldBack, NewOwner, Relapse, key_of
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.escalation.schedule import upcoming
from tests.builders import make_owner
from tests.escalation_story import Story, at
from tests.escalation_world import HOUR, Rhythm

ADA = "ada@example.com"


def test_morning_that_the_clock_leaves_out_comes_as_much_later() -> None:
    calendar = Calendar(ZoneInfo("America/New_York"), work_starts=time(2, 30), workdays=frozenset(range(7)))
    story = Story(start=at("02-20"), shutdown_on=date(2025, 3, 16), calendar=calendar).until(at("03-08"))
    assert story.until(at("03-10")).steps == [("03-09 07:30", "-7d")]  # 3:30 by the new time; there was no 2:30


def test_snooze_until_the_day_of_the_shutdown_ends_as_that_begins() -> None:
    story = Story().until(at("07-13", "10:00"))
    story.act(Snooze(ADA, date(2025, 7, 14)))
    story.until(at("07-14", "12:00"))
    assert story.steps == [("07-14 07:00", "0d"), ("07-14 12:00", "+0d while failing")]


def test_waiver_past_the_shutdown_ends_in_one_message() -> None:
    story = Story().until(at("06-16"))
    story.act(Waive(ADA, date(2025, 8, 1), "the vendor extends the contract"))
    assert story.until(at("08-01", "06:59")).steps == []
    assert story.until(at("08-01", "07:00")).steps == [("08-01 07:00", "+0d while failing")]
    assert {"owner", "manager", "incident"} <= set(story.told[0][1].audiences)


def test_promise_for_the_day_of_the_shutdown_does_not_outlive_it() -> None:
    story = Story().until(at("07-14", "00:00") - HOUR)
    story.act(Commit(ADA, date(2025, 7, 14)))
    story.until(at("07-14", "12:00"))
    assert story.steps == [("07-14 07:00", "0d"), ("07-14 12:00", "+0d while failing")]


def test_promise_for_the_day_of_the_shutdown_is_judged_on_the_next_morning() -> None:
    """The calls come at 1:00 in Berlin, and the policy has no step that would wake anybody."""
    story = Story(calls_at=23 * HOUR)
    story.world.policy = Policy("announcement only", DEFAULT_POLICY.steps[:1])
    story.until(at("07-13", "10:00"))
    story.act(Commit(ADA, date(2025, 7, 14)))
    assert story.until(at("07-15", "12:00")).steps == [("07-15 07:00", "announced")]


def test_relapse_on_the_day_of_the_closing_is_told_that_day() -> None:
    story = Story().until(at("06-10", "12:00"))
    story.world.call(None)
    assert story.until(at("06-13", "12:00")).steps == [("06-13 12:00", "migrated")]
    story.world.calls.at = 15 * HOUR
    story.world.call(Rhythm())
    assert story.until(at("06-13", "23:00")).steps == [("06-13 15:00", "-60d")]
    assert isinstance(story.told[0][1].cause, Relapse)


def test_date_that_moves_to_the_past_is_told_with_one_notice() -> None:
    story = Story().until(at("06-16", "10:00"))
    story.world.plan_end(date(2025, 6, 1))
    assert story.until(at("06-16", "10:00")).steps == [("06-16 10:00", "date_moved"), ("06-16 10:00", "+1d")]


def test_freeze_over_the_shutdown_pulls_the_steps_forward_and_not_the_end() -> None:
    frozen = Freeze(date(2025, 7, 7), date(2025, 7, 20), "summer")
    story = Story(calendar=Calendar(ZoneInfo("Europe/Berlin"), freezes=(frozen,))).until(at("06-29"))
    story.until(at("07-14", "12:00"))
    assert story.steps == [
        ("06-30 07:00", "-7d"),
        ("07-04 07:00", "-3d"),
        ("07-06 07:00", "-1d"),
        ("07-14 07:00", "0d"),
        ("07-14 12:00", "+0d while failing"),
    ]


def test_owner_who_is_replaced_twice_in_a_day_leaves_two_first_notices() -> None:
    story = Story().until(at("06-16", "08:00"))
    for person in ("bob@example.com", "cy@example.com"):
        story.world.hand_over_to(make_owner(people=(person,)))
        story.until(story.world.now + HOUR)
        assert [telling.audiences for _, telling in story.told] == [("owner",)]
        assert story.told[0][1].to_new_owner
    story.world.hand_over_to(make_owner(people=("cy@example.com",)))
    assert story.until(story.world.now + timedelta(days=1)).steps == []


def test_owner_who_is_replaced_in_the_last_days_leaves_nobody_held_back() -> None:
    """Found on Thursday, four days before the end; lastcall was away when the last days began, and Cy took over."""
    story = Story(start=at("07-10", "11:00"))
    story.world.policy = Policy("-5d alone", (Step(parse_offset("-5d"), ("owner", "manager")),))
    assert [telling.held for _, telling in story.until(at("07-10", "13:00")).told] == [("manager",)]
    story.world.hand_over_to(make_owner(people=("cy@example.com",)))
    story.world.pass_to(at("07-11", "10:00"))
    story.until(at("07-11", "11:00"))
    assert [(one.audiences, type(one.cause)) for _, one in story.told] == [
        (("owner",), NewOwner),
        (("manager",), HeldBack),
    ]


def test_new_owner_hears_of_the_step_told_last_where_the_ladder_has_no_day_any_more() -> None:
    story = Story()
    story.world.policy = Policy("-30d alone", (Step(parse_offset("-30d"), ("owner",)),))
    story.until(at("06-17"))
    story.world.plan_end(None, "no_sooner_than")
    story.until(at("06-18"))
    story.world.hand_over_to(make_owner(people=("cy@example.com",)))
    assert story.until(at("06-18", "12:00")).steps == [("06-18 00:00", "-30d")]


def test_first_notice_before_a_long_holiday_goes_out_before_the_shutdown() -> None:
    golden_week = Calendar(ZoneInfo("Asia/Shanghai"), country="CN")  # 1 to 8 October 2025
    story = Story(start=at("09-30", "12:00"), shutdown_on=date(2025, 10, 6), calendar=golden_week)
    story.until(at("10-03", "01:00"))
    (_, notice), *_ = story.told
    assert notice.not_before == datetime(2025, 10, 3, 1, tzinfo=UTC)


def test_failure_before_the_shutdown_does_not_take_the_place_of_that_on_the_day() -> None:
    story = Story().until(at("07-11"))
    story.world.answer_with("failing")
    told = story.until(at("07-14", "12:00")).told
    failing = [(now, key_of(telling.cause)) for now, telling in told if telling.step == "+0d while failing"]
    assert failing == [
        (at("07-11", "12:00"), "step_due/+0d while failing/"),
        (at("07-14"), "fails_again/+0d while failing/2025-07-14"),
    ]


def test_repeat_counts_the_calls_of_whole_days_where_the_owner_is_a_day_ahead() -> None:
    """On Kiritimati 9:00 is 19:00 UTC of the day before; the calls come an hour later."""
    calendar = Calendar(ZoneInfo("Pacific/Kiritimati"))
    story = Story(calls_at=20 * HOUR, calendar=calendar).until(at("07-14", "18:00"))
    story.until(at("07-14", "21:00"))
    assert story.until(at("07-17", "00:00")).steps == [("07-15 19:00", "+1d"), ("07-16 19:00", "+1d")]


def weekly(*offsets: str) -> Policy:
    """The first step comes round each week; the others come once."""
    steps = [Step(parse_offset(offset), ("owner",), None if n else 7) for n, offset in enumerate(offsets)]
    return Policy("weekly", tuple(steps))


def next_of(story: Story) -> tuple[str, str] | None:
    """What a message of this moment says that comes next."""
    case, campaign = story.world.case(), story.world.campaign
    assert case
    assert campaign
    following = upcoming(campaign, case)
    return (f"{following.at:%m-%d %H:%M}", following.step.name) if following else None


def test_no_repeat_is_promised_once_a_later_step_has_taken_its_place() -> None:
    story = Story()
    story.world.policy = weekly("-30d", "-10d", "0d")
    story.until(at("07-05"))
    assert story.told[-1][1].step == "-10d"
    assert next_of(story) == ("07-14 07:00", "0d")
    story.until(at("07-15"))
    assert next_of(story) is None


def test_repeat_that_is_promised_comes_when_it_is_promised_after_a_broken_promise_as_well() -> None:
    story = Story()
    story.world.policy = weekly("-30d")
    story.until(at("06-24", "06:00"))
    story.act(Commit(ADA, date(2025, 6, 24)))
    assert story.until(at("06-25", "13:00")).steps == [("06-25 12:00", "-30d")]
    foreseen = next_of(story)
    assert foreseen == ("07-07 07:00", "-30d")
    assert story.until(at("07-07", "08:00")).steps == [foreseen]


def test_broken_promise_is_not_told_as_failing_calls_while_they_are_answered() -> None:
    story = Story()
    story.world.policy = Policy("failing alone", (Step(parse_offset("+0d while failing"), ("owner",)),))
    story.world.answer_with("failing")
    assert story.until(at("05-01")).steps == [("04-14 12:00", "+0d while failing")]
    story.world.answer_with("answered")
    story.until(at("05-05"))
    story.act(Commit(ADA, date(2025, 5, 6)))
    assert story.until(at("05-12")).steps == []


def once(*offsets: str) -> Policy:
    return Policy("once", tuple(Step(parse_offset(offset), ("owner",)) for offset in offsets))


def test_step_is_told_although_its_new_day_is_before_the_last_notification() -> None:
    story = Story()
    story.world.policy = once("-60d", "-30d")
    assert story.until(at("05-15", "08:00")).steps == [("05-15 07:00", "-60d")]
    story.world.plan_end(date(2025, 6, 10))  # -30d is 11 May
    assert story.until(at("05-15", "09:00")).steps == [("05-15 08:00", "date_moved"), ("05-15 08:00", "-30d")]


def test_step_is_told_although_it_comes_before_the_last_one_on_the_calendar_of_a_new_owner() -> None:
    """-10bd is 27 June where 4 July is a holiday, else 30 June; -16d is Sat 28 June."""
    story = Story(calendar=Calendar(ZoneInfo("America/New_York"), country="US"))
    story.world.policy = once("-16d", "-10bd")
    assert story.until(at("06-27", "14:00")).steps == [("06-27 13:00", "-10bd")]
    story.world.hand_over_to(make_owner(people=("cy@example.com",)))
    assert story.until(at("07-14")).steps == [("06-27 14:00", "-10bd"), ("06-30 07:00", "-16d")]


def test_date_that_moves_to_and_fro_is_told_each_time() -> None:
    story = Story().until(at("05-02", "08:00"))
    for day in (date(2025, 8, 14), date(2025, 7, 14), date(2025, 8, 14)):
        story.world.plan_end(day)
        assert story.until(story.world.now + HOUR).steps == [(f"{story.world.now - HOUR:%m-%d %H:%M}", "date_moved")]


def test_relapse_without_a_firm_day_is_told_at_the_step_that_was_sent_before_and_none_is_missed() -> None:
    story = Story()
    story.world.policy = once("-60d", "-30d")
    story.until(at("06-20"))
    story.world.call(None)
    story.until(at("06-28"))
    story.world.plan_end(date(2025, 7, 14), "no_sooner_than")
    story.until(at("06-28", "12:00"))
    story.world.call(Rhythm())
    story.until(at("07-01"))
    assert not [one for one in story.told if one[1].kind == "notice"]

    story.world.plan_end(date(2025, 7, 14))
    story.until(at("07-01", "12:00"))
    assert [(one.step, one.missed) for _, one in story.told if one.kind == "notice"] == [("-30d", ())]
