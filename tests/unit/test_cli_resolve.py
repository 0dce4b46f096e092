"""`lastcall resolve` as a person and a script use it."""

import json
from typing import Any

import typer
from typer.testing import CliRunner, Result

from service.entrypoints.cli.resolve import resolve

app = typer.Typer()
app.command()(resolve)


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=stdin)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_answer_has_platform_model_and_deprecation() -> None:
    result = run("openai/gpt-4.5-preview", "--json")
    assert result.exit_code == 0
    assert answers(result) == [
        {
            "raw": "openai/gpt-4.5-preview",
            "provider": None,
            "platform": "openai-api",
            "model": "gpt-4.5-preview-2025-02-27",
            "kind": "snapshot",
            "reason": None,
            "deprecation": {
                "announced": "2025-04-14",
                "shutdown": {"on": "2025-07-14", "precision": "exact"},
                "standing": "provider",
                "through": None,
                "dates_of": None,
                "replacements": ["gpt-4.1"],
                "source": "https://developers.openai.com/api/docs/deprecations",
            },
        }
    ]


def test_unresolved_has_null_for_the_model_and_a_reason() -> None:
    (answer,) = answers(run("gpt-4", "--provider", "azure.deployment", "--json"))
    assert (answer["platform"], answer["model"], answer["reason"]) == ("azure-openai", None, "free_text")


def test_person_reads_the_reason_in_words() -> None:
    assert "unknown to lastcall" in run("gpt-4.5-turbo").stdout
    shown = run("gpt-4.5-preview").stdout
    assert "gpt-4.5-preview-2025-02-27" in shown
    assert "Mon 14 Jul 2025" in shown


def test_model_on_an_unknown_platform_has_no_deprecation_that_could_be_told() -> None:
    shown = run("gpt-4.5-preview", "--provider", "acme-llm").stdout
    assert "platform    unknown\n" in shown
    assert "model       gpt-4.5-preview-2025-02-27\n" in shown
    assert "deprecation unknown: each platform has its own dates\n" in shown


def test_markup_in_an_id_is_text() -> None:
    assert "[red]x[/]" in run("[red]x[/]").stdout


def test_lines_of_stdin_are_answered_each_in_its_place() -> None:
    lines = '{"raw": "gpt-4o", "provider": "openai"}\n\n{"raw": "gpt-4", "provider": "azure.deployment"}\n'
    result = run("-", stdin=lines)
    assert result.exit_code == 0
    assert [answer["model"] for answer in answers(result)] == ["gpt-4o", None]


def test_bad_lines_get_an_error_and_the_run_goes_on() -> None:
    result = run("-", "--json", stdin='{"raw": 4}\nnot json\n{"raw": "gpt-4o"}\n')
    assert result.exit_code == 2
    bad, worse, good = answers(result)
    assert "error" in bad
    assert "error" in worse
    assert good["model"] == "gpt-4o"
