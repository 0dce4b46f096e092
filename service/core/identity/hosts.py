"""Grammars of platforms with models of many makers."""

import re

from service.core.identity.respell import spellings
from service.core.identity.spelling import Spelling, UnreadableIdError, split_maker

_OPENROUTER_VARIANT = re.compile(r":(free|beta|extended|thinking|nitro|floor|online|exacto|batch)$")
_EFFORT = re.compile(r"(o\d(?:-mini)?)-(?:high|medium|low)")
_FIREWORKS = re.compile(r"accounts/fireworks/models/([^/]+)")
_CLOUDFLARE = re.compile(r"@(?:cf|hf)/(?P<maker>[^/]+)/(?P<name>[^/]+)")
_JUMPSTART = re.compile(r"meta-textgeneration-(llama-2-\d+b)(-b)?(?P<chat>-f)?")
_VERSION_HASH = re.compile(r":[0-9a-f]{40,64}$")


def reseller(text: str) -> Spelling:
    """`[maker/]name`, in any spelling."""
    maker, name = split_maker(text)
    if maker == "amazon":
        return Spelling(tuple(f"amazon.{name}{revision}" for revision in ("", ":0", "-v1:0")), maker)
    return Spelling(spellings(name), maker)


def dotted_reseller(text: str) -> Spelling:
    """`maker.name`, as Oracle spells it."""
    maker, dot, name = text.partition(".")
    return reseller(f"{maker}/{name}") if dot and maker.isalpha() else reseller(text)


def openrouter(text: str) -> Spelling:
    """`maker/model[:variant]`, and routers that choose the model themselves."""
    if text.startswith(("~", "@")) or text in {"auto", "openrouter/auto", "openrouter/free"}:
        raise UnreadableIdError("router")
    spelled = reseller(_OPENROUTER_VARIANT.sub("", text))
    efforts = tuple(match[1] for name in spelled.names if (match := _EFFORT.fullmatch(name)))
    return Spelling(spelled.names + efforts, spelled.maker)


def replicate(text: str) -> Spelling:
    return reseller(_VERSION_HASH.sub("", text))


def databricks(text: str) -> Spelling:
    """Databricks' own endpoints have a fixed prefix; all other names are chosen, so free text."""
    for prefix in ("databricks-", "system.ai.databricks-", "system.ai."):
        if text.startswith(prefix):
            return reseller(text.removeprefix(prefix))
    raise UnreadableIdError("free_text")


def fireworks(text: str) -> Spelling:
    if match := _FIREWORKS.fullmatch(text):
        return Spelling(spellings(match[1]))
    if text.startswith("accounts/fireworks/routers/"):
        raise UnreadableIdError("router")
    if text.startswith("accounts/"):
        raise UnreadableIdError("opaque")
    return reseller(text)


def cloudflare(text: str) -> Spelling:
    match = _CLOUDFLARE.fullmatch(text)
    return Spelling(spellings(match["name"])) if match else reseller(text)


def sagemaker(text: str) -> Spelling:
    """JumpStart's model names (`-f` is the chat build); any other name is an endpoint's."""
    match = _JUMPSTART.fullmatch(text)
    if match is None:
        raise UnreadableIdError("opaque")
    return Spelling((match[1] + ("-chat" if match["chat"] else ""),))


def self_hosted(text: str) -> Spelling:
    """Ollama's `llama3:70b` is a name of its own with a tag; vLLM serves `maker/name` of the model hubs."""
    spelled = reseller(text)
    return Spelling((text, *spelled.names), spelled.maker)


def perplexity(text: str) -> Spelling:
    """The Agent API's `maker/name`, of which `perplexity/sonar` is one, and the names of the Sonar API."""
    if text.count("/") > 1:
        text = text.removeprefix("perplexity/")
    spelled = reseller(text)
    return Spelling((text, *spelled.names), spelled.maker)


def display(text: str) -> Spelling:
    """Apps show display names: `GPT-5 Instant`, `OpenAI o3`, `Claude Sonnet 3.7`."""
    return reseller(text.removeprefix("openai ").replace(" ", "-"))
