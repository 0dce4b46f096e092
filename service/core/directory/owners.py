"""service -> Owner, from assignments by people, lastcall.yaml, Backstage and CODEOWNERS.

An assignment takes effect at once, also against lastcall.yaml, until the file changes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from service.core.address import OnCall, parse
from service.core.calendar import DEFAULT_CALENDAR, Calendar
from service.core.directory.answer import completed
from service.core.directory.codeowners import CodeOwners
from service.core.ownership import NOBODY, Owner, OwnerRule

Source = Literal["assignment", "lastcall.yaml", "backstage", "codeowners"]
"""In order of precedence."""
STALE_AFTER = timedelta(hours=1)
"""An older answer of a directory is shown with its age: the directory is down."""
MOST_REMEMBERED = 100_000
"""Size of the cache of owners."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """An owner that a person set."""

    owner: Owner
    author: str
    at: datetime
    instead_of: str | None = None
    """The team in lastcall.yaml at that time; empty: none. None: not recorded."""

    def holds_against(self, ruled: Owner | None) -> bool:
        """Whether it still applies: until lastcall.yaml names the same team, or changes to a third one."""
        if ruled is None:
            return True
        return ruled.team != self.owner.team and self.instead_of in {None, ruled.team}


@dataclass(frozen=True, slots=True)
class Ownership:
    owner: Owner
    source: Source | None
    """None: there is no owner."""
    as_of: datetime | None = None
    """Time of the directory's answer or of the assignment. None for lastcall.yaml."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Owners from all sources, with the last valid answers of the directories."""

    rules: tuple[OwnerRule, ...] = ()
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    """By service."""
    listed: Mapping[str, Owner] = field(default_factory=dict)
    """From Backstage, by service in lower case."""
    groups: Mapping[str, Owner] = field(default_factory=dict)
    """Groups of Backstage, by name in lower case: addresses of teams that other sources name."""
    code: CodeOwners = field(default_factory=CodeOwners)
    calendar: Calendar = DEFAULT_CALENDAR
    """Of owners without a calendar of their own."""
    as_of: Mapping[Source, datetime] = field(default_factory=dict)
    """Time of the last valid answer of each configured directory."""
    stale: frozenset[Source] = frozenset()
    """Directories whose last valid answer is shown with its age."""
    _known: dict[str, Ownership] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Cache by service."""

    def at(self, now: datetime) -> "Owners":
        """The owners as of `now`: `self` unless the set of stale directories changed."""
        stale = frozenset(source for source, as_of in self.as_of.items() if now - as_of > STALE_AFTER)
        return self if stale == self.stale else replace(self, stale=stale)

    def owner_of(self, service: str) -> Owner:
        return self.of(service).owner

    def of(self, service: str) -> Ownership:
        if service not in self._known:
            if len(self._known) == MOST_REMEMBERED:
                self._known.clear()  # bounds the cache: people may ask for services that do not exist
            self._known[service] = self._look_up(service)
        return self._known[service]

    def ruled(self, service: str) -> Owner | None:
        """The owner by lastcall.yaml."""
        return next((rule.owner for rule in self.rules if rule.matches(service)), None)

    def overruled(self) -> list[str]:
        """Services whose assignment lastcall.yaml has overruled. A later file does not restore the assignment."""
        return [one for one, said in self.assignments.items() if not said.holds_against(self.ruled(one))]

    def unwritten(self) -> list[str]:
        """Services with an assignment that lastcall.yaml does not contain."""
        return sorted(one for one in self.assignments if self.of(one).source == "assignment")

    def _look_up(self, service: str) -> Ownership:
        ruled = self.ruled(service)
        assigned = self.assignments.get(service)
        if assigned and assigned.holds_against(ruled):
            told = self._with_addresses(assigned.owner)
            if ruled:
                told = replace(told, rule=f"{told.rule}, against {ruled.rule}", tier=ruled.tier or told.tier)
            return Ownership(told, "assignment", assigned.at)
        if ruled:
            return Ownership(ruled, "lastcall.yaml")
        if listed := self.listed.get(service.lower()):
            return self._answered("backstage", listed)
        if by_path := self.code.owner_of(service):
            return self._answered("codeowners", by_path)
        why = NO_SOURCE if self.as_of else NOBODY.rule
        return Ownership(replace(NOBODY, calendar=self.calendar, rule=why), None)

    def named(self) -> Iterator[Owner]:
        """All owners in lastcall.yaml and in assignments."""
        yield from (rule.owner for rule in self.rules)
        yield from (self._with_addresses(assigned.owner) for assigned in self.assignments.values())

    def everybody(self) -> Iterator[Owner]:
        """All owners with addresses. Owners from CODEOWNERS have the addresses of lastcall.yaml or Backstage."""
        yield from self.named()
        yield from self.listed.values()
        yield from self.groups.values()

    def _answered(self, source: Source, owner: Owner) -> Ownership:
        as_of = self.as_of.get(source)
        told = self._with_addresses(owner)
        if as_of and source in self.stale:
            told = replace(told, rule=f"{told.rule}, by the last good answer of {as_of:%Y-%m-%d %H:%M} UTC")
        return Ownership(told, source, as_of)

    def _with_addresses(self, owner: Owner) -> Owner:
        """Fills addresses of the team from lastcall.yaml, then from Backstage."""
        if owner.team is None:
            return owner
        named = next((rule.owner for rule in self.rules if rule.owner.team == owner.team), None)
        told = completed(completed(owner, named), self.groups.get(owner.team.lower()))
        return replace(told, calendar=named.calendar) if named and owner.calendar == self.calendar else told


NO_SOURCE = "neither lastcall.yaml nor a directory names an owner"


def rotas(owners: Iterable[Owner]) -> list[OnCall]:
    """On-call addresses without duplicates, sorted."""
    found = {address for owner in owners for one in owner.oncall if isinstance(address := parse(one), OnCall)}
    return sorted(found, key=str)
