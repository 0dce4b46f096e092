"""Parses the provider field of a log: which platform does the word name?

Tools have many spellings for one platform: `azure.ai.openai`, `azure-openai.responses`, `azure.chat`,
`AzureChatOpenAI`, `langchain_azure_openai`. Case, separators, the name of the API (`chat`, `responses`) and of the
framework are removed. All of the rest must be words of platforms. Otherwise the word is unknown.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from service.core.identity.platforms import Platforms, proven

LONGEST_WORD = 128
_PARTS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+", re.ASCII)
"""`AzureChatOpenAI` and `azure_chat-open.ai` have the same parts."""
_API = (
    "chat completion completions response responses message messages text embedding embeddings embed embedder image "
    "images audio speech transcription transcriptions realtime rerank reranker ranker converse invoke generate "
    "generator generation model models llm llms language multimodal api apis client sdk async runtime beta v1 v2 v3 "
    "service endpoint instrumentation instrumentor maas agent agents assistant assistants "
    "cn us eu apac intl global china gov usgov govcloud government"
)
"""Words for APIs, callers and regions: `groq.chat`, `OpenAIChatGenerator`, `moonshotai-cn`."""
_API_PARTS = frozenset(_API.split())
_AGENTS = frozenset({"agent", "agents", "assistant", "assistants"})
"""Google's agent kit writes `gcp.vertex.agent` for any model: an id that proves another platform has precedence."""
_FRAMEWORKS = (
    "langchain langchaincommunity langchainjs langchain4j langgraph langsmith langfuse llamaindex haystack crewai "
    "strands semantickernel autogen ag2 pydanticai dspy smolagents instructor mastra agno genkit springai vercelai "
    "aisdk adk googleadk microsoftframework agentframework browseruse litellm lite portkey kong "
    "openinference openllmetry traceloop opentelemetry otel logfire mlflow unknown none"
)
"""Frameworks, and tools that write logs. They do not identify a platform."""
_COMPATIBLE = frozenset({"compatible", "compat", "like", "custom"})
"""`openai-compatible.chat`, `openai_like`, `custom_openai`: the maker's API, offered by somebody else."""
_NEUTRAL = ("ai", "microsoft", "cloud")


class Word(NamedTuple):
    """The meaning of a provider field."""

    platform: str | None = None
    known: bool = True
    """False: it names a place that lastcall does not know, so this is not the API of the model's maker."""
    loose: bool = False
    """A framework wrote it: an id that proves another platform has precedence."""


NOTHING = Word()


def platform_of(
    platforms: Platforms, provider: str | None, host: str | None = None, scope: str | None = None
) -> str | None:
    """The platform of a call, from the words of the log. None: they do not identify it.

    `host` (lower case, no port) has precedence over `provider`. `scope`, the instrumentation that wrote the log entry
    (`opentelemetry.instrumentation.groq`), counts only if neither identifies a platform. Cached.
    """
    return platforms.of_host(host) or read_word(platforms, telling_word(platforms, provider, host, scope)).platform


def telling_word(platforms: Platforms, provider: str | None, host: str | None, scope: str | None) -> str | None:
    """`provider`; or `scope`, if the log has no host and no provider or only a framework's, and the scope belongs to
    one provider's client library. OpenAI's library proves nothing, because it calls any provider."""
    if scope is None or host is not None or read_word(platforms, provider) != NOTHING:
        return provider
    said = read_word(platforms, scope)
    return scope if said.platform not in {None, *platforms.common_apis} else provider


def answering_platform(platforms: Platforms, provider: str | None, host: str | None = None) -> str | None:
    """The platform whose wording the error has. None: unknown, because an unknown host is a gateway that passes on
    errors of any platform."""
    return platforms.of_host(host) if host else read_word(platforms, provider).platform


def names_deployments(platforms: Platforms, provider: str | None, host: str | None = None) -> bool:
    """Whether the model argument of a call names a customer's own object: an Azure OpenAI deployment, a SageMaker
    endpoint. Such a name is free text, and proves no model even if it looks like one."""
    platform = platforms.get(platform_of(platforms, provider, host))
    return platform is not None and platform.deployments


@lru_cache(maxsize=4096)
def read_word(platforms: Platforms, word: str | None) -> Word:
    """Parses a provider field in any tool's spelling. Total."""
    if word is None or not (word := word.strip()):
        return NOTHING
    if len(word) > LONGEST_WORD or not word.isascii():
        return Word(known=False)
    slug = word.lower()
    platform = platforms.words.get(slug) or platforms.of_host(slug)  # LiveKit writes the host
    if platform is not None or (platform := proven(platforms.word_patterns, slug)) is not None:
        return Word(platform)
    parts = [part.lower() for part in _PARTS.findall(word)]
    found = list(_named(_runs(platforms), [part for part in parts if part not in _API_PARTS]))
    if None in found or not _COMPATIBLE.isdisjoint(parts):
        return Word(known=False)
    platform = _place(platforms, [each for each in found if each])
    return Word(platform, loose=platform is not None and not _AGENTS.isdisjoint(parts))


def _named(runs: Mapping[str, str], parts: list[str]) -> Iterator[str | None]:
    """Platform of each run of parts, longest runs first; "" for parts without meaning, None for unknown parts."""
    start = 0
    while start < len(parts):
        for end in range(len(parts), start, -1):
            if (platform := runs.get("".join(parts[start:end]))) is not None:
                yield platform
                start = end
                break
        else:
            yield None
            return


def _place(platforms: Platforms, named: list[str]) -> str | None:
    """A maker's name beside a host's names the maker of the model: `vertex.anthropic`, `groq.openai`."""
    hosts = [platform for platform in named if platform not in platforms.makers_apis]
    if not hosts:
        return named[0] if len(set(named)) == 1 else None
    host = platforms.get(hosts[0])
    other_makers = set(named) - set(hosts) - platforms.common_apis
    return host.neighbour or hosts[0] if host is not None and host.makers and other_makers else hosts[0]


def _run(word: str) -> str:
    return "".join(part for part in _PARTS.findall(word) if part not in _API_PARTS)


@lru_cache(maxsize=4)
def _runs(platforms: Platforms) -> Mapping[str, str]:
    words = (*platforms.words.items(), *platforms.field_words.items())
    named = {run: platform for word, platform in words if (run := _run(word))}
    return named | dict.fromkeys((*_FRAMEWORKS.split(), *_NEUTRAL), "")
