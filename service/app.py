"""The composition root: opens what a process needs, yields it as one `App`, closes it in reverse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database, open_database
from service.config.company import Company, load_company
from service.config.settings import Settings
from service.core.catalog.lifecycle import Catalog
from service.core.identity import Resolver
from service.core.usage import Format


@dataclass(frozen=True, slots=True)
class App:
    """What every verb is given. Nothing in it connects before its first use."""

    settings: Settings
    company: Company
    catalog: Catalog
    resolver: Resolver
    database: Database

    @property
    def formats(self) -> dict[str, Format | None]:
        """The topics that are read, lastcall.yaml's, else those of the environment; each with its fixed format, or None
        for "by shape"."""
        if self.company.topics:
            return {topic.name: topic.format for topic in self.company.topics}
        return {name.strip(): None for name in self.settings.kafka_topics.split(",") if name.strip()}

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(self.formats)


@asynccontextmanager
async def open_app(settings: Settings, company: Company | None = None) -> AsyncIterator[App]:
    """`company` None: that of lastcall.yaml, and `ConfigError` when it cannot be read.
    `settings.database_url` must be set: the embedded default is filled in by the caller (`adapters.embedded`), which
    knows whether one is running."""
    if settings.database_url is None:
        raise ValueError("settings.database_url is not set")
    loaded = load_catalog()
    database = open_database(settings.database_url.get_secret_value(), pool_size=settings.database_pool)
    try:
        yield App(
            settings=settings,
            company=company or load_company(settings.config_file),
            catalog=loaded.catalog,
            resolver=loaded.resolver,
            database=database,
        )
    finally:
        await database.dispose()
