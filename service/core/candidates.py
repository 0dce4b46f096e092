"""Who may own a service that nobody is known to own, and why one thinks so."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.core import words

Reason = Literal["acted", "same_name", "neighbours"]
"""acted: they did something about its campaigns. same_name: a team is called so. neighbours: theirs are the services
whose names begin alike."""
MOST = 3
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


def candidates(service: str, acted: Iterable[Acted], teams: Mapping[str, str]) -> tuple[Candidate, ...]:
    """The likeliest first. `teams`: the owning team of each service that has one, by service."""
    found = [*_actors(acted), *_namesakes(service, teams), *_neighbours(service, teams)]
    likeliest = {one.who: one for one in reversed(found)}
    return tuple(dict.fromkeys(likeliest[one.who] for one in found))[:MOST]


def _actors(acted: Iterable[Acted]) -> Sequence[Candidate]:
    """The latest act says most."""
    latest = {act.author: act for act in sorted(acted, key=lambda act: act.at)}
    return [
        Candidate(act.author, "acted", f"{_DID.get(act.kind, 'acted on it')} on {words.day(act.at.date())}")
        for act in sorted(latest.values(), key=lambda act: act.at, reverse=True)
    ]


_DID = {
    "acknowledge": "acknowledged it",
    "snooze": "snoozed it",
    "commit": "promised a day",
    "waive": "waived it",
    "reopen": "reopened it",
    "check": "ticked its checklist",
}


def _namesakes(service: str, teams: Mapping[str, str]) -> Sequence[Candidate]:
    own = _parts(service)
    alike = [team for team in sorted(set(teams.values())) if (name := _parts(team)) and name == own[: len(name)]]
    return [Candidate(team, "same_name", "the service's name begins with the team's") for team in alike]


def _neighbours(service: str, teams: Mapping[str, str]) -> Sequence[Candidate]:
    """Whose services share the most leading words with its name; of those, who has the most such services."""
    own = _parts(service)
    shared = {other: _shared(own, _parts(other)) for other in teams if other != service}
    most = max(shared.values(), default=0)
    near = [other for other, words_shared in shared.items() if most and words_shared == most]
    counted = Counter(teams[other] for other in near)
    return [
        Candidate(
            team, "neighbours", f"owns {count} of {words.plural(len(near), 'service')} named {'-'.join(own[:most])}-*"
        )
        for team, count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def _parts(name: str) -> list[str]:
    return [part.lower() for part in _PARTS.split(name) if part]


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    alike = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        alike += 1
    return alike
