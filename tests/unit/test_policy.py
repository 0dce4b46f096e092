"""Offsets, policies, and which one counts."""

from datetime import date

import pytest

from service.core.calendar import Calendar
from service.core.escalation.policy import (
    DEFAULT_POLICY,
    Offset,
    Policy,
    PolicyRule,
    parse_offset,
    policy_for,
    policy_from_json,
    policy_to_json,
)

MONDAY = date(2025, 7, 14)


@pytest.mark.parametrize(
    ("text", "offset", "day"),
    [
        pytest.param("-30d", Offset("days", -30), date(2025, 6, 14), id="days before"),
        pytest.param("-7bd", Offset("business_days", -7), date(2025, 7, 3), id="business days before"),
        pytest.param("0d", Offset("days", 0), MONDAY, id="the day"),
        pytest.param("+1d", Offset("days", 1), date(2025, 7, 15), id="a day after"),
        pytest.param("+5bd", Offset("business_days", 5), date(2025, 7, 21), id="business days after"),
        pytest.param("+0d while failing", Offset("days", 0, while_failing=True), MONDAY, id="while failing"),
        pytest.param("announced", Offset("announced"), date(2025, 4, 14), id="announcement"),
    ],
)
def test_offset_is_read_printed_and_dated(text: str, offset: Offset, day: date) -> None:
    assert parse_offset(text) == offset
    assert str(offset) == text
    assert offset.day(Calendar(), announced=date(2025, 4, 14), deadline=MONDAY) == day


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("30 days", "is no offset", id="words"),
        pytest.param("", "is no offset", id="empty"),
        pytest.param("30d", "does not say whether it is before", id="no sign"),
        pytest.param("-1d while failing", "when nothing fails yet", id="failing before the end"),
        pytest.param("-9999d", "more than 3650 days away", id="too far"),
    ],
)
def test_unreadable_offset_says_why(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_offset(text)


def test_without_a_deadline_only_the_announcement_has_a_day() -> None:
    assert parse_offset("-30d").day(Calendar(), announced=MONDAY, deadline=None) is None
    assert parse_offset("announced").day(Calendar(), announced=MONDAY, deadline=None) == MONDAY


def test_policy_survives_being_stored() -> None:
    assert policy_from_json(policy_to_json(DEFAULT_POLICY)) == DEFAULT_POLICY


def test_first_policy_that_matches_counts() -> None:
    azure, search = Policy("azure", ()), Policy("search", ())
    rules = [PolicyRule(azure, platform="azure-*", environment="prod*"), PolicyRule(search, team="search")]

    def chosen(platform: str, environment: str, team: str | None) -> str:
        return policy_for(rules, platform=platform, environment=environment, team=team).name

    assert chosen("azure-openai", "production", "search") == "azure"
    assert chosen("azure-openai", "staging", "search") == "search"
    assert chosen("azure-openai", "staging", None) == "default"
