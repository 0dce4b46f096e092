"""Who owns what as of now: lastcall.yaml, and what is stored of people's and directories' answers."""

from datetime import datetime
from typing import Any

from service.adapters.postgres.database import Transaction
from service.adapters.postgres.directory_store import Named, Stored, last_said, load_answers, load_assignments
from service.config.company import Company
from service.config.directories import Directories
from service.core.directory.answer import owner_from_json
from service.core.directory.codeowners import DEFAULT_PATHS, CodeOwners
from service.core.directory.owners import Assignment, Owners, Source
from service.core.directory.stored import catalog_from_answers, rules_from_answers
from service.engine.candidates import CandidateBook

INSTEAD_OF = "instead_of"
"""In a stored assignment, beside the owner: the team that lastcall.yaml named then."""


async def load_owners(connection: Transaction, company: Company, *, now: datetime) -> Owners:
    """Once a tick, a page or a command. Only what lastcall.yaml names as a directory counts, whatever is stored."""
    named = await load_assignments(connection)
    asked = company.directories.of_owners
    stored = await load_answers(connection, asked) if asked else []
    backstage = {one.key: one.answer for one in stored if one.directory == "backstage"}
    codeowners = {one.key: one.answer for one in stored if one.directory == "codeowners"}
    listed, groups = catalog_from_answers(backstage, company.calendar)
    said = {
        one.service: Assignment(owner, one.author, one.at, one.owner.get(INSTEAD_OF))
        for one in named
        if (owner := owner_from_json(one.owner, _rule(one), company.calendar))
    }
    return Owners(
        company.owners,
        said,
        listed,
        groups,
        CodeOwners(rules_from_answers(codeowners), _paths(company.directories)),
        company.calendar,
        _as_of(stored),
        now,
    )


class Known:
    """The owners, and the candidates for what they leave out."""

    def __init__(self, owners: Owners) -> None:
        self.owners, self.candidates = owners, CandidateBook(owners)


class OwnersBook:
    """The owners of one tick: read once, and again when somebody said something meanwhile. Who looks with a key of the
    agenda locked misses nothing that put the key there."""

    def __init__(self, company: Company, *, now: datetime) -> None:
        self._company, self._now = company, now
        self._said: tuple[Any, ...] | None = None
        self._known = Known(Owners())

    async def look(self, connection: Transaction) -> Known:
        said = await last_said(connection)
        if said != self._said:
            self._said, self._known = said, Known(await load_owners(connection, self._company, now=self._now))
        return self._known


def _rule(named: Named) -> str:
    return f"what {' '.join(named.author.split())} said on {named.at:%Y-%m-%d}"


def _paths(directories: Directories) -> tuple[str, ...]:
    return directories.codeowners.paths if directories.codeowners else DEFAULT_PATHS


def _as_of(stored: list[Stored]) -> dict[Source, datetime]:
    sources: tuple[Source, ...] = ("backstage", "codeowners")
    oldest = {source: [one.fetched_at for one in stored if one.directory == source] for source in sources}
    return {source: min(times) for source, times in oldest.items() if times}
