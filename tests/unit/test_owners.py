"""service -> Owner, by everything that may say so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.core.calendar import Calendar, Freeze
from service.core.directory.answer import owner_from_json
from service.core.directory.codeowners import CodeOwners, parse_codeowners
from service.core.directory.owners import Assignment, Owners
from service.core.ownership import Owner, OwnerRule

NOW = datetime(2025, 6, 2, 9, tzinfo=UTC)
BERLIN = Calendar(ZoneInfo("Europe/Berlin"))
SEARCH = Owner("search", channel="#search", oncall=("usergroup:search",), calendar=BERLIN, rule="owners[0]")
OWNERS = Owners(
    rules=(OwnerRule(("search-*",), SEARCH),),
    assignments={
        name: Assignment(Owner(team, rule="what ada said on 2025-06-01"), "ada", NOW - timedelta(days=1))
        for name, team in {"search-x": "other", "named": "search", "both": "mine"}.items()
    },
    listed={"both": Owner("catalog"), "listed": Owner("shop", rule="component:default/listed")},
    groups={"shop": Owner("Shop", channel="#shop")},
    code=CodeOwners(parse_codeowners("/services/listed/ @acme/x\n/services/code/ @acme/Shop\n").rules),
    as_of={"backstage": NOW - timedelta(minutes=5), "codeowners": NOW - timedelta(hours=30)},
)


def test_lastcall_yaml_is_right_before_the_directories() -> None:
    owners = replace(OWNERS, listed={"search-api": Owner("catalog")})
    assert owners.of("search-api").source == "lastcall.yaml"
    assert owners.owner_of("search-api") is SEARCH


def test_what_a_person_said_holds_against_lastcall_yaml_and_says_so() -> None:
    found = OWNERS.of("search-x")
    assert (found.source, found.owner.team) == ("assignment", "other")
    assert found.owner.rule == "what ada said on 2025-06-01, against owners[0]"


def test_lastcall_yaml_is_right_again_once_it_names_the_team_that_the_person_named() -> None:
    owners = replace(OWNERS, assignments={"search-x": Assignment(Owner("search"), "ada", NOW)})
    assert (owners.of("search-x").source, owners.owner_of("search-x")) == ("lastcall.yaml", SEARCH)


@pytest.mark.parametrize(
    ("instead_of", "team", "source"),
    [
        pytest.param("search", "shop", "assignment", id="the file is as it was then"),
        pytest.param("", "search", "lastcall.yaml", id="the file named nobody then"),
        pytest.param("mail", "search", "lastcall.yaml", id="the file named another team then"),
        pytest.param(None, "shop", "assignment", id="what the file named then is not noted"),
    ],
)
def test_whoever_spoke_last_is_right(instead_of: str | None, team: str, source: str) -> None:
    owners = replace(OWNERS, assignments={"search-x": Assignment(Owner("shop"), "ada", NOW, instead_of)})
    found = owners.of("search-x")
    assert (found.owner.team, found.source) == (team, source)
    assert owners.unwritten() == (["search-x"] if source == "assignment" else [])


def test_what_a_person_said_holds_once_the_file_names_nobody_any_more() -> None:
    owners = Owners(assignments={"search-x": Assignment(Owner("shop"), "ada", NOW, "search")})
    assert owners.owner_of("search-x").team == "shop"


def test_what_a_person_said_is_right_before_the_directories() -> None:
    found = OWNERS.of("both")
    assert (found.source, found.owner.team, found.as_of) == ("assignment", "mine", NOW - timedelta(days=1))


def test_service_keeps_the_tier_of_its_rule_whoever_answers_for_it() -> None:
    critical = OwnerRule(("search-*",), replace(SEARCH, tier="critical"))
    assert replace(OWNERS, rules=(critical,)).owner_of("search-x").tier == "critical"


def test_backstage_is_right_before_codeowners_in_any_case() -> None:
    found = OWNERS.of("Listed")
    assert (found.source, found.owner.team, found.owner.channel) == ("backstage", "shop", "#shop")
    assert found.owner.rule == "component:default/listed"


def test_stale_answer_says_how_old_it_is() -> None:
    found = OWNERS.at(NOW).of("code")
    assert found.source == "codeowners"
    assert found.owner.rule == (
        "line 2 of CODEOWNERS, /services/code/, by the last good answer of 2025-06-01 03:00 UTC"
    )


def test_team_that_is_named_without_addresses_hears_where_lastcall_yaml_says() -> None:
    named = OWNERS.owner_of("named")
    assert (named.channel, named.oncall, named.calendar) == ("#search", ("usergroup:search",), BERLIN)


def test_team_that_only_backstage_knows_hears_where_backstage_says() -> None:
    assert OWNERS.owner_of("code").channel == "#shop"


def test_person_who_is_named_is_told_and_not_the_channel_of_their_team() -> None:
    named = Assignment(Owner("search", people=("eve@example.com",)), "ada", NOW)
    owner = Owners(rules=OWNERS.rules, assignments={"x": named}).owner_of("x")
    assert (owner.people, owner.channel, owner.oncall) == (("eve@example.com",), None, ("usergroup:search",))


def test_service_that_nobody_names_has_the_companys_calendar_and_says_who_was_asked() -> None:
    frozen = Calendar(freezes=(Freeze(date(2025, 12, 20), date(2026, 1, 2), "year's end"),))
    nobody = Owners(calendar=frozen, as_of=OWNERS.as_of).of("zebra")
    assert (nobody.source, nobody.owner.team, nobody.owner.calendar) == (None, None, frozen)
    assert nobody.owner.rule == "neither lastcall.yaml nor a directory names an owner"


def test_stored_owner_keeps_what_is_sound_of_it() -> None:
    stored = {
        "team": " search ",
        "people": ["ada@example.com", "<!channel>", 7],
        "channel": "search",
        "oncall": ["pagerduty:PABC123", "pagerduty:../x"],
        "timezone": "Mars/Olympus",
        "unheard_of": True,
    }
    assert owner_from_json(stored, "said", BERLIN) == Owner(
        "search",
        people=("ada@example.com",),
        channel="#search",
        oncall=("pagerduty:PABC123",),
        calendar=BERLIN,
        rule="said",
    )
    assert owner_from_json({"people": ["ada@example.com"]}, "said") is None
