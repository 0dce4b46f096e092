"""Removes what tools write around an id, from left to right. Each wrapper may prove the platform."""

import re
from typing import NamedTuple

from service.core.identity.platforms import Platforms, proven
from service.core.identity.spelling import UnreadableIdError

_VERB = re.compile(
    r":(generatecontent|streamgeneratecontent|rawpredict|streamrawpredict|predict|serverstreamingpredict|embedcontent|"
    r"batchembedcontents|counttokens|predictlongrunning)$"
)
_CLAUDE_ON_AWS = "claude_platform"
"""Claude Platform on AWS: a route of LiteLLM's Bedrock client. Anthropic runs it, with its own ids and dates."""
_ROUTES = (re.compile(r"\d+-x-\d+|max-x-max|\d+-steps|max-steps|hd|standard|low|medium|high"),)
"""Sizes and qualities of images, on any platform."""
_COLON = re.compile(r"([a-z0-9_.-]+):(?!\d+$)(.+)")


class Address(NamedTuple):
    """The platform of an id, and the id without wrappers."""

    platform: str | None
    text: str


def unwrap(
    platforms: Platforms,
    text: str,
    platform: str | None,
    *,
    firm: bool = False,
    loose: bool = False,
    elsewhere: bool = False,
) -> Address:
    """The outermost wrapper that names a platform has precedence over a loose `platform`: some words of the provider
    field, or all of them with `loose`.

    With `firm`, the platform comes from the host and no wrapper changes it. `elsewhere`: the host or provider is
    unknown, so `openai/` names the maker of the model, not the platform.
    """
    text = unwrap_routes(platforms, None, _VERB.sub("", text.partition("?")[0])).text
    if text.startswith("@") and not text.startswith(("@cf/", "@hf/", "@preset/")):
        return _integration(platforms, text, platform)
    loose = platform is None or ((loose or platform in platforms.loose_words) and not firm)
    if loose and (shape := proven(platforms.ids, text)):
        return Address(shape, text)
    named, rest = _named(platforms, text)
    if elsewhere and loose and named in platforms.makers_apis:
        return Address(None, text)
    is_own = named == platform and named in platforms.own_prefixes
    if named is not None and not is_own and (loose or named in {platform, platforms.neighbour_of(platform)}):
        return unwrap_routes(platforms, named, rest)
    if platform is None and (shape := proven(platforms.weak_ids, text)):
        return Address(shape, text)
    return unwrap_routes(platforms, platform, text)


def _named(platforms: Platforms, text: str) -> tuple[str | None, str]:
    """The platform that `word:` or `word/` before an id names, and the rest. Only the first colon ends a word."""
    if (match := _COLON.fullmatch(text)) and (platform := platforms.of_wrapper(match[1], colon=True)):
        return platform, match[2]
    segment, slash, rest = text.partition("/")
    return (platforms.of_host(segment) or platforms.of_wrapper(segment), rest) if slash else (None, text)


def unwrap_routes(platforms: Platforms, platform: str | None, text: str) -> Address:
    """Remove routes, regions, modes and image sizes, and a repeated name of the platform."""
    routes = (*platforms.routes.get(platform or "", ()), *_ROUTES)
    own = None if platform in platforms.own_prefixes else platform
    by_anthropic = False
    segment, slash, rest = text.partition("/")
    while slash:
        on_aws = platform == "aws-bedrock" and segment == _CLAUDE_ON_AWS
        is_own = own is not None and platforms.of_wrapper(segment) == own
        if not (on_aws or is_own or any(route.fullmatch(segment) for route in routes)):
            break
        by_anthropic = by_anthropic or on_aws
        text = rest
        segment, slash, rest = text.partition("/")
    return Address("anthropic-api" if by_anthropic else platform, text)


def _integration(platforms: Platforms, text: str, platform: str | None) -> Address:
    """Portkey's `@slug/id`: the slug is the user's own word; it identifies a platform only if it begins with its
    name."""
    slug, slash, rest = text[1:].partition("/")
    if not slash:
        raise UnreadableIdError("free_text", platform)
    named = platforms.of_wrapper(slug) or platforms.of_wrapper(slug.partition("-")[0])
    return unwrap(platforms, rest, platform or named)
