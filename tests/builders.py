"""Things of the domain with sensible values, so that a test names only what it is about."""

from datetime import UTC, date, datetime
from typing import Any

from service.core.notification import Digest, DigestLine, Notice


def make_notice(**given: Any) -> Notice:
    """GPT-4.5 Preview, six weeks before its end."""
    values: dict[str, Any] = {
        "service": "search-api",
        "environment": "production",
        "team": "search",
        "platform": "openai-api",
        "model": "gpt-4.5-preview",
        "announced": date(2025, 4, 14),
        "shutdown_on": date(2025, 7, 14),
        "precision": "exact",
        "days_left": 42,
        "replacements": ("gpt-4.1",),
        "state": "active",
        "first_at": datetime(2025, 3, 1, 9, tzinfo=UTC),
        "last_at": datetime(2025, 6, 2, 9, tzinfo=UTC),
        "calls_7d": 1200,
        "errors_7d": 0,
        "tokens_7d": 340_000,
        "calls_total": 15_000,
        "step": "-6w",
    }
    return Notice(**(values | given))


def make_digest_line(**given: Any) -> DigestLine:
    """GPT-4.5 Preview, called as much as the week before."""
    values: dict[str, Any] = {
        "service": "search-api",
        "environment": "production",
        "team": "search",
        "platform": "openai-api",
        "model": "gpt-4.5-preview",
        "shutdown_on": date(2025, 7, 14),
        "precision": "exact",
        "replacement": "gpt-4.1",
        "state": "active",
        "calls": 1200,
        "calls_before": 1200,
        "told": True,
    }
    return DigestLine(**(values | given))


def make_digest(**given: Any) -> Digest:
    """The week of 30 June 2025 for the team search."""
    values: dict[str, Any] = {"week": "2025-W27", "audience": "search", "lines": ()}
    return Digest(**(values | given))
