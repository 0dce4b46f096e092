"""Reads the provider field of a log by rule: which platform does the word name, if any?

Tools write one platform in many ways: `azure.ai.openai`, `azure-openai.responses`, `azure.chat`, `AzureChatOpenAI`,
`langchain_azure_openai`. Case, separators, the API that was called (`chat`, `responses`), and the framework's own name
are taken off; what is left must be words of platforms, every one of them. Anything else is a word that nobody knows.
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
    "cn us eu apac intl global china"
)
"""What was called, who called it there, or in which region: `groq.chat`, `OpenAIChatGenerator`, `moonshotai-cn`."""
_API_PARTS = frozenset(_API.split())
_AGENTS = frozenset({"agent", "agents", "assistant", "assistants"})
"""Google's agent kit writes `gcp.vertex.agent` for whatever model it calls: an id that proves another place wins."""
_FRAMEWORKS = (
    "langchain langchaincommunity langchainjs langchain4j langgraph langsmith langfuse llamaindex haystack crewai "
    "strands semantickernel autogen ag2 pydanticai dspy smolagents instructor mastra agno genkit springai vercelai "
    "aisdk adk googleadk microsoftframework agentframework browseruse litellm litellmproxy lite portkey kong "
    "openinference openllmetry traceloop opentelemetry otel logfire mlflow unknown none"
)
"""Frameworks, and tools that write logs: they name whatever they call by the id, and say nothing of the place."""
_COMPATIBLE = frozenset({"compatible", "compat", "like", "custom"})
"""`openai-compatible.chat`, `openai_like`, `custom_openai`: the API of that maker, spoken by somebody else."""
_NEUTRAL = ("ai", "microsoft", "cloud")


class Word(NamedTuple):
    """What a provider field says."""

    platform: str | None = None
    known: bool = True
    """False: it names a place that lastcall does not know, so that the place is not the API of the model's maker."""
    loose: bool = False
    """A framework wrote it: an id that proves another platform wins."""


NOTHING = Word()


def platform_of(
    platforms: Platforms, provider: str | None, host: str | None = None, scope: str | None = None
) -> str | None:
    """The platform where a call was served, by the log's words; None when they do not tell.

    `host` (lower case, no port) overrules `provider`. `scope`, the instrumentation that wrote the call down
    (`opentelemetry.instrumentation.groq`), is asked only when neither says anything. Remembered.
    """
    return platforms.of_host(host) or read_word(platforms, telling_word(platforms, provider, host, scope)).platform


def telling_word(platforms: Platforms, provider: str | None, host: str | None, scope: str | None) -> str | None:
    """`provider`, or `scope` where a log without a host has no provider or that of a framework, and the scope is of one
    provider's client library. OpenAI's proves nothing: it calls anybody."""
    if scope is None or host is not None or read_word(platforms, provider) != NOTHING:
        return provider
    said = read_word(platforms, scope)
    return scope if said.platform not in {None, *platforms.common_apis} else provider


def answering_platform(platforms: Platforms, provider: str | None, host: str | None = None) -> str | None:
    """The platform in whose words an error is written; None where they may be anybody's: a host that lastcall does not
    know is a gateway, and passes on the words of whatever it called."""
    return platforms.of_host(host) if host else read_word(platforms, provider).platform


def names_deployments(platforms: Platforms, provider: str | None, host: str | None = None) -> bool:
    """Whether the model argument of a call names something that the customer made there: an Azure OpenAI deployment, a
    SageMaker endpoint. Such a name is free text, and proves no model even when it looks like one."""
    platform = platforms.get(platform_of(platforms, provider, host))
    return platform is not None and platform.deployments


@lru_cache(maxsize=4096)
def read_word(platforms: Platforms, word: str | None) -> Word:
    """Of a provider field in any tool's spelling. Total."""
    if word is None or not (word := word.strip()):
        return NOTHING
    if len(word) > LONGEST_WORD or not word.isascii():
        return Word(known=False)
    slug = word.lower()
    platform = platforms.words.get(slug) or platforms.of_host(slug)  # LiveKit's word is the host
    if platform is not None or (platform := proven(platforms.word_patterns, slug)) is not None:
        return Word(platform)
    parts = [part.lower() for part in _PARTS.findall(word)]
    found = list(_named(_runs(platforms), [part for part in parts if part not in _API_PARTS]))
    if None in found or not _COMPATIBLE.isdisjoint(parts):
        return Word(known=False)
    platform = _place(platforms, [each for each in found if each])
    return Word(platform, loose=platform is not None and not _AGENTS.isdisjoint(parts))


def _named(runs: Mapping[str, str], parts: list[str]) -> Iterator[str | None]:
    """Platform of each run of parts, the longest runs first; "" for what names none, None for what nobody knows."""
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
    """A maker's name beside a host's says whose model the host serves: `vertex.anthropic`, `groq.openai`."""
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
