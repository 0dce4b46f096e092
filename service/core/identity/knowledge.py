"""Known ids and the targets of aliases. Plain data, built by an adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.core.identity.answer import Kind
from service.core.identity.platforms import Platforms
from service.core.identity.spelling import OPEN


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one maker, or of one platform. Lower case, in canonical spelling."""

    models: frozenset[str] = frozenset()
    pinned: Mapping[str, str] = field(default_factory=dict)
    """Alias -> the only snapshot that it has ever stood for."""
    floating: frozenset[str] = frozenset()
    """Floating aliases: they have stood for several snapshots, and resolve to themselves."""

    def find(self, name: str) -> tuple[str, Kind] | None:
        """Model and kind of exactly `name`. A pinned alias gives its snapshot, which may itself be a floating name."""
        if (target := self.pinned.get(name)) is not None:
            return target, "alias" if target in self.floating else "snapshot"
        if name in self.floating:
            return name, "alias"
        return (name, "snapshot") if name in self.models else None


@dataclass(frozen=True, slots=True)
class Maker:
    """A maker of models. `short`: undated names that resellers use, but the maker's own API never did."""

    names: Names
    api: str | None = None
    """The platform that is the maker's own API."""
    short: Names = Names()
    second_api: str | None = None
    """Another platform on which the maker has published ids that its own API never had: PaLM's, on Vertex AI."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All knowledge: names by maker (valid on every platform), names by platform (with precedence, valid there only),
    and the platforms."""

    makers: Mapping[str, Maker]
    names: Mapping[str, Names]
    platforms: Platforms

    def names_in_order(self) -> list[tuple[str, list[str], list[tuple[str, str]], list[str]]]:
        """The names by platform, the same for equal knowledge."""
        return [
            (platform, sorted(names.models), sorted(names.pinned.items()), sorted(names.floating))
            for platform, names in sorted(self.names.items())
        ]

    def find(self, platform: str | None, maker: str | None, name: str) -> tuple[str, Kind] | None:
        """Look `name` up on `platform` among the models of `maker`, or of every maker served there."""
        if platform is not None and (names := self.names.get(platform)) is not None and (hit := names.find(name)):
            return hit
        for maker_name in self._makers_on(platform, maker):
            known = self.makers.get(maker_name)
            if known is None:
                continue
            if hit := known.names.find(name):
                return hit
            if platform != known.api and not self._has_own_ids(platform) and (hit := known.short.find(name)):
                return hit
        return None

    def own_api(self, name: str) -> tuple[str | None] | None:
        """Platforms of the publisher of exactly `name`, for ids without a hint; `(None,)` for a maker without an API.

        None: the name is unknown.
        """
        for maker in self.makers.values():
            if maker.names.find(name):
                return (maker.api,)
        makers = self.makers.values()
        apis = [api for api in (*(m.api for m in makers), *(m.second_api for m in makers)) if api is not None]
        return next(((api,) for api in apis if api in self.names and self.names[api].find(name)), None)

    def _has_own_ids(self, platform: str | None) -> bool:
        known = self.platforms.get(platform)
        return known is not None and known.own_ids

    def _makers_on(self, platform: str | None, maker: str | None) -> tuple[str, ...]:
        if maker is not None:
            return (maker, OPEN)
        if platform is None:
            return tuple(self.makers)
        own = tuple(name for name, known in self.makers.items() if known.api == platform)
        there = self.platforms.get(platform)
        if own or there is None:
            return own or tuple(self.makers)
        return there.makers or tuple(maker for maker in self.makers if maker not in there.makers_elsewhere)
