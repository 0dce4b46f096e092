"""Grammars of the makers' own APIs, and of Azure, which has its own names for OpenAI's models."""

import re

from service.core.identity.respell import spellings
from service.core.identity.spelling import FINE_TUNE, Spelling, UnreadableIdError, split_maker

_FINE_TUNE = re.compile(r"ft:(?P<base>[^:]+)(:.*)?|(?P<old>[a-z0-9.-]+):ft-.+|ft-(?P<listed>[a-z0-9.-]+)")
_AZURE_FINE_TUNE = re.compile(r"(?P<base>.+)\.ft-[^.]+")
_AZURE_35 = re.compile(r"gpt-35-")
_BY_FIREWORKS = "fw-"


def openai(text: str) -> Spelling:
    """OpenAI: exact ids; fine-tunes by their base; `-completions` on the deprecations page names an endpoint."""
    if match := _FINE_TUNE.fullmatch(text):
        base = match["base"] or match["old"] or match["listed"]
        return Spelling((base,), prefix=FINE_TUNE)
    return Spelling((text, text.removesuffix("-completions")))


def azure(text: str) -> Spelling:
    """Azure OpenAI: OpenAI's names without the dot in 3.5, the version after the name; `<base>.ft-<job>`."""
    match = _AZURE_FINE_TUNE.fullmatch(text)
    base = match["base"] if match else text.replace("_", "-")
    name = _AZURE_35.sub("gpt-3.5-", base)
    if match is None and (tuned := _FINE_TUNE.fullmatch(name)):
        return openai(tuned.string)
    return Spelling((name,), prefix=FINE_TUNE if match else "")


def foundry(text: str) -> Spelling:
    """Azure AI Foundry: mixed case, with the maker as a prefix. Fireworks hosts the `FW-` models, with own dates."""
    maker, name = split_maker(text)
    base = name.removeprefix(_BY_FIREWORKS)
    return Spelling(spellings(base), maker, prefix=_BY_FIREWORKS if base != name else "")


def plain(text: str) -> Spelling:
    """A maker's API with plain names as ids."""
    return Spelling((text,))


def gemini(text: str) -> Spelling:
    """Gemini API: `models/<id>`; the name of a tuned model does not identify its base."""
    if text.startswith(("tunedmodels/", "cachedcontents/", "endpoints/")):
        raise UnreadableIdError("opaque")
    return Spelling((text.removeprefix("models/"),))
