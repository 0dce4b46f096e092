"""The composition root: opens what a process needs, yields it as one `App`, closes it in reverse."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database, open_database
from service.config.company import Company, load_company
from service.config.settings import DEFAULT_FILE, Settings
from service.config.world import World, world_of
from service.core.identity import use_platforms
from service.core.usage import Format
from service.engine.world import Worlds, look_up


@dataclass(frozen=True, slots=True)
class App:
    """What every verb is given. Nothing in it connects before its first use."""

    settings: Settings
    worlds: Worlds
    database: Database

    @property
    def world(self) -> World:
        """As of the last look: for whoever needs no owners."""
        return self.worlds.latest

    async def look(self, *, now: datetime) -> World:
        """Once a request or a command."""
        return await look_up(self.database, self.worlds, now=now)

    async def reload(self) -> None:
        """Go by lastcall.yaml as it is now, from the next look on. Raises ConfigError, also where there is no file any
        more; then the one before stays in force."""
        company = await to_thread(load_company, self.settings.config_file or DEFAULT_FILE)
        world = self.world
        self.worlds.replace(world_of(world.catalog, world.resolver, company, tuple(formats_of(self.settings, company))))

    @property
    def formats(self) -> dict[str, Format | None]:
        return formats_of(self.settings, self.world.company)


def formats_of(settings: Settings, company: Company) -> dict[str, Format | None]:
    """The topics that are read, lastcall.yaml's, else those of the environment; each with its fixed format, or None for
    "by shape"."""
    if company.topics:
        return {topic.name: topic.format for topic in company.topics}
    return {name.strip(): None for name in settings.kafka_topics.split(",") if name.strip()}


def load_world(settings: Settings, company: Company | None = None) -> World:
    """`company` None: that of lastcall.yaml, and `ConfigError` when it cannot be read."""
    loaded = load_catalog()
    use_platforms(loaded.platforms)
    company = company or load_company(settings.config_file)
    return world_of(loaded.catalog, loaded.resolver, company, tuple(formats_of(settings, company)))


@asynccontextmanager
async def open_app(settings: Settings, company: Company | None = None) -> AsyncIterator[App]:
    """`company` is `load_world`'s. `settings.database_url` must be set: the embedded default is filled in by the caller
    (`adapters.embedded`), which knows whether one is running."""
    if settings.database_url is None:
        raise ValueError("settings.database_url is not set")
    database = open_database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
    try:
        yield App(settings, Worlds(load_world(settings, company)), database)
    finally:
        await database.dispose()
