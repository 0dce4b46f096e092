"""service -> Owner, by everything that may say so: people's answers, lastcall.yaml, Backstage, CODEOWNERS.

What a person said holds at once, also against lastcall.yaml, until the file says something else than it did then.
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
"""In the order in which they are asked: the first that names an owner is right."""
STALE_AFTER = timedelta(hours=1)
"""An answer of a directory that is older than this is told with its age: the directory is down."""
MOST_REMEMBERED = 100_000
"""Services whose owner is worked out once."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person said so, in answer to lastcall."""

    owner: Owner
    author: str
    at: datetime
    instead_of: str | None = None
    """The team that lastcall.yaml named then; empty: none. None: not noted."""

    def holds_against(self, ruled: Owner | None) -> bool:
        """Until lastcall.yaml names the same team, or is changed to name a third one: whoever spoke last is right."""
        if ruled is None:
            return True
        return ruled.team != self.owner.team and self.instead_of in {None, ruled.team}


@dataclass(frozen=True, slots=True)
class Ownership:
    owner: Owner
    source: Source | None
    """None: nobody is known."""
    as_of: datetime | None = None
    """When the directory or the person said so; lastcall.yaml is as it is now."""


@dataclass(frozen=True, slots=True)
class Owners:
    """From the last good answers of the directories."""

    rules: tuple[OwnerRule, ...] = ()
    assignments: Mapping[str, Assignment] = field(default_factory=dict)
    """By service."""
    listed: Mapping[str, Owner] = field(default_factory=dict)
    """Backstage's, by service in lower case."""
    groups: Mapping[str, Owner] = field(default_factory=dict)
    """Backstage's, by name in lower case: where a team hears that another source names."""
    code: CodeOwners = field(default_factory=CodeOwners)
    calendar: Calendar = DEFAULT_CALENDAR
    """Of everybody who has no other."""
    as_of: Mapping[Source, datetime] = field(default_factory=dict)
    """When each directory that is asked gave its last good answer."""
    stale: frozenset[Source] = frozenset()
    """The directories whose last good answer is told with its age."""
    _known: dict[str, Ownership] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out before, by service: a tick asks again and again."""

    def at(self, now: datetime) -> "Owners":
        """The same owners as of `now`: itself, unless a directory's answers have become too old."""
        stale = frozenset(source for source, as_of in self.as_of.items() if now - as_of > STALE_AFTER)
        return self if stale == self.stale else replace(self, stale=stale)

    def owner_of(self, service: str) -> Owner:
        return self.of(service).owner

    def of(self, service: str) -> Ownership:
        if service not in self._known:
            if len(self._known) == MOST_REMEMBERED:
                self._known.clear()  # people may ask of services that there are not
            self._known[service] = self._look_up(service)
        return self._known[service]

    def ruled(self, service: str) -> Owner | None:
        """By lastcall.yaml."""
        return next((rule.owner for rule in self.rules if rule.matches(service)), None)

    def overruled(self) -> list[str]:
        """The services of which lastcall.yaml has spoken after the person: no later file brings that back."""
        return [one for one, said in self.assignments.items() if not said.holds_against(self.ruled(one))]

    def unwritten(self) -> list[str]:
        """The services that a person has named an owner of, while lastcall.yaml names none or another."""
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
        """By lastcall.yaml and by people, whatever services there are."""
        yield from (rule.owner for rule in self.rules)
        yield from (self._with_addresses(assigned.owner) for assigned in self.assignments.values())

    def everybody(self) -> Iterator[Owner]:
        """Whoever may be on duty. The owners by CODEOWNERS hear where lastcall.yaml or Backstage says."""
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
        """lastcall.yaml knows best where a team hears, then Backstage."""
        if owner.team is None:
            return owner
        named = next((rule.owner for rule in self.rules if rule.owner.team == owner.team), None)
        told = completed(completed(owner, named), self.groups.get(owner.team.lower()))
        return replace(told, calendar=named.calendar) if named and owner.calendar == self.calendar else told


NO_SOURCE = "neither lastcall.yaml nor a directory names an owner"


def rotas(owners: Iterable[Owner]) -> list[OnCall]:
    """Each once, in order."""
    found = {address for owner in owners for one in owner.oncall if isinstance(address := parse(one), OnCall)}
    return sorted(found, key=str)
