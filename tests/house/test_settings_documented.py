"""docs/configuration.md names every setting of lastcall.yaml and of the environment."""

from pathlib import Path

import pytest

from service.config.company import company_schema
from service.config.settings import Settings

DOCS = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
SCHEMA = company_schema()
IN_FILE = {
    *SCHEMA["properties"],
    *SCHEMA["$defs"]["owner"]["properties"],
    *SCHEMA["$defs"]["policy"]["properties"],
    *SCHEMA["$defs"]["step"]["properties"],
    *SCHEMA["$defs"]["topic"]["properties"],
}


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_variable_is_documented(field: str) -> None:
    assert f"`LASTCALL_{field.upper()}`" in DOCS


@pytest.mark.parametrize("name", sorted(IN_FILE))
def test_setting_of_the_file_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCS
