"""Why a notification was sent, and what became of it."""

from datetime import date
from typing import Any

import pytest

from service.core.condition import InWords
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, Redirected, Withdrawn
from service.core.notification import Facts, Trouble
from tests.builders import make_digest, make_news
from tests.explained import BEHIND, NOT_READ, RUN_MORE, at, of, said

MAY = at("2025-05-01T10:00")
NAMED: dict[str, Any] = {"service": "s", "environment": "", "platform": "openai-api", "model": "m", "id": "i"}


@pytest.mark.parametrize(
    ("facts", "about", "evidence"),
    [
        pytest.param(
            make_news(Migrated(at=MAY, last_at=at("2025-04-01T10:00"), quiet_days=1), **NAMED),
            "To ada@example.com: the calls have ended: s, i on OpenAI API.",
            ("The last call was on Tue 1 Apr 2025, 10:00 UTC; its quiet period was 1 day.",),
            id="migrated",
        ),
        pytest.param(
            make_news(DateMoved(before=date(2025, 7, 14), after=None), **NAMED, source="https://p.example"),
            "To ada@example.com: the shutdown moved: s, i on OpenAI API.",
            ("The shutdown has no day any more: Mon 14 Jul 2025 no longer holds.", "Source: https://p.example"),
            id="date moved",
        ),
        pytest.param(
            make_news(Confirmed(before=date(2025, 7, 14), after=date(2025, 7, 14)), **NAMED),
            "To ada@example.com: the provider confirms the end: s, i on OpenAI API.",
            ("The provider confirms the reported shutdown of m: Mon 14 Jul 2025.",),
            id="confirmed",
        ),
        pytest.param(
            make_news(Withdrawn(at=MAY, before=date(2025, 7, 14)), **NAMED),
            "To ada@example.com: the end was taken back: s, i on OpenAI API.",
            ("The shutdown has no day any more: Mon 14 Jul 2025 no longer holds.",),
            id="withdrawn",
        ),
        pytest.param(
            make_news(
                Redirected(day=date(2025, 4, 2), answered=9, redirected=7, since=date(2025, 4, 1)), **NAMED
            ),
            "To ada@example.com: another model answers: s, i on OpenAI API.",
            (
                "On Wed 2 Apr 2025 another model answered 7 of 9 answered calls; so it is since Tue 1 Apr 2025.",
            ),
            id="redirected",
        ),
        pytest.param(
            Trouble(condition=BEHIND), "To ada@example.com: trouble of lastcall itself: consumer_behind, llm.",
            (NOT_READ, RUN_MORE), id="trouble",
        ),
        pytest.param(make_digest(), "To ada@example.com: digest of week 2025-W27 for search.", (), id="digest"),
        pytest.param(None, "To ada@example.com: notice, whose facts this release cannot read.", (), id="newer release"),
    ],
)  # fmt: skip
def test_every_kind_of_fact_is_explained(facts: Facts | None, about: str, evidence: tuple[str, ...]) -> None:
    explanation = of(facts)
    assert explanation.about == about
    assert said(explanation, "evidence") == evidence
    assert said(explanation, "why now")[0].startswith("At the announcement, by policy default")
    assert explanation.wrong is None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param({}, None, id="delivered"),
        pytest.param(
            {"state": "pending", "attempts": 0},
            "It was to go out on Mon 14 Apr 2025, 07:00 UTC, and is pending.",
            id="nothing sends it",
        ),
        pytest.param({"state": "pending", "not_before": at("2025-04-14T09:00")}, None, id="its time is to come"),
        pytest.param(
            {"state": "failed", "outcome": "is_archived"},
            "ada@example.com could not be notified: is_archived.",
            id="failed",
        ),
        pytest.param(
            {"state": "unknown", "outcome": "timeout"},
            "It was to be looked up again on Mon 14 Apr 2025, 07:00 UTC, and is perhaps delivered.",
            id="nothing looks it up",
        ),
        pytest.param({"state": "unknown", "troubles": (InWords.of(BEHIND),)}, NOT_READ, id="something is in the way"),
    ],
)
def test_what_is_not_delivered_is_wrong_once_it_should_be(given: dict[str, Any], error: str | None) -> None:
    wrong = of(make_digest(), **given).wrong
    assert (wrong.error if wrong else None) == error


def test_what_was_perhaps_delivered_has_no_time_but_that_of_the_next_look_up() -> None:
    explanation = of(
        make_digest(), state="unknown", outcome="timeout", settled_at=None, not_before=at("2025-04-14T09:00")
    )
    assert said(explanation, "what became of it")[0] == (
        "Perhaps delivered: timeout; looked up again on Mon 14 Apr 2025, 09:00 UTC."
    )
