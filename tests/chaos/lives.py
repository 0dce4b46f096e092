"""One history lived through: by a scheduler to which nothing happens, and by three that are killed."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.directory.backstage import BackstageFiles
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.adapters.slack.transport import LocalTransport
from service.config.company import Company
from service.engine.refresh import EVERY, Clients
from service.engine.tick import Engine, tick
from service.engine.world import Worlds
from tests.builders import make_world
from tests.chaos.acting import People
from tests.chaos.history import Calls, DirectorySays, Happening, Releases, catalog_of
from tests.chaos.schedulers import Clock, Killer, Scheduler, running
from tests.processes import until

COMPONENT = """---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}}}
spec: {{owner: {team}}}
"""


class Directory:
    """A file of Backstage's, which names a team for all services that lastcall.yaml leaves out."""

    def __init__(self, file: Path, services: int) -> None:
        self._file, self._services = file, services

    def says(self, team: str) -> None:
        new = self._file.with_suffix(".new")
        names = (f"service-{number}" for number in range(0, self._services, 10))
        new.write_text("".join(COMPONENT.format(name=name, team=team) for name in names))
        new.rename(self._file)


@dataclass(frozen=True)
class History:
    """What is lived through twice."""

    loaded: LoadedCatalog
    company: Company
    directory: Directory
    times: list[datetime]
    happenings: dict[datetime, Happening]

    @property
    def moments(self) -> list[datetime]:
        return sorted([*self.times, *self.happenings])


class Quiet:
    """One scheduler, to which nothing happens."""

    def __init__(self, database: Database, history: History) -> None:
        self._history = history
        self.people = People(database, history.company)
        quiet = LocalTransport(lambda destination, message: None)
        company = history.company
        assert company.directories.backstage is not None
        assert company.directories.backstage.path is not None
        clients = Clients(backstage=BackstageFiles(company.directories.backstage.path))
        world = make_world(history.loaded.catalog, company, ("lastcall",))
        self._engine = Engine(database, Worlds(world), {"slack": quiet}, None, lambda named: clients)

    async def live(self, calls: Calls) -> None:
        self._history.directory.says("people")
        for now in self._history.moments:
            await calls.count(now)
            await self._tick(now)
            if what := self._history.happenings.get(now):
                await self._happens(what, now)

    async def _happens(self, what: Happening, now: datetime) -> None:
        match what:
            case Releases():
                catalog = catalog_of(what.number, self._history.loaded.catalog)
                self._engine.worlds.replace(replace(self._engine.worlds.latest, catalog=catalog))
            case DirectorySays():
                self._history.directory.says(what.team)
                now += EVERY
            case _:
                await self.people.act(what, self._engine.worlds.latest.catalog, now)
        await self._tick(now)

    async def _tick(self, now: datetime) -> None:
        ticked = await tick(self._engine, now=now)
        assert not ticked.failures


@dataclass
class Three:
    """Three schedulers, which are killed."""

    database: Database
    history: History
    schedulers: list[Scheduler]
    killer: Killer
    clock: Clock
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.database, self.history.company)

    async def live(self, calls: Calls) -> None:
        moments = self.history.moments
        self.history.directory.says("people")
        self.clock.say(moments[0])
        async with running(self.schedulers):
            await self._decide(moments[0])  # the directory has answered before there is anything to decide
            for number, now in enumerate(moments):
                await calls.count(now)
                self.killer.time_goes_on(number)
                await self._decide(now)
                if what := self.history.happenings.get(now):
                    await self._happens(what, now)
            await self.killer.is_done()
            await until(lambda: _is_all_settled(self.database, moments[-1]))

    async def _happens(self, what: Happening, now: datetime) -> None:
        """Once all is decided as of `now`, and before time goes on."""
        match what:
            case Releases():
                self.clock.release = what.number
            case DirectorySays():
                self.history.directory.says(what.team)
                now += EVERY
                async with self.killer.waits:  # whoever asks it and is killed has it asked again only in a while
                    await self._decide(now)
            case _:
                catalog = catalog_of(self.clock.release, self.history.loaded.catalog)
                await asyncio.gather(self._decide(now), self.people.act(what, catalog, now))
        await self._decide(now)

    async def _decide(self, now: datetime) -> None:
        """Until all that are up have decided as of `now`, with nobody killed meanwhile."""

        async def is_decided() -> bool:
            up = [one.decided for one in self.schedulers if one.decided]
            return bool(up) and set(up) == {str(self.clock.turn)}

        while True:
            killed = self.killer.killed
            self.clock.say(now)
            await until(is_decided)
            if self.killer.killed == killed:
                return


async def _is_all_settled(database: Database, now: datetime) -> bool:
    n = notifications.c
    waiting = select(func.count()).where(n.state.in_(("pending", "leased", "unknown")), n.not_before <= now)
    async with database.connect() as connection:
        return await connection.scalar(waiting) == 0
