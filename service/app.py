"""The composition root: opens what a process needs, yields it as one `App`, closes it in reverse."""

from asyncio import to_thread
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database, open_database
from service.adapters.prices import GenaiPrices
from service.config.company import Company, load_company
from service.config.settings import DEFAULT_FILE, Settings
from service.config.world import World, world_of
from service.core.catalog.judgement import Evidence
from service.core.identity import use_platforms
from service.core.usage import Format
from service.engine.world import Worlds, judged_catalog, look_up


@dataclass(frozen=True, slots=True)
class App:
    """The resources of all verbs. Nothing connects before its first use."""

    settings: Settings
    worlds: Worlds
    database: Database

    @property
    def world(self) -> World:
        """As of the last `look`; its owners may be outdated."""
        return self.worlds.latest

    async def look(self, *, now: datetime) -> World:
        """Call it once per request or command."""
        return await look_up(self.database, self.worlds, now=now)

    async def reload(self) -> None:
        """Reload lastcall.yaml, from the next `look` on. Raises ConfigError, also if the file is gone; then the
        previous version stays."""
        company = await to_thread(load_company, self.settings.config_file or DEFAULT_FILE)
        world = self.world
        if company.catalog == world.company.catalog:
            topics = tuple(formats_of(self.settings, company))
            after = world_of(world.catalog, world.resolver, company, topics, prices=world.prices)
            self.worlds.replace(replace(after, catalog_said=world.catalog_said))
        else:
            after = await to_thread(load_world, self.settings, company)
            self.worlds.replace(after)

    @property
    def formats(self) -> dict[str, Format | None]:
        return formats_of(self.settings, self.world.company)


def formats_of(settings: Settings, company: Company) -> dict[str, Format | None]:
    """Topics to read, from lastcall.yaml or else the environment, with their fixed format; None: detected per
    record."""
    if company.topics:
        return {topic.name: topic.format for topic in company.topics}
    return {name.strip(): None for name in settings.kafka_topics.split(",") if name.strip()}


def load_world(settings: Settings, company: Company | None = None) -> World:
    """Without what sources say. `company`: None loads lastcall.yaml, and raises `ConfigError` if it is invalid."""
    loaded = load_catalog()
    use_platforms(loaded.platforms)
    company = company or load_company(settings.config_file)
    if company.catalog.records:
        loaded = judged_catalog(Evidence(records=company.catalog.records))
    topics, prices = tuple(formats_of(settings, company)), GenaiPrices(loaded.catalog, loaded.resolver)
    return world_of(loaded.catalog, loaded.resolver, company, topics, prices=prices)


@asynccontextmanager
async def open_app(settings: Settings, company: Company | None = None) -> AsyncIterator[App]:
    """`company`: as for `load_world`. Requires `settings.database_url`: the caller fills in the embedded default."""
    if settings.database_url is None:
        raise ValueError("settings.database_url is not set")
    database = open_database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
    try:
        yield App(settings, Worlds(load_world(settings, company)), database)
    finally:
        await database.dispose()
