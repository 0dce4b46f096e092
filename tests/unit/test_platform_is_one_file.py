"""Adding a platform is one file: a made-up one, written into a copy of the catalog, is known everywhere."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.adapters.catalog.check import check_catalog
from service.adapters.catalog.files import SHIPPED, LoadedCatalog, load_catalog
from service.config.company import ConfigError, load_company
from service.core import words
from service.core.catalog.file import PlatformFile
from service.core.catalog.lookup import records_of
from service.core.identity import Model, known_platforms, platform_of, use_platforms
from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of
from tests.own_catalog import with_file

ZEPHYR = r"""
platform: zephyr-cloud
name: Zephyr Cloud
words: [zephyr, zephyr_inference]
field_words: [windworks]
word_patterns: ['zephyr-.*-tier']
hosts: [api.zephyr.example]
host_patterns: ['[a-z]+-[a-z]+-\d\.zephyr\.example']
id_patterns: ['zeph:.+']
routes: ['pool-\d']
paths:
  - {pattern: '/zephyr/run/([^/]+)'}
  - {pattern: '/zephyr/endpoints/.+', no_model: free_text}
gone:
  - {code: MODEL_BLOWN_AWAY, source: https://docs.zephyr.example/errors}
  - {words: 'model \S+ has left the sky\b', source: https://docs.zephyr.example/errors}
names:
  models: [breeze-3]
  floating: [breeze-latest]
provider: zephyr
default_after_shutdown: error
source: https://docs.zephyr.example/deprecations
models:
  - id: zephyr/Breeze-2
    aliases: [breeze-2-0]
    announced: 2026-09-01
    shutdown: {day: 2026-12-15, precision: exact}
    replacements: [{id: breeze-3, as_of: 2026-09-01, external: true}]
    sources: [{url: https://docs.zephyr.example/deprecations, accessed: 2026-09-02}]
    last_verified: 2026-09-02
"""
BREEZE = "breeze-2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    for path in SHIPPED.glob("*.yaml"):
        shutil.copy(path, folder)
    (folder / "zephyr-cloud.yaml").write_text(ZEPHYR.lstrip())
    return folder


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[LoadedCatalog]:
    before = known_platforms()
    loaded = load_catalog(folder)
    use_platforms(loaded.platforms)
    yield loaded
    use_platforms(before)


def event(**given: Any) -> UsageEvent:
    record = {"time": "2026-11-22T09:00:00Z", "model": BREEZE, "service": "search-api"} | given
    (event,) = events_of(decode(make_record(record)))
    return event


def test_file_keeps_the_rules(folder: Path) -> None:
    findings = check_catalog(folder, today=date(2026, 12, 1))
    assert [finding for finding in findings if finding.severity == "error"] == []


@pytest.mark.parametrize(
    ("provider", "host"),
    [
        ("zephyr", None),
        ("zephyr-cloud", None),
        ("ChatZephyr", None),
        ("langchain_zephyr", None),
        ("zephyr.inference", None),
        ("windworks", None),
        ("zephyr-gold-tier", None),
        ("openai", "api.zephyr.example"),
        ("openai", "eu-west-1.zephyr.example"),
    ],
)
def test_it_is_recognised_by_word_and_by_host(loaded: LoadedCatalog, provider: str, host: str | None) -> None:
    assert platform_of(loaded.platforms, provider, host) == "zephyr-cloud"
    assert loaded.resolver.resolve(BREEZE, provider=provider, host=host) == Model("zephyr-cloud", BREEZE, "snapshot")


def test_word_is_unknown_without_the_file() -> None:
    shipped = load_catalog().platforms
    assert platform_of(shipped, "zephyr") is None
    assert platform_of(shipped, None, "api.zephyr.example") is None


@pytest.mark.parametrize(
    ("raw", "provider", "model", "kind"),
    [
        ("zephyr/breeze-2", None, BREEZE, "snapshot"),
        ("zephyr:Breeze-2", None, BREEZE, "snapshot"),
        ("zephyr/pool-3/breeze-2", None, BREEZE, "snapshot"),
        ("breeze-2-0", "zephyr", BREEZE, "snapshot"),
        ("breeze-3", "zephyr", "breeze-3", "snapshot"),
        ("breeze-latest", "zephyr", "breeze-latest", "alias"),
        ("/zephyr/run/breeze-2", "path", BREEZE, "snapshot"),
        ("meta-llama/Llama-3.1-70B-Instruct", "zephyr", "llama-3.1-70b-instruct", "snapshot"),
    ],
)
def test_its_ids_are_read(loaded: LoadedCatalog, raw: str, provider: str | None, model: str, kind: str) -> None:
    assert loaded.resolver.resolve(raw, provider=provider) == Model("zephyr-cloud", model, kind)  # type: ignore[arg-type]


def test_what_its_ids_and_paths_prove_needs_no_word(loaded: LoadedCatalog) -> None:
    assert loaded.resolver.resolve("zeph:gale-9").platform == "zephyr-cloud"
    unresolved = loaded.resolver.resolve("/zephyr/endpoints/mine", provider="path")
    assert (unresolved.platform, getattr(unresolved, "reason", None)) == ("zephyr-cloud", "free_text")


def test_record_is_counted_for_it_by_word_or_host(loaded: LoadedCatalog) -> None:
    for said in ({"provider": "zephyr"}, {"provider": "openai", "host": "https://api.zephyr.example/v1"}):
        made = event(**said)
        assert made.host == ("api.zephyr.example" if "host" in said else None)
        identified = loaded.resolver.identify(
            provider=made.provider, host=made.host, requested_id=made.requested_id, served_id=made.served_id
        )
        assert (identified.platform, identified.requested_model) == ("zephyr-cloud", BREEZE)


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        ({"error_code": "MODEL_BLOWN_AWAY", "status": 400}, True),
        ({"error_message": "Model breeze-2 has left the sky.", "status": 400}, True),
        ({"error_message": "Too many requests", "status": 429}, False),
    ],
)
@pytest.mark.usefixtures("loaded")
def test_its_error_phrases_are_understood_and_count_for_it_alone(error: dict[str, Any], *, gone: bool) -> None:
    assert event(provider="zephyr", **error).end_of_life is gone
    assert event(provider="groq", **error).end_of_life is False


def test_its_deprecation_is_there_under_each_name(loaded: LoadedCatalog) -> None:
    for name in ("zephyr/breeze-2", "breeze-2"):
        (record,) = records_of(loaded.catalog, loaded.resolver, name)
        assert (record.platform, record.model) == ("zephyr-cloud", BREEZE)
        assert (record.shutdown.on, record.replacements[0].model) == (date(2026, 12, 15), "breeze-3")


@pytest.mark.usefixtures("loaded")
def test_people_read_its_name() -> None:
    assert words.platform_name("zephyr-cloud") == "Zephyr Cloud"


def test_policy_may_match_it(loaded: LoadedCatalog, tmp_path: Path) -> None:
    file = tmp_path / "lastcall.yaml"
    policy = "policies:\n- {name: winds, match: {platform: PLATFORM}, steps: [{at: -7d, tell: [owner]}]}\n"
    file.write_text(policy.replace("PLATFORM", "zephyr-cloud"))
    assert [rule.platform for rule in load_company(file).policies] == ["zephyr-cloud"]
    file.write_text(policy.replace("PLATFORM", "zephyr-clou"))
    with pytest.raises(ConfigError, match="zephyr-cloud"):
        load_company(file)


def test_command_shows_it_among_the_platforms(tmp_path: Path) -> None:
    path = with_file(tmp_path, "zephyr-cloud.yaml", ZEPHYR.lstrip())
    (line,) = run(path, "catalog", "list", "--platform", "zephyr-cloud").stdout.splitlines()
    assert line.split("  ")[0] == "zephyr-cloud"
    assert line.split()[1:] == ["Tue", "15", "Dec", "2026", "zephyr/Breeze-2", "breeze-3"]
    assert "zephyr-cloud" in run(path, "catalog", "list", "--platform", "zephyr").stderr
    answer = json.loads(run(path, "resolve", "breeze-2", "--provider", "zephyr", "--json").stdout)
    assert (answer["platform"], answer["model"]) == ("zephyr-cloud", BREEZE)


def run(path: str, *given: str) -> subprocess.CompletedProcess[str]:
    """In a folder of its own: `python -m` looks for `service` there first."""
    command = [sys.executable, "-m", "service", *given]
    env, folder = {**os.environ, "PYTHONPATH": path}, path.partition(os.pathsep)[0]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)


def test_each_key_of_a_head_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text()
    table = page.partition("## Adding a platform")[2].partition("## Queries")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    documented = [key for cell in cells for key in re.findall(r"`(\w+)`", cell)]
    assert sorted(documented) == sorted(set(PlatformFile.__struct_fields__) - {"models"})
