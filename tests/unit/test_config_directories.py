"""`directories:` of lastcall.yaml."""

from pathlib import Path

import pytest

from service.config.company import ConfigError, load_company
from service.config.directories import Backstage, Codeowners, Directories


def load(tmp_path: Path, text: str) -> Directories:
    file = tmp_path / "lastcall.yaml"
    file.write_text(text)
    return load_company(file).directories


def test_directories_are_read_with_paths_from_the_files_folder(tmp_path: Path) -> None:
    text = """
directories:
  backstage: {path: catalog}
  codeowners: {file: repo/CODEOWNERS, paths: ["apps/{service}/"]}
  pagerduty: {url: https://api.eu.pagerduty.com}
"""
    assert load(tmp_path, text) == Directories(
        Backstage(path=tmp_path / "catalog"),
        Codeowners(tmp_path / "repo/CODEOWNERS", ("apps/{service}/",)),
        "https://api.eu.pagerduty.com",
    )


def test_code_stands_below_services_unless_said_otherwise(tmp_path: Path) -> None:
    directories = load(tmp_path, "directories: {codeowners: {file: CODEOWNERS}}\n")
    assert directories.codeowners == Codeowners(tmp_path / "CODEOWNERS", ("services/{service}/",))
    assert directories.of_owners == ("codeowners",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("backstage: {}", "it needs either `url` or `path`", id="neither address nor files"),
        pytest.param(
            "backstage: {url: 'https://b.example', path: c}", "it needs either `url` or `path`", id="address and files"
        ),
        pytest.param("backstage: {url: b.example}", "'b.example' is not a valid address", id="no scheme"),
        pytest.param(
            "backstage: {url: 'https://u:p@b.example'}", "Write https://host, without", id="a password in the address"
        ),
        pytest.param("backstage: {url: 'https://b.example', token: x}", "'token' is not a setting here", id="a token"),
        pytest.param("codeowners: {}", "'file' is missing", id="no file"),
        pytest.param("codeowners: {file: C, paths: [services]}", "does not contain {service}", id="no name"),
        pytest.param("opsgenie: {}", "'opsgenie' is not a setting here", id="another directory"),
    ],
)
def test_mistake_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"directories:\n  {text}\n")
    assert problem in str(refused.value)
    assert "lastcall.yaml:2: " in str(refused.value)
