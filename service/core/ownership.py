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
"""Who a step tells. `owner`: the people named for the service, else the team's channel. `fallback`: the channel that is
never empty. `operator`: whoever runs lastcall."""

ABOVE_OWNER: frozenset[Audience] = frozenset({"oncall", "manager", "director", "incident", "organisation"})
"""Who is told only after the owner has had a business day, unless three days or fewer remain."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody hears, and as whom."""

    address: str
    """The text of a `core.address.Address`."""
    audience: Audience


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a service. `team is None`: nobody is known, so the fallback hears and is asked."""

    team: str | None
    people: tuple[str, ...] = ()
    channel: str | None = None
    oncall: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    director: tuple[str, ...] = ()
    incident: str | None = None
    tier: str | None = None
    """How much the service matters, in the company's own word: policies are chosen by it."""
    calendar: Calendar = DEFAULT_CALENDAR
    rule: str = ""
    """Which line of lastcall.yaml said so, for "why you"."""

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone


NOBODY = Owner(team=None, rule="no rule of lastcall.yaml matches")


@dataclass(frozen=True)
class OwnerRule:
    """Shell-style patterns on the service's name, and the owner of what they match."""

    services: tuple[str, ...]
    """Not empty."""
    owner: Owner

    def matches(self, service: str) -> bool:
        return self._any_of_them.match(service) is not None

    @cached_property
    def _any_of_them(self) -> re.Pattern[str]:
        """Thousands of services are held against hundreds of rules: more patterns than `fnmatchcase` remembers."""
        return re.compile("|".join(map(translate, self.services)))


def covers(pattern: str, other: str) -> bool:
    """Whether one shell-style pattern certainly matches all that the other matches."""
    may_be_read_as_text = not set(other) & set("*?[") or not set(pattern) & set("?[")
    return pattern == other or (may_be_read_as_text and fnmatchcase(other, pattern))


def owner_of(rules: Iterable[OwnerRule], service: str) -> Owner:
    """The owner by the first rule that matches."""
    return next((rule.owner for rule in rules if rule.matches(service)), NOBODY)


@dataclass(frozen=True, slots=True)
class Channels:
    """The organisation's own channels, where those hear who belong to no owner."""

    fallback: str
    operator: str


_FALLS_TO: dict[Audience, tuple[Audience, ...]] = {
    "owner": ("team",),
    "team": ("owner",),
    "oncall": ("manager", "director"),
    "manager": ("director",),
}
"""Who stands in, in this order, for an audience that is empty. The fallback channel stands in for everybody, last."""
_CHANNELS: frozenset[Audience] = frozenset({"fallback", "operator", "organisation"})
"""They belong to no owner, and are never empty."""


def destinations(
    owner: Owner, audiences: Iterable[Audience], channels: Channels, *, heard_by: Iterable[Audience] = ()
) -> tuple[Destination, ...]:
    """Where `audiences` hear, each address once, and not where `heard_by` have heard. Never empty for an audience that
    has not: an empty one falls through at once."""
    if before := {to.address for to in destinations(owner, heard_by, channels)} if heard_by else None:
        return tuple(to for to in destinations(owner, audiences, channels) if to.address not in before)
    found: dict[str, Destination] = {}
    for audience in audiences:
        for address in _addresses(owner, _hearer(owner, audience), channels):
            found.setdefault(address, Destination(address, audience))
    return tuple(found.values())


def hearers(owner: Owner, audiences: Iterable[Audience]) -> tuple[Audience, ...]:
    """Who hears what `audiences` are told, each once: they themselves, and for an empty one who stands in for it."""
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
