"""`lastcall plan` of a scenario, which needs no database: as docs/planning.md shows it, and what it refuses."""

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.core.escalation.plan import Planned
from service.core.escalation.plan_diff import Moved, PlanDiff
from service.engine.plan import Review
from service.entrypoints.cli import app
from service.entrypoints.cli.show_plan import PlanSpan, show_review

DOCUMENT = (Path(__file__).parents[2] / "docs" / "planning.md").read_text()
FILES = dict(re.findall(r'^```yaml title="([^"]+)"\n(.*?)^```', DOCUMENT, re.MULTILINE | re.DOTALL))
EXAMPLES = re.findall(r"^```console\n\$ lastcall ([^\n]+)\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Holds the files of the document, and is where the command runs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lastcall(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"LASTCALL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_documented_command_prints_what_is_documented(command: str, shown: str) -> None:
    result = lastcall(*shlex.split(command))

    assert result.exit_code == 0, result.output
    assert "\n".join(line.rstrip() for line in result.stdout.splitlines()) == shown.rstrip("\n")


def test_document_shows_both_a_plan_and_a_difference() -> None:
    assert [("--diff" in command) for command, _ in EXAMPLES] == [False, True]


def test_plan_of_a_scenario_is_the_whole_of_it_and_always_the_same() -> None:
    first, again = (lastcall("plan", "--scenario", "gpt-4.5.yaml", "--json").stdout for _ in range(2))

    planned = json.loads(first)
    assert first == again
    assert (planned[0]["at"], planned[0]["step"]) == ("2025-04-14T09:00:00Z", "announced")
    assert (planned[-1]["at"], planned[-1]["repeat_days"]) == ("2025-07-26T09:00:00Z", 1), "it is silent at the weekend"
    assert {one["status"] for one in planned} == {"foreseen"}


def test_policy_held_against_itself_changes_nothing(folder: Path) -> None:
    (folder / "lastcall.yaml").write_text(FILES["calm.yaml"])

    result = lastcall("plan", "--scenario", "gpt-4.5.yaml", "--policy", "calm.yaml", "--diff", "--json")

    answer = json.loads(result.stdout)
    assert (answer["changes"], answer["from"], answer["to"]) == ([], "2025-03-01", "2025-07-28")
    assert answer["unchanged"] == len(json.loads(lastcall("plan", "--scenario", "gpt-4.5.yaml", "--json").stdout))


def test_change_in_json_says_what_it_is_and_that_it_takes_effect() -> None:
    span = ("--from", "2025-07-04", "--to", "2025-07-07")
    result = lastcall("plan", "--scenario", "gpt-4.5.yaml", *span, "--policy", "calm.yaml", "--diff", "--json")

    changes = json.loads(result.stdout)["changes"]
    assert [(one["change"], one["step"], one["destination"]) for one in changes] == [
        ("added", "-10d", "user:ada@acme.example"),
        ("added", "-10d", "user:omar@acme.example"),
        ("added", "-10d", "user:ben@acme.example"),
        ("dropped", "-7d", "#lastcall"),
        ("dropped", "-7d", "user:ada@acme.example"),
        ("dropped", "-7d", "user:omar@acme.example"),
    ]
    assert all(one["takes_effect"] and one["was"] is None for one in changes)


def test_date_that_moves_is_told_and_later_steps_come_again(folder: Path) -> None:
    move = "dates:\n  - {since: 2025-07-01, platform: openai-api, model: gpt-4.5-preview, shutdown: 2025-08-14}\n"
    (folder / "moved.yaml").write_text(FILES["gpt-4.5.yaml"] + move)

    result = lastcall("plan", "--scenario", "moved.yaml", "--from", "2025-07-01", "--to", "2025-08-01", "--json")

    heard = [one for one in json.loads(result.stdout) if one["destination"] == "user:ada@acme.example"]
    assert [(one["at"][:10], one["step"]) for one in heard] == [
        ("2025-07-01", "date_moved"),
        ("2025-07-15", "-30d"),
        ("2025-07-31", "-14d"),
    ]


def test_other_lastcall_yaml_names_who_hears(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "other.yaml").write_text('fallback_channel: "#ai"\n')
    monkeypatch.setenv("LASTCALL_CONFIG", "other.yaml")

    result = lastcall("plan", "--scenario", "gpt-4.5.yaml", "--to", "2025-07-13", "--json")

    assert "#ai" in {one["destination"] for one in json.loads(result.stdout)}


def test_what_open_campaigns_keep_stands_apart(capsys: pytest.CaptureFixture[str]) -> None:
    at, names = datetime(2025, 7, 7, 9, tzinfo=UTC), ("production", "openai-api", "gpt-4.5-preview", "gpt-4.5-preview")
    new, open_ = (
        Planned(at, service, *names, "-7d", None, "#team", "team", "foreseen", "by policy")
        for service in ("new", "old")
    )
    later = replace(open_, at=at + timedelta(days=1))
    review = Review(PlanDiff((new,), (Moved(open_, later),), (), ()), frozenset({open_.key}))

    show_review(review, PlanSpan(date(2025, 7, 1), date(2025, 7, 31)))

    said = " ".join(capsys.readouterr().out.split())
    assert "1 added, 1 moved, 0 dropped, 0 unchanged" in said
    effective, would_have_been = said.split("What would change if open campaigns did not keep the policy")
    assert "added Mon 2025-07-07 09:00 #team (team) new (production)" in effective
    assert "moved Tue 2025-07-08 09:00, was Mon 2025-07-07 09:00 #team (team) old (production)" in would_have_been


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--diff"], "--policy new.yaml --diff", id="diff of nothing"),
        pytest.param(["--scenario", "none.yaml"], "none.yaml: there is no such file", id="no such file"),
        pytest.param(
            ["--scenario", "gpt-4.5.yaml", "--from", "2025-07-02", "--to", "2025-07-01"], "swap the two", id="backwards"
        ),
        pytest.param(
            ["--scenario", "gpt-4.5.yaml", "--to", "2199-12-31"], "more than five years after 2025-03-01", id="for ages"
        ),
        pytest.param(["--scenario", "gpt-4.5.yaml", "--from", "9999-12-31"], "out of range", id="end of the calendar"),
        pytest.param(["--scenario", "calm.yaml"], "calm.yaml:1: 'services' is missing", id="a policy is no scenario"),
        pytest.param(
            ["--scenario", "gpt-4.5.yaml", "--policy", "gpt-4.5.yaml"],
            "'services' is not a setting here",
            id="nor back",
        ),
    ],
)
def test_what_cannot_be_planned_is_bad_input(arguments: list[str], says: str) -> None:
    result = lastcall("plan", *arguments)

    assert result.exit_code == 2
    assert says in result.stderr
