"""docs/configuration.md names every setting of lastcall.yaml."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.config.company import company_schema

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def settings(schema: dict[str, Any]) -> Iterator[str]:
    """The names of all settings, at any depth."""
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from settings(inner)
    for inner in schema.get("$defs", {}).values():
        yield from settings(inner)
    if "items" in schema:
        yield from settings(schema["items"])


@pytest.mark.parametrize("name", sorted(set(settings(company_schema()))))
def test_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCUMENT or f"`{name}:" in DOCUMENT
