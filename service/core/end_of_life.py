"""Does an error say that the model is gone? Each platform says so in words of its own, which count for it alone."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from service.core.error_text import LONGEST_READ


class Gone(NamedTuple):
    """One way to say it. What is given must hold: the code, the words anywhere in the text, the HTTP status."""

    platforms: tuple[str, ...]
    source: str
    """Where it was seen: a thread on GitHub, or the address of a page."""
    code: str | None = None
    words: str | None = None
    """A regular expression, for a text in lower case. Plain characters at its start are found soon."""
    status: int | None = None


_OPENAI = ("openai-api",)
_AZURE = ("azure-openai", "azure-foundry")
_GOOGLE = ("gemini-api", "vertex-ai")
_OPENAI_CODES = ("openai-api", "groq", "cerebras", "together-ai", "alibaba-model-studio", "vercel-ai-gateway")
"""Platforms that were seen to use OpenAI's code for it."""
_NO_ACCESS = r"model (?:\S+ )?does not exist or (?:you do|your team \S+ does) not have access\b"

WAYS = (
    Gone(_OPENAI_CODES, "openai/openai-quickstart-node/issues/127", code="model_not_found"),
    Gone(_OPENAI, "openai/openai-quickstart-node/issues/127", words=r"model \S+ has been deprecated\b"),
    Gone(_OPENAI, "langflow-ai/langflow/issues/1337", words=_NO_ACCESS),
    Gone(_AZURE, "chatboxai/chatbox/issues/646", code="DeploymentNotFound"),
    Gone(_AZURE, "chatboxai/chatbox/issues/646", words=r"api deployment for this resource does not exist\b"),
    Gone(_AZURE, "Azure-Samples/aks-store-demo/issues/203", code="ServiceModelDeprecated"),
    Gone(_AZURE, "BerriAI/litellm/issues/11116", code="ServiceModelDeprecating"),
    Gone(_AZURE, "BerriAI/litellm/issues/11116", status=404, words=r"resource not found\b"),
    Gone(_AZURE, "BerriAI/litellm/issues/11505", words=r"does not work with the specified model\b"),
    Gone((*_AZURE, "github-models"), "tonybaloney/llm-github-models/issues/52", code="unknown_model"),
    Gone((*_AZURE, "github-models"), "tonybaloney/llm-github-models/issues/52", words=r"unknown model: \S"),
    Gone(("anthropic-api",), "spring-projects/spring-ai/pull/2387", words=r"(?:^|['\"])model: claude-\S"),
    Gone(("aws-bedrock",), "aws-samples/amazon-bedrock-workshop/issues/386", words=r"reached the end of its life\b"),
    Gone(("aws-bedrock",), "aws-samples/amazon-bedrock-workshop/issues/386", words=r"marked by provider as legacy\b"),
    Gone(_GOOGLE, "googleapis/python-aiplatform/issues/3574", words=r"publisher model \S+ (?:is |was )?not found\b"),
    Gone(_GOOGLE, "karthink/gptel/issues/667", words=r"is not found for api version\b"),
    Gone(_GOOGLE, "thedotmack/claude-mem/issues/3278", words=r"model models/\S+ is no longer available\b"),
    Gone(("groq",), "angerman/llm-groq/issues/15", code="model_decommissioned"),
    Gone(("groq",), "angerman/llm-groq/issues/15", words=r"has been decommissioned\b"),
    Gone(("groq",), "decolua/9router/pull/3558", words=_NO_ACCESS),
    Gone(("cerebras",), "sepandhaghighi/mytext/pull/104", words=_NO_ACCESS),
    Gone(("alibaba-model-studio",), "AIDotNet/OpenDeepWiki/issues/308", words=_NO_ACCESS),
    Gone(("alibaba-model-studio",), "langgenius/dify-official-plugins/pull/3846", words=r"model not exist\b"),
    Gone(("xai-api",), "yihong0618/bilingual_book_maker/issues/464", words=_NO_ACCESS),
    Gone(("xai-api",), "definableai/definable.ai/issues/14", words=r"model \S+ was deprecated on\b"),
    Gone(("xai-api",), "definableai/definable.ai/issues/14", words=r"model not found: \S"),
    Gone(("moonshot-api",), "mozilla-ai/any-llm/issues/778", words=r"not found the model\b"),
    Gone(("deepseek-api",), "langbot-app/LangBot/issues/1643", words=r"model not exist\b"),
    Gone(
        ("deepseek-api",),
        "raycast/extensions/issues/29730",
        words=r"supported api model names are .{1,200}, but you passed\b",
    ),
    Gone(("mistral-api",), "tmc/langchaingo/issues/1233", words=r"invalid model: [^\s\"']"),
    Gone(("mistral-api", "perplexity-api"), "ELPROFUG0/TexTab/issues/2", code="invalid_model"),
    Gone(("perplexity-api",), "ELPROFUG0/TexTab/issues/2", words=r"invalid model '\S+'\. permitted models\b"),
    Gone(("cohere-api",), "pydantic/pydantic-ai/pull/3201", words=r"model '\S+' was removed on\b"),
    Gone(
        ("cohere-api",),
        "MaartenGr/BERTopic/issues/1864",
        words=r"model (?:'\S+' )?not found, make sure the correct model id was used\b",
    ),
    Gone(("together-ai",), "evo-design/evo/issues/14", words=r"unable to access (?:non-serverless )?model \S"),
    Gone(("together-ai",), "HeyPuter/puter/issues/3168", code="model_not_available"),
    Gone(
        ("fireworks-serverless",),
        "warpdotdev/warp/issues/15107",
        words=r"model not found, inaccessible, and/or not deployed\b",
    ),
    Gone(("github-copilot", "huggingface", "watsonx"), "github/copilot-cli/issues/639", code="model_not_supported"),
    Gone(("github-copilot",), "github/copilot-cli/issues/2661", words=r"the requested model is not supported\b"),
    Gone(("huggingface",), "cline/cline/issues/5098", words=r"is not supported by any provider you have enabled\b"),
    Gone(("huggingface",), "huggingface/huggingface.js/issues/2225", words=r"model not supported by provider\b"),
    Gone(("watsonx",), "mozilla-ai/any-llm/issues/539", words=r"model '\S+' is not supported for this environment\b"),
    Gone(("nvidia-nim",), "capocasa/3code/issues/2", words=r"reached its end of life\b"),
    Gone(("cloudflare-workers-ai",), "sepandhaghighi/mytext/issues/95", words=r"model was deprecated on\b"),
    Gone(("oci",), "oracle/ai-optimizer/issues/263", words=r"model \S+(?: \S+)? is retired\b"),
    Gone(("databricks",), "databricks-demos/dbdemos-notebooks/pull/249", code="RESOURCE_DOES_NOT_EXIST"),
    Gone(("snowflake-cortex",), "Snowflake-Labs/sfquickstarts/issues/2030", words=r"unknown model \\*\""),
    Gone(("self-hosted",), "QwenLM/Qwen3/issues/20", words=r"the model \S+ does not exist\b"),
    Gone(("openrouter",), "https://openrouter.ai/docs/api-reference/errors", words=r"no endpoints found for\b"),
    Gone(("openrouter",), "maxnowack/anthropic-proxy/issues/4", words=r"is not a valid model id\b"),
    Gone(("vercel-ai-gateway",), "mastra-ai/mastra/issues/14569", words=r"model '\S+' not found\b"),
)
"""Several of these also answer a misspelt model or a missing permission, and say so in no other way. The catalog tells
them apart: the flag counts only for a model that it knows to be going. Bedrock says Legacy before the end, to those who
have not called for weeks: for them the model is gone already."""

ROUTERS = frozenset({"openrouter", "vercel-ai-gateway", "cloudflare-ai-gateway"})
"""Platforms that pass on the words of whatever they called."""
_BARE_STATUS = frozenset({404, 410})
_BARE_CODES = frozenset(
    {None, "404", "410", "NOT_FOUND", "NotFound", "NotFoundError", "not_found_error", "resource_not_found_error"}
)
"""What a "not found" without a word about what is called: gateways log no more, where they do not keep bodies."""


class _Words(NamedTuple):
    literal: str
    """A part that every text with these words has: to look for it costs a hundredth of the expression."""
    expression: re.Pattern[str]
    status: int | None

    @classmethod
    def of(cls, words: str, status: int | None) -> "_Words":
        return cls(max(_LITERALS.split(words), key=len), re.compile(words), status)

    def match(self, text: str, status: int | None) -> bool:
        return (
            self.literal in text
            and (self.status is None or self.status == status)
            and self.expression.search(text) is not None
        )


_LITERALS = re.compile(r"\(\?:[^)]*\)\??|\[[^]]*\]|\\\\\*|\\.[+*]?|\.\{[^}]*\}")
"""Splits an expression of the table at all that is no plain character."""


class _Phrases(NamedTuple):
    codes: frozenset[str]
    words: tuple[_Words, ...]

    @classmethod
    def of(cls, ways: Iterable[Gone]) -> "_Phrases":
        ways = tuple(ways)
        words = dict.fromkeys((way.words, way.status) for way in ways if way.words)
        return cls(frozenset(way.code for way in ways if way.code), tuple(_Words.of(*each) for each in words))

    def match(self, code: str | None, message: str | None, status: int | None) -> bool:
        if code in self.codes:
            return True
        if not message:
            return False
        text = message[:LONGEST_READ].lower()
        return any(words.match(text, status) for words in self.words)


_ALL = _Phrases.of(WAYS)
_OF: Mapping[str, _Phrases] = {
    platform: _Phrases.of(way for way in WAYS if platform in way.platforms)
    for platform in {platform for way in WAYS for platform in way.platforms} - ROUTERS
}


def says_end_of_life(platform: str | None, code: str | None, message: str | None, status: int | None = None) -> bool:
    """Of a failed call. `platform` is where it was made: that platform's words count, and those of all where it is None
    (nobody knows, or a gateway answered), a router, or one whose words nobody has written down.

    A "not found" that says nothing else is the model's: the path of a call names little more.
    """
    if not message and code in _BARE_CODES and (status in _BARE_STATUS or (status is None and code is not None)):
        return True
    return _OF.get(platform or "", _ALL).match(code, message, status)
