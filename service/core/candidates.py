"""Who may own a service that nobody is known to own, and why one thinks so."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.core import words
from service.core.wording.act import did

Reason = Literal["acted", "key", "same_name", "neighbours"]
"""acted: they did something about its campaigns. key: they made or hold the key that it calls with. same_name: a team
is called so. neighbours: theirs are the services whose names begin alike."""
MOST = 3
MOST_PARTS = 8
_PARTS = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Acted:
    """Somebody took an interest in the service: an act on one of its exposures."""

    author: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    who: str
    """A person as they called themselves, or a team."""
    reason: Reason
    why: str
    """A clause for people."""

    def __str__(self) -> str:
        return f"{self.who} ({self.why})"


class Neighbourhood:
    """Teams, and the services that they own, by how the names begin. Made once for many questions."""

    def __init__(self, teams: Mapping[str, str]) -> None:
        """`teams`: the owning team of each service that has one, by service."""
        self._owners: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for service, team in teams.items():
            for beginning in _beginnings(service):
                self._owners[beginning][team] += 1
        self._called = {_parts(team): team for team in sorted(set(teams.values()))}

    def namesakes(self, service: str) -> list[Candidate]:
        named = [self._called[beginning] for beginning in _beginnings(service) if beginning in self._called]
        return [Candidate(team, "same_name", "the service's name begins with the team's") for team in named]

    def neighbours(self, service: str) -> list[Candidate]:
        """Whose services share the most leading words with its name; of those, who has the most such services."""
        nearest = next((one for one in _beginnings(service) if one in self._owners), None)
        if nearest is None:
            return []
        owners = self._owners[nearest]
        alike = f"{words.plural(owners.total(), 'service')} named {'-'.join(nearest)}-*"
        return [
            Candidate(team, "neighbours", f"owns {count} of {alike}")
            for team, count in sorted(owners.items(), key=lambda one: (-one[1], one[0]))
        ]


def candidates(
    service: str, acted: Iterable[Acted], key_owners: Iterable[str], around: Neighbourhood
) -> tuple[Candidate, ...]:
    """Of a service without an owner; the likeliest first. `key_owners` has first whose key called last."""
    holders = [Candidate(one, "key", "holds the key that it calls with") for one in key_owners]
    found = [*_actors(acted), *holders, *around.namesakes(service), *around.neighbours(service)]
    likeliest = {one.who: one for one in reversed(found)}
    return tuple(dict.fromkeys(likeliest[one.who] for one in found))[:MOST]


def _actors(acted: Iterable[Acted]) -> Sequence[Candidate]:
    """The latest act says most."""
    latest = {act.author: act for act in sorted(acted, key=lambda act: act.at)}
    return [
        Candidate(act.author, "acted", f"{did(act.kind, {})} on {words.day(act.at.date())}")
        for act in sorted(latest.values(), key=lambda act: act.at, reverse=True)
    ]


def _beginnings(name: str) -> Iterator[tuple[str, ...]]:
    """The longest first: `search-api` begins with search, api and with search."""
    parts = _parts(name)
    return (parts[:length] for length in range(len(parts), 0, -1))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _PARTS.split(name) if part)[:MOST_PARTS]
