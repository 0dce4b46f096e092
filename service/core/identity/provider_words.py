"""Reads the provider field of a log by rule: which platform does the word name, if any?

Tools write one platform in many ways: `azure.ai.openai`, `azure-openai.responses`, `azure.chat`, `AzureChatOpenAI`,
`langchain_azure_openai`. Case, separators, the API that was called (`chat`, `responses`), and the framework's own name
are taken off; what is left must be words of `platforms`, every one of them. Anything else is a word that nobody knows.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from service.core.identity.platforms import MAKERS_APIS, PLATFORM_WORDS, platform_of_host

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
_CLOUDS = {
    "gcp": "vertex-ai",
    "googlecloud": "vertex-ai",
    "amazon": "aws-bedrock",
    "microsoftazure": "azure-openai",
    "nvidia": "nvidia-nim",
}
"""Words of a provider field alone: before an id, `amazon/` is a maker's name."""
_NEUTRAL = ("ai", "microsoft", "cloud")


class Word(NamedTuple):
    """What a provider field says."""

    platform: str | None = None
    known: bool = True
    """False: it names a place that lastcall does not know, so that the place is not the API of the model's maker."""
    loose: bool = False
    """A framework wrote it: an id that proves another platform wins."""


NOTHING = Word()


def platform_of(provider: str | None, host: str | None = None, scope: str | None = None) -> str | None:
    """The platform where a call was served, by the log's words; None when they do not tell.

    `host` (lower case, no port) overrules `provider`. `scope`, the instrumentation that wrote the call down
    (`opentelemetry.instrumentation.groq`), is asked only when neither says anything. Pure, remembered, no catalog.
    """
    return platform_of_host(host) or read_word(telling_word(provider, host, scope)).platform


def telling_word(provider: str | None, host: str | None, scope: str | None) -> str | None:
    """`provider`, or `scope` where a log without a host has no provider or that of a framework, and the scope is of one
    provider's client library. OpenAI's proves nothing: it calls anybody."""
    if scope is None or host is not None or read_word(provider) != NOTHING:
        return provider
    said = read_word(scope)
    return scope if said.platform not in {None, "openai-api"} else provider


def answering_platform(provider: str | None, host: str | None = None) -> str | None:
    """The platform in whose words an error is written; None where they may be anybody's: a host that lastcall does not
    know is a gateway, and passes on the words of whatever it called."""
    return platform_of_host(host) if host else read_word(provider).platform


def names_deployments(provider: str | None, host: str | None = None) -> bool:
    """Whether the model argument of a call names something that the customer made there: an Azure OpenAI deployment, a
    SageMaker endpoint. Such a name is free text, and proves no model even when it looks like one."""
    return platform_of(provider, host) in {"azure-openai", "sagemaker"}


@lru_cache(maxsize=4096)
def read_word(word: str | None) -> Word:
    """Of a provider field in any tool's spelling. Total."""
    if word is None or not (word := word.strip()):
        return NOTHING
    if len(word) > LONGEST_WORD or not word.isascii():
        return Word(known=False)
    slug = word.lower()
    if (platform := PLATFORM_WORDS.get(slug) or platform_of_host(slug)) is not None:  # LiveKit's word is the host
        return Word(platform)
    if slug.startswith("vertex_ai-") and slug.endswith("models"):  # LiteLLM, by maker: vertex_ai-llama_models
        return Word("vertex-ai")
    parts = [part.lower() for part in _PARTS.findall(word)]
    found = list(_named([part for part in parts if part not in _API_PARTS]))
    if None in found or not _COMPATIBLE.isdisjoint(parts):
        return Word(known=False)
    platform = _place([each for each in found if each])
    return Word(platform, loose=platform is not None and not _AGENTS.isdisjoint(parts))


def _named(parts: list[str]) -> Iterator[str | None]:
    """Platform of each run of parts, the longest runs first; "" for what names none, None for what nobody knows."""
    start = 0
    while start < len(parts):
        for end in range(len(parts), start, -1):
            run = "".join(parts[start:end])
            if (platform := _RUNS.get(run)) is not None:
                yield platform
                start = end
                break
        else:
            yield None
            return


def _place(platforms: list[str]) -> str | None:
    """A maker's name beside a host's says whose model the host serves: `vertex.anthropic`, `groq.openai`."""
    hosts = [platform for platform in platforms if platform not in MAKERS_APIS]
    if not hosts:
        return platforms[0] if len(set(platforms)) == 1 else None
    makers = set(platforms) - set(hosts) - {"openai-api"}
    return "azure-foundry" if hosts[0] == "azure-openai" and makers else hosts[0]


def _run(word: str) -> str:
    return "".join(part for part in _PARTS.findall(word) if part not in _API_PARTS)


_RUNS: dict[str, str] = (
    {run: platform for word, platform in PLATFORM_WORDS.items() if (run := _run(word))}
    | _CLOUDS
    | dict.fromkeys((*_FRAMEWORKS.split(), *_NEUTRAL), "")
)
