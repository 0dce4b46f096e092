from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.adapters.queries import ActAnswer, Told
from service.entrypoints import phrases

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "not_before", "said"),
    [
        ("delivered", NOW - timedelta(hours=3), "3 h ago"),
        ("pending", datetime(2026, 11, 23, 8, tzinfo=UTC), "pending, goes out Mon 23 Nov 08:00 UTC"),
        ("pending", NOW, "pending, goes out with the next tick"),
        ("leased", NOW, "being sent"),
        ("failed", NOW, "failed 3 h ago"),
        ("unknown", NOW, "sent 3 h ago, arrival not confirmed"),
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
        ("acknowledge", {}, "is on it"),
        ("snooze", {"until": "2026-11-24"}, "asked for quiet until Tue 24 Nov 2026"),
        ("commit", {"on": "2026-12-01"}, "promised the last call by Tue 1 Dec 2026"),
        ("waive", {"until": "2026-12-01", "reason": "a demo"}, "accepted the risk until Tue 1 Dec 2026: a demo"),
        ("reassign", {"team": "mail", "people": []}, "handed it over to mail"),
        ("reopen", {}, "reopened it"),
        ("an act of a later release", {}, "an act of a later release"),
    ],
)
def test_an_act_is_said_of_its_author(kind: str, details: dict[str, Any], said: str) -> None:
    assert phrases.act(ActAnswer(kind=kind, author="ada@example.com", at=NOW, details=details)) == said
