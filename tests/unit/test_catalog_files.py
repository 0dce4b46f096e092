"""Reading catalog files, and the findings that a contributor gets for a broken one."""

from datetime import date
from pathlib import Path

import pytest

from service.adapters.catalog.check import Defect, check_catalog
from service.adapters.catalog.files import CatalogError, load_catalog

TODAY = date(2026, 11, 22)
HEAD = """\
platform: openai-api
provider: openai
default_after_shutdown: error
source: https://developers.openai.com/api/docs/deprecations
models:
"""
STORY = """\
  - id: gpt-4.5-preview
    aliases: [gpt-4.5-preview-2025-02-27]
    released: 2025-02-27
    announced: 2025-04-14
    shutdown: {day: 2025-07-14, precision: exact}
    replacements: [{id: gpt-4.1, as_of: 2025-04-14, recommended: true, external: true}]
    sources: [{url: https://developers.openai.com/api/docs/deprecations, accessed: 2026-08-21}]
    last_verified: 2026-08-21
"""


def folder_with(tmp_path: Path, text: str, name: str = "openai-api.yaml") -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path


def found(tmp_path: Path, text: str, name: str = "openai-api.yaml") -> list[tuple[int, str]]:
    findings = check_catalog(folder_with(tmp_path, text, name), today=TODAY)
    assert {finding.severity for finding in findings} <= {"error"}
    return [(finding.line, finding.what) for finding in findings]


def test_record_is_read_with_all_its_facts(tmp_path: Path) -> None:
    loaded = load_catalog(folder_with(tmp_path, HEAD + STORY))
    record = loaded.catalog.get("openai-api", "gpt-4.5-preview-2025-02-27")
    assert record is not None
    assert (record.released, record.announced) == (date(2025, 2, 27), date(2025, 4, 14))
    assert (record.shutdown.on, record.shutdown.precision) == (date(2025, 7, 14), "exact")
    assert record.sources == ("https://developers.openai.com/api/docs/deprecations",)
    assert record.last_verified == date(2026, 8, 21)


def test_version_of_an_alias_that_is_no_model_of_the_platform_is_found(tmp_path: Path) -> None:
    versions = "names:\n  versions:\n    gpt-4o: [gpt-4o-2024-05-13, gpt-4o-2024-05-14]\n"
    head = HEAD.replace("provider: openai\n", versions + "provider: openai\n")
    assert found(tmp_path, head + STORY) == [(4, "gpt-4o-2024-05-14 is no model of openai-api")]


def test_digest_changes_with_the_text_and_not_with_the_reading(tmp_path: Path) -> None:
    first = load_catalog(folder_with(tmp_path, HEAD + STORY)).catalog.digest
    again = load_catalog(tmp_path).catalog.digest
    moved = load_catalog(
        folder_with(tmp_path, HEAD + STORY.replace("day: 2025-07-14", "day: 2025-07-15"))
    ).catalog.digest
    assert first == again
    assert first != moved


def test_sound_file_has_no_findings(tmp_path: Path) -> None:
    assert found(tmp_path, HEAD + STORY) == []


@pytest.mark.parametrize(
    ("broken", "line", "what"),
    [
        pytest.param(
            STORY.replace("2025-04-14\n", "14 April 2025\n"),
            9,
            "'14 April 2025' is not",
            id="a day that is no ISO date",
        ),
        pytest.param(
            STORY.replace("precision: exact", "precision: sure"), 10, "'sure' is not one of", id="an unknown precision"
        ),
        pytest.param(STORY.replace("https://", "http://"), 12, "does not match", id="a source without https"),
        pytest.param(
            STORY.replace("    last_verified: 2026-08-21\n", ""),
            6,
            "'last_verified' is a required property",
            id="a record that nobody verified",
        ),
        pytest.param(STORY + "    sunset: 2025-07-14\n", 6, "Additional properties", id="an unknown field"),
        pytest.param(STORY + "    announced: 2025-04-15\n", 14, "announced is written twice", id="a key written twice"),
        pytest.param(
            STORY.replace("2025-04-14\n", "2025-08-14\n"),
            10,
            "announced 2025-08-14 is later than shutdown 2025-07-14",
            id="announced after the end",
        ),
        pytest.param(
            STORY.replace("id: gpt-4.1,", "id: gpt-4.5-preview,"),
            11,
            "gpt-4.5-preview is replaced by itself",
            id="replaced by itself",
        ),
        pytest.param(
            STORY.replace("    released: 2025-02-27\n", "") + "    released: 2025-02-27\n",
            6,
            "keys are out of order",
            id="keys in another order",
        ),
        pytest.param(
            STORY.replace("[gpt-4.5-preview-2025-02-27]", '["gpt-4, and more"]'),
            6,
            "gpt-4, and more is no id of openai-api",
            id="prose for an alias",
        ),
        pytest.param(STORY + "   - id: x\n", 14, "not YAML", id="broken syntax"),
    ],
)
def test_finding_names_the_line(tmp_path: Path, broken: str, line: int, what: str) -> None:
    ((at, said),) = found(tmp_path, HEAD + broken)
    assert at == line
    assert what in said


@pytest.mark.parametrize(
    ("head", "line", "what"),
    [
        pytest.param("hosts: [api.groq.com/v1]", 2, "does not match", id="an address for a host"),
        pytest.param("words: [Zephyr AI]", 2, "does not match", id="a word with upper case and spaces"),
        pytest.param("grammar: latin", 2, "'latin' is not one of", id="a grammar that nobody has written"),
        pytest.param("colour: blue", 1, "Additional properties", id="an unknown field"),
        pytest.param("host_patterns: ['(api.x']", 2, "is no regular expression", id="a pattern that does not compile"),
        pytest.param("paths: [{pattern: '/v1/run/.+'}]", 2, "no group holds the model's id", id="a path without an id"),
        pytest.param("gone:\n- {code: x, source: s}\n- {source: s}", 4, "neither `code` nor", id="no way to say gone"),
        pytest.param("gone: [{words: 'gone[', source: s}]", 2, "is no regular expression", id="words that are broken"),
        pytest.param("gone: [{words: 'Model gone', source: s}]", 2, "has a capital letter", id="words in upper case"),
        pytest.param("names: {versions: {gpt-4o: []}}", 2, "[] should be non-empty", id="an alias without versions"),
        pytest.param("makers_api: true\nname: OpenAI API", 1, "keys are out of order", id="keys in another order"),
    ],
)
def test_finding_in_the_head_names_the_line(tmp_path: Path, head: str, line: int, what: str) -> None:
    first, rest = HEAD.split("\n", 1)
    ((at, said),) = found(tmp_path, f"{first}\n{head}\n{rest}{STORY}")
    assert at == line
    assert what in said


@pytest.mark.parametrize(
    ("claim", "first_line", "what"),
    [
        pytest.param("words: [one]", 2, "one is a word of {} too", id="a word"),
        pytest.param("words: [openai_api]", 2, "openai_api is a word of {} too", id="a word that is the other's name"),
        pytest.param("field_words: [one]", 2, "one is a word of {} too", id="a word of the provider field"),
        pytest.param("hosts: [api.one.example]", 3, "api.one.example is a host of {} too", id="a host"),
    ],
)
def test_word_and_host_belong_to_one_platform(tmp_path: Path, claim: str, first_line: int, what: str) -> None:
    first, rest = HEAD.split("\n", 1)
    folder_with(tmp_path, f"{first}\nwords: [one]\nhosts: [api.one.example]\n{rest}{STORY}")
    folder_with(tmp_path, f"platform: zephyr\n{claim}\nprovider: zephyr\n", "zephyr.yaml")
    remedy = "leave it to one platform"
    assert check_catalog(tmp_path, today=TODAY) == [
        Defect("error", "openai-api.yaml", first_line, what.format("zephyr"), remedy),
        Defect("error", "zephyr.yaml", 2, what.format("openai-api"), remedy),
    ]
    with pytest.raises(CatalogError, match=f"openai-api: {what.format('zephyr')}"):
        load_catalog(tmp_path)


def test_models_without_a_source_are_refused(tmp_path: Path) -> None:
    text = "platform: openai-api\nprovider: openai\nmodels:\n" + STORY
    assert found(tmp_path, text) == [(3, "models without a `source`")]


def test_neighbour_that_has_no_file_is_a_warning(tmp_path: Path) -> None:
    folder_with(tmp_path, "platform: zephyr\nneighbour: breeze\nprovider: zephyr\n", "zephyr.yaml")
    (finding,) = check_catalog(tmp_path, today=TODAY)
    assert (finding.severity, finding.line, finding.what) == ("warning", 2, "no platform is called breeze")
    assert load_catalog(tmp_path).resolver.resolve("x", provider="zephyr").platform == "zephyr"


def test_file_is_called_like_its_platform(tmp_path: Path) -> None:
    assert found(tmp_path, HEAD + STORY, "openai.yaml") == [(1, "the platform is openai-api")]


def test_every_finding_says_what_to_do(tmp_path: Path) -> None:
    (finding,) = check_catalog(folder_with(tmp_path, HEAD + STORY, "openai.yaml"), today=TODAY)
    assert finding == Defect("error", "openai.yaml", 1, "the platform is openai-api", "call the file openai-api.yaml")


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="holds no catalog file"):
        load_catalog(tmp_path)


def test_broken_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"openai-api\.yaml: .*sunset"):
        load_catalog(folder_with(tmp_path, HEAD + STORY + "    sunset: 2025-07-14\n"))


def test_external_replacement_that_a_record_has_in_another_spelling_is_an_error(tmp_path: Path) -> None:
    other = STORY.replace("id: gpt-4.1,", "id: openai/gpt-4o-2024-08-06,") + (
        "  - id: gpt-4o-2024-08-06\n"
        "    sources: [{url: https://developers.openai.com/api/docs/deprecations, accessed: 2026-08-21}]\n"
        "    last_verified: 2026-08-21\n"
    )
    what = "openai/gpt-4o-2024-08-06 is marked external but is the record gpt-4o-2024-08-06"
    assert found(tmp_path, HEAD + other) == [(11, what)]
