"""Ends that are only reported, and what comes of them, as small histories under the eyes of all laws.

Mon 30 Jun 2025 is 14 days before the shutdown. 9:00 in Berlin is 7:00 UTC; the calls of a day are made at 12:00 UTC.
"""

from datetime import date

import pytest

from service.core.catalog.lifecycle import Standing
from service.core.escalation.act import Snooze, safe_days
from service.core.escalation.cause import Confirmed
from service.core.escalation.policy import Policy, Step, parse_offset
from service.core.ownership import Audience
from tests.escalation_story import Story, at

ADA = "ada@example.com"
JULY_14, AUGUST_14 = date(2025, 7, 14), date(2025, 8, 14)


def step(at: str, *tell: Audience, repeat: int | None = None) -> Step:
    return Step(parse_offset(at), tell, repeat)


def reported(*steps: Step) -> Story:
    story = Story(standing="reported")
    story.world.policy = Policy("own", steps) if steps else story.world.policy
    return story


def told(story: Story) -> list[tuple[str, str, tuple[Audience, ...]]]:
    return [(f"{now:%m-%d %H:%M}", telling.step, telling.audiences) for now, telling in story.told]


def test_confirmation_is_told_to_the_owner_and_a_business_day_later_the_step_to_the_others() -> None:
    story = reported().until(at("07-01", "10:00"))
    story.world.say("provider")
    assert told(story.until(at("07-07", "06:00"))) == [
        ("07-01 10:00", "confirmed", ("owner",)),
        ("07-02 10:00", "-14d", ("manager",)),
    ]
    assert told(story.until(at("07-07", "08:00"))) == [("07-07 07:00", "-7d", ("owner", "team", "manager"))]


def test_confirmation_at_night_waits_for_working_hours() -> None:
    story = reported().until(at("07-01", "22:00"))
    story.world.say("provider")
    ((_, telling),) = story.until(at("07-01", "23:00")).told
    assert (telling.cause, telling.not_before) == (Confirmed(before=JULY_14, after=JULY_14), at("07-02", "07:00"))


def test_end_confirmed_for_another_day_is_told_once_with_both_days() -> None:
    story = reported().until(at("07-01", "10:00"))
    story.world.say("provider")
    story.world.plan_end(AUGUST_14)
    ((_, telling),) = story.until(at("07-02", "10:00")).told
    assert telling.cause == Confirmed(before=JULY_14, after=AUGUST_14)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("provider", "reported", id="only others report it from now on"),
        pytest.param("reported", "inferred", id="not the provider's word"),
        pytest.param("inferred", "provider", id="its steps were the policy's before"),
    ],
)
def test_other_change_of_standing_is_not_told(before: Standing, after: Standing) -> None:
    story = Story(standing=before).until(at("06-20"))
    story.world.say(after)
    assert told(story.until(at("06-30", "06:00"))) == []


def test_step_that_only_tells_those_above_has_its_turn_when_the_end_is_confirmed() -> None:
    story = reported(step("-30d", "owner"), step("-14d", "director")).until(at("07-01", "10:00"))
    story.world.say("provider")
    assert told(story.until(at("07-03"))) == [
        ("07-01 10:00", "confirmed", ("owner",)),
        ("07-01 10:00", "-14d", ("owner",)),
        ("07-02 10:00", "-14d", ("director",)),
    ]


def test_step_below_one_that_was_sent_is_not_told_when_the_end_is_confirmed() -> None:
    story = reported(step("-30d", "director"), step("-14d", "owner")).until(at("07-01", "10:00"))
    story.world.say("provider")
    assert told(story.until(at("07-10"))) == [("07-01 10:00", "confirmed", ("owner",))]


def test_step_repeats_once_the_end_is_confirmed() -> None:
    story = reported(step("-14d", "owner", repeat=2)).until(at("07-03", "10:00"))
    story.world.say("provider")
    assert told(story.until(at("07-06"))) == [
        ("07-03 10:00", "confirmed", ("owner",)),
        ("07-03 10:00", "-14d", ("owner",)),
        ("07-04 07:00", "-14d", ("owner",)),
    ]


def test_those_above_hear_at_once_when_calls_fail() -> None:
    story = reported(step("-14d", "owner", "director")).until(at("07-09", "10:00"))
    story.world.answer_with("failing")
    assert told(story.until(at("07-10"))) == [("07-09 12:00", "-14d", ("director",))]


def test_those_who_wait_for_the_owner_are_not_told_of_what_is_only_reported_now() -> None:
    story = Story(start=at("07-01", "10:00"))
    story.world.answer_after_the_end = "answered"
    assert told(story.until(at("07-01", "13:00"))) == [("07-01 12:00", "-14d", ("owner", "team"))]
    story.world.say("reported")
    assert {who for _, _, who in told(story.until(at("07-20")))} == {("owner", "team")}


def test_those_held_when_only_a_report_was_left_hear_after_the_confirmation() -> None:
    story = Story(start=at("07-01", "10:00"))
    story.world.policy = Policy("own", (step("-30d", "owner"), step("-14d", "director")))
    assert told(story.until(at("07-01", "13:00"))) == [("07-01 12:00", "-14d", ("owner",))]
    story.world.say("reported")
    assert told(story.until(at("07-03", "13:00"))) == []
    story.world.say("provider")
    assert told(story.until(at("07-06"))) == [
        ("07-03 13:00", "confirmed", ("owner",)),
        ("07-04 13:00", "-14d", ("director",)),
    ]


def test_step_for_those_above_is_armed_again_though_its_new_day_was_only_reported_first() -> None:
    story = Story()
    story.world.policy = Policy("own", (step("-30d", "owner"), step("-14d", "director")))
    assert told(story.until(at("07-02", "10:00")))[-1] == ("06-30 07:00", "-14d", ("director",))
    story.world.plan_end(AUGUST_14)
    story.world.say("reported")
    story.until(at("07-03", "10:00"))
    story.world.say("provider")
    assert ("07-31 07:00", "-14d", ("director",)) in told(story.until(at("08-01")))


def test_confirmation_ends_a_snooze_that_was_safe_for_the_report() -> None:
    story = reported(step("-30d", "owner"), step("-14d", "director"), step("-7d", "owner")).until(at("06-20", "10:00"))
    case = story.world.case()
    assert case
    story.act(Snooze(ADA, safe_days(story.world.campaign, case, story.world.policy)[-1]))
    story.world.say("provider")
    assert told(story.until(at("07-01", "07:00"))) == [
        ("06-20 10:00", "confirmed", ("owner",)),
        ("06-30 07:00", "-14d", ("director", "owner")),
    ]


def test_no_day_is_safe_to_snooze_until_before_the_confirmation_is_told() -> None:
    story = reported().until(at("06-20", "10:00"))
    story.world.say("provider")
    case = story.world.case()
    assert case
    assert safe_days(story.world.campaign, case, story.world.policy) == ()
