"""Facts that an earlier release has stored are read by this one: a message can wait over an upgrade."""

from datetime import date

import msgspec
import pytest

from service.core.notification import Facts, Redirected, Withdrawn
from tests.builders import make_notice

NOTICE = b"""{"type": "notice", "service": "search-api", "environment": "production", "team": "search",
  "platform": "openai-api", "model": "gpt-4.5-preview-2025-02-27", "id": "gpt-4.5-preview", "requested_ids": [],
  "announced": "2025-04-14", "shutdown_on": "2025-07-14", "precision": "exact", "after_shutdown": "error",
  "replacements": ["gpt-4.1"], "source": null, "state": "active", "first_at": "2025-03-01T09:00:00Z",
  "last_at": "2025-06-02T09:00:00Z", "calls_7d": 1200, "errors_7d": 0, "tokens_7d": 340000, "calls_total": 15000,
  "step": "-60d", "repeat_days": null, "known_since": null, "missed": ["announced"], "next_step": "-30d",
  "next_repeat_days": null, "next_at": "2025-06-16", "next_audiences": ["owner"], "reopened": false,
  "request_ids": []}"""
"""As release 0.1 wrote it."""


def test_notice_of_the_first_release_is_read() -> None:
    expected = make_notice(
        step="-60d", missed=("announced",), next_step="-30d", next_at=date(2025, 6, 16), next_audiences=("owner",)
    )
    assert msgspec.json.decode(NOTICE, type=Facts) == expected


@pytest.mark.parametrize(
    "stored",
    [
        b'{"type": "migrated", "service": "s", "environment": "", "platform": "p", "model": "m", "id": "i", '
        b'"last_at": "2025-07-01T09:00:00Z", "quiet_days": 9, "shutdown_on": null}',
        b'{"type": "date_moved", "service": "s", "environment": "", "platform": "p", "model": "m", "id": "i", '
        b'"before": "2025-07-14", "after": null, "source": null}',
        b'{"type": "trouble", "condition": "c", "subject": "s", "detail": "d", "remedy": "r"}',
        b'{"type": "undeliverable", "destination": "#a", "error": "e"}',
        b'{"type": "digest", "week": "2025-W27", "audience": "search", "lines": [], "migrated": [], "unowned": [], '
        b'"unread": [], "unread_more": 0}',
    ],
    ids=["migrated", "date moved", "trouble", "undeliverable", "digest"],
)
def test_other_facts_of_the_first_release_are_read(stored: bytes) -> None:
    assert msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(stored, type=Facts)), type=Facts)


def test_what_is_stored_comes_back_as_it_was() -> None:
    withdrawn = Withdrawn(service="s", environment="", platform="p", model="m", id="i", before=date(2025, 7, 14))
    redirected = Redirected(
        service="s",
        environment="",
        platform="p",
        model="m",
        id="i",
        day=date(2025, 7, 13),
        answered=3,
        redirected=2,
        since=date(2025, 7, 1),
        shutdown_on=None,
    )
    said = make_notice(spared=("manager",), early=("incident",), promised_on=date(2025, 7, 1), forecast="At this pace")
    for fact in (withdrawn, redirected, said):
        assert msgspec.json.decode(msgspec.json.encode(fact), type=Facts) == fact
