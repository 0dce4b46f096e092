"""refresh: query the directories every quarter of an hour, and store their answers for when they are down."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from service.adapters.directory.backstage import BackstageApi, BackstageFiles
from service.adapters.directory.codeowners import CodeownersFile
from service.adapters.directory.http import open_http
from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.agenda import make_services_due, services_on_agenda
from service.adapters.postgres.conditions import clear_condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.directory_store import claim, failed, is_claimed, remember, replace_answers, went_well
from service.config.directories import Directories
from service.config.settings import Settings
from service.config.world import World
from service.core.condition import DirectoryDown, DirectoryUnread, UnreadFiles, UnreadLines
from service.core.directory.answer import Unavailable
from service.core.directory.owners import STALE_AFTER, rotas
from service.core.directory.stored import Answers, catalog_to_answers, rules_to_answers
from service.core.ownership import Owner
from service.engine.rota import said_of
from service.engine.world import with_owners

EVERY = timedelta(minutes=15)
AFTER_ERROR = timedelta(minutes=2)
DOWN = "directory_down"
UNREAD = "directory_unread"
MAX_LINES_TOLD = 5
PAGERDUTY = "pagerduty"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients of the configured directories. None: the directory is not configured, or has no token."""

    backstage: BackstageApi | BackstageFiles | None = None
    codeowners: CodeownersFile | None = None
    pagerduty: PagerDuty | None = None


NO_CLIENTS = Clients()


ClientsFor = Callable[[Directories], Clients]
"""The clients for a lastcall.yaml, which may be another one at the next tick."""


@asynccontextmanager
async def open_clients(settings: Settings) -> AsyncIterator[ClientsFor]:
    async with open_http() as session:

        def clients_for(named: Directories) -> Clients:
            backstage: BackstageApi | BackstageFiles | None = None
            if named.backstage and named.backstage.url:
                backstage = BackstageApi(session, named.backstage.url, settings.backstage_token)
            elif named.backstage and named.backstage.path:
                backstage = BackstageFiles(named.backstage.path)
            codeowners = CodeownersFile(named.codeowners.file) if named.codeowners else None
            token = settings.pagerduty_token
            return Clients(backstage, codeowners, PagerDuty(session, named.pagerduty_url, token) if token else None)

        yield clients_for


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Results by directory. Directories that were not due are absent."""

    answers: Mapping[str, int]
    errors: Mapping[str, str]


async def refresh(database: Database, world: World, clients: Clients, *, now: datetime) -> Refreshed:
    """Any number of processes may run this at the same time: only one of them queries each directory."""
    answers: dict[str, int] = {}
    errors: dict[str, str] = {}
    asking: dict[str, Callable[[], Awaitable[DirectoryAnswer | Unavailable]]] = {}
    if backstage := clients.backstage:
        asking["backstage"] = lambda: _catalog(backstage)
    if codeowners := clients.codeowners:
        asking["codeowners"] = lambda: _rules(codeowners)
    if pagerduty := clients.pagerduty:
        asking[PAGERDUTY] = lambda: _duties(database, world, pagerduty, now)
    for directory, ask in asking.items():
        async with database.begin() as connection:
            if not await claim(connection, directory, every=EVERY, after_error=AFTER_ERROR, now=now):
                continue
        said = await ask()
        async with database.begin() as connection:
            if not await is_claimed(connection, directory, now=now):
                continue  # the query took so long that another process has queried since
            if isinstance(said, Unavailable):
                await _record_failure(connection, directory, said, now)
            else:
                await _store(connection, world, directory, said, now)
        if isinstance(said, Unavailable):
            errors[directory] = said.reason
            log.warning("directory gave no answer", directory=directory, reason=said.reason)
        else:
            answers[directory] = len(said.answers)
    async with database.begin() as connection:  # directories that are no longer in lastcall.yaml
        for kind in (DOWN, UNREAD):
            await clear_conditions_except(connection, kind, {*world.company.directories.of_owners, PAGERDUTY}, now=now)
    return Refreshed(answers, errors)


@dataclass(frozen=True, slots=True)
class DirectoryAnswer:
    """The answers of a directory."""

    answers: Answers
    unread: UnreadFiles | UnreadLines | None = None
    """The part that could not be read."""


async def _catalog(client: BackstageApi | BackstageFiles) -> DirectoryAnswer | Unavailable:
    entities = await client.entities()
    if isinstance(entities, Unavailable):
        return entities
    files = entities.skipped
    return DirectoryAnswer(catalog_to_answers(entities.found), UnreadFiles(files=files) if files else None)


async def _rules(client: CodeownersFile) -> DirectoryAnswer | Unavailable:
    parsed = await client.read()
    if isinstance(parsed, Unavailable):
        return parsed
    lines = UnreadLines(number=len(parsed.unread), first=tuple(parsed.unread[:MAX_LINES_TOLD]))
    return DirectoryAnswer(rules_to_answers(parsed.rules), lines if parsed.unread else None)


async def _duties(database: Database, world: World, client: PagerDuty, now: datetime) -> DirectoryAnswer | Unavailable:
    """Stores the answers of some rotas even if others fail."""
    async with database.connect() as connection:  # another directory may just have named an owner
        owners = (await with_owners(connection, world, now=now)).owners
    answers: Answers = {}
    failure: Unavailable | None = None
    for address in rotas(owners.everybody()):
        people = await client.on_duty(address, now)
        if not isinstance(people, Unavailable):
            answers[str(address)] = said_of(people)
        elif people.is_refusal:
            failure = failure or people
        else:
            failure = people
            break  # PagerDuty is down: do not wait for the other rotas
    async with database.begin() as connection:
        for asked, answer in answers.items():
            await remember(connection, PAGERDUTY, asked, answer, now=now)
    return failure or DirectoryAnswer(answers)


async def _store(connection: Transaction, world: World, directory: str, said: DirectoryAnswer, now: datetime) -> None:
    """Services whose owner changes become due at the next tick."""
    if directory != PAGERDUTY:
        before = await with_owners(connection, world, now=now)
        await replace_answers(connection, directory, said.answers, now=now)
        await went_well(connection, directory, now=now)
        after = await with_owners(connection, before, now=now)
        services = await services_on_agenda(connection)
        changed = [one for one in services if not _same(before.owners.owner_of(one), after.owners.owner_of(one))]
        await make_services_due(connection, changed, now=now)
    else:
        await went_well(connection, directory, now=now)
    await clear_condition(connection, DOWN, directory, now=now)
    if said.unread:
        await raise_condition(connection, DirectoryUnread(directory=directory, unread=said.unread), since=now)
    else:
        await clear_condition(connection, UNREAD, directory, now=now)


def _same(before: Owner, after: Owner) -> bool:
    """Ignores which rule names the owner."""
    return replace(before, rule="") == replace(after, rule="")


async def _record_failure(connection: Transaction, directory: str, said: Unavailable, now: datetime) -> None:
    as_of = await failed(connection, directory, said.reason, now=now)
    if said.is_refusal or as_of is None or now - as_of > STALE_AFTER:
        down = DirectoryDown(directory=directory, error=said.reason, as_of=as_of, advice=said.remedy)
        await raise_condition(connection, down, since=now)
