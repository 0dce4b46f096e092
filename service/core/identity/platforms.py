"""Platforms by word, host and id: the heads of the catalog files, prepared for look-ups."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from service.core.identity.grammars import GRAMMARS, PROVING_IDS, Grammar
from service.core.identity.hosts import reseller
from service.core.identity.platform import Platform

_SEPARATORS = re.compile(r"[.\s-]")
_LONGEST_REMEMBERED = 4096

Claim = tuple[str, re.Pattern[str]]
"""A platform, and the pattern that identifies it."""


class Platforms:
    """Immutable; equal only to itself, because caches use it as a key.

    Patterns are tried in the given order of platforms; the heads follow the rules of `core.catalog.heads`.
    """

    def __init__(self, platforms: Iterable[Platform]) -> None:
        every = tuple(platforms)
        self._by_slug = {each.platform: each for each in every}
        self.words: dict[str, str] = {word: each.platform for each in every for word in words_of(each)}
        self.field_words: dict[str, str] = {word: each.platform for each in every for word in each.field_words}
        self.word_patterns = _claims(every, lambda each: each.word_patterns)
        self.ids = (*_proving(every), *_claims(every, lambda each: each.id_patterns))
        self.weak_ids = _claims(every, lambda each: each.weak_id_patterns)
        self.routes: Mapping[str, tuple[re.Pattern[str], ...]] = {
            each.platform: tuple(map(re.compile, each.routes)) for each in every if each.routes
        }
        self.paths = tuple(
            (each.platform, re.compile(one.pattern), one.no_model) for each in every for one in each.paths
        )
        self.makers_apis = frozenset(each.platform for each in every if each.makers_api)
        self.loose_words = frozenset(each.platform for each in every if each.loose_words)
        self.own_prefixes = frozenset(each.platform for each in every if each.own_prefix)
        self.common_apis = frozenset(each.platform for each in every if each.common_api)
        self._grammars = {each.platform: GRAMMARS[each.grammar] for each in every}
        self._hosts = {host: each.platform for each in every for host in each.hosts}
        self._host_patterns = _claims(every, lambda each: each.host_patterns)
        self.of_host: Callable[[str | None], str | None] = lru_cache(_LONGEST_REMEMBERED)(self._of_host)
        """Platform at a host (lower case, no port). None: a gateway or any other name."""

    def __reduce__(self) -> tuple[type["Platforms"], tuple[tuple[Platform, ...]]]:
        """Pickled as the platforms only: everything else is derived from them."""
        return Platforms, (tuple(self._by_slug.values()),)

    def get(self, platform: str | None) -> Platform | None:
        return self._by_slug.get(platform or "")

    def __iter__(self) -> Iterator[Platform]:
        return iter(self._by_slug.values())

    def name_of(self, platform: str) -> str:
        """Display name; the slug if there is none."""
        known = self._by_slug.get(platform)
        return known.name or platform if known is not None else platform

    def of_wrapper(self, word: str, *, colon: bool = False) -> str | None:
        """Platform with exactly this word, lower case, as tools write it before an id: `vertex_ai/...`, or with a
        colon, where no maker stands: `google-gla:...`."""
        word = _SEPARATORS.sub("_", word)
        return self.words.get(word) or (self.field_words.get(word) if colon else None)

    def neighbour_of(self, platform: str | None) -> str | None:
        known = self._by_slug.get(platform or "")
        return known.neighbour if known is not None else None

    def grammar_of(self, platform: str | None) -> Grammar:
        return self._grammars.get(platform or "", reseller)

    def _of_host(self, host: str | None) -> str | None:
        if not host:
            return None
        return self._hosts.get(host) or proven(self._host_patterns, host)


def words_of(platform: Platform) -> tuple[str, ...]:
    """Its words, and its slug in both spellings."""
    return (*platform.words, platform.platform, platform.platform.replace("-", "_"))


def proven(claims: Iterable[Claim], text: str) -> str | None:
    """The first platform with a pattern that matches the whole text."""
    return next((platform for platform, pattern in claims if pattern.fullmatch(text)), None)


def _claims(platforms: Iterable[Platform], patterns: Callable[[Platform], Iterable[str]]) -> tuple[Claim, ...]:
    return tuple((each.platform, re.compile(pattern)) for each in platforms for pattern in patterns(each))


def _proving(platforms: Iterable[Platform]) -> Iterator[Claim]:
    for each in platforms:
        for pattern in PROVING_IDS.get(each.grammar, ()):
            yield each.platform, pattern


_known: list[Platforms] = []


def use_platforms(platforms: Platforms) -> None:
    """Set the platforms of this process, for code without a catalog: see `known_platforms`."""
    _known[:] = [platforms]


def known_platforms() -> Platforms:
    """The platforms for reading records, wording messages and checking lastcall.yaml: one table per process, replaced
    as a whole.

    Raises LookupError before `use_platforms`, which the loader of the catalog calls.
    """
    if not _known:
        raise LookupError("no platforms are known yet: load the catalog first")
    return _known[0]
