"""The shipped catalog: sound, and true in the cases that people mix up."""

import json
from datetime import date

import pytest

from service.adapters.catalog.check import check_catalog
from service.adapters.catalog.files import SHIPPED, LoadedCatalog, catalog_paths, load_catalog
from service.core.catalog.build import canonical
from service.core.catalog.file import json_schema
from service.core.catalog.lifecycle import Deprecation, Shutdown
from service.core.catalog.lookup import records_of


@pytest.fixture(scope="module")
def shipped() -> LoadedCatalog:
    return load_catalog()


def find(shipped: LoadedCatalog, platform: str, name: str) -> Deprecation:
    record = shipped.catalog.get(platform, canonical(shipped.resolver, platform, name))
    assert record is not None, f"{platform} has no record of {name}"
    return record


def test_shipped_catalog_keeps_every_rule() -> None:
    findings = check_catalog(today=date(2026, 12, 1))
    assert [finding for finding in findings if finding.severity == "error"] == []


def test_schema_file_is_made_from_the_shape() -> None:
    written = json.loads((SHIPPED / "schema.json").read_text())
    assert written == json.loads(json.dumps(json_schema())), "write json_schema() to service/catalog/schema.json"


def test_every_platform_has_a_file_of_its_own(shipped: LoadedCatalog) -> None:
    platforms = {each.platform for each in shipped.platforms}
    assert {path.stem for path in catalog_paths(None)} == platforms
    assert {record.platform for record in shipped.catalog} < platforms
    assert len({record.platform for record in shipped.catalog}) >= 26
    assert len(platforms) >= 41


def test_model_has_one_record_a_platform_under_every_name(shipped: LoadedCatalog) -> None:
    for record in [one for one in shipped.catalog if one.through is None]:
        for name in (record.id, *record.aliases):
            meant = find(shipped, record.platform, name)
            assert (meant.shutdown, meant.announced) == (record.shutdown, record.announced), name


def test_gpt_4_5_preview_was_announced_three_months_before_its_end(shipped: LoadedCatalog) -> None:
    record = find(shipped, "openai-api", "gpt-4.5-preview")
    assert record.model == "gpt-4.5-preview-2025-02-27"
    assert record.aliases == ("gpt-4.5-preview-2025-02-27",)
    assert record.released == date(2025, 2, 27)
    assert record.announced == date(2025, 4, 14)
    assert record.shutdown == Shutdown(date(2025, 7, 14), "exact")
    assert [r.id for r in record.replacements] == ["gpt-4.1"]
    assert record.standing == "provider"


@pytest.mark.parametrize(
    ("platform", "name", "day", "precision"),
    [
        pytest.param("azure-openai", "gpt-4.5-preview", "2025-07-14", "exact", id="gpt-4.5 on azure"),
        pytest.param("chatgpt-app", "GPT-4.5", "2026-06-27", "exact, reported", id="gpt-4.5 in chatgpt"),
        pytest.param("openai-api", "o3", "2026-12-11", "exact", id="o3 at openai"),
        pytest.param("azure-openai", "o3", "2026-11-19", "exact, reported", id="o3 on azure"),
        pytest.param("github-copilot", "o3", "2025-10-23", "exact", id="o3 in copilot"),
        pytest.param("openai-api", "gpt-3.5-turbo-0125", "2026-10-23", "exact", id="gpt-3.5 is not o3"),
        pytest.param("openai-api", "gpt-3.5-turbo-16k", "2024-09-13", "exact", id="the 16k variant went long before"),
        pytest.param("openai-api", "gpt-4-32k", "2025-06-06", "exact", id="the 32k variant of gpt-4"),
        pytest.param("openai-api", "gpt-4", "2026-10-23", "exact", id="gpt-4, which floats"),
        pytest.param("openai-api", "gpt-4o", "2027-01-14", "exact", id="gpt-4o, which floats"),
        pytest.param("openai-api", "gpt-4o-2024-05-13", "2026-10-23", "exact", id="an older gpt-4o goes first"),
        pytest.param(
            "openai-api",
            "ft:gpt-3.5-turbo-0613:acme::8a",
            "2026-10-23",
            "exact, reported",
            id="a fine-tune, not its base",
        ),
        pytest.param("openai-api", "gpt-3.5-turbo-0613", "2024-09-13", "exact", id="that fine-tune's base"),
        pytest.param("azure-openai", "gpt-35-turbo-0613", "2025-02-13", "exact", id="the same base on azure"),
        pytest.param("openai-api", "gpt-4o-mini-audio-preview", "2026-05-07", "exact", id="an alias with its own row"),
        pytest.param(
            "openai-api",
            "gpt-4o-mini-realtime-preview-2024-12-17",
            "2027-01-20",
            "exact, reported",
            id="its snapshot stays on",
        ),
        pytest.param("anthropic-api", "claude-3-opus-20240229", "2026-01-05", "exact", id="opus 3 at anthropic"),
        pytest.param(
            "aws-bedrock", "anthropic.claude-3-opus-20240229-v1:0", "2026-01-15", "exact", id="opus 3 on bedrock"
        ),
        pytest.param("vertex-ai", "claude-3-opus@20240229", "2025-08-01", "exact", id="opus 3 on vertex"),
        pytest.param("anthropic-api", "claude-sonnet-4-5", "2026-11-30", "exact", id="sonnet 4.5 at anthropic"),
        pytest.param(
            "aws-bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "2027-04-08", "exact", id="on bedrock"
        ),
        pytest.param("anthropic-api", "claude-haiku-4-5", "2026-10-15", "no_sooner_than", id="a promise, no deadline"),
        pytest.param("gemini-api", "gemini-2.5-pro", "2026-12-01", "exact", id="gemini 2.5 pro at the gemini api"),
        pytest.param("vertex-ai", "gemini-2.5-pro", "2026-10-20", "exact", id="gemini 2.5 pro on vertex"),
        pytest.param("gemini-api", "text-embedding-004", "2026-01-14", "exact", id="embedding at the gemini api"),
        pytest.param("vertex-ai", "text-embedding-004", "2027-04-01", "exact", id="embedding on vertex"),
        pytest.param("azure-foundry", "DeepSeek-V3.1", "2026-07-13", "exact", id="hosted by microsoft"),
        pytest.param("azure-foundry", "FW-DeepSeek-V3.1", "2027-07-01", "exact, reported", id="hosted by fireworks"),
    ],
)
def test_day_belongs_to_platform_and_model(
    shipped: LoadedCatalog, platform: str, name: str, day: str, precision: str
) -> None:
    record = find(shipped, platform, name)
    known = (
        record.shutdown.precision
        if record.standing == "provider"
        else f"{record.shutdown.precision}, {record.standing}"
    )
    assert (str(record.shutdown.on), known) == (day, precision)


def test_promise_is_no_deadline(shipped: LoadedCatalog) -> None:
    assert find(shipped, "anthropic-api", "claude-haiku-4-5").shutdown.deadline is None


def test_earlier_plans_are_kept(shipped: LoadedCatalog) -> None:
    moved = find(shipped, "openai-api", "gpt-4o-realtime-preview")
    assert [plan.on for plan in moved.superseded] == [date(2026, 2, 27), date(2026, 3, 24)]
    assert moved.shutdown.on == date(2026, 5, 7)


def test_redirect_names_the_model_that_answers(shipped: LoadedCatalog) -> None:
    record = find(shipped, "gemini-api", "gemini-2.5-pro")
    assert (record.after_shutdown, record.redirect_to) == ("redirect", "gemini-3.8-flash")
    assert find(shipped, "perplexity-api", "sonar").after_shutdown == "error"


@pytest.mark.parametrize(
    ("platform", "name", "deadline"),
    [
        ("vertex-ai", "gemini-3.6-flash", date(2027, 1, 28)),
        ("vertex-ai", "claude-sonnet-4-5", date(2026, 11, 30)),
        ("vertex-ai", "claude-opus-4-5", date(2027, 1, 22)),
        ("vertex-ai", "claude-haiku-4-5", None),
        ("vertex-ai", "claude-sonnet-5", None),
        ("azure-foundry", "claude-opus-4-5", date(2027, 1, 22)),
        ("azure-foundry", "claude-haiku-4-5", None),
        ("azure-foundry", "claude-opus-4-6", None),
        ("azure-foundry", "claude-opus-5-5-fast", None),
        ("azure-foundry", "Kimi-K2.7-Code", date(2027, 4, 16)),
        ("azure-openai", "gpt-4.1-nano", date(2027, 4, 14)),
        ("anthropic-api", "claude-opus-4-5", date(2027, 1, 22)),
        ("github-copilot", "Claude Sonnet 4.6", None),
        ("snowflake-cortex", "mistral-large2", None),
    ],
)
def test_model_that_still_answers_is_not_told_retired(
    shipped: LoadedCatalog, platform: str, name: str, deadline: date | None
) -> None:
    """Each was shipped with an earlier day: most of them the day before which it does not end."""
    assert find(shipped, platform, name).shutdown.deadline == deadline


@pytest.mark.parametrize(
    ("platform", "name", "replacement"),
    [
        ("openai-api", "o3", "gpt-6.1-sol"),
        ("openai-api", "gpt-5-nano", "gpt-6-luna"),
        ("vertex-ai", "gemini-3.7-flash", "gemini-4-hydrogen"),
        ("deepseek-api", "deepseek-chat", "deepseek-flash"),
        ("xai-api", "grok-code-fast-1", "grok-4.7"),
        ("fireworks-serverless", "accounts/fireworks/models/qwen3-8b", None),
    ],
)
def test_replacement_that_is_gone_is_not_recommended(
    shipped: LoadedCatalog, platform: str, name: str, replacement: str | None
) -> None:
    found = [one.id for one in find(shipped, platform, name).replacements]
    assert found == ([replacement] if replacement else [])


def test_model_in_service_is_not_deprecated(shipped: LoadedCatalog) -> None:
    assert find(shipped, "openai-api", "gpt-6.2-sol").is_deprecated is False
    assert find(shipped, "cohere-api", "command").is_deprecated is True


@pytest.mark.parametrize(
    ("platform", "name", "deprecated"),
    [
        pytest.param("anthropic-api", "claude-opus-5", False, id="a model in service that is safe for a while"),
        pytest.param("gemini-api", "veo-3.1-generate-preview", True, id="a successor is named"),
        pytest.param("gemini-api", "gemini-omni-flash-preview", True, id="a notice came"),
        pytest.param("azure-foundry", "MAI-Image-2", True, id="a provisional day is a plan"),
    ],
)
def test_promise_alone_is_no_plan_to_end_a_model(
    shipped: LoadedCatalog, platform: str, name: str, *, deprecated: bool
) -> None:
    assert find(shipped, platform, name).is_deprecated is deprecated


def test_days_from_a_tracker_are_reported(shipped: LoadedCatalog) -> None:
    assert find(shipped, "azure-openai", "o3").standing == "reported"
    assert find(shipped, "openai-api", "o3").standing == "provider"


def test_any_spelling_finds_the_model_on_every_platform(shipped: LoadedCatalog) -> None:
    records = records_of(shipped.catalog, shipped.resolver, "bedrock/us.anthropic.claude-3-opus-20240229-v1:0")
    assert [record.platform for record in records] == ["anthropic-api", "aws-bedrock", "vertex-ai"]


def test_name_that_only_one_platform_uses_is_read_as_that_platform_does(shipped: LoadedCatalog) -> None:
    assert [r.platform for r in records_of(shipped.catalog, shipped.resolver, "GPT-4.5")] == ["chatgpt-app"]


def test_unknown_name_finds_nothing(shipped: LoadedCatalog) -> None:
    assert records_of(shipped.catalog, shipped.resolver, "gpt-4.5-turbo") == ()
