"""Messages that are no reminder, and the fallback text."""

from datetime import date
from typing import Any

import pytest

from service.core.condition_ingest import Gap
from service.core.escalation.cause import Confirmed, DateMoved, Migrated
from service.core.messages.render import render
from service.core.notification import Facts, News, Trouble, Undeliverable
from tests.builders import make_news, make_notice
from tests.message_text import TODAY, as_text, at, read


def make_migrated(**given: Any) -> News:
    return make_news(Migrated(at=TODAY, last_at=at("2025-06-20T17:30"), quiet_days=3), **given)


@pytest.mark.parametrize("came_back", [False, True])
def test_only_what_holds_now_is_said_of_a_caller_that_stopped_meanwhile(came_back: bool) -> None:
    text = read(make_notice(), make_migrated(), *[make_notice(relapse=True)] * came_back)
    assert ("no longer calls" in text) is not came_back
    assert ("calls it again" in text) is came_back
    assert "still calls it" not in text


@pytest.mark.parametrize(
    ("today", "facts", "text"),
    [
        pytest.param(
            "2025-06-17",
            [make_notice(calls_7d=12_400)],
            "search-api still calls gpt-4.5-preview (OpenAI API), which shuts down in 27 days, on Mon 14 Jul 2025: "
            "12,400 calls in the last 7 days. Move to gpt-4.1.",
            id="one notice",
        ),
        pytest.param(
            "2025-07-15",
            [make_notice(state="broken", calls_7d=402, errors_7d=380)],
            "search-api still calls gpt-4.5-preview (OpenAI API), which is shut down: "
            "380 of 402 calls in the last 7 days failed. Move to gpt-4.1.",
            id="calls fail",
        ),
        pytest.param(
            "2025-07-14",
            [make_notice(service="<!here>", replacements=(), calls_7d=0)],
            "<!here> still calls gpt-4.5-preview (OpenAI API), which shuts down today.",
            id="a nasty name, no calls, no successor",
        ),
        pytest.param(
            "2025-06-02",
            [make_notice(), make_notice(service="b", model="o3", shutdown_on=date(2025, 6, 5))],
            "2 services still call 2 models that are going away. The first: o3 (OpenAI API) shuts down in 3 days, "
            "on Thu 5 Jun 2025.",
            id="several models",
        ),
    ],
)
def test_fallback_text_is_one_sentence(today: str, facts: list[Facts], text: str) -> None:
    assert render(facts, page=None, now=at(today)).text == text


def test_migration_is_good_news() -> None:
    message = render([make_migrated()], page=None, now=TODAY)
    assert message.text == "search-api no longer calls gpt-4.5-preview (OpenAI API)."
    assert as_text(message).splitlines() == [
        "✅ search-api no longer calls gpt-4.5-preview",
        "gpt-4.5-preview on OpenAI API. Announced shutdown: Mon 14 Jul 2025. "
        "Its reminders end, and begin again if calls come back.",
        "• search-api (production): last call Fri 20 Jun 2025, 17:30 UTC, none for 3 days since",
    ]


@pytest.mark.parametrize(
    ("before", "after", "headline", "sentence"),
    [
        pytest.param(
            date(2025, 7, 14),
            date(2025, 6, 30),
            "📅 gpt-4.5-preview: shutdown moved from Mon 14 Jul 2025 to Mon 30 Jun 2025, 14 days earlier",
            "The announced shutdown of gpt-4.5-preview on OpenAI API moved from Mon 14 Jul 2025 to Mon 30 Jun 2025, "
            "14 days earlier. Reminders follow the new day.",
            id="earlier",
        ),
        pytest.param(
            None,
            date(2025, 7, 14),
            "📅 gpt-4.5-preview: shutdown had no day and now has one, Mon 14 Jul 2025",
            "The announced shutdown of gpt-4.5-preview on OpenAI API had no day and now has one, Mon 14 Jul 2025. "
            "Reminders follow the new day.",
            id="a first date",
        ),
        pytest.param(
            date(2025, 7, 14),
            None,
            "📅 gpt-4.5-preview: shutdown has no day any more: Mon 14 Jul 2025 no longer holds",
            "The announced shutdown of gpt-4.5-preview on OpenAI API has no day any more: Mon 14 Jul 2025 no longer "
            "holds.",
            id="taken back",
        ),
    ],
)
def test_moved_date_is_told_with_the_old_one(
    before: date | None, after: date | None, headline: str, sentence: str
) -> None:
    move = make_news(DateMoved(before=before, after=after))
    assert read(move).splitlines() == [headline, sentence, "It is called by search-api (production)."]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        pytest.param(
            date(2025, 7, 14),
            date(2025, 7, 14),
            "The provider confirms the reported shutdown of gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025.",
            id="the reported day",
        ),
        pytest.param(
            date(2025, 6, 30),
            date(2025, 7, 14),
            "The provider announces the shutdown of gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025. "
            "The report said: Mon 30 Jun 2025.",
            id="another day",
        ),
        pytest.param(
            date(2025, 7, 14),
            None,
            "The provider announces the shutdown of gpt-4.5-preview on OpenAI API: no firm day. "
            "The report said: Mon 14 Jul 2025.",
            id="no day",
        ),
        pytest.param(
            None,
            date(2025, 7, 14),
            "The provider announces the shutdown of gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025. "
            "The report said: no firm day.",
            id="the first day",
        ),
    ],
)
def test_confirmed_end_is_told_with_the_reported_day(before: date | None, after: date | None, sentence: str) -> None:
    news = make_news(Confirmed(before=before, after=after), source="https://p.example")
    assert read(news).splitlines() == [
        "📅 gpt-4.5-preview: the provider confirms its end",
        f"{sentence} From now on all steps of the policy apply.",
        "It is called by search-api (production).",
        "The provider's notice (https://p.example)",
    ]


def test_confirmation_comes_in_one_message_with_the_step_that_is_due() -> None:
    day = date(2025, 7, 14)
    message = render([make_notice(), make_news(Confirmed(before=day, after=day))], page=None, now=TODAY)
    assert "The provider confirms the reported shutdown of" in as_text(message)
    assert not message.replies


def test_operator_reads_what_is_wrong_and_what_to_do() -> None:
    trouble = Trouble(condition=Gap(topic="llm-logs", partition=0, first=5, last=8))
    message = render([trouble, trouble], page=None, now=TODAY)
    assert message.text == "lastcall needs you: Kafka deleted the offsets 5 to 8 before lastcall had read them"
    assert as_text(message).splitlines() == [
        "⚠️ lastcall needs you: gap",
        "What: llm-logs/0: Kafka deleted the offsets 5 to 8 before lastcall had read them",
        "What to do: keep records longer (retention.ms, retention.bytes) or run more consumers",
    ]


def test_rerouted_message_names_whom_it_was_meant_for() -> None:
    text = read(Undeliverable(destination="#old", error="the channel is archived"), make_notice())
    assert text.splitlines()[:2] == [
        "📭 #old cannot be reached: the channel is archived. What was meant for it is in this message. "
        "Correct it in Slack or in lastcall.yaml.",
        "🟡 gpt-4.5-preview shuts down in 42 days",
    ]
