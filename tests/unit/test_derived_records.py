"""Records that follow from others: closed models behind routers, and aliases without an end of their own."""

from datetime import date
from typing import Any

import msgspec
import pytest

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.core.catalog.build import assemble
from service.core.catalog.derive import derive
from service.core.catalog.file import PlatformFile
from service.core.catalog.lifecycle import Catalog, Deprecation
from service.core.identity import Identified

DAY = "2027-01-14"


@pytest.fixture(scope="module")
def shipped() -> LoadedCatalog:
    return load_catalog()


def record(name: str, day: str | None = DAY, **fields: Any) -> dict[str, Any]:
    source = {
        "url": "https://example.com/deprecations",
        "accessed": "2026-08-21",
        "kind": fields.pop("kind", "provider"),
    }
    shutdown = {"day": day, "precision": fields.pop("precision", "exact")} if day else {"precision": "unknown"}
    return {"id": name, "shutdown": shutdown, "sources": [source], "last_verified": "2026-08-21", **fields}


def file_of(platform: str, *records: dict[str, Any], **head: Any) -> PlatformFile:
    models = {"models": records, "source": "https://example.com/deprecations"} if records else {}
    return msgspec.convert({"platform": platform, "provider": "someone", **head, **models}, PlatformFile)


def derived(shipped: LoadedCatalog, *files: PlatformFile) -> dict[tuple[str, str], Deprecation]:
    records = derive(assemble(files, shipped.resolver).records, files, shipped.resolver)
    return {one.key: one for one in records}


ROUTER = file_of("openrouter", router=True)


def test_closed_model_behind_a_router_has_its_makers_end(shipped: LoadedCatalog) -> None:
    openai = file_of("openai-api", record("gpt-4.1", announced="2026-10-14"), closed=True)
    found = derived(shipped, openai, ROUTER)["openrouter", "gpt-4.1-2025-04-14"]
    assert found.shutdown.deadline == date(2027, 1, 14)
    assert (found.through, found.dates_of, found.standing) == ("openrouter", "openai-api", "provider")


def test_model_at_its_makers_is_reached_through_nothing(shipped: LoadedCatalog) -> None:
    found = derived(shipped, file_of("openai-api", record("gpt-4.1"), closed=True), ROUTER)
    assert found["openai-api", "gpt-4.1-2025-04-14"].through is None


def test_routers_own_record_wins(shipped: LoadedCatalog) -> None:
    openai = file_of("openai-api", record("gpt-4.1"), closed=True)
    router = file_of("openrouter", record("openai/gpt-4.1", "2026-12-24"), router=True)
    found = derived(shipped, openai, router)["openrouter", "gpt-4.1-2025-04-14"]
    assert (found.shutdown.on, found.through) == (date(2026, 12, 24), None)


@pytest.mark.parametrize(
    ("of_platform", "of_record", "through"),
    [
        pytest.param(False, None, None, id="published weights"),
        pytest.param(False, True, "openrouter", id="a record of a closed model among published ones"),
        pytest.param(True, False, None, id="a record of published weights among closed ones"),
    ],
)
def test_record_says_more_than_its_platform(
    shipped: LoadedCatalog, *, of_platform: bool, of_record: bool | None, through: str | None
) -> None:
    own: dict[str, Any] = {} if of_record is None else {"closed": of_record}
    mistral = file_of("mistral-api", record("mistral-medium-2505", **own), closed=of_platform)
    found = derived(shipped, mistral, ROUTER).get(("openrouter", "mistral-medium-2505"))
    assert (found and found.through) == through


def test_closed_model_in_service_has_no_record_behind_a_router(shipped: LoadedCatalog) -> None:
    found = derived(shipped, file_of("openai-api", record("gpt-4.1", None), closed=True), ROUTER)
    assert found.keys() == {("openai-api", "gpt-4.1-2025-04-14")}


AZURE_VERSIONS = {"gpt-4o": ["gpt-4o-2024-05-13", "gpt-4o-2024-08-06"]}


def test_alias_ends_with_the_last_of_its_versions(shipped: LoadedCatalog) -> None:
    versions = record("gpt-4o-2024-05-13"), record("gpt-4o-2024-08-06", "2027-04-14")
    azure = file_of("azure-openai", *versions, names={"versions": AZURE_VERSIONS})
    found = derived(shipped, azure)["azure-openai", "gpt-4o"]
    assert (found.shutdown.on, found.standing, found.id) == (date(2027, 4, 14), "inferred", "gpt-4o")
    assert found.versions == ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06")


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([], id="a version without a record"),
        pytest.param([record("gpt-4o-2024-08-06", None)], id="a version in service"),
        pytest.param([record("gpt-4o-2024-08-06", precision="no_sooner_than")], id="a version with a promise alone"),
    ],
)
def test_alias_with_a_version_that_stays_has_no_end(shipped: LoadedCatalog, second: list[dict[str, Any]]) -> None:
    azure = file_of("azure-openai", record("gpt-4o-2024-05-13"), *second, names={"versions": AZURE_VERSIONS})
    assert ("azure-openai", "gpt-4o") not in derived(shipped, azure)


def test_alias_with_a_record_keeps_its_own_end(shipped: LoadedCatalog) -> None:
    records = (
        record("gpt-4o", "2026-12-31"),
        record("gpt-4o-2024-05-13"),
        record("gpt-4o-2024-08-06"),
    )
    azure = file_of("azure-openai", *records, names={"versions": AZURE_VERSIONS})
    found = derived(shipped, azure)["azure-openai", "gpt-4o"]
    assert (found.shutdown.on, found.standing, found.versions) == (date(2026, 12, 31), "provider", ())


def test_alias_that_a_record_lists_ends_with_it_as_inferred(shipped: LoadedCatalog) -> None:
    openai = file_of("openai-api", record("gpt-4o-2024-08-06", aliases=["gpt-4o"]))
    found = derived(shipped, openai)["openai-api", "gpt-4o"]
    assert (found.shutdown.on, found.standing) == (date(2027, 1, 14), "inferred")
    assert found.versions == ("gpt-4o-2024-08-06",)


def test_alias_is_no_surer_than_the_reports_that_it_follows_from(shipped: LoadedCatalog) -> None:
    versions = record("gpt-4o-2024-05-13", kind="tracker"), record("gpt-4o-2024-08-06", "2027-04-14")
    azure = file_of("azure-openai", *versions, names={"versions": AZURE_VERSIONS})
    assert derived(shipped, azure)["azure-openai", "gpt-4o"].standing == "reported"


ALIAS, VERSION, OTHER = "gpt-4o", "gpt-4o-2024-08-06", "gpt-4.1-2025-04-14"


def ending(model: str, **facts: Any) -> Deprecation:
    return Deprecation("azure-openai", model, model, announced=date(2026, 10, 14), **facts)


@pytest.mark.parametrize(
    ("records", "asked_and_answered", "counted"),
    [
        pytest.param([ending(ALIAS), ending(VERSION)], (ALIAS, VERSION), {ALIAS}, id="an alias with its own end"),
        pytest.param(
            [ending(ALIAS, versions=(VERSION,)), ending(VERSION)],
            (ALIAS, VERSION),
            {VERSION},
            id="an alias whose end is that of its versions",
        ),
        pytest.param(
            [ending(ALIAS, versions=(VERSION, "turbo")), ending("turbo")],
            (ALIAS, "turbo"),
            {"turbo"},
            id="a version with another name",
        ),
        pytest.param(
            [ending(ALIAS, versions=(VERSION,))],
            (ALIAS, "gpt-4o-2027-01-01"),
            {"gpt-4o-2027-01-01"},
            id="a new version",
        ),
        pytest.param(
            [ending(ALIAS), ending(VERSION)], (VERSION, ALIAS), {VERSION}, id="the log shortens what answered"
        ),
        pytest.param([ending(VERSION)], (ALIAS, VERSION), {ALIAS, VERSION}, id="an alias without an end"),
        pytest.param([ending(ALIAS), ending(OTHER)], (ALIAS, OTHER), {ALIAS, OTHER}, id="another model answers"),
        pytest.param([ending(ALIAS)], (ALIAS, None), {ALIAS, None}, id="the log does not say what answered"),
        pytest.param([ending(VERSION)], (None, VERSION), {None, VERSION}, id="a deployment was asked for"),
    ],
)
def test_alias_and_the_version_that_answered_are_one_use(
    records: list[Deprecation], asked_and_answered: tuple[str | None, str | None], counted: set[str | None]
) -> None:
    found = Catalog(records, digest="d").counted(Identified("azure-openai", *asked_and_answered))
    assert {found.requested_model, found.served_model} == counted


def test_shipped_gpt_4o_on_azure_ends_with_its_last_version(shipped: LoadedCatalog) -> None:
    found = shipped.catalog.get("azure-openai", "gpt-4o")
    last = max(
        shipped.catalog.get("azure-openai", f"gpt-4o-{day}").shutdown.deadline or date.min  # type: ignore[union-attr]
        for day in ("2024-05-13", "2024-08-06", "2024-11-20")
    )
    assert found is not None
    assert (found.shutdown.deadline, len(found.versions)) == (last, 3)


def test_every_shipped_router_has_the_end_of_o3(shipped: LoadedCatalog) -> None:
    routers = {each.platform for each in shipped.platforms if each.router}
    found = {one.platform for one in shipped.catalog if one.model == "o3-2025-04-16" and one.through}
    assert found == routers >= {"openrouter", "vercel-ai-gateway", "cloudflare-ai-gateway", "litellm-proxy"}
