"""What a notice notes for later: its day, what it waited for, and who is held back."""

from dataclasses import replace
from datetime import date

import pytest

from service.core.calendar import Calendar, Freeze
from service.core.catalog.lifecycle import Standing
from service.core.escalation.delay import in_words
from service.core.escalation.hold import Snoozed
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.notification import News, Notice
from tests.builders import make_deprecation, make_owner
from tests.explained import Played, at, of, said

BERLIN = make_owner().calendar.zone


def notice_of(played: Played, now: str) -> Notice:
    facts = played.decides(now)[0].facts
    assert isinstance(facts, Notice)
    return facts


def why_later(notice: Notice) -> tuple[str, ...]:
    return tuple(map(in_words, notice.delays))


@pytest.mark.parametrize(
    ("calendar", "first_at", "now", "planned_on", "delays"),
    [
        pytest.param(Calendar(BERLIN), None, "2025-06-30T07:00", date(2025, 6, 30), (), id="on its day"),
        pytest.param(
            Calendar(BERLIN),
            None,
            "2025-06-16T07:00",
            date(2025, 6, 14),
            ("Sat 14 Jun 2025 is no working day",),
            id="its day is a Saturday",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE", freezes=(Freeze(date(2025, 7, 1), date(2025, 7, 20), "sale"),)),
            None,
            "2025-05-02T07:00",
            date(2025, 5, 2),
            ("counted from Tue 1 Jul 2025, when changes are frozen up to the shutdown (sale)",),
            id="a freeze reaches up to the shutdown",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE", freezes=(Freeze(date(2025, 7, 10), date(2025, 7, 20), "sale"),)),
            None,
            "2025-06-10T07:00",
            date(2025, 6, 10),
            ("counted from Thu 10 Jul 2025, when changes are frozen up to the shutdown (sale)",),
            id="the day after Whit Monday",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE"),
            "2025-06-09T10:00",
            "2025-06-10T07:00",
            date(2025, 5, 15),
            (
                "the first call on record is of Mon 9 Jun 2025, 10:00 UTC",
                "Mon 9 Jun 2025 is a public holiday (DE)",
            ),
            id="first called on Whit Monday",
        ),
        pytest.param(
            Calendar(BERLIN),
            None,
            "2025-07-01T20:00",
            date(2025, 6, 30),
            (
                "it was due on Mon 30 Jun 2025, 07:00 UTC, and was looked at only on Tue 1 Jul 2025, 20:00 UTC",
                "Tue 1 Jul 2025, 20:00 UTC is outside of the owner's working hours, 09:00 to 18:00 in Europe/Berlin, "
                "so it goes out on Wed 2 Jul 2025, 07:00 UTC",
            ),
            id="lastcall was away",
        ),
    ],
)
def test_notice_notes_its_day_and_what_it_waited_for(
    calendar: Calendar, first_at: str | None, now: str, planned_on: date, delays: tuple[str, ...]
) -> None:
    given = {"first_at": at(first_at), "since": at(first_at).date()} if first_at else {}
    notice = notice_of(Played(owner=make_owner(calendar=calendar), given=given), now)
    assert (notice.planned_on, why_later(notice)) == (planned_on, delays)


def test_step_that_an_earlier_day_made_due_blames_the_day() -> None:
    played = Played()
    for now in ("2025-04-14T07:00", "2025-05-15T07:00"):
        played.decides(now)
    played.given = {"deprecation": make_deprecation(shutdown_on=date(2025, 6, 13))}
    _, told = (
        record.facts for record in played.decides("2025-06-02T07:00") if record.destination == "user:ada@example.com"
    )
    assert isinstance(told, Notice)
    assert (told.cause.step.name, told.missed.steps) == ("-14d", ("-30d",))
    assert (told.missed.moved_on, why_later(told)) == (
        date(2025, 6, 2),
        ("the day of the shutdown was set only on Mon 2 Jun 2025",),
    )


def test_step_that_a_confirmation_made_due_blames_the_report() -> None:
    above = (Step(parse_offset(one), ("director",)) for one in ("-30d", "-14d"))
    own = Policy("own", (Step(parse_offset("announced"), ("owner",)), *above))
    played = Played(policy=own, given={"deprecation": make_deprecation(standing="reported")})
    assert len(played.decides("2025-04-14T07:00")) == 1
    assert played.decides("2025-07-01T07:00") == []
    played.given = {}
    confirmed, told = (record.facts for record in played.decides("2025-07-01T07:00"))
    assert isinstance(confirmed, News)
    assert isinstance(told, Notice)
    assert (told.cause.step.name, told.missed.steps, told.recipients.held) == ("-14d", ("-30d",), ("director",))
    assert (told.missed.moved_on, told.missed.reported_until) == (None, date(2025, 7, 1))
    assert why_later(told) == ("the end was only reported until Tue 1 Jul 2025",)


def test_repeat_is_explained_by_its_own_day() -> None:
    """-30d is Saturday 14 June; the Saturday of a week later comes on Monday the 23rd."""
    policy = Policy("weekly", (Step(parse_offset("-30d"), ("owner",), 7),))
    played = Played(policy=policy)
    assert why_later(notice_of(played, "2025-06-16T07:00")) == ("Sat 14 Jun 2025 is no working day",)
    assert why_later(notice_of(played, "2025-06-23T07:00")) == ("Sat 21 Jun 2025 is no working day",)


def test_those_held_back_waited_for_the_owner_of_now() -> None:
    played = Played()
    for now in ("2025-04-14T07:00", "2025-05-15T07:00", "2025-06-16T07:00"):
        played.decides(now)
    assert played.campaign
    played.campaign = replace(played.campaign, owner_told_at=None)
    assert notice_of(played, "2025-06-30T07:00").recipients.held == ("manager",)
    played.owner = make_owner(people=("cy@example.com",))
    played.decides("2025-07-01T07:00")
    told = notice_of(played, "2025-07-02T07:00")
    assert why_later(told) == ("held back until the owner, told on Tue 1 Jul 2025, had a business day",)


@pytest.mark.parametrize(
    ("standing", "who"),
    [
        pytest.param("provider", "the provider announced it", id="by the provider"),
        pytest.param("reported", "it was reported", id="by others"),
    ],
)
def test_step_that_waited_for_the_announcement_says_who_made_it(standing: Standing, who: str) -> None:
    deprecation = make_deprecation(announced=date(2025, 6, 18), standing=standing)
    by_days = Policy("by days", DEFAULT_POLICY.steps[1:])
    told = notice_of(Played(given={"deprecation": deprecation}, policy=by_days), "2025-06-18T07:00")
    assert why_later(told)[0] == f"{who} only on Wed 18 Jun 2025"


def test_step_that_waited_for_a_snooze_says_so() -> None:
    played = Played()
    played.decides("2025-06-16T07:00")
    assert played.campaign is not None
    played.campaign = replace(played.campaign, hold=Snoozed("ada", at("2025-06-27T10:00"), date(2025, 7, 2)))
    assert why_later(notice_of(played, "2025-07-02T07:00")) == ("snoozed by ada until Wed 2 Jul 2025",)


def test_notice_notes_who_is_held_back_and_who_stands_in() -> None:
    notice = notice_of(Played(owner=make_owner(people=(), rule="owners[3]")), "2025-07-03T08:00")
    assert notice.recipients.held == ("manager",)
    assert notice.recipients.substitutes == (("owner", "team"),)
    assert notice.owner.rule == "owners[3]"


def test_day_of_what_was_missed_is_the_ladders_and_no_common_calendars() -> None:
    """Counted from the freeze the step fell on 2 May, when the service did not call yet."""
    frozen = Calendar(BERLIN, freezes=(Freeze(date(2025, 7, 1), date(2025, 7, 20), "sale"),))
    given = {"first_at": at("2025-05-10T10:00"), "since": date(2025, 5, 10)}
    notice = notice_of(Played(owner=make_owner(calendar=frozen), given=given), "2025-06-02T07:00")
    assert (notice.cause.step.name, notice.missed.steps, notice.missed.last_due) == (
        "-30d",
        ("announced", "-60d"),
        date(2025, 5, 2),
    )
    (late,) = (one for one in said(of(notice), "why now") if one.startswith("Not sent before"))
    assert late.endswith("because the first call was seen only on Sat 10 May 2025.")


def test_step_of_a_day_off_was_not_missed_where_a_higher_one_comes_on_the_next_working_day() -> None:
    """Nine days before is a Saturday, seven days before the Monday after it."""
    steps = tuple(Step(parse_offset(name), ("owner",)) for name in ("-30d", "-9d", "-7d"))
    played = Played(policy=Policy("close", steps))
    played.decides("2025-06-16T07:00")
    assert notice_of(played, "2025-07-07T07:00").missed.steps == ()


def test_late_by_a_day_off_and_another_day_was_missed() -> None:
    steps = tuple(Step(parse_offset(name), ("owner",)) for name in ("-30d", "-9d", "-6d"))
    played = Played(policy=Policy("close", steps))
    played.decides("2025-06-16T07:00")
    notice = notice_of(played, "2025-07-08T07:00")
    assert (notice.missed.steps, notice.missed.last_due) == (("-9d",), date(2025, 7, 5))
