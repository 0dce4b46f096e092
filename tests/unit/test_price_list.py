"""Prices of the package genai-prices: of the day, and never those of another model."""

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from genai_prices import Usage, calc_price

from service.adapters.catalog.files import load_catalog
from service.adapters.prices import GenaiPrices
from service.core.prices import Cost, NoPrice, Rates, Tier, TokenMix, cost

DAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def prices() -> GenaiPrices:
    loaded = load_catalog()
    return GenaiPrices(loaded.catalog, loaded.resolver)


@pytest.mark.parametrize(
    ("on", "per_million"),
    [
        pytest.param(date(2025, 6, 9), (10.0, 40.0), id="the last day of the launch price"),
        pytest.param(date(2025, 6, 10), (2.0, 8.0), id="the day of the cut by 80 %"),
    ],
)
def test_o3_costs_what_it_cost_on_that_day(prices: GenaiPrices, on: date, per_million: tuple[float, float]) -> None:
    rates = prices.rates("openai-api", "o3-2025-04-16", on)

    assert isinstance(rates, Rates)
    assert (rates.input, rates.output) == ((Tier(0, per_million[0]),), (Tier(0, per_million[1]),))


@pytest.mark.parametrize(
    ("platform", "model", "per_million"),
    [
        pytest.param("openai-api", "gpt-4.5-preview-2025-02-27", (75.0, 150.0), id="a retired model"),
        pytest.param("openai-api", "gpt-4.1-2025-04-14", (2.0, 8.0), id="an entry that lists the snapshot"),
        pytest.param("openai-api", "gpt-4o-2024-05-13", (5.0, 15.0), id="a snapshot with a price of its own"),
        pytest.param("openai-api", "gpt-4o", (2.5, 10.0), id="a floating alias"),
        pytest.param("openai-api", "gpt-5-nano-2025-08-07", (0.05, 0.4), id="the undated name of the snapshot"),
        pytest.param("azure-openai", "gpt-4.1-2025-04-14", (2.0, 8.0), id="an offering of another maker"),
        pytest.param("aws-bedrock", "claude-3-opus-20240229", (15.0, 75.0), id="an id with a region"),
        pytest.param("vertex-ai", "claude-opus-4-5-20251101", (5.0, 25.0), id="a partner's model"),
        pytest.param("openrouter", "o3-2025-04-16", (2.0, 8.0), id="a router's id with the maker in front"),
        pytest.param("openrouter", "claude-opus-4-20250514", (15.0, 75.0), id="a router's own spelling"),
    ],
)
def test_price_of_a_model(prices: GenaiPrices, platform: str, model: str, per_million: tuple[float, float]) -> None:
    rates = prices.rates(platform, model, DAY)

    assert isinstance(rates, Rates)
    assert (rates.input, rates.output) == ((Tier(0, per_million[0]),), (Tier(0, per_million[1]),))


@pytest.mark.parametrize(
    ("platform", "model", "reason"),
    [
        pytest.param("chatgpt-app", "gpt-4.5", "no_list", id="a platform without prices"),
        pytest.param("openai-api", "gpt-9-current", "not_listed", id="an unknown model"),
        pytest.param("openai-api", "ft:gpt-4o-2024-08-06", "another_model", id="fine-tuned, under a family"),
        pytest.param("anthropic-api", "claude-3-5-sonnet-20241022", "another_model", id="a snapshot under a family"),
        pytest.param("gemini-api", "gemini-1.5-flash-8b", "another_model", id="a smaller model of the family"),
        pytest.param("openai-api", "whisper-1", "not_by_token", id="billed by the hour of audio"),
        pytest.param("openai-api", "tts-1", "not_by_token", id="billed by the character"),
        pytest.param("openrouter", "deepcoder-14b-preview", "not_listed", id="only its free variant has a price"),
    ],
)
def test_price_that_is_not_known(prices: GenaiPrices, platform: str, model: str, reason: str) -> None:
    found = prices.rates(platform, model, DAY)

    assert isinstance(found, NoPrice)
    assert found.reason == reason


def test_price_that_depends_on_the_hour_is_no_price_of_a_day(prices: GenaiPrices) -> None:
    assert prices.rates("deepseek-api", "deepseek-chat", date(2025, 6, 1)) == NoPrice("by_hour")


def test_long_context_is_a_tier(prices: GenaiPrices) -> None:
    rates = prices.rates("openai-api", "gpt-5.6-sol", DAY)

    assert isinstance(rates, Rates)
    assert [tier.above for tier in rates.input] == [0, 272_000]


def test_audio_tokens_are_a_kind_of_their_own(prices: GenaiPrices) -> None:
    rates = prices.rates("openai-api", "gpt-audio-2025-08-28", DAY)

    assert isinstance(rates, Rates)
    assert rates.kinds == {"input", "output", "input_audio", "output_audio"}
    assert not rates.is_of_text


@pytest.mark.parametrize(
    ("provider", "platform", "model", "tokens"),
    [
        pytest.param("openai", "openai-api", "gpt-4.1-2025-04-14", (3_000, 1_000, 400), id="short"),
        pytest.param("openai", "openai-api", "gpt-5.6-sol", (272_000, 0, 1_000), id="at the limit of a tier"),
        pytest.param("openai", "openai-api", "gpt-5.6-sol", (272_001, 90_000, 1_000), id="above it"),
        pytest.param("anthropic", "anthropic-api", "claude-opus-5", (9_000, 8_000, 700), id="mostly cached"),
        pytest.param("google", "gemini-api", "gemini-3.6-flash", (250_000, 0, 2_000), id="with a price of audio"),
        pytest.param("openai", "openai-api", "text-embedding-3-small", (800, 0, 0), id="embeddings"),
    ],
)
def test_cost_is_what_the_package_calculates(
    prices: GenaiPrices, provider: str, platform: str, model: str, tokens: tuple[int, int, int]
) -> None:
    taken, cached, given = tokens
    usage = Usage(input_tokens=taken, cache_read_tokens=cached, output_tokens=given)
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    expected = calc_price(usage, model_ref=model, provider_id=provider, genai_request_timestamp=noon).total_price

    rates = prices.rates(platform, model, DAY)
    assert isinstance(rates, Rates)
    found = cost(rates, TokenMix(10, 10 * taken, 10 * given, 10 * cached))

    assert isinstance(found, Cost)
    assert found.total == pytest.approx(10 * float(expected))


@pytest.mark.parametrize(
    "module", ["service.app", "service.entrypoints.cli.ask", "service.entrypoints.consumer", "service.engine.tick"]
)
def test_package_is_not_imported_before_a_price_is_needed(module: str) -> None:
    code = f"import sys, {module}; sys.exit('genai_prices' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
