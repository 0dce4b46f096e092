"""lastcall.yaml: what is read, what is refused, and what the author is told."""

import re
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from service.config.company import Company, ConfigError, Topic, company_schema, load_company
from service.core.escalation.policy import DEFAULT_POLICY
from service.core.ownership import NOBODY
from service.formats.dialects import NAMES

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def load(folder: Path, text: str) -> Company:
    file = folder / "lastcall.yaml"
    file.write_text(text)
    return load_company(file)


def test_without_a_file_nobody_is_owned_and_the_default_policy_holds() -> None:
    company = load_company(None)
    assert company.fallback_channel == company.operator_channel == "#lastcall"
    assert company.owner_of("search-api") == NOBODY
    assert company.policy_for(platform="openai-api", environment="", owner=NOBODY) is DEFAULT_POLICY


def test_empty_file_is_like_none(tmp_path: Path) -> None:
    assert load(tmp_path, "# nothing yet\n") == Company()


def test_operator_hears_in_the_fallback_channel_unless_named(tmp_path: Path) -> None:
    assert load(tmp_path, 'fallback_channel: "#ai"').operator_channel == "#ai"


def test_owner_says_which_line_named_it(tmp_path: Path) -> None:
    text = "owners:\n  - {services: [a], team: one}\n  - services: [b-*]\n    team: two\n    timezone: Europe/Berlin\n"
    owner = load(tmp_path, text).owner_of("b-1")
    assert (owner.team, owner.zone) == ("two", ZoneInfo("Europe/Berlin"))
    assert owner.rule == "owners[1], lastcall.yaml:3"


def test_topics_may_fix_a_format(tmp_path: Path) -> None:
    topics = load(tmp_path, "topics:\n  - name: llm\n  - {name: traces, format: otlp_traces}\n").topics
    assert topics == (Topic("llm"), Topic("traces", "otlp_traces"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("- a", r":1: \['a'\] is not a group of settings\. Write settings below it", id="a list"),
        pytest.param("a: [", r":1: not YAML: .*\. Check indentation", id="no YAML"),
        pytest.param(
            "\norganization: x", r":2: 'organization' is not a setting here\. Did you mean 'organisation'\?", id="near"
        ),
        pytest.param("colour: x", r":1: 'colour' is not a setting here\. Known: organisation, fallback", id="unknown"),
        pytest.param(
            "owners:\n  - services: [*-api]\n    team: t",
            r":2: a value that starts with \* needs quotes\. Write",
            id="star",
        ),
        pytest.param("owners:\n  - {services: [*], team: t}", r":2: a value that starts with \*", id="star alone"),
        pytest.param("operator_channel: @ops", r":1: a value that starts with @ needs quotes", id="at sign"),
        pytest.param("organisation: !!int a", r":1: 'a' cannot be read\. Put it in quotes", id="no number"),
        pytest.param("organisation: !ours a", r":1: 'a' cannot be read\. Put it in quotes", id="own tag"),
        pytest.param("organisation: [a]", r":1: organisation: \['a'\] is not text\. Write a single value", id="a list"),
        pytest.param("organisation: ''", r":1: organisation: there is no value\. Write one", id="empty text"),
        pytest.param("organisation: a\0", r"yaml: it contains a character that YAML does not allow", id="NUL"),
        pytest.param("a: &a [*a]", r"yaml:1: it contains itself", id="circle"),
        pytest.param(
            "topics:\n  - {name: a, format: litelm}",
            r":2: topics\[0\]\.format: 'litelm' is unknown\. Did you mean 'litellm'\?",
            id="near format",
        ),
        pytest.param("organisation: a\norganisation: b", r":2: 'organisation' occurs twice", id="twice"),
        pytest.param(
            "fallback_channel: #ai",
            r":1: fallback_channel: there is no value\. .*starts with # needs quotes",
            id="hash",
        ),
        pytest.param(
            "owners:\n  - {services: [a], team: t, people: [ann]}",
            r":2: owners\[0\]\.people\[0\]: 'ann' is not a valid address\. Write the person's e-mail address, such as",
            id="no address",
        ),
        pytest.param(
            "owners:\n  - {services: [a], team: t, incident: inc-pay}",
            r":2: owners\[0\]\.incident: 'inc-pay' is not a valid address\. Write \"#inc-pay\" in quotes for a channel",
            id="a channel without its sign",
        ),
        pytest.param(
            "owners:\n  - {services: [a], team: t, oncall: ['@pay-oncall']}",
            r":2: owners\[0\]\.oncall\[0\]: '@pay-oncall' is not a valid address\. Write usergroup:pay-oncall for",
            id="a user group as Slack shows it",
        ),
        pytest.param("owners:\n  - services: [a]", r":2: owners\[0\]: 'team' is missing\. Add `team:`", id="no team"),
        pytest.param(
            "owners:\n  - services: [a]\n    team: t\n    timezone: Europe/Berln",
            r":4: owners\[0\]\.timezone: 'Europe/Berln' is not a time zone\. Did you mean 'Europe/Berlin'\?",
            id="no zone",
        ),
        pytest.param(
            "policies:\n  - name: p\n    steps:\n      - {at: 30d, tell: [owner]}",
            r":4: policies\[0\]\.steps\[0\]: '30d' does not say whether .*\. Write `at` as",
            id="no sign",
        ),
        pytest.param(
            "policies:\n  - name: p\n    steps:\n      - {at: 0d, tell: [boss]}",
            r":4: policies\[0\]\.steps\[0\]\.tell\[0\]: 'boss' is unknown\. Write one of: owner, team",
            id="no audience",
        ),
        pytest.param(
            "policies:\n  - name: p\n    steps:\n      - {at: 0d, tell: [owner]}\n      - {at: +0d, tell: [team]}",
            r":5: policies\[0\]\.steps\[1\]: there is already a step at '\+0d'",
            id="one day twice",
        ),
        pytest.param(
            "topics:\n  - name: a\n  - name: a", r":3: topics\[1\]\.name: 'a' is used twice", id="one topic twice"
        ),
    ],
)
def test_error_names_line_what_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "owners:\n  - services: [a]\npolicies:\n  - name: p\n")
    assert [problem.line for problem in raised.value.problems] == [2, 4]


def test_one_kind_of_problem_hides_no_other(tmp_path: Path) -> None:
    text = """\
owner: []
topic: []
organisation: a
organisation: b
owners:
  - services: [a]
    people: [ann]
    timezone: Mars/Olympus
  - service: [b]
policies:
  - name: p
    steps:
      - {at: 30d, tell: [owner], repeat: often}
"""
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, text)
    assert [(problem.line, problem.what) for problem in raised.value.problems] == [
        (1, "'owner' is not a setting here"),
        (2, "'topic' is not a setting here"),
        (4, "'organisation' occurs twice"),
        (6, "owners[0]: 'team' is missing"),
        (7, "owners[0].people[0]: 'ann' is not a valid address"),
        (8, "owners[0].timezone: 'Mars/Olympus' is not a time zone"),
        (9, "owners[1]: 'service' is not a setting here"),
        (9, "owners[1]: 'services' is missing"),
        (9, "owners[1]: 'team' is missing"),
        (13, "policies[0].steps[0]: 'often' is not a number of days"),
        (13, "policies[0].steps[0]: '30d' does not say whether it is before (-) or after (+) the shutdown"),
    ]


def test_file_that_is_not_there_is_told_without_a_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: there is no such file\. Create it"):
        load_company(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_topic_may_be_fixed_to_each_dialect(tmp_path: Path, name: str) -> None:
    company = load(tmp_path, f"topics: [{{name: calls, format: {name}}}]")
    assert [(topic.name, topic.format) for topic in company.topics] == [("calls", name)]


def test_topic_fixed_to_no_dialect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="otlp"):
        load(tmp_path, "topics: [{name: calls, format: otlp}]")


def test_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(company_schema())


def test_example_of_the_documentation_loads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml title=\"lastcall.yaml\"\n(.*?)```", DOCS.read_text(), re.DOTALL)
    company = load(tmp_path, example)
    owner = company.owner_of("checkout-web")
    assert owner.team == "payments"
    assert company.policy_for(platform="azure-openai", environment="staging", owner=owner).name == "staging"
    assert owner.calendar.effective_deadline(date(2027, 1, 4)) == date(2026, 12, 19)
    assert owner.calendar.effective_deadline(date(2027, 1, 8)) == date(2027, 1, 8)
