"""Candidates for the owner of a service without one, with reasons."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never

import msgspec

from service.core import words
from service.core.wording.act import did

MOST = 3
MOST_PARTS = 8
_PARTS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class PastAct:
    """An act on an exposure of the service."""

    author: str
    kind: str
    at: datetime


class ActedOnIt(msgspec.Struct, frozen=True, tag="acted"):
    """The person acted on an exposure of the service."""

    kind: str
    on: date
    """The day of the latest act, in UTC."""


class HoldsKey(msgspec.Struct, frozen=True, tag="key"):
    """The person or team made or has the key with which the service calls."""


class SameName(msgspec.Struct, frozen=True, tag="same_name"):
    """The service's name begins with the team's."""


class OwnsNeighbours(msgspec.Struct, frozen=True, tag="neighbours"):
    """The team owns `services` of the `total` services whose names have the same `beginning`."""

    services: int
    total: int
    beginning: str


Evidence = ActedOnIt | HoldsKey | SameName | OwnsNeighbours


class Candidate(msgspec.Struct, frozen=True):
    who: str
    """A person as they called themselves, or a team."""
    evidence: Evidence

    @property
    def why(self) -> str:
        """A clause."""
        match self.evidence:
            case ActedOnIt(kind, on):
                return f"{did(kind, {})} on {words.day(on)}"
            case HoldsKey():
                return "holds the key that it calls with"
            case SameName():
                return "the service's name begins with the team's"
            case OwnsNeighbours(services, total, beginning):
                return f"owns {services} of {words.plural(total, 'service')} named {beginning}-*"
            case _:
                assert_never(self.evidence)


class Neighbourhood:
    """Index of teams and their services by the beginnings of names. Built once for many look-ups."""

    def __init__(self, teams: Mapping[str, str]) -> None:
        """`teams`: service -> owning team."""
        self._owners: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for service, team in teams.items():
            for beginning in _beginnings(service):
                self._owners[beginning][team] += 1
        self._called = {_parts(team): team for team in sorted(set(teams.values()))}

    def namesakes(self, service: str) -> list[Candidate]:
        named = [self._called[beginning] for beginning in _beginnings(service) if beginning in self._called]
        return [Candidate(team, SameName()) for team in named]

    def neighbours(self, service: str) -> list[Candidate]:
        """Teams whose services share the most leading words with its name, most services first."""
        nearest = next((one for one in _beginnings(service) if one in self._owners), None)
        if nearest is None:
            return []
        owners = self._owners[nearest]
        return [
            Candidate(team, OwnsNeighbours(count, owners.total(), "-".join(nearest)))
            for team, count in sorted(owners.items(), key=lambda one: (-one[1], one[0]))
        ]


def candidates(
    service: str, acted: Iterable[PastAct], key_owners: Iterable[str], around: Neighbourhood
) -> tuple[Candidate, ...]:
    """Likeliest first. `key_owners`: most recent call first."""
    holders = [Candidate(one, HoldsKey()) for one in key_owners]
    found = [*_actors(acted), *holders, *around.namesakes(service), *around.neighbours(service)]
    likeliest = {one.who: one for one in reversed(found)}
    return tuple(dict.fromkeys(likeliest[one.who] for one in found))[:MOST]


def _actors(acted: Iterable[PastAct]) -> Sequence[Candidate]:
    """Latest act of each author, newest first."""
    latest = {act.author: act for act in sorted(acted, key=lambda act: act.at)}
    return [
        Candidate(act.author, ActedOnIt(act.kind, act.at.date()))
        for act in sorted(latest.values(), key=lambda act: act.at, reverse=True)
    ]


def _beginnings(name: str) -> Iterator[tuple[str, ...]]:
    """Longest first: (search, api), then (search,) for `search-api`."""
    parts = _parts(name)
    return (parts[:length] for length in range(len(parts), 0, -1))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _PARTS.split(name) if part)[:MOST_PARTS]
