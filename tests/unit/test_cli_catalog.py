"""`lastcall catalog` as a person and a script use it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from service.entrypoints.cli.catalog import app


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def answer(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_show_answers_for_each_platform_with_source_and_precision() -> None:
    azure, _, openai = answer("show", "gpt-4.5-preview")
    assert (azure["platform"], openai["platform"]) == ("azure-openai", "openai-api")
    assert openai["model"] == "gpt-4.5-preview-2025-02-27"
    assert openai["announced"] == "2025-04-14"
    assert openai["shutdown"] == {"on": "2025-07-14", "precision": "exact"}
    assert openai["replacements"] == [{"id": "gpt-4.1", "model": "gpt-4.1-2025-04-14", "recommended": True}]
    assert openai["sources"] == ["https://developers.openai.com/api/docs/deprecations"]
    assert openai["days_left"] < 0


def test_api_and_chatgpt_stand_apart_with_their_own_ends() -> None:
    ends = {one["platform"]: one["shutdown"]["on"] for one in answer("show", "gpt-4.5-preview")}

    assert ends == {"azure-openai": "2025-07-14", "chatgpt-app": "2026-06-27", "openai-api": "2025-07-14"}


def test_replacement_is_shown_with_its_own_end() -> None:
    assert "gpt-4.1 (its own end: Thu 14 Jan 2027)" in run("show", "gpt-4.5-preview").stdout


def test_show_tells_a_person_the_same() -> None:
    shown = run("show", "openai/gpt-4.5-preview").stdout
    assert "gpt-4.5-preview-2025-02-27 on openai-api" in shown
    assert "announced       Mon 14 Apr 2025" in shown
    assert "shutdown        Mon 14 Jul 2025, " in shown
    assert "days ago" in shown


def test_day_that_was_planned_before_stands_apart_from_its_name() -> None:
    assert "\n  planned before  Fri 16 Oct 2026\n" in run("show", "o3").stdout


def test_promise_has_no_days_left() -> None:
    (promised,) = (a for a in answer("show", "claude-haiku-4-5") if a["platform"] == "anthropic-api")
    assert promised["days_left"] is None
    assert "not before Thu 15 Oct 2026" in run("show", "claude-haiku-4-5").stdout


def test_unknown_model_is_bad_input_with_a_way_on() -> None:
    result = run("show", "gpt-4.5-turbo")
    assert result.exit_code == 2
    assert "the catalog has no record of gpt-4.5-turbo" in result.stderr
    assert "lastcall catalog list" in result.stderr


def test_list_keeps_to_the_platform_asked_for() -> None:
    listed = answer("list", "--platform", "deepseek-api")
    assert [(record["id"], record["shutdown"]["on"]) for record in listed] == [
        ("deepseek-v3.2-speciale", "2025-12-15"),
        ("deepseek-chat", "2026-07-24"),
        ("deepseek-reasoner", "2026-07-24"),
        ("deepseek-v4-flash", "2026-09-10"),
        ("deepseek-v4-flash-vision-exp", "2026-09-10"),
    ]
    assert "deepseek-reasoner" in run("list", "--platform", "deepseek-api").stdout


def test_unknown_platform_is_bad_input_with_the_known_ones() -> None:
    result = run("list", "--platform", "openai")
    assert result.exit_code == 2
    assert "openai-api" in result.stderr


def test_check_of_the_shipped_catalog_is_fine() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "0 errors" in result.stdout


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    (tmp_path / "openai-api.yaml").write_text("platform: openai-api\nmodels: []\n")
    return tmp_path


def test_check_with_errors_exits_with_one_and_names_line_and_remedy(broken: Path) -> None:
    result = run("check", str(broken))
    assert result.exit_code == 1
    assert "openai-api.yaml:2: error: [] should be non-empty" in result.stdout
    assert "see service/catalog/schema.json for the shape" in result.stdout


def test_check_answers_with_findings_as_json(broken: Path) -> None:
    result = run("check", str(broken), "--json")
    assert result.exit_code == 1
    assert {"severity", "file", "line", "what", "remedy"} == set(json.loads(result.stdout)[0])


def test_check_of_a_folder_without_a_catalog_is_bad_input(tmp_path: Path) -> None:
    assert run("check", str(tmp_path)).exit_code == 2
