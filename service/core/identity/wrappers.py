"""Takes off what tools put around an id, from left to right, and remembers what each wrapper proves of the platform."""

import re
from typing import NamedTuple

from service.core.identity import bedrock
from service.core.identity.platforms import MAKERS_APIS, platform_of_host, platform_of_wrapper
from service.core.identity.spelling import UnreadableError

_VERB = re.compile(
    r":(generatecontent|streamgeneratecontent|rawpredict|streamrawpredict|predict|serverstreamingpredict|embedcontent|"
    r"batchembedcontents|counttokens|predictlongrunning)$"
)
_CLAUDE_ON_AWS = "claude_platform/"
_IMAGE = r"\d+-x-\d+|max-x-max|\d+-steps|max-steps|hd|standard|low|medium|high"
_ROUTES = {
    "aws-bedrock": re.compile(rf"{_IMAGE}|invoke|converse|[a-z]{{2}}(-gov)?-[a-z]+-\d|\*|\d-month-commitment"),
    "azure-openai": re.compile(rf"{_IMAGE}|us|eu|apac|us-gov|global|global-standard|chat|responses"),
    "openai-api": re.compile(rf"{_IMAGE}|chat|responses|completions|v1"),
    None: re.compile(_IMAGE),
}
_LOOSE_HINTS = frozenset(
    {
        "openai-api",
        "anthropic-api",
        "gemini-api",
        "mistral-api",
        "cohere-api",
        "xai-api",
        "deepseek-api",
        "ai21-api",
        "voyage-api",
        "cloudflare-ai-gateway",
    }
)
"""Provider words that name a client library or a gateway as often as the place: an id that proves another wins."""
_AZURE = {"azure-openai", "azure-foundry"}
_COLON = re.compile(r"([a-z0-9_.-]+):(?!\d+$)(.+)")
_SHAPES = (
    (bedrock.ID, "aws-bedrock"),
    (bedrock.BARE, "aws-bedrock"),
    (re.compile(r"arn:aws[a-z-]*:bedrock:.+"), "aws-bedrock"),
    (re.compile(r"arn:aws[a-z-]*:sagemaker:.+"), "sagemaker"),
    (re.compile(r"gpt-35-.+"), "azure-openai"),
    (re.compile(r"(publishers|projects)/.+|[a-z][\w.-]+@(\d{3,8}|default|latest|\d{4}-\d{3})"), "vertex-ai"),
    (re.compile(r"@(cf|hf)/.+"), "cloudflare-workers-ai"),
    (re.compile(r"accounts/fireworks/models/.+"), "fireworks-serverless"),
    (re.compile(r"databricks-.+|system\.ai\..+"), "databricks"),
)
_WEAK_SHAPES = (
    (re.compile(r"(models|tunedmodels)/.+"), "gemini-api"),
    (re.compile(r"ft[:-].+|.+:ft-.+"), "openai-api"),
)


class Address(NamedTuple):
    """Where an id was served, and the id with the wrappers off."""

    platform: str | None
    text: str


def unwrap(
    text: str, platform: str | None, *, firm: bool = False, loose: bool = False, elsewhere: bool = False
) -> Address:
    """The outermost wrapper that names a platform overrules a `platform` that is loose: some of those that the log's
    provider field names, or all of them with `loose`.

    With `firm` the platform is that of the host called, which no wrapper overrules. `elsewhere` is a host or a provider
    that lastcall does not know: there `openai/` names the maker of the model, not the place.
    """
    text = unwrap_routes(None, _VERB.sub("", text.partition("?")[0])).text
    if text.startswith("@") and not text.startswith(("@cf/", "@hf/", "@preset/")):
        return _integration(text, platform)
    loose = platform is None or ((loose or platform in _LOOSE_HINTS) and not firm)
    if loose and (shape := _shape(text)):
        return Address(shape, text)
    named, rest = _named(text)
    if elsewhere and loose and named in MAKERS_APIS:
        return Address(None, text)
    if named is not None and (loose or named == platform or {named, platform} == _AZURE):
        return unwrap_routes(named, rest)
    if platform is None and (shape := _shape(text, _WEAK_SHAPES)):
        return Address(shape, text)
    return unwrap_routes(platform, text)


def _named(text: str) -> tuple[str | None, str]:
    """The platform that `word:` or `word/` before an id names, and the rest. Only the first colon ends a word."""
    if (match := _COLON.fullmatch(text)) and (platform := platform_of_wrapper(match[1])):
        return platform, match[2]
    segment, slash, rest = text.partition("/")
    return (platform_of_host(segment) or platform_of_wrapper(segment), rest) if slash else (None, text)


def unwrap_routes(platform: str | None, text: str) -> Address:
    """Take off routes, regions, modes and image sizes, and the platform's own name when it is said twice."""
    if platform == "aws-bedrock" and text.startswith(_CLAUDE_ON_AWS):  # run by Anthropic, with its dates
        return Address("anthropic-api", text.removeprefix(_CLAUDE_ON_AWS))
    routes = _ROUTES.get(platform, _ROUTES[None])
    segment, slash, rest = text.partition("/")
    while slash and (routes.fullmatch(segment) or (platform is not None and platform_of_wrapper(segment) == platform)):
        text = rest
        segment, slash, rest = text.partition("/")
    return Address(platform, text)


def _shape(text: str, shapes: tuple[tuple[re.Pattern[str], str], ...] = _SHAPES) -> str | None:
    return next((platform for pattern, platform in shapes if pattern.fullmatch(text)), None)


def _integration(text: str, platform: str | None) -> Address:
    """Portkey's `@slug/id`: the slug is the user's own word; only one that begins with a platform's name tells it."""
    slug, slash, rest = text[1:].partition("/")
    if not slash:
        raise UnreadableError("free_text", platform)
    return unwrap(rest, platform or platform_of_wrapper(slug) or platform_of_wrapper(slug.partition("-")[0]))
