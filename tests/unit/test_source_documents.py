"""Packages, pages, own files and bundles: what is read, and what is refused."""

import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import msgspec
import pytest

from scripts.compare_packages import differences, main
from service.adapters.catalog.files import catalog_paths, load_catalog
from service.adapters.directory.http import open_http
from service.adapters.sources.files import read_bundle, write_bundle
from service.adapters.sources.http import Http
from service.adapters.sources.model_eol import write_model_eol
from service.adapters.sources.packages import ANTHROPIC_PACKAGE, OPENAI_PACKAGE, Package, PackageSource
from service.adapters.sources.pages import ANTHROPIC_PAGE, OPENAI_PAGE
from service.adapters.sources.source import utc_day
from service.adapters.sources.table import SOURCES, Context, open_feed, open_file
from service.config import yaml
from service.config.settings import Settings
from service.core.catalog.file import PlatformFile
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown
from tests.source_server import failure, reading

OPENAI_TYPES = '''
ChatModel = Literal["o3", "o1"]
"""Deprecated values:

- "gpt-5.1-mini": Not a supported model ID. Retained for SDK compatibility.
- "o1", "o1-2024-12-17",
  "gpt-4": Announced shutdown date:
  2026-10-23. See https://developers.openai.com/api/docs/deprecations for
  details.
- "dall-e-3": This model was retired on May 12, 2026. Use a GPT
  Image model instead.
"""
'''
ANTHROPIC_DATA = """
from typing import Dict
DEPRECATED_MODELS: Dict[str, str] = {
    "claude-opus-4-5": "January 22nd, 2027",
    "claude-mythos-preview": "June 30th, 2026",
}
"""


def wheel(folder: Path, package: Package, **modules: str) -> Path:
    path = folder / f"{package.name}-9.9.9-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in modules.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
        archive.writestr(f"{package.name}/other.py", "not read")
    return path


async def test_package_of_openai_is_read_without_importing_it(tmp_path: Path) -> None:
    path = wheel(tmp_path, OPENAI_PACKAGE, openai__types__shared__chat_model=OPENAI_TYPES)
    read = await reading(PackageSource(OPENAI_PACKAGE, path))
    retired = Finding("openai-api", "dall-e-3", shutdown=Shutdown(date(2026, 5, 12), "exact"))
    end = Shutdown(date(2026, 10, 23), "exact")
    models = ("gpt-4", "o1", "o1-2024-12-17")
    assert read.findings == (retired, *(Finding("openai-api", model, shutdown=end) for model in models))
    assert (read.source, read.standing) == ("openai-package", "provider")


async def test_package_of_anthropic_is_read(tmp_path: Path) -> None:
    path = wheel(tmp_path, ANTHROPIC_PACKAGE, anthropic___data__deprecated_models=ANTHROPIC_DATA)
    assert (await reading(PackageSource(ANTHROPIC_PACKAGE, path))).findings == (
        Finding("anthropic-api", "claude-mythos-preview", shutdown=Shutdown(date(2026, 6, 30), "exact")),
        Finding("anthropic-api", "claude-opus-4-5", shutdown=Shutdown(date(2027, 1, 22), "exact")),
    )


async def test_installed_package_is_read() -> None:
    found = {finding.id: finding for finding in (await reading(PackageSource(OPENAI_PACKAGE))).findings}
    assert found["gpt-4-32k"].shutdown == Shutdown(date(2025, 6, 6), "exact")


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        pytest.param({"openai__types__model": "no day"}, "no_days_in_package", id="another form"),
        pytest.param(
            {"openai__types__a": OPENAI_TYPES, "openai__types__b": OPENAI_TYPES.replace("2026-10-23", "2027-10-23")},
            "unreadable_package",
            id="two days for one model",
        ),
        pytest.param({"openai__types__a": " " * (33 * 1024 * 1024)}, "unreadable_package", id="zip bomb"),
    ],
)
async def test_package_that_cannot_be_read_is_refused(tmp_path: Path, modules: dict[str, str], reason: str) -> None:
    assert (await failure(PackageSource(OPENAI_PACKAGE, wheel(tmp_path, OPENAI_PACKAGE, **modules)))).reason == reason


async def test_file_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "openai-1.whl"
    path.write_bytes(b"garbage")
    assert (await failure(PackageSource(OPENAI_PACKAGE, path))).reason == "unreadable_package"
    assert (await failure(PackageSource(OPENAI_PACKAGE, tmp_path / "none.whl"))).reason == "FileNotFoundError"


def test_comparison_lists_each_difference() -> None:
    end, other = Shutdown(date(2026, 12, 11), "exact"), Shutdown(date(2027, 6, 1), "exact")
    findings = [
        Finding("openai-api", "o3", shutdown=end),
        Finding("openai-api", "gpt-4", shutdown=other),
        Finding("openai-api", "gpt-99", shutdown=other),
    ]
    assert list(differences(load_catalog(), findings)) == [
        "openai-api gpt-4: 2027-06-01 in the package, 2026-10-23 (exact, provider) in the catalog",
        "openai-api gpt-99: 2027-06-01 in the package, no record in the catalog",
    ]


def test_comparison_fails_on_a_difference(tmp_path: Path) -> None:
    types = OPENAI_TYPES.replace("2026-10-23", "2027-10-23")
    assert main([str(wheel(tmp_path, OPENAI_PACKAGE, openai__types__a=types))]) == 1
    assert main([str(wheel(tmp_path, OPENAI_PACKAGE, openai__types__a="no day"))]) == 2


OPENAI_MARKDOWN = """# Deprecations
### 2026-04-22: Legacy GPT model snapshots
| Shutdown date    | Model snapshot                       | Substitute model                |
| ---------------- | ------------------------------------ | ------------------------------- |
| October 23, 2026 | `o1-2024-12-17` \\| `o1`             | `gpt-5.6-sol` (`mode: pro`)     |
| October 23, 2026 | `ft-gpt-4`                           | `gpt-5.6-sol`                   |
| 2026-09-24       | Videos API                           | ---                             |
| at some time     | `o2`                                 | ---                             |
### 2025-09-26: Older notice
| Shutdown date | Model / system | Recommended replacement |
| ------------- | -------------- | ----------------------- |
| 2026\N{NON-BREAKING HYPHEN}03\N{NON-BREAKING HYPHEN}26 | `o1`           | `o3` or `o4-mini`       |
#### Endpoints
| Shutdown date | System       | Recommended replacement |
| ------------- | ------------ | ----------------------- |
| 2026-03-26    | `/v1/edits1` | `/v1/chat/completions1` |
| Date          | Update       |
| ------------- | ------------ |
| June 3, 2026  | `gpt-0`      |
#### Base models
| Shutdown date | Deprecated model | Deprecated model price | Recommended replacement |
| ------------- | ---------------- | ---------------------- | ----------------------- |
| 2024-01-04    | `code-002`       | $0.40                  | `babbage-002`           |
"""


def test_page_of_openai_gives_the_newest_notice_of_each_model() -> None:
    end = Shutdown(date(2026, 10, 23), "exact")
    found = [
        Finding("openai-api", model, announced=date(2026, 4, 22), shutdown=end, replacements=("gpt-5.6-sol",))
        for model in ("o1-2024-12-17", "o1")
    ]
    base = Finding(
        "openai-api",
        "code-002",
        announced=date(2025, 9, 26),
        shutdown=Shutdown(date(2024, 1, 4), "exact"),
        replacements=("babbage-002",),
    )
    assert OPENAI_PAGE.read(OPENAI_MARKDOWN.encode()) == (*found, base)
    assert OPENAI_PAGE.proposes is True


ANTHROPIC_MARKDOWN = """## Model status
| API model name           | Current state | Deprecated    | Tentative retirement date    |
| ------------------------ | ------------- | ------------- | ---------------------------- |
| claude-fable-5           | Active        | N/A           | Not sooner than June 9, 2027 |
| claude-opus-4-1-20250805 | Retired       | June 5, 2026  | August 5, 2026               |
### 2026-06-05: Claude Opus 4.1 model
| Retirement date | Deprecated model           | Recommended replacement |
| --------------- | -------------------------- | ----------------------- |
| August 5, 2026  | `claude-opus-4-1-20250805` | `claude-opus-4-8`       |
"""


def test_page_of_anthropic_gives_promises_and_ends() -> None:
    assert ANTHROPIC_PAGE.read(ANTHROPIC_MARKDOWN.encode()) == (
        Finding("anthropic-api", "claude-fable-5", shutdown=Shutdown.earliest(date(2027, 6, 9))),
        Finding(
            "anthropic-api",
            "claude-opus-4-1-20250805",
            announced=date(2026, 6, 5),
            shutdown=Shutdown(date(2026, 8, 5), "exact"),
            replacements=("claude-opus-4-8",),
        ),
    )


def test_page_in_another_form_is_unreadable() -> None:
    with pytest.raises(ValueError, match="no table"):
        OPENAI_PAGE.read(b"# Deprecations\n\nThey moved.\n")


OWN_YAML = """
platform: acme-gateway
provider: acme
source: https://wiki.acme.example/models
models:
  - id: house-model-1
    aliases: [house-model]
    announced: 2026-11-01
    shutdown: {day: 2027-03-31, precision: exact}
    replacements: [{id: house-model-2}]
    sources: [{url: https://wiki.acme.example/models, accessed: 2026-11-02, kind: press}]
    last_verified: 2026-11-02
"""
OWN_CSV = """\N{ZERO WIDTH NO-BREAK SPACE}platform,id,aliases,announced,day,precision,replacements,source,kind
acme-gateway,house-model-1,house-model,2026-11-01,2027-03-31,,house-model-2,https://wiki.acme.example/models,press
"""
OWN = Finding(
    "acme-gateway",
    "house-model-1",
    aliases=("house-model",),
    announced=date(2026, 11, 1),
    shutdown=Shutdown(date(2027, 3, 31), "exact"),
    replacements=("house-model-2",),
    standing="reported",
    url="https://wiki.acme.example/models",
)


@pytest.fixture
async def context() -> AsyncIterator[Context]:
    async with open_http() as session:
        yield Context(Http(session), Settings(), load_catalog().resolver)


@pytest.mark.parametrize("content", [pytest.param(OWN_YAML, id="yaml"), pytest.param(OWN_CSV, id="csv")])
async def test_own_file_is_read(tmp_path: Path, context: Context, content: str) -> None:
    path = tmp_path / "own"
    path.write_text(content)
    read = await reading(open_file("own", str(path), context))
    assert (read.findings, read.source, read.url) == ((OWN,), "own", "own")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(OWN_YAML.replace("2027-03-31", "soon"), id="yaml: no day"),
        pytest.param(OWN_YAML + "    - broken: [", id="yaml: syntax"),
        pytest.param(OWN_YAML.replace("aliases", "names"), id="yaml: unknown key"),
        pytest.param(OWN_CSV.replace("2027-03-31", "31.3.2027"), id="csv: no day"),
        pytest.param(OWN_CSV.replace("precision", "how sure"), id="csv: unknown column"),
        pytest.param(OWN_CSV.replace("https://wiki", "wiki"), id="csv: no source"),
        pytest.param('{"platforms": {}}', id="json: no bundle"),
        pytest.param("", id="empty"),
    ],
)
async def test_own_file_with_an_error_is_refused(tmp_path: Path, context: Context, content: str) -> None:
    path = tmp_path / "own"
    path.write_text(content)
    assert (await failure(open_file("own", str(path), context))).reason == "unreadable_answer"


async def test_own_file_that_is_missing_is_refused(tmp_path: Path, context: Context) -> None:
    failed = await failure(open_file("own", str(tmp_path / "none.yaml"), context))
    assert (failed.reason, failed.is_refusal) == ("FileNotFoundError", True)


@cache
def shipped() -> list[PlatformFile]:
    return [msgspec.convert(yaml.parse(path.read_bytes()), PlatformFile) for path in catalog_paths(None)]


def test_bundle_has_every_file_in_full() -> None:
    assert list(read_bundle(write_bundle(shipped(), made=date(2026, 12, 1)))) == shipped()


def test_bundle_does_not_depend_on_the_order_of_files() -> None:
    bundles = {write_bundle(files, made=date(2026, 12, 1)) for files in (shipped(), shipped()[::-1])}
    assert len(bundles) == 1


async def test_bundle_is_read_as_a_source(tmp_path: Path, context: Context) -> None:
    path = tmp_path / "catalog.json"
    path.write_bytes(write_bundle(shipped(), made=date(2026, 12, 1)))
    found = {(one.platform, one.id): one for one in (await reading(open_file("bundle", str(path), context))).findings}
    assert found["openai-api", "o3-2025-04-16"].shutdown == Shutdown(date(2026, 12, 11), "exact")
    assert len(found) == sum(len(file.models) for file in shipped())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"2026-12-11", b"2027-12-11", id="a day"),
        pytest.param(b'"made":"2026-12-01"', b'"made":"2027-12-01"', id="when it was made"),
        pytest.param(b'"sha256":"', b'"sha256":"0', id="the hash"),
    ],
)
async def test_bundle_that_was_altered_is_refused(tmp_path: Path, context: Context, old: bytes, new: bytes) -> None:
    path = tmp_path / "catalog.json"
    path.write_bytes(write_bundle(shipped(), made=date(2026, 12, 1)).replace(old, new, 1))
    failed = await failure(open_file("bundle", str(path), context))
    assert (failed.reason, failed.is_refusal) == ("bundle_altered", True)


def test_catalog_is_written_in_the_open_format() -> None:
    (file,) = (one for one in shipped() if one.platform == "anthropic-api")
    feed = json.loads(write_model_eol(file, generated=datetime(2026, 12, 1, tzinfo=UTC)))
    models = {model["id"]: model for model in feed["models"]}
    assert (feed["spec"], feed["publisher"], feed["generated"]) == (
        "model-eol/0.1",
        "anthropic",
        "2026-12-01T00:00:00+00:00",
    )
    assert models["claude-3-opus-20240229"]["shutdown"] == "2026-01-05"
    assert models["claude-3-opus-20240229"]["date_precision"] == "exact"
    assert models["claude-haiku-4-5-20251001"]["date_precision"] == "tentative"
    assert "announced" not in models["claude-haiku-4-5-20251001"]


def test_ids_that_the_open_format_does_not_have_are_counted() -> None:
    (file,) = (one for one in shipped() if one.platform == "vertex-ai")
    feed = json.loads(write_model_eol(file, generated=datetime(2026, 12, 1, tzinfo=UTC)))
    left_out = len(file.models) - len(feed["models"])
    assert left_out > 0
    assert feed["note"].endswith(f"Left out for their ids: {left_out}.")
    assert not any("@" in model["id"] for model in feed["models"])


async def test_wheel_of_the_operator_is_a_package(tmp_path: Path, context: Context) -> None:
    path = wheel(tmp_path, OPENAI_PACKAGE, openai__types__a=OPENAI_TYPES)
    assert open_file("own", str(path), context).name == "openai-package"


def test_source_without_its_credential_names_the_variables() -> None:
    missing = {one.name: one.missing(Settings()) for one in SOURCES}
    assert missing["anthropic"] == ("LASTCALL_ANTHROPIC_API_KEY",)
    assert missing["bedrock"] == ("LASTCALL_AWS_REGION", "LASTCALL_AWS_ACCESS_KEY_ID", "LASTCALL_AWS_SECRET_ACCESS_KEY")
    assert missing["litellm"] == ()


async def test_every_source_opens_under_its_own_name(context: Context) -> None:
    account = "/subscriptions/1/resourceGroups/ai/providers/Microsoft.CognitiveServices/accounts/acme"
    given = {name: "test" for one in SOURCES for name in one.needs} | {"azure_account": account}
    whole = replace(context, settings=Settings.model_validate(given))
    opened = [(source.name, source.standing) for source in (one.open(whole) for one in SOURCES)]
    assert opened == [(one.name, one.standing) for one in SOURCES]
    assert len({one.name for one in SOURCES}) == len(SOURCES)


async def test_feed_is_asked_at_its_well_known_address(context: Context) -> None:
    assert open_feed("https://openai.com", context).standing == "provider"


@pytest.mark.parametrize(
    ("given", "day"),
    [
        pytest.param("2026-12-11", date(2026, 12, 11), id="a day"),
        pytest.param("2026-12-11T00:00:00Z", date(2026, 12, 11), id="midnight in UTC"),
        pytest.param("2026-12-11T00:00:00+08:00", date(2026, 12, 10), id="midnight in Shanghai"),
        pytest.param("2026-12-10T17:00:00-07:00", date(2026, 12, 11), id="afternoon in San Francisco"),
        pytest.param("2026-12-11T23:59:59.9999999Z", date(2026, 12, 11), id="seven digits of a second"),
        pytest.param("2026-12-11T08:00:00", date(2026, 12, 11), id="no zone"),
    ],
)
def test_day_is_the_one_in_utc(given: str, day: date) -> None:
    assert utc_day(given) == day


def test_no_credential_is_in_a_repr(context: Context) -> None:
    given = Settings.model_validate({"openai_api_key": "sk-very-secret-key"})
    source = next(one for one in SOURCES if one.name == "openai").open(replace(context, settings=given))
    assert "very-secret" not in f"{source!r} {vars(source)!r} {given!r}"
