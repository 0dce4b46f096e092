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
    policies_of,
    policy_for,
    policy_from_json,
    policy_to_json,
)
from service.core.ownership import NOBODY, Owner

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
        pytest.param("30 days", "is not an offset", id="words"),
        pytest.param("", "is not an offset", id="empty"),
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


def rule(name: str, **match: str) -> PolicyRule:
    return PolicyRule(Policy(name, ()), **match)


def test_first_policy_that_matches_counts() -> None:
    rules = [rule("azure", platform="azure-*", environment="prod*"), rule("search", team="search")]

    def chosen(platform: str, environment: str, team: str | None) -> str:
        return policy_for(rules, platform=platform, environment=environment, owner=Owner(team)).name

    assert chosen("azure-openai", "production", "search") == "azure"
    assert chosen("azure-openai", "staging", "search") == "search"
    assert chosen("azure-openai", "staging", None) == "default"


def test_policy_may_ask_for_the_owners_tier() -> None:
    rules = [rule("strict", tier="crit*")]

    def chosen(tier: str | None) -> str:
        return policy_for(rules, platform="openai-api", environment="", owner=Owner("search", tier=tier)).name

    assert [chosen("critical"), chosen("batch"), chosen(None)] == ["strict", "default", "default"]


@pytest.mark.parametrize(
    ("above", "below", "covers"),
    [
        pytest.param({}, {"team": "search"}, True, id="a policy for everything"),
        pytest.param({"team": "*"}, {}, True, id="a star matches an owner without a team, too"),
        pytest.param({"team": "?*"}, {}, False, id="an owner without a team is left"),
        pytest.param({"environment": ""}, {}, False, id="only calls without an environment"),
        pytest.param({"team": "s*"}, {"team": "search"}, True, id="a name within a pattern"),
        pytest.param({"team": "s*"}, {"team": "se*"}, True, id="a pattern within a pattern"),
        pytest.param({"team": "s?"}, {"team": "s*"}, False, id="one letter is not any number of letters"),
        pytest.param({"team": "s[ab*]"}, {"team": "s*"}, False, id="a star among letters is a letter"),
        pytest.param({"team": "search"}, {"team": "s*"}, False, id="a name is less than a pattern"),
        pytest.param({"tier": "critical"}, {"tier": "critical", "team": "a"}, True, id="less is asked for"),
        pytest.param({"tier": "critical", "team": "a"}, {"tier": "critical"}, False, id="more is asked for"),
    ],
)
def test_policy_below_one_that_matches_as_much_is_never_asked(
    above: dict[str, str], below: dict[str, str], covers: bool
) -> None:
    assert rule("above", **above).covers(rule("below", **below)) is covers


def test_owner_may_come_under_each_policy_that_no_earlier_one_keeps_from_it() -> None:
    rules = [
        rule("critical in production", tier="critical", environment="prod*"),
        rule("azure", platform="azure-*"),
        rule("critical on azure", tier="critical", platform="azure-openai"),
        rule("search", team="search"),
        rule("others", team="*"),
    ]
    names = [policy.name for policy in policies_of(rules, Owner("search", tier="critical"))]
    assert names == ["critical in production", "azure", "search"]
    assert [policy.name for policy in policies_of(rules, NOBODY)] == ["azure", "others"]
    assert policies_of([], NOBODY) == (DEFAULT_POLICY,)
