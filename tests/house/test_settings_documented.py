"""docs/configuration.md lists the settings as they are, and no document names a variable that does nothing."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from service.config.settings import Settings

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "configuration.md").read_text().partition("## Environment")[2]
ROWS = {
    found["name"]: found
    for found in re.finditer(
        r"^\| `(?P<name>LASTCALL_\w+)` \| (?:`(?P<default>[^`]*)`)? ?\| (?P<means>.*) \|$", TABLE, re.M
    )
}
FIELDS = {f"LASTCALL_{name.upper()}": field for name, field in Settings.model_fields.items()}
NO_SETTINGS = {"LASTCALL_SECRETS_DIR", "LASTCALL_YAML"}
"""Where settings are read from, and the demo's text of that file."""
FOR_TESTS = re.compile(r"LASTCALL_(TEST|CHAOS|LAWS)_\w+")


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert list(ROWS) == list(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_setting_is_documented_with_its_default_and_meaning(name: str) -> None:
    row, field = ROWS[name], FIELDS[name]
    assert row["default"] == shown(field.default)
    assert row["means"].startswith(field.description or ""), "the sentence of service/config/settings.py"
    assert [choice for choice in choices(field) if f"`{choice}`" not in row["means"]] == []


@pytest.mark.parametrize(
    "path",
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile", "Dockerfile", ".ci/run")),
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "helm").rglob("*.yaml")),
        *sorted((ROOT / "service").rglob("*.py")),
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bLASTCALL_[A-Z][A-Z_]*[A-Z]\b", path.read_text()))
    assert [name for name in named - FIELDS.keys() - NO_SETTINGS if not FOR_TESTS.fullmatch(name)] == []


def test_setting_may_stand_in_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "LASTCALL_SLACK_TOKEN").write_text("xoxb-from-a-file\n")
    token = Settings(_secrets_dir=tmp_path).slack_token
    assert token is not None
    assert token.get_secret_value() == "xoxb-from-a-file"


def shown(default: Any) -> str | None:
    return None if default is None else str(default)


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Of a Literal; none for other types."""
    return tuple(choice for choice in get_args(field.annotation) if isinstance(choice, str))
