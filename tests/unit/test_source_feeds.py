"""Public feeds: to which platform a row belongs, and how firm its day is."""

import json
from datetime import date
from typing import Any

import pytest

from service.adapters.catalog.files import load_catalog
from service.adapters.sources.feeds import deprecations_info, litellm, models_dev
from service.adapters.sources.model_eol import feed_kind, feed_url
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown
from service.core.identity import Resolver


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    return load_catalog().resolver


def from_litellm(resolver: Resolver, key: str, provider: str, day: str) -> Finding | None:
    row = {"litellm_provider": provider, "deprecation_date": day, "input_cost_per_token": 1e-06}
    found = litellm(resolver).read(json.dumps({key: row}).encode())
    return found[0] if found else None


@pytest.mark.parametrize(
    ("key", "provider", "platform", "model"),
    [
        pytest.param("o3", "openai", "openai-api", "o3", id="at the maker"),
        pytest.param("cerebras/llama3.1-8b", "cerebras", "cerebras", "llama3.1-8b", id="word before the id"),
        pytest.param(
            "together_ai/MiniMaxAI/MiniMax-M3", "together_ai", "together-ai", "MiniMaxAI/MiniMax-M3", id="maker's part"
        ),
        pytest.param("wandb/new/unheard-of", "wandb", "wandb-inference", "new/unheard-of", id="unknown model"),
    ],
)
def test_day_of_litellm_is_an_end_where_the_platform_promises_nothing(
    resolver: Resolver, key: str, provider: str, platform: str, model: str
) -> None:
    found = from_litellm(resolver, key, provider, "2027-03-01")
    assert found == Finding(platform, model, shutdown=Shutdown(date(2027, 3, 1), "exact"))


@pytest.mark.parametrize(
    ("key", "provider", "platform"),
    [
        pytest.param("azure/gpt-4o-2024-08-06", "azure", "azure-openai", id="azure"),
        pytest.param("azure_ai/claude-haiku-4-5", "azure_ai", "azure-foundry", id="foundry"),
        pytest.param("vertex_ai/claude-haiku-4-5", "vertex_ai-anthropic_models", "vertex-ai", id="vertex"),
        pytest.param("gemini/gemini-embedding-001", "gemini", "gemini-api", id="gemini"),
        pytest.param("us.writer.palmyra-x4-v1:0", "bedrock_converse", "aws-bedrock", id="bedrock"),
        pytest.param("claude-opus-4-6", "anthropic", "anthropic-api", id="anthropic"),
        pytest.param("databricks/databricks-claude-sonnet-4", "databricks", "databricks", id="claude at a reseller"),
    ],
)
def test_day_of_litellm_may_be_the_earliest_one(resolver: Resolver, key: str, provider: str, platform: str) -> None:
    found = from_litellm(resolver, key, provider, "2027-02-05")
    assert found is not None
    assert (found.platform, found.shutdown) == (platform, Shutdown.earliest(date(2027, 2, 5)))


@pytest.mark.parametrize(
    ("key", "provider", "day"),
    [
        pytest.param("gpt-3.5-turbo-16k", "openai", "2026-10-23", id="day of another snapshot"),
        pytest.param("gpt-4o-audio-preview-2024-12-17", "openai", "2027-01-20", id="day of another family"),
        pytest.param("azure/ada", "azure", "2028-02-09", id="day of the embedding"),
        pytest.param("claude-mythos-preview", "anthropic", "2026-06-09", id="day of the announcement"),
        pytest.param("sample_spec", "one of https://docs.litellm.ai", "date when it ends", id="the specification"),
        pytest.param("ft:babbage-002", "openai", "2026-09-28", id="fine-tune"),
        pytest.param("1024-x-1024/50-steps/bedrock/amazon.nova-canvas-v1:0", "bedrock", "2026-09-30", id="size"),
        pytest.param("aiand/deepseek-ai/deepseek-v4-flash", "aiand", "2026-10-27", id="unknown platform"),
    ],
)
def test_row_of_litellm_is_left_out(resolver: Resolver, key: str, provider: str, day: str) -> None:
    assert from_litellm(resolver, key, provider, day) is None


def test_day_on_which_litellm_missed_a_model_is_no_day(resolver: Resolver) -> None:
    found = from_litellm(resolver, "baseten/zai-org/GLM-4.6", "baseten", "2026-10-16")
    assert found is not None
    assert found.shutdown == Shutdown(None, "unknown")


def from_tracker(resolver: Resolver, **fields: Any) -> Finding | None:
    row = {
        "provider": "OpenAI",
        "model_id": "gpt-realtime",
        "shutdown_date": "2027-01-20",
        "deprecation_date": "2026-07-20",
        "first_observed": "2026-07-21",
        "replacement_models": ["gpt-realtime-2.1"],
        "url": "https://platform.openai.com/docs/deprecations",
    }
    found = deprecations_info(resolver).read(json.dumps([row | fields]).encode())
    return found[0] if found else None


def test_row_of_the_tracker(resolver: Resolver) -> None:
    assert from_tracker(resolver) == Finding(
        "openai-api",
        "gpt-realtime",
        announced=date(2026, 7, 20),
        shutdown=Shutdown(date(2027, 1, 20), "exact"),
        replacements=("gpt-realtime-2.1",),
        url="https://platform.openai.com/docs/deprecations",
    )


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"deprecation_date": "2027-01-20"}, id="the end instead"),
        pytest.param({"deprecation_date": "2026-08-01"}, id="after it was first seen"),
        pytest.param({"deprecation_date": None}, id="none"),
    ],
)
def test_announcement_of_the_tracker_is_doubted(resolver: Resolver, fields: dict[str, str | None]) -> None:
    found = from_tracker(resolver, **fields)
    assert found is not None
    assert found.announced is None


@pytest.mark.parametrize(
    ("provider", "model", "platform"),
    [
        pytest.param("Azure", "gpt-4o", "azure-openai", id="versions of azure"),
        pytest.param("Azure", "Phi-3-mini-4k-instruct", "azure-foundry", id="foundry"),
        pytest.param("AWS Bedrock", "ai21.jamba-1-5-large-v1:0", "aws-bedrock", id="regions of aws"),
        pytest.param("Google", "gemini-3.1-flash-lite", "gemini-api", id="promises of google"),
    ],
)
def test_folded_day_of_the_tracker_is_the_earliest(
    resolver: Resolver, provider: str, model: str, platform: str
) -> None:
    found = from_tracker(resolver, provider=provider, model_id=model)
    assert found is not None
    assert (found.platform, found.shutdown) == (platform, Shutdown.earliest(date(2027, 1, 20)))


def test_product_of_the_tracker_is_no_model(resolver: Resolver) -> None:
    assert from_tracker(resolver, model_id="Agent Builder") is None


def test_models_dev_says_deprecated_without_a_day(resolver: Resolver) -> None:
    models = {"llama3-8b-8192": {"status": "deprecated"}, "qwen3": {"status": "beta"}, "gpt-oss-20b": {}}
    body = json.dumps({"groq": {"id": "groq", "models": models}, "nobody": {"models": models}}).encode()
    assert models_dev(resolver).read(body) == (Finding("groq", "llama3-8b-8192", shutdown=Shutdown(None, "unknown")),)


FEED = {
    "spec": "model-eol/0.1",
    "publisher": "openai",
    "generated": "2026-12-01T00:00:00Z",
    "later_addition": True,
    "models": [
        {
            "id": "o3-deep-research-2025-06-26",
            "aliases": ["o3-deep-research"],
            "announced": "2026-04-22",
            "shutdown": "2026-07-23",
            "replacement": "gpt-5.6-sol",
            "distributions": [{"via": "azure-ai-foundry", "shutdown": "2026-12-26", "source": "https://ms.example"}],
        },
        {"id": "gpt-5.6-sol"},
    ],
}


def test_reported_feed_in_the_open_format(resolver: Resolver) -> None:
    kind = feed_kind(feed_url("https://tracker.example/openai.json"), resolver)
    assert (kind.name, kind.standing) == ("tracker.example/openai.json", "reported")
    assert kind.read(json.dumps(FEED).encode()) == (
        Finding(
            "openai-api",
            "o3-deep-research-2025-06-26",
            aliases=("o3-deep-research",),
            announced=date(2026, 4, 22),
            shutdown=Shutdown(date(2026, 7, 23), "exact"),
            replacements=("gpt-5.6-sol",),
        ),
        Finding(
            "azure-openai",
            "o3-deep-research-2025-06-26",
            shutdown=Shutdown(date(2026, 12, 26), "exact"),
            url="https://ms.example",
        ),
        Finding("openai-api", "gpt-5.6-sol"),
    )


@pytest.mark.parametrize(
    ("address", "standing"),
    [
        pytest.param("https://openai.com", "provider", id="provider's own host"),
        pytest.param("https://www.openai.com/", "provider", id="its www"),
        pytest.param("https://api.openai.com/.well-known/model-eol.json", "provider", id="host of its API"),
        pytest.param("https://openai.com/feeds/model-eol.json", "reported", id="another address there"),
        pytest.param("https://openai.com.example", "reported", id="a host that looks like it"),
        pytest.param("https://storage.googleapis.com", "reported", id="anybody's bucket"),
        pytest.param("https://com", "reported", id="no host of anybody"),
    ],
)
def test_feed_is_the_providers_word_at_its_well_known_address_only(
    resolver: Resolver, address: str, standing: str
) -> None:
    assert feed_kind(feed_url(address), resolver).standing == standing


def test_provider_only_reports_of_others(resolver: Resolver) -> None:
    kind = feed_kind(feed_url("https://openai.com"), resolver)
    assert [one.standing for one in kind.read(json.dumps(FEED).encode())] == [None, "reported", None]
    theirs = kind.read(json.dumps(FEED | {"publisher": "anthropic"}).encode())
    assert theirs[0].standing == "reported"


@pytest.mark.parametrize("precision", ["earliest", "tentative", "of a later version"])
def test_day_of_a_feed_that_is_not_exact_is_no_deadline(resolver: Resolver, precision: str) -> None:
    feed = FEED | {"models": [{"id": "o3", "shutdown": "2027-01-01", "date_precision": precision}]}
    (finding,) = feed_kind(feed_url("https://tracker.example"), resolver).read(json.dumps(feed).encode())
    assert finding.shutdown == Shutdown.earliest(date(2027, 1, 1))
