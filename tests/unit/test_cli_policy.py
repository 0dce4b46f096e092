"""`lastcall policy check`: what it refuses, and what it says of policies that hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.core.escalation.policy import DEFAULT_POLICY, Policy, policy_from_json, remarks_on
from service.entrypoints.cli import app

HOLDS = """\
owners:
  - {services: [checkout-*, cart], team: payments, tier: critical}
  - {services: ["search-*"], team: search}
policies:
  - name: staging
    match: {environment: staging*}
    steps:
      - {at: -7bd, tell: [owner, team]}
      - {at: "+0d while failing", tell: [owner], repeat: 2d}
  - name: strict
    match: {tier: critical}
    steps:
      - {at: announced, tell: [owner, manager]}
      - {at: 0d, tell: [owner, manager]}
"""


def check(folder: Path, text: str, *options: str) -> tuple[int, str]:
    file = folder / "lastcall.yaml"
    file.write_text(text)
    result = CliRunner().invoke(app, ["policy", "check", str(file), *options])
    return result.exit_code, result.stdout.replace(f"{file}", "lastcall.yaml")


def test_owner_rule_that_is_never_asked_is_a_warning_with_its_line(tmp_path: Path) -> None:
    rules = """\
owners:
  - {services: [pay-*], team: payments}
  - services: [pay-api, cart]
    team: shop
  - {services: ["*"], team: platform}
  - {services: ["search-*"], team: search}
"""
    code, said = check(tmp_path, rules)
    assert code == 0
    assert said.startswith(
        "lastcall.yaml is valid.\n"
        "lastcall.yaml:3: warning: owners[1].services[0]: 'pay-api' can never match: 'pay-*' on line 2 matches the "
        "same services\n"
        "    Move the rule of 'pay-api' above that line, or remove the pattern\n"
        "lastcall.yaml:6: warning: owners[3].services[0]: 'search-*' can never match: '*' on line 5 matches the same"
    )


def test_rule_for_a_part_of_what_a_later_one_matches_is_no_warning(tmp_path: Path) -> None:
    assert "warning" not in check(tmp_path, HOLDS)[1]
    rules = 'owners:\n  - {services: [pay-api, "pay-?"], team: a}\n  - {services: ["pay-*", "pay-[ab]"], team: b}\n'
    assert "warning" not in check(tmp_path, rules)[1]


def test_policies_that_hold_are_said_in_words_with_whom_they_are_for(tmp_path: Path) -> None:
    code, said = check(tmp_path, HOLDS)
    assert code == 0
    holds, staging, strict, default = said.split("\n\n")
    assert holds == "lastcall.yaml is valid."
    assert staging == (
        "staging: environment staging*\n"
        "  7 business days before the shutdown: the owner and the team's channel\n"
        "  on the day of the shutdown, while calls fail, repeated every 2 days while it is still called: the owner\n"
        "  for checkout-*, cart of payments (critical)\n"
        "  for search-* of search\n"
        "  for services without an owner\n"
        "  note: nobody above the owner is ever notified"
    )
    assert strict == (
        "strict: tier critical\n"
        "  at the announcement: the owner and the manager\n"
        "  on the day of the shutdown: the owner and the manager\n"
        "  for checkout-*, cart of payments (critical)"
    )
    assert default.startswith("default: everything else\n")
    assert default.endswith("\n  for search-* of search\n  for services without an owner\n")


def test_default_policy_is_left_out_where_it_never_comes_up(tmp_path: Path) -> None:
    _, said = check(tmp_path, "policies: [{name: ours, steps: [{at: 0d, tell: [owner]}]}]", "--json")
    assert [policy["name"] for policy in json.loads(said)["policies"]] == ["ours"]


def test_problems_are_told_with_line_and_remedy(tmp_path: Path) -> None:
    text = "calendar:\n  country: Germany\npolicies:\n  - {name: p, steps: [{at: 30d, tell: [owner]}]}\n"
    code, said = check(tmp_path, text)
    assert code == 1
    assert said.splitlines() == [
        "lastcall.yaml:2: error: calendar.country: 'Germany' is not a country with known holidays",
        "    Did you mean 'DE'?",
        "lastcall.yaml:4: error: policies[0].steps[0]: '30d' does not say whether it is before (-) or after (+) the "
        "shutdown",
        "    Write `at` as announced, -30d, -7bd (business days), 0d, +1d or +0d while failing, and `repeat` as 1d",
        "2 errors",
    ]


def test_answer_is_data(tmp_path: Path) -> None:
    code, said = check(tmp_path, HOLDS, "--json")
    answer: dict[str, Any] = json.loads(said)
    assert (code, answer["problems"]) == (0, [])
    assert answer["policies"][1] == {
        "name": "strict",
        "match": {"tier": "critical"},
        "steps": [{"at": "announced", "tell": ["owner", "manager"]}, {"at": "0d", "tell": ["owner", "manager"]}],
        "owners": [
            {
                "services": ["checkout-*", "cart"],
                "team": "payments",
                "tier": "critical",
                "rule": "owners[0], lastcall.yaml:2",
            }
        ],
        "unowned": False,
        "remarks": [],
    }
    code, said = check(tmp_path, "colour: red", "--json")
    assert code == 1
    assert [problem["line"] for problem in json.loads(said)["problems"]] == [1]


def test_file_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["policy", "check", str(tmp_path / "none.yaml")]).exit_code == 2


def policy(*steps: tuple[str, str]) -> Policy:
    return policy_from_json({"name": "p", "steps": [{"at": at, "tell": [tell]} for at, tell in steps]})


@pytest.mark.parametrize(
    ("told", "remarks"),
    [
        pytest.param(DEFAULT_POLICY, [], id="the default"),
        pytest.param(
            policy(("+1d", "owner"), ("0d", "manager")), ["nobody is notified before the shutdown"], id="too late"
        ),
        pytest.param(
            policy(("-1d", "owner"), ("-2d", "oncall")), ["nobody is notified after the shutdown"], id="no end"
        ),
        pytest.param(
            policy(("-1d", "owner"), ("0d", "team")), ["nobody above the owner is ever notified"], id="gentle"
        ),
        pytest.param(policy(("-1d", "manager"), ("0d", "manager")), ["no step notifies the owner"], id="no owner"),
    ],
)
def test_what_is_unusual_about_a_policy_is_remarked(told: Policy, remarks: list[str]) -> None:
    found = remarks_on(told)
    assert len(found) == len(remarks)
    assert all(one.startswith(start) for one, start in zip(found, remarks, strict=True))
