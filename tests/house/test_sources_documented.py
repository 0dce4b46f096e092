"""docs/catalog.md lists the sources of the catalog as they are."""

import re
from pathlib import Path

import pytest

from service.adapters.sources.table import SOURCES, Listed

PAGE = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text()
ROWS = dict(re.findall(r"^\| `([\w.-]+)` \| (.*) \|$", PAGE.partition("\n## Sources\n")[2], re.MULTILINE))


def test_every_source_is_documented_in_its_order() -> None:
    assert list(ROWS) == [source.name for source in SOURCES]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_source_is_documented_with_its_standing_and_credentials(source: Listed) -> None:
    row = ROWS[source.name]
    assert f"| {source.standing}{', proposed only' if source.proposes else ''}" in row
    assert [name for name in source.needs if f"`LASTCALL_{name.upper()}`" not in row] == []
