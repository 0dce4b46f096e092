"""What a message says about the end of a model, and how certain it is."""

from datetime import date
from typing import Any

import pytest

from service.core.escalation.cause import DateMoved, Migrated
from service.core.messages.render import render
from tests.builders import make_news, make_notice
from tests.message_text import TODAY, as_text, at, posted, read


@pytest.mark.parametrize(
    ("today", "given", "headline", "sentence"),
    [
        pytest.param(
            "2025-06-02",
            {},
            "🟡 gpt-4.5-preview shuts down in 42 days",
            "gpt-4.5-preview on OpenAI API shuts down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "Calls fail from then on.",
            id="a day on the provider's page",
        ),
        pytest.param(
            "2025-07-13",
            {},
            "🔴 gpt-4.5-preview shuts down tomorrow",
            "gpt-4.5-preview on OpenAI API shuts down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "Calls fail from then on.",
            id="the last day before",
        ),
        pytest.param(
            "2025-07-14",
            {},
            "🔴 gpt-4.5-preview shuts down today",
            "gpt-4.5-preview on OpenAI API shuts down today, Mon 14 Jul 2025, counted from 00:00 UTC: "
            "calls can fail at any moment.",
            id="day 0 is urgent and not past",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, and can fail at any moment.",
            id="past and answered",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue", "after_shutdown": "redirect"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, by another model if the provider did as it announced.",
            id="past and redirected",
        ),
        pytest.param(
            "2025-07-15",
            {"state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, yesterday. Calls to it now fail.",
            id="past and failing",
        ),
        pytest.param(
            "2025-06-24",
            {"standing": "inferred"},
            "🟠 gpt-4.5-preview is expected to shut down in 20 days",
            "gpt-4.5-preview on OpenAI API is expected to shut down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "The provider may still move it. Calls fail from then on.",
            id="an inferred day",
        ),
        pytest.param(
            "2025-05-22",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🟡 gpt-4.5-preview shuts down in July 2025",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day; "
            "lastcall counts from Tue 1 Jul 2025. Calls fail from then on.",
            id="only the month is known",
        ),
        pytest.param(
            "2025-07-10",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🔴 gpt-4.5-preview can shut down any day now",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day: it can be any day now.",
            id="within the only month that is known",
        ),
        pytest.param(
            "2025-07-06",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🔴 gpt-4.5-preview can shut down any day now",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day: it can be any day now.",
            id="answered within the only month that is known",
        ),
        pytest.param(
            "2025-07-06",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "gpt-4.5-preview on OpenAI API was to shut down in July 2025 (no day named). Calls to it now fail.",
            id="failing within the only month that is known",
        ),
        pytest.param(
            "2025-08-03",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down in July 2025 (no day named). "
            "Calls are still answered, and can fail at any moment.",
            id="answered after the only month that is known",
        ),
        pytest.param(
            "2025-07-17",
            {"standing": "inferred", "state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was expected to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, and can fail at any moment.",
            id="past an inferred day",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "no_sooner_than"},
            "⚪ gpt-4.5-preview is going away, day not set",
            "gpt-4.5-preview on OpenAI API is going away. "
            "The provider keeps it until Mon 14 Jul 2025 at least, and has set no day.",
            id="no sooner than is no deadline",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None},
            "⚪ gpt-4.5-preview is deprecated, day not set",
            "gpt-4.5-preview on OpenAI API is deprecated. The provider has set no day for its end.",
            id="no day at all",
        ),
    ],
)
def test_what_dies_when(today: str, given: dict[str, object], headline: str, sentence: str) -> None:
    lines = read(make_notice(**given), today=today).splitlines()
    assert lines[0] == headline
    assert lines[1] == sentence


def test_days_are_counted_to_when_the_message_goes_out() -> None:
    decided_seven_days_before = make_notice(step="-7d")
    lines = read(decided_seven_days_before, today="2025-07-14").splitlines()
    assert lines[0] == "🔴 gpt-4.5-preview shuts down today"
    lines = read(decided_seven_days_before, today="2025-07-16").splitlines()
    assert lines[0] == "🔴 gpt-4.5-preview is past its shutdown day and still answers"


@pytest.mark.parametrize("today", ["2025-06-02", "2025-07-19"])
def test_no_sooner_than_never_promises_an_end(today: str) -> None:
    message = render([make_notice(precision="no_sooner_than")], page=None, now=at(today))
    for promise in ("shuts down", "shut down", "breaks", "fail"):
        assert promise not in as_text(message) + message.text


def test_a_date_that_only_the_press_reports_is_said_to_be_unconfirmed() -> None:
    posted: dict[str, Any] = {"source": "https://dev.to/a-post", "standing": "reported"}
    named: dict[str, Any] = {
        "service": "search-api",
        "environment": "",
        "platform": "gemini-api",
        "model": "m",
    }
    moved = make_news(DateMoved(before=date(2025, 7, 14), after=date(2025, 7, 21)), **named, **posted)

    told = read(
        make_notice(
            **posted,
            steps=("-60d",),
            last_due=date(2025, 5, 15),
            first_at=at("2025-05-20"),
            announced=date(2025, 5, 20),
        )
    )

    gone = make_news(Migrated(at=TODAY, last_at=at("2025-06-01"), quiet_days=3), **named, standing="reported")

    assert "Reported by dev.to, not confirmed by the provider." in told
    assert "Announced" not in told
    assert "Reported shutdown: Mon 14 Jul 2025." in read(gone)
    assert "The reported shutdown of m on Gemini API moved from Mon 14 Jul 2025" in read(moved)
    assert "Reported by dev.to, not confirmed by the provider (https://dev.to/a-post)" in read(moved)
    assert "The provider" not in told + read(moved)


@pytest.mark.parametrize(
    ("today", "given", "headline", "sentence"),
    [
        pytest.param(
            "2025-07-11",
            {},
            "🟠 gpt-4.5-preview is reported to shut down in 3 days",
            "is reported to shut down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "If the report is right, calls fail from then on.",
            id="ahead",
        ),
        pytest.param(
            "2025-07-14",
            {"after_shutdown": "redirect"},
            "🟠 gpt-4.5-preview is reported to shut down today",
            "is reported to shut down today, Mon 14 Jul 2025, counted from 00:00 UTC: "
            "if the report is right, another model answers from now on.",
            id="today",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue", "after_shutdown": "unsupported_but_served"},
            "🟠 gpt-4.5-preview was reported to shut down, and still answers",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, without support if the report is right.",
            id="past and answered",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "redirected"},
            "🟠 gpt-4.5-preview is past the day of its reported shutdown, and another model answers",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. Another model answers in its place.",
            id="past and answered by another",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. Calls to it now fail.",
            id="the calls show it",
        ),
        pytest.param(
            "2025-05-22",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🟡 gpt-4.5-preview is reported to shut down in July 2025",
            "is reported to shut down in July 2025. No day is reported; lastcall counts from Tue 1 Jul 2025. "
            "If the report is right, calls fail from then on.",
            id="only the month is known",
        ),
        pytest.param(
            "2025-07-10",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🟠 gpt-4.5-preview is reported to shut down this month",
            "is reported to shut down in July 2025. No day is reported: it can be any day now.",
            id="within the only month that is known",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "no_sooner_than"},
            "⚪ gpt-4.5-preview is reported to go away, day not known",
            "is reported to go away, not before Mon 14 Jul 2025. No day for its end is reported.",
            id="no sooner than",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None},
            "⚪ gpt-4.5-preview is reported as deprecated, day not known",
            "is reported as deprecated. No day for its end is reported.",
            id="no day at all",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None, "state": "broken"},
            "🔴 gpt-4.5-preview fails already, and no day is reported for its end",
            "fails already, and no day is reported for its end: calls are told that it is gone. It can be a brownout, "
            "after which calls are answered again, or the end itself, come early.",
            id="fails and no day is known",
        ),
    ],
)
def test_a_reported_end_is_no_fact(today: str, given: dict[str, object], headline: str, sentence: str) -> None:
    notice = make_notice(**given, source="https://dev.to/a-post", standing="reported")
    message = render([notice], page=None, now=at(today))
    lines = as_text(message).splitlines()
    assert lines[0] == headline
    by = "Reported by dev.to, not confirmed by the provider."
    assert lines[1] == f"gpt-4.5-preview on OpenAI API {sentence} {by}"


@pytest.mark.parametrize(
    ("today", "given", "said"),
    [
        ("2025-07-11", {}, "which is reported to shut down in 3 days, on Mon 14 Jul 2025: "),
        ("2025-07-17", {"state": "overdue"}, "which was reported to shut down, and still answers: "),
        ("2025-06-02", {"precision": "no_sooner_than"}, "which is reported to go away with its day not known: "),
    ],
)
def test_the_push_text_words_a_reported_end_as_a_report(today: str, given: dict[str, object], said: str) -> None:
    message = render([make_notice(**given, standing="reported")], page=None, now=at(today))
    assert said in message.text


def test_the_host_of_a_source_is_escaped() -> None:
    message = render([make_notice(source="https://<!channel>/post", standing="reported")], page=None, now=TODAY)

    assert "<!channel>" not in posted(message)


def test_steps_are_counted_from_the_freeze_that_comes_before_the_shutdown() -> None:
    notice = make_notice(
        shutdown_on=date(2025, 7, 14), frozen_from=date(2025, 7, 7), freeze="summer sale", steps=("-60d",),
        last_due=date(2025, 5, 8),
        next_step="-30d", next_on=date(2025, 6, 9), next_audiences=("owner",),
    )  # fmt: skip
    text = read(notice)
    assert "Change freeze: from Mon 7 Jul 2025 (summer sale) up to the shutdown." in text
    assert "you were not told 60 days before the change freeze" in text
    assert "the owner is notified next on Mon 9 Jun 2025, 30 days before the change freeze" in text
