"""Prices of the package `genai-prices`: list prices of today and of past days, from its own data. It asks no server.

The package is imported with the first price: that takes a third of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from service.core.catalog.build import canonical
from service.core.catalog.lifecycle import Catalog
from service.core.identity import Resolver
from service.core.prices import NoPrice, Rates, Tier

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice

PROVIDERS = {
    "anthropic-api": "anthropic",
    "aws-bedrock": "aws",
    "azure-foundry": "azure",
    "azure-openai": "azure",
    "baseten-model-apis": "baseten",
    "cerebras": "cerebras",
    "cloudflare-workers-ai": "cloudflare",
    "cohere-api": "cohere",
    "databricks": "databricks",
    "deepseek-api": "deepseek",
    "fireworks-serverless": "fireworks",
    "gemini-api": "google",
    "github-copilot": "github-copilot",
    "groq": "groq",
    "mistral-api": "mistral",
    "moonshot-api": "moonshotai",
    "openai-api": "openai",
    "openrouter": "openrouter",
    "perplexity-api": "perplexity",
    "together-ai": "together",
    "vertex-ai": "google",
    "voyage-api": "voyageai",
    "xai-api": "x-ai",
}
"""Platform -> provider in the price list. A platform without an entry has no prices."""
_REGIONS = ("regional.", "global.")
"""Beginnings of ids in the price list that are no part of the model's name."""
_VARIANT = re.compile(r":[a-z][a-z-]*$")
"""The end of an OpenRouter id that has a price of its own and means the same model: `:free`, `:thinking`."""
_TOKENS = "_mtok"
_WITHIN_OUTPUT = ("output_reasoning_mtok", "output_citation_mtok")
_REMEMBERED = 20_000


class GenaiPrices:
    """The price list. `catalog` has the names that providers give a model; `resolver` decides whether an entry is of
    the model that is asked for."""

    def __init__(self, catalog: Catalog, resolver: Resolver) -> None:
        self._catalog = catalog
        self._resolver = resolver
        self._known: dict[tuple[str, str, date], Rates | NoPrice] = {}
        self._ids: dict[str, Mapping[str, list[str]]] = {}

    def rates(self, platform: str, model: str, on: date) -> Rates | NoPrice:
        """See `PriceList`."""
        asked = (platform, model, on)
        if asked not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = self._look_up(*asked)
        return self._known[asked]

    def _look_up(self, platform: str, model: str, on: date) -> Rates | NoPrice:
        provider = PROVIDERS.get(platform)
        if provider is None:
            return NoPrice("no_list")
        record = self._catalog.get(platform, model)
        answer = NoPrice("not_listed")
        of_record = (record.id, *record.aliases) if record else ()
        for name in dict.fromkeys((model, *of_record, *self._ids_of(platform, provider).get(model, ()))):
            found = self._named(name, provider, platform, model, on)
            if isinstance(found, Rates):
                return found
            if answer.reason == "not_listed":
                answer = found
        return answer

    def _named(self, name: str, provider: str, platform: str, model: str, on: date) -> Rates | NoPrice:
        """The prices under one name of the model. The patterns of an entry put snapshots under a family, so they prove
        nothing: the entry must list the name, or have an id that means the model."""
        from genai_prices import Usage, calc_price  # noqa: PLC0415  slow to import

        noon = datetime.combine(on, time(12), UTC)
        try:
            found = calc_price(Usage(), model_ref=name, provider_id=provider, genai_request_timestamp=noon)
        except (LookupError, ValueError):  # ValueError: an entry with prices that contradict each other
            return NoPrice("not_listed")
        entry = found.model
        if name.lower() not in _exact_names(entry.match) and not self._is_name(entry.id, platform, model):
            return NoPrice("another_model")
        hours = range(-12, 12) if isinstance(entry.prices, list) else ()
        if any(entry.get_prices(noon + timedelta(hours=hour)) != found.model_price for hour in hours):
            return NoPrice("by_hour")
        return _rates(found.model_price, entry.context_window)

    def _ids_of(self, platform: str, provider: str) -> Mapping[str, list[str]]:
        """Canonical model of `platform` -> ids of the price list that mean it. A router's have the maker before the
        name, as in `openai/o3`."""
        from genai_prices.data import providers  # noqa: PLC0415  slow to import

        if platform not in self._ids:
            found: dict[str, list[str]] = {}
            listed = (entry.id for one in providers if one.id == provider for entry in one.models)
            for name in listed:
                if not _VARIANT.search(name) and (model := canonical(self._resolver, platform, name)) is not None:
                    found.setdefault(model, []).append(name)
            self._ids[platform] = found
        return self._ids[platform]

    def _is_name(self, name: str, platform: str, model: str) -> bool:
        names = (name, *(name.removeprefix(region) for region in _REGIONS))
        return any(canonical(self._resolver, platform, one) == model for one in names)


def _exact_names(match: Any) -> Iterator[str]:
    """Names that an entry lists one by one."""
    if equals := getattr(match, "equals", None):
        yield equals.lower()
    for clause in getattr(match, "or_", ()):
        yield from _exact_names(clause)


def _rates(price: ModelPrice, context: int | None) -> Rates | NoPrice:
    prices = {key: value for key, value in vars(price).items() if value is not None}
    if f"input{_TOKENS}" not in prices:
        return NoPrice("not_by_token")
    by_token = [key for key in prices if key.endswith(_TOKENS) and key not in _WITHIN_OUTPUT]
    return Rates(
        input=_tiers(prices["input_mtok"]),
        output=_tiers(prices.get("output_mtok")),
        cached=_tiers(prices.get("cache_read_mtok")),
        usd_per_call=float(prices.get("requests_kcount", 0)) / 1000,
        kinds=frozenset(key.removesuffix(_TOKENS) for key in by_token if not key.startswith("cache_")),
        context=context,
    )


def _tiers(price: Any) -> tuple[Tier, ...]:
    """`price`: a number, a base with tiers, or None."""
    if price is None:
        return ()
    if not hasattr(price, "tiers"):
        return (Tier(0, float(price)),)
    return (Tier(0, float(price.base)), *(Tier(tier.start, float(tier.price)) for tier in price.tiers))
