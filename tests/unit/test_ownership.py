"""service -> owner, owner and audience -> destinations."""

import pytest

from service.core.ownership import NOBODY, Audience, Channels, Owner, OwnerRule, destinations, owner_of, recipients
from tests.builders import make_owner

CHANNELS = Channels(fallback="#lastcall", operator="#ops")
ALONE = Owner("search", channel="#search")
PEOPLE = Owner("search", people=("ada@example.com", "bob@example.com"))


def test_first_matching_rule_names_the_owner() -> None:
    rules = [OwnerRule(("search-*", "find"), PEOPLE), OwnerRule(("*",), ALONE)]
    assert owner_of(rules, "search-api") is PEOPLE
    assert owner_of(rules, "find") is PEOPLE
    assert owner_of(rules, "finder") is ALONE


def test_pattern_minds_case_as_service_names_do() -> None:
    assert owner_of([OwnerRule(("Search-*",), PEOPLE)], "search-api") is NOBODY


@pytest.mark.parametrize(
    ("owner", "audience", "expected"),
    [
        pytest.param(PEOPLE, "owner", ["user:ada@example.com", "user:bob@example.com"], id="people by e-mail"),
        pytest.param(ALONE, "owner", ["#search"], id="no people: the team's channel"),
        pytest.param(PEOPLE, "team", ["user:ada@example.com", "user:bob@example.com"], id="no channel: the people"),
        pytest.param(NOBODY, "owner", ["#lastcall"], id="nobody known: the fallback"),
        pytest.param(make_owner(), "oncall", ["usergroup:search-oncall"], id="on call"),
        pytest.param(make_owner(oncall=()), "oncall", ["user:mia@example.com"], id="nobody on call: the manager"),
        pytest.param(
            make_owner(oncall=(), manager=()), "oncall", ["user:dora@example.com"], id="no manager: the director"
        ),
        pytest.param(make_owner(director=()), "director", ["#lastcall"], id="no director: the fallback"),
        pytest.param(ALONE, "incident", ["#lastcall"], id="no incident channel: the fallback"),
        pytest.param(ALONE, "operator", ["#ops"], id="operator"),
        pytest.param(make_owner(manager=("U012ABCDE",)), "manager", ["U012ABCDE"], id="a Slack id stays one"),
    ],
)
def test_audience_hears_somewhere(owner: Owner, audience: Audience, expected: list[str]) -> None:
    assert [one.address for one in destinations(owner, [audience], CHANNELS)] == expected


def test_address_that_stands_in_twice_hears_once() -> None:
    to = destinations(NOBODY, ["owner", "team", "manager", "incident"], CHANNELS)
    assert [(one.address, one.audience) for one in to] == [("#lastcall", "owner")]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        pytest.param(make_owner(), ("owner", "team", "oncall", "manager"), id="everybody is there"),
        pytest.param(make_owner(oncall=()), ("owner", "team", "manager"), id="the manager for whoever is on call"),
        pytest.param(ALONE, ("team", "fallback"), id="a channel and nobody above"),
        pytest.param(NOBODY, ("fallback",), id="nobody is known"),
    ],
)
def test_who_really_hears_is_named_once(owner: Owner, expected: tuple[Audience, ...]) -> None:
    assert recipients(owner, ("owner", "team", "oncall", "manager")) == expected


def test_whoever_stands_for_several_hears_once() -> None:
    lead = Owner("search", people=("ada@example.com",), manager=("ada@example.com", "mia@example.com"))
    (manager,) = destinations(lead, ["manager"], CHANNELS, already_notified=["owner"])
    assert manager.address == "user:mia@example.com"
    assert destinations(NOBODY, ["manager"], CHANNELS, already_notified=["owner", "team"]) == ()
