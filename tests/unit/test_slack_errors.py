"""What Slack's answers mean. The table's words stand in docs/slack.md."""

from pathlib import Path

import pytest

from service.adapters.slack.errors import OUTCOMES, as_markdown, refused
from service.core.delivery import Failed, Retry, Unknown


@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        pytest.param(200, "internal_error", Unknown("internal_error"), id="Slack itself does not know"),
        pytest.param(503, "service_unavailable", Unknown("http_503"), id="a 5xx may come after the work"),
        pytest.param(502, None, Unknown("http_502"), id="a proxy's page says nothing"),
        pytest.param(200, None, Unknown("unreadable_answer"), id="nor does one with status 200"),
        pytest.param(429, None, Retry("ratelimited", 7), id="a limit without a body"),
        pytest.param(429, "rate_limited", Retry("rate_limited", 7, "workspace"), id="a limit of the whole app"),
        pytest.param(200, "of_next_year", Retry("of_next_year", 7), id="an unknown error was a refusal, so not sent"),
    ],
)
def test_answer_that_is_not_ok(status: int, error: str | None, outcome: Retry | Unknown) -> None:
    assert refused("chat.postMessage", status=status, error=error, after_seconds=7) == outcome


def test_no_wait_that_is_asked_for_is_longer_than_an_hour() -> None:
    asked = refused("chat.postMessage", status=429, error="ratelimited", after_seconds=float("9" * 30))

    assert asked == Retry("ratelimited", 3600)


@pytest.mark.parametrize(
    ("error", "scope"),
    [
        ("channel_not_found", "destination"),
        ("is_archived", "destination"),
        ("not_in_channel", "destination"),
        ("account_inactive", "workspace"),
        ("invalid_auth", "workspace"),
        ("invalid_blocks", "message"),
    ],
)
def test_permanent_error_has_the_right_reach(error: str, scope: str) -> None:
    outcome = OUTCOMES[error]
    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.scope) == (error, scope)


def test_scope_missing_for_a_lookup_stops_only_that_destination() -> None:
    post = refused("chat.postMessage", status=200, error="missing_scope", after_seconds=0)
    lookup = refused("users.lookupByEmail", status=200, error="missing_scope", after_seconds=0)
    assert isinstance(post, Failed)
    assert isinstance(lookup, Failed)
    assert (post.scope, lookup.scope) == ("workspace", "destination")


def test_every_outcome_is_named_by_its_error() -> None:
    assert [error for error, outcome in OUTCOMES.items() if outcome.reason != error] == []


def test_documentation_shows_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "slack.md"
    assert as_markdown() in page.read_text()
