from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.adapters.queries.acts import ChecklistAnswer, LoggedActAnswer
from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.notifications import Told
from service.adapters.queries.overview import AheadAnswer
from service.entrypoints import phrases
from service.entrypoints.web.horizon import horizon
from service.entrypoints.web.pages import templates
from service.entrypoints.web.show import urgency

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "not_before", "said"),
    [
        ("delivered", NOW - timedelta(hours=3), "delivered 3 h ago"),
        ("pending", datetime(2026, 11, 23, 8, tzinfo=UTC), "goes out Mon 23 Nov 08:00 UTC"),
        ("pending", NOW, "goes out with the next tick"),
        ("leased", NOW, "being sent"),
        ("failed", NOW, "not delivered 3 h ago"),
        ("unknown", datetime(2026, 11, 23, 8, tzinfo=UTC), "perhaps delivered; looked up again Mon 23 Nov 08:00 UTC"),
        ("unknown", NOW, "perhaps delivered; looked up again with the next tick"),
    ],
)
def test_only_what_was_delivered_is_said_to_be_told(state: str, not_before: datetime, said: str) -> None:
    told = Told(
        destination="#a", audience="owner", at=NOW - timedelta(hours=3), not_before=not_before, state=state, others=0
    )

    assert phrases.told(told, NOW) == said


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [
        ("check", {"item": "prompts", "done": True}, "ticked prompts"),
        ("check", {"item": "prompts", "done": False}, "took back the tick of prompts"),
        ("acknowledge", {}, "acknowledged it"),
        ("snooze", {"until": "2026-11-24"}, "snoozed it until Tue 24 Nov 2026"),
        ("commit", {"on": "2026-12-01"}, "promised to be done by Tue 1 Dec 2026"),
        ("waive", {"until": "2026-12-01", "reason": "a demo"}, "waived it until Tue 1 Dec 2026: a demo"),
        ("reassign", {"team": "mail", "people": []}, "handed it over to mail"),
        ("reopen", {}, "reopened it"),
        ("an act of a later release", {}, "an act of a later release"),
    ],
)
def test_an_act_is_said_of_its_author(kind: str, details: dict[str, Any], said: str) -> None:
    assert phrases.act(LoggedActAnswer(kind=kind, author="ada@example.com", at=NOW, details=details)) == said


# --- a change freeze that reaches up to the shutdown ------------------------------------------------------------------


def make_use(service: str, *, left: int, freeze_in: int | None = None, **given: Any) -> ExposureAnswer:
    today = NOW.date()
    values: dict[str, Any] = {
        "platform": "openai-api",
        "model": f"{service}-model",
        "id": f"{service}-model",
        "shutdown_on": today + timedelta(days=left),
        "precision": "exact",
        "days_left": left,
        "service": service,
        "environment": "",
        "team": None,
        "state": "active",
        "changes_until": None if freeze_in is None else today + timedelta(days=freeze_in),
        "first_at": NOW,
        "last_at": NOW,
        "calls_7d": 1,
        "errors_7d": 0,
        "calls_28d": 1,
        "calls_total": 1,
        "by_day": [],
        "checklist": ChecklistAnswer(done=0, total=5, items=[]),
    }
    return ExposureAnswer(**(values | given))


@pytest.mark.parametrize(
    ("left", "freeze_in", "said"),
    [
        pytest.param(53, 26, "changes freeze on Fri 18 Dec 2026, in 26 days", id="ahead"),
        pytest.param(20, -7, "changes frozen since Sun 15 Nov 2026", id="begun"),
        pytest.param(-1, -28, "", id="over with the shutdown"),
        pytest.param(53, None, "", id="none"),
    ],
)
def test_a_change_freeze_is_said_until_the_shutdown(left: int, freeze_in: int | None, said: str) -> None:
    assert phrases.freeze(make_use("a", left=left, freeze_in=freeze_in)) == said


def test_who_has_to_change_something_before_a_freeze_is_shown_by_its_day() -> None:
    frozen, free = make_use("frozen", left=53, freeze_in=26), make_use("free", left=40)
    assert [urgency(each) for each in (frozen, free)] == ["soon", "later"]
    ahead = [AheadAnswer(**one.model_dump(), callers=1) for one in (frozen, free)]
    line = horizon(ahead, NOW.date())
    assert "in 26 days, frozen-model (changes freeze on Fri 18 Dec 2026, in 26 days; it goes in 53 days): 1" in line


def test_a_step_before_a_freeze_is_not_said_to_be_before_the_shutdown() -> None:
    assert phrases.step_in_words("-14d", None, date(2026, 12, 18)) == "14 days before the change freeze"
    assert phrases.step_in_words("-14d", None, None) == "14 days before the shutdown"


def test_the_page_says_when_changes_freeze_and_who_reports_a_date() -> None:
    posted = make_use("a", left=53, freeze_in=26, source="https://dev.to/a-post", standing="reported")

    shown = templates.env.get_template("macros.html").module.deadline(posted)  # type: ignore[attr-defined]

    assert ">Thu 14 Jan 2027, not confirmed<" in shown
    assert ">changes freeze on Fri 18 Dec 2026, in 26 days<" in shown
    assert ">reported by dev.to, not confirmed by the provider</a>" in shown
