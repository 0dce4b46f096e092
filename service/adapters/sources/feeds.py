"""Public feeds that collect the ends of models: LiteLLM, deprecations.info and models.dev. All of it is reported.

Their days are facts of somebody else, and partly wrong; `docs/catalog.md` names what is known. A row that cannot be
assigned to a platform is left out.
"""

from collections.abc import Callable, Iterator
from datetime import date

import msgspec

from service.adapters.sources.document import Kind
from service.adapters.sources.source import utc_day
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown
from service.core.identity import Model, Resolver, platform_of

LITELLM_URL = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
DEPRECATIONS_INFO_URL = "https://deprecations.info/v1/deprecations.json"
MODELS_DEV_URL = "https://models.dev/api.json"

_PROMISING = frozenset(
    {"anthropic-api", "aws-bedrock", "azure-foundry", "azure-openai", "gemini-api", "mistral-api", "vertex-ai"}
)
"""Platforms whose pages give an earliest day for models in service. LiteLLM has no field that tells it from an end."""
_NOT_AN_END = frozenset(
    {
        ("gpt-3.5-turbo-16k", "2026-10-23"),
        ("gpt-3.5-turbo-16k-0613", "2026-10-23"),
        ("gpt-4o-audio-preview-2024-12-17", "2027-01-20"),
        ("gpt-4o-audio-preview-2025-06-03", "2027-01-20"),
        ("gpt-4o-mini-audio-preview-2024-12-17", "2027-01-20"),
        ("azure/ada", "2028-02-09"),
        ("claude-mythos-preview", "2026-06-09"),
    }
)
"""Days of LiteLLM that the provider contradicts: of another model, or of the announcement."""
_MISSED = frozenset({("baseten-model-apis", "2026-10-16")})
"""Days on which LiteLLM noticed that models were gone: they ended on another day before."""


class _LitellmRow(msgspec.Struct):
    litellm_provider: str | None = None
    deprecation_date: str | None = None
    deprecation_source: str | None = None


def litellm(resolver: Resolver) -> Kind:
    """Several keys may mean one model: with and without the word of its platform."""

    def read(body: bytes) -> tuple[Finding, ...]:
        rows = msgspec.json.decode(body, type=dict[str, _LitellmRow])
        findings = _of_litellm(rows, resolver)
        return tuple({(one.platform, one.id, one.shutdown): one for one in findings}.values())

    return Kind("litellm", "reported", "https://github.com/BerriAI/litellm", read)


def _of_litellm(rows: dict[str, _LitellmRow], resolver: Resolver) -> Iterator[Finding]:
    for key, row in rows.items():
        day = _day(row.deprecation_date)
        is_variant = "-x-" in key or "-commitment/" in key or key.startswith("ft:")
        if day is None or is_variant or (key, str(day)) in _NOT_AN_END:
            continue
        platform = _platform(resolver, row.litellm_provider or "", key)
        if platform is None:
            continue
        if (platform, str(day)) in _MISSED:
            shutdown = Shutdown(None, "unknown")
        else:
            is_promise = platform in _PROMISING or "claude" in key
            shutdown = Shutdown.earliest(day) if is_promise else Shutdown(day, "exact")
        yield Finding(
            platform,
            _bare(resolver, platform, key),
            shutdown=shutdown,
            url=row.deprecation_source if (row.deprecation_source or "").startswith("https://") else None,
        )


class _Deprecation(msgspec.Struct):
    provider: str
    model_id: str
    shutdown_date: str | None = None
    deprecation_date: str | None = None
    """The announcement; or the end, or the day of the scrape, where the page has no such day."""
    first_observed: str | None = None
    replacement_models: tuple[str, ...] | None = None
    url: str | None = None


_TRACKED = {
    "OpenAI": "openai-api",
    "Anthropic": "anthropic-api",
    "Google": "gemini-api",
    "Google Vertex": "vertex-ai",
    "AWS Bedrock": "aws-bedrock",
    "Cohere": "cohere-api",
    "Groq": "groq",
    "xAI": "xai-api",
    "Azure": "azure-openai",
}
_EARLIEST = frozenset({"AWS Bedrock", "Azure", "Google"})
"""AWS and Azure: versions and regions are one row, with the earliest day of all. Google: its page also gives the
earliest day of models in service."""


def deprecations_info(resolver: Resolver) -> Kind:
    def read(body: bytes) -> tuple[Finding, ...]:
        rows = msgspec.json.decode(body, type=tuple[_Deprecation, ...])
        return tuple(_of_tracker(row, resolver) for row in rows if row.provider in _TRACKED and " " not in row.model_id)

    return Kind("deprecations.info", "reported", "https://deprecations.info/", read)


def _of_tracker(row: _Deprecation, resolver: Resolver) -> Finding:
    end, announced, seen = _day(row.shutdown_date), _day(row.deprecation_date), _day(row.first_observed)
    is_announcement = announced and (end is None or announced < end) and (seen is None or announced <= seen)
    if end is None:
        shutdown = Shutdown(None, "unknown")
    else:
        shutdown = Shutdown.earliest(end) if row.provider in _EARLIEST else Shutdown(end, "exact")
    platform = _TRACKED[row.provider]
    return Finding(
        _platform(resolver, platform, row.model_id) or platform,
        row.model_id,
        announced=announced if is_announcement else None,
        shutdown=shutdown,
        replacements=row.replacement_models or (),
        url=row.url if (row.url or "").startswith("https://") else None,
    )


class _ListedModel(msgspec.Struct):
    status: str | None = None
    """alpha, beta or deprecated."""


class _ListedProvider(msgspec.Struct):
    models: dict[str, _ListedModel] = {}


def models_dev(resolver: Resolver) -> Kind:
    """It has no days: it says that a model is deprecated."""

    def read(body: bytes) -> tuple[Finding, ...]:
        providers = msgspec.json.decode(body, type=dict[str, _ListedProvider])
        return tuple(
            Finding(platform, model, shutdown=Shutdown(None, "unknown"))
            for word, provider in providers.items()
            for model, listed in provider.models.items()
            if listed.status == "deprecated" and (platform := _platform(resolver, word, model))
        )

    return Kind("models.dev", "reported", "https://models.dev/", read)


FEEDS: dict[str, tuple[str, Callable[[Resolver], Kind]]] = {
    "litellm": (LITELLM_URL, litellm),
    "deprecations.info": (DEPRECATIONS_INFO_URL, deprecations_info),
    "models.dev": (MODELS_DEV_URL, models_dev),
}


def _platform(resolver: Resolver, word: str, model: str) -> str | None:
    """Where a feed's word for a provider and its id are known, or else what the word names."""
    answer = resolver.resolve(model, provider=word)
    if isinstance(answer, Model) and answer.platform:
        return answer.platform
    return platform_of(resolver.platforms, word)


def _bare(resolver: Resolver, platform: str, key: str) -> str:
    """The id without the platform's word before it: groq/llama-3.1-8b-instant."""
    word, slash, model = key.partition("/")
    named = resolver.platforms.of_wrapper(word.lower()) if slash else None
    return model if named in {platform, resolver.platforms.neighbour_of(platform)} - {None} else key


def _day(text: str | None) -> date | None:
    """None: there is none, or it is not a day, as in LiteLLM's `sample_spec`."""
    try:
        return utc_day(text) if text else None
    except (ValueError, OverflowError):
        return None
