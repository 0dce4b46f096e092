"""What a notice says about steps that were missed, and about those to come."""

from datetime import date

import pytest

from service.core.messages.render import render
from service.core.notification import Notice
from tests.builders import make_notice
from tests.message_text import TODAY, at, read


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"first_at": at("2025-06-16T08:00"), "steps": ("announced", "-60d"), "last_due": date(2025, 5, 15)},
            "Late: you were not told at the announcement or 60 days before the shutdown, "
            "because the first call was seen only on Mon 16 Jun 2025.",
            id="the caller is new",
        ),
        pytest.param(
            {"steps": ("-30d",), "moved_on": date(2025, 6, 20)},
            "Late: you were not told 30 days before the shutdown, "
            "because the day of the shutdown was set only on Fri 20 Jun 2025.",
            id="the day has moved",
        ),
        pytest.param(
            {"steps": ("-30d",), "reported_until": date(2025, 6, 20)},
            "Late: you were not told 30 days before the shutdown, "
            "because the end was only reported until Fri 20 Jun 2025.",
            id="the provider has confirmed it",
        ),
        pytest.param(
            {"announced": date(2025, 6, 17), "steps": ("-60d", "-30d"), "last_due": date(2025, 6, 14)},
            "Late: you were not told 60 or 30 days before the shutdown, "
            "because the provider announced it only on Tue 17 Jun 2025.",
            id="the provider gave short notice",
        ),
        pytest.param(
            {"steps": ("-60d", "-30d"), "last_due": date(2025, 6, 14)},
            "Late: you were not told 60 or 30 days before the shutdown, because lastcall did not send it in time.",
            id="it could have been told",
        ),
    ],
)
def test_late_notice_says_what_was_missed_and_why(given: dict[str, object], reason: str) -> None:
    assert reason in read(make_notice(**given)).splitlines()


def test_who_hears_next_is_said_in_advance() -> None:
    notice = make_notice(next_step="-14d", next_on=date(2025, 6, 30), next_audiences=("owner", "team", "manager"))
    assert (
        "If nothing changes, the owner, the team's channel and the manager are notified next on Mon 30 Jun 2025, "
        "14 days before the shutdown. Reminders end by themselves once the calls stop."
    ) in read(notice).splitlines()


@pytest.mark.parametrize(
    ("days", "rhythm"), [pytest.param(1, "each day", id="daily"), pytest.param(7, "every 7 days", id="weekly")]
)
def test_step_that_repeats_is_no_day_after_the_shutdown(days: int, rhythm: str) -> None:
    notice = make_notice(
        next_step="+1d", next_repeat_days=days, next_on=date(2025, 7, 21), next_audiences=("owner", "manager")
    )
    assert (
        "If nothing changes, the owner and the manager are notified next on Mon 21 Jul 2025, "
        f"and then {rhythm} while it is still called. Reminders end by themselves once the calls stop."
    ) in read(notice).splitlines()


def test_last_reminder_says_so() -> None:
    assert "No further reminder is planned." in read(make_notice()).splitlines()


def test_steps_that_waited_for_one_reader_are_one_notice_at_the_last() -> None:
    waited = [
        make_notice(step="-14d", steps=("-30d",), last_due=date(2025, 6, 14), calls_7d=1000, relapse=True),
        make_notice(step="-7d", calls_7d=1100),
        make_notice(step="-3d", calls_7d=1200),
        make_notice(step="-3d", service="mail", calls_7d=34),
    ]
    assert render(waited, page=None, now=TODAY).text.startswith(
        "2 services still call gpt-4.5-preview (OpenAI API), which shuts down in 42 days, on Mon 14 Jul 2025: "
        "1,234 calls in the last 7 days."
    )
    assert read(*waited).splitlines()[3:7] == [
        "2 services still call it. In the last 7 days:",
        "• search-api (production): 1,200 calls, 340 k tokens, last on Mon 2 Jun 2025 · calls again, had stopped",
        "      ◦ late: you were not told 30, 14 or 7 days before the shutdown, "
        "because lastcall did not send it in time",
        "• mail (production): 34 calls, 340 k tokens, last on Mon 2 Jun 2025",
    ]


def first_day(**given: object) -> Notice:
    """Heard of on 2 June, the day of its first notice; the calls are older."""
    late = {"steps": ("-60d",), "last_due": date(2025, 5, 15), "known_since": date(2025, 6, 2)}
    return make_notice(**(late | given))


def test_what_was_missed_before_lastcall_knew_of_it_is_told_as_such() -> None:
    assert (
        "Late: you were not told 60 days before the shutdown, "
        "because lastcall has known of it only since Mon 2 Jun 2025."
    ) in read(first_day()).splitlines()


def test_notices_that_waited_keep_the_days_that_their_ladder_had() -> None:
    """Counted from a freeze, 30 days before fell on 1 June, when lastcall did not know of it."""
    waited = [
        make_notice(step="-30d", planned_on=date(2025, 6, 1), known_since=date(2025, 6, 2)),
        make_notice(step="-14d", planned_on=date(2025, 6, 17), known_since=date(2025, 6, 2)),
    ]
    assert "because lastcall has known of it only since Mon 2 Jun 2025." in read(*waited)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(
            first_day(service="b", steps=("announced", "-60d"), last_due=date(2025, 5, 15)), id="of one model"
        ),
        pytest.param(first_day(service="b", model="o1-preview"), id="of two models"),
    ],
)
def test_why_a_first_message_is_late_is_said_once(second: Notice) -> None:
    text = read(first_day(), second)
    assert text.lower().count("late:") == 1
    assert (
        "Late: lastcall has known of these calls only since Mon 2 Jun 2025; what was due before was not told."
    ) in text.splitlines()


def test_other_reasons_to_be_late_stand_at_each() -> None:
    text = read(first_day(), first_day(service="b", known_since=date(2025, 3, 1)))
    assert text.count("late: you were not told") == 2


def test_step_that_came_round_again_was_not_missed() -> None:
    assert "Late" not in read(make_notice(step="+1d"), make_notice(step="+1d"))
