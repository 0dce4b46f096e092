"""refresh: ask the directories again, every quarter of an hour, and keep what they say for when they are down."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from service.adapters.directory.backstage import BackstageApi, BackstageFiles
from service.adapters.directory.codeowners import CodeownersFile
from service.adapters.directory.http import open_http
from service.adapters.directory.pagerduty import PagerDuty
from service.adapters.postgres.agenda import look_at_services, services_on_agenda
from service.adapters.postgres.conditions import Condition, clear_condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.directory_store import claim, failed, is_claimed, remember, replace_answers, went_well
from service.config.directories import Directories
from service.config.settings import Settings
from service.config.world import World
from service.core.directory.answer import Unavailable
from service.core.directory.backstage import PassedOver
from service.core.directory.codeowners import UnreadLine
from service.core.directory.owners import STALE_AFTER, rotas
from service.core.directory.stored import Answers, catalog_to_answers, rules_to_answers
from service.core.ownership import Owner
from service.engine.rota import said_of
from service.engine.world import with_owners

EVERY = timedelta(minutes=15)
AFTER_ERROR = timedelta(minutes=2)
DOWN = "directory_down"
UNREAD = "directory_unread"
UNREAD_REMEDY = "Mend them, or name a folder without them: who owns what they describe is not known from them."
MAX_LINES_TOLD = 5
PAGERDUTY = "pagerduty"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Doors:
    """To the directories that lastcall.yaml names; None: it names none, or there is no token."""

    backstage: BackstageApi | BackstageFiles | None = None
    codeowners: CodeownersFile | None = None
    pagerduty: PagerDuty | None = None


NO_DOORS = Doors()


DoorsTo = Callable[[Directories], Doors]
"""To those that a lastcall.yaml names, which may be another one at the next tick."""


@asynccontextmanager
async def open_doors(settings: Settings) -> AsyncIterator[DoorsTo]:
    async with open_http() as session:

        def doors_to(named: Directories) -> Doors:
            backstage: BackstageApi | BackstageFiles | None = None
            if named.backstage and named.backstage.url:
                backstage = BackstageApi(session, named.backstage.url, settings.backstage_token)
            elif named.backstage and named.backstage.path:
                backstage = BackstageFiles(named.backstage.path)
            codeowners = CodeownersFile(named.codeowners.file) if named.codeowners else None
            token = settings.pagerduty_token
            return Doors(backstage, codeowners, PagerDuty(session, named.pagerduty_url, token) if token else None)

        yield doors_to


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it, by directory: those that were not due are not in it."""

    answers: Mapping[str, int]
    errors: Mapping[str, str]


async def refresh(database: Database, world: World, doors: Doors, *, now: datetime) -> Refreshed:
    """Any number of processes may do so at once: each directory is asked by one of them."""
    answers: dict[str, int] = {}
    errors: dict[str, str] = {}
    asking: dict[str, Callable[[], Awaitable[Said | Unavailable]]] = {}
    if backstage := doors.backstage:
        asking["backstage"] = lambda: _catalog(backstage)
    if codeowners := doors.codeowners:
        asking["codeowners"] = lambda: _rules(codeowners)
    if pagerduty := doors.pagerduty:
        asking[PAGERDUTY] = lambda: _duties(database, world, pagerduty, now)
    for directory, ask in asking.items():
        async with database.begin() as connection:
            if not await claim(connection, directory, every=EVERY, after_error=AFTER_ERROR, now=now):
                continue
        said = await ask()
        async with database.begin() as connection:
            if not await is_claimed(connection, directory, now=now):
                continue  # it took so long that somebody else has asked since, and knows better
            if isinstance(said, Unavailable):
                await _bear(connection, directory, said, now)
            else:
                await _keep(connection, world, directory, said, now)
        if isinstance(said, Unavailable):
            errors[directory] = said.reason
            log.warning("directory gave no answer", directory=directory, reason=said.reason)
        else:
            answers[directory] = len(said.answers)
    async with database.begin() as connection:  # of directories that lastcall.yaml names no longer
        for kind in (DOWN, UNREAD):
            await clear_conditions_except(connection, kind, {*world.company.directories.of_owners, PAGERDUTY}, now=now)
    return Refreshed(answers, errors)


@dataclass(frozen=True, slots=True)
class Said:
    """What a directory answered."""

    answers: Answers
    unread: "Unread | None" = None


@dataclass(frozen=True, slots=True)
class Unread:
    """What of it could not be read, and what to do."""

    detail: str
    remedy: str


async def _catalog(door: BackstageApi | BackstageFiles) -> Said | Unavailable:
    entities = await door.entities()
    if isinstance(entities, Unavailable):
        return entities
    files = entities.passed_over
    return Said(catalog_to_answers(entities.found), _unread_files(files) if files else None)


async def _rules(door: CodeownersFile) -> Said | Unavailable:
    parsed = await door.read()
    if isinstance(parsed, Unavailable):
        return parsed
    return Said(rules_to_answers(parsed.rules), _unread_lines(parsed.unread) if parsed.unread else None)


async def _duties(database: Database, world: World, door: PagerDuty, now: datetime) -> Said | Unavailable:
    """Those that answer are kept, whatever becomes of the others."""
    async with database.connect() as connection:  # another directory may have named somebody just now
        owners = (await with_owners(connection, world, now=now)).owners
    answers: Answers = {}
    trouble: Unavailable | None = None
    for address in rotas(owners.everybody()):
        people = await door.on_duty(address, now)
        if not isinstance(people, Unavailable):
            answers[str(address)] = said_of(people)
        elif people.is_refusal:
            trouble = trouble or people
        else:
            trouble = people
            break  # it is down: the others would only wait for it
    async with database.begin() as connection:
        for asked, answer in answers.items():
            await remember(connection, PAGERDUTY, asked, answer, now=now)
    return trouble or Said(answers)


async def _keep(connection: Transaction, world: World, directory: str, said: Said, now: datetime) -> None:
    """What changes hands by it is looked at by the next tick."""
    if directory != PAGERDUTY:
        before = await with_owners(connection, world, now=now)
        await replace_answers(connection, directory, said.answers, now=now)
        await went_well(connection, directory, now=now)
        after = await with_owners(connection, before, now=now)
        services = await services_on_agenda(connection)
        changed = [one for one in services if not _same(before.owners.owner_of(one), after.owners.owner_of(one))]
        await look_at_services(connection, changed, now=now)
    else:
        await went_well(connection, directory, now=now)
    await clear_condition(connection, DOWN, directory, now=now)
    if said.unread:
        unread = Condition(UNREAD, directory, said.unread.detail, said.unread.remedy, since=now)
        await raise_condition(connection, unread)
    else:
        await clear_condition(connection, UNREAD, directory, now=now)


def _same(before: Owner, after: Owner) -> bool:
    """Whoever said so."""
    return replace(before, rule="") == replace(after, rule="")


async def _bear(connection: Transaction, directory: str, said: Unavailable, now: datetime) -> None:
    as_of = await failed(connection, directory, said.reason, now=now)
    if said.is_refusal or as_of is None or now - as_of > STALE_AFTER:
        await raise_condition(connection, _condition(directory, said, as_of, now))


def _condition(directory: str, said: Unavailable, as_of: datetime | None, now: datetime) -> Condition:
    kept = f"its answers of {as_of:%Y-%m-%d %H:%M} UTC count" if as_of else "it has never answered"
    return Condition(DOWN, directory, f"{directory} gives no answer ({said.reason}); {kept}", said.remedy, since=now)


def _unread_files(passed_over: PassedOver) -> Unread:
    files = "1 file is" if passed_over.files == 1 else f"{passed_over.files:,} files are"
    detail = f"{files} no YAML and passed over in what backstage names, the first of them {passed_over.first}"
    return Unread(detail, UNREAD_REMEDY)


def _unread_lines(lines: Sequence[UnreadLine]) -> Unread:
    told = "; ".join(f"line {one.line}: {one.why}" for one in lines[:MAX_LINES_TOLD])
    more = f"; and {len(lines) - MAX_LINES_TOLD:,} more" if len(lines) > MAX_LINES_TOLD else ""
    many = "1 line of CODEOWNERS is" if len(lines) == 1 else f"{len(lines):,} lines of CODEOWNERS are"
    return Unread(f"{many} passed over: {told}{more}", lines[0].remedy)
