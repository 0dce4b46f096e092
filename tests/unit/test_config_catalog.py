"""The `catalog:` of lastcall.yaml."""

from pathlib import Path

import pytest

from service.adapters.sources.table import SOURCES
from service.config.catalog import CatalogSettings, OwnSource
from service.config.company import ConfigError, company_schema, load_company
from service.core.catalog.traffic import ANSWER_SOURCES

RECORD = """
  records:
    - platform: openai-api
      id: gpt-4.1
      shutdown: {day: 2027-01-31}
      sources: [{url: https://example.com/mail, accessed: 2026-11-20}]
      last_verified: 2026-11-20
"""


def load(folder: Path, text: str) -> CatalogSettings:
    (folder / "lastcall.yaml").write_text(text)
    return load_company(folder / "lastcall.yaml").catalog


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        load(folder, text)
    (only,) = refused.value.problems
    return f"{only.line}: {only.what}. {only.remedy}"


def test_no_source_is_asked_by_default(tmp_path: Path) -> None:
    assert load(tmp_path, "organisation: Acme\n").names == ANSWER_SOURCES, "the company's own logs"


def test_sources_files_and_feeds_are_asked_in_this_order(tmp_path: Path) -> None:
    text = "catalog: {sources: [openai], feeds: [{name: f, place: x.example}], files: [{name: ours, place: m.csv}]}"
    given = load(tmp_path, text)
    assert given.names == ("openai", "ours", "f", *ANSWER_SOURCES)
    assert given.own == (OwnSource("ours", "file", str(tmp_path / "m.csv")), OwnSource("f", "feed", "x.example"))


def test_record_has_the_form_of_a_catalog_file(tmp_path: Path) -> None:
    (record,) = load(tmp_path, f"catalog:{RECORD}").records
    assert (record.platform, record.entry.id, f"{record.entry.shutdown.day}") == (
        "openai-api",
        "gpt-4.1",
        "2027-01-31",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("catalog: {sources: [opnai]}", "1: catalog.sources[0]: 'opnai' is unknown. Did you mean 'openai'?"),
        (
            "catalog: {sources: [openai], files: [{name: openai, place: m.csv}]}",
            "1: catalog.files[0]: 'openai' is used twice. Rename one of them",
        ),
        (
            "catalog: {files: [{name: ours, place: 'https://me:secret@x.example/m.csv'}]}",
            "1: catalog.files[0].place: the address contains a user or password. Write https://host/path; secrets do "
            "not belong here",
        ),
        (
            f"catalog:{RECORD.replace('openai-api', 'opnai-api')}",
            "3: catalog.records[0]: there is no platform 'opnai-api'. Write the platform of a file in the catalog: "
            "`lastcall catalog list` shows them",
        ),
        (
            f"catalog:{RECORD.replace('shutdown:', 'sunset:')}",
            "3: catalog.records[0]: Object contains unknown field `sunset`. See docs/catalog.md for the fields of a "
            "record",
        ),
        (
            "catalog:" + RECORD.replace("shutdown:", "released: 2028-01-01\n      shutdown:"),
            "6: catalog.records[0]: released 2028-01-01 is later than shutdown 2027-01-31. Check the days in the "
            "source",
        ),
    ],
    ids=["unknown source", "name twice", "password", "unknown platform", "unknown field", "days in the wrong order"],
)
def test_mistake_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert problem(tmp_path, text) == said


def test_schema_names_every_source(tmp_path: Path) -> None:
    allowed = company_schema()["properties"]["catalog"]["properties"]["sources"]["items"]["enum"]
    assert allowed == [each.name for each in SOURCES]
