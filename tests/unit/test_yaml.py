"""The one door to YAML: what nests without bound ends nothing, and each dialect of YAML reads what it is for."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.adapters.catalog.check import check_catalog
from service.adapters.catalog.files import CatalogError, load_catalog
from service.config import yaml

DEEP = [
    pytest.param("[" * 100_000, id="brackets"),
    pytest.param("{a: " * 100_000, id="braces"),
    pytest.param("- " * 100_000, id="lists"),
    pytest.param("? " * 100_000, id="keys"),
]


@pytest.mark.parametrize("text", DEEP)
@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda text: yaml.parse(text.encode()), id="catalog"),
        pytest.param(lambda text: [*yaml.parse_all(text)], id="Backstage"),
        pytest.param(yaml.open_plain, id="lastcall.yaml"),
    ],
)
def test_what_nests_without_bound_is_refused(read: Callable[[str], Any], text: str) -> None:
    """The C parser alone would end the process."""
    with pytest.raises(yaml.YAMLError, match="more than 50 levels deep"):
        read(text)


def test_catalog_file_that_nests_without_bound_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "openai-api.yaml").write_text("platform: openai-api\nmodels: " + "[" * 100_000)
    with pytest.raises(CatalogError, match="more than 50 levels deep"):
        load_catalog(tmp_path)
    (finding,) = check_catalog(tmp_path, today=date(2025, 6, 2))
    assert (finding.line, finding.what) == (2, "values are nested more than 50 levels deep")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("12:30:45", "12:30:45"),
        ("017", "017"),
        ("4.5", "4.5"),
        ("1e3", "1e3"),
        ("2025-07-14", "2025-07-14"),
        ("~", "~"),
        ("null", "null"),
        ("True", "True"),
        ("true", True),
        ("false", False),
    ],
)
def test_plain_scalar_of_a_catalog_file_is_text(written: str, value: object) -> None:
    assert yaml.parse(f"{written}: {written}".encode()) == {value: value}


def test_plain_file_that_the_c_parser_refuses_is_told_in_the_words_of_the_exact_one() -> None:
    with pytest.raises(yaml.MarkedYAMLError, match="expected ',' or ']', but got '<stream end>'"):
        yaml.open_plain("a: [1")


def test_what_is_written_is_read_again() -> None:
    rule = [{"services": ["no", "[*]x"], "team": "Überblick", "channel": "#on"}]
    assert [*yaml.parse_all(yaml.dump(rule))] == [rule]
