"""service -> Owner; owner x audience -> destinations."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from service.core.address import parse
from service.core.calendar import DEFAULT_CALENDAR, Calendar

Audience = Literal["owner", "team", "oncall", "manager", "director", "incident", "fallback", "operator", "organisation"]
"""Audience of a step. `owner`: the people named for the service, else the team's channel. `fallback`: the channel that
always exists. `operator`: the people who run lastcall."""

ABOVE_OWNER: frozenset[Audience] = frozenset({"oncall", "manager", "director", "incident", "organisation"})
"""Audiences that are notified only after the owner has had a business day, except in the last three days."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address, and the audience that it belongs to."""

    address: str
    """The text of a `core.address.Address`."""
    audience: Audience


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a service. `team is None`: there is none; the fallback channel is notified and asked."""

    team: str | None
    people: tuple[str, ...] = ()
    channel: str | None = None
    oncall: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    director: tuple[str, ...] = ()
    incident: str | None = None
    tier: str | None = None
    """How important the service is, in the company's own word. Policies can match it."""
    calendar: Calendar = DEFAULT_CALENDAR
    rule: str = ""
    """The rule that names this owner, for "why you"."""

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone


NOBODY = Owner(team=None, rule="no rule of lastcall.yaml matches")


@dataclass(frozen=True)
class OwnerRule:
    """Shell-style patterns for service names, and the owner of matching services."""

    services: tuple[str, ...]
    """Not empty."""
    owner: Owner

    def matches(self, service: str) -> bool:
        return self._pattern.match(service) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """One cached pattern: `fnmatchcase` caches fewer patterns than hundreds of rules have."""
        return re.compile("|".join(map(translate, self.services)))


def covers(pattern: str, other: str) -> bool:
    """Whether `pattern` certainly matches everything that `other` matches."""
    may_be_read_as_text = not set(other) & set("*?[") or not set(pattern) & set("?[")
    return pattern == other or (may_be_read_as_text and fnmatchcase(other, pattern))


def owner_of(rules: Iterable[OwnerRule], service: str) -> Owner:
    """The owner by the first rule that matches."""
    return next((rule.owner for rule in rules if rule.matches(service)), NOBODY)


@dataclass(frozen=True, slots=True)
class Channels:
    """The organisation's own channels, for audiences that belong to no owner."""

    fallback: str
    operator: str


_FALLS_TO: dict[Audience, tuple[Audience, ...]] = {
    "owner": ("team",),
    "team": ("owner",),
    "oncall": ("manager", "director"),
    "manager": ("director",),
}
"""Replacements of an audience without an address, in order. The last one is always the fallback channel."""
_CHANNELS: frozenset[Audience] = frozenset({"fallback", "operator", "organisation"})
"""Audiences that belong to no owner and always have an address."""


def destinations(
    owner: Owner, audiences: Iterable[Audience], channels: Channels, *, already_notified: Iterable[Audience] = ()
) -> tuple[Destination, ...]:
    """The destinations of `audiences`, each address once, without those of `already_notified`. An audience without an
    address is replaced, so every audience has a destination."""
    if before := {to.address for to in destinations(owner, already_notified, channels)} if already_notified else None:
        return tuple(to for to in destinations(owner, audiences, channels) if to.address not in before)
    found: dict[str, Destination] = {}
    for audience in audiences:
        for address in _addresses(owner, _hearer(owner, audience), channels):
            found.setdefault(address, Destination(address, audience))
    return tuple(found.values())


def recipients(owner: Owner, audiences: Iterable[Audience]) -> tuple[Audience, ...]:
    """`audiences` after replacements, each once."""
    return tuple(dict.fromkeys(_hearer(owner, audience) for audience in audiences))


def _hearer(owner: Owner, audience: Audience) -> Audience:
    if audience in _CHANNELS:
        return audience
    candidates = (audience, *_FALLS_TO.get(audience, ()))
    return next((candidate for candidate in candidates if _names(owner, candidate)), "fallback")


def _addresses(owner: Owner, audience: Audience, channels: Channels) -> tuple[str, ...]:
    if audience in _CHANNELS:
        return (str(parse(channels.operator if audience == "operator" else channels.fallback)),)
    return tuple(str(parse(name)) for name in _names(owner, audience))


def _names(owner: Owner, audience: Audience) -> tuple[str, ...]:
    names: dict[Audience, tuple[str | None, ...]] = {
        "owner": owner.people,
        "team": (owner.channel,),
        "oncall": owner.oncall,
        "manager": owner.manager,
        "director": owner.director,
        "incident": (owner.incident,),
    }
    return tuple(name for name in names[audience] if name)
