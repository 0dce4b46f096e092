"""The configured sources of the catalog, opened: by name, from what lastcall.yaml and the environment say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from service.adapters.catalog.files import load_files
from service.adapters.directory.http import open_http
from service.adapters.postgres.database import Database
from service.adapters.postgres.end_notice_store import read_answered_ends
from service.adapters.sources.http import Http
from service.adapters.sources.source import Answer, CatalogSource, Failed, Version, answer_of, digest_of
from service.adapters.sources.table import SOURCES, Context, open_feed, open_file
from service.config.catalog import OwnSource
from service.config.settings import Settings
from service.config.world import World
from service.core.catalog.lifecycle import Standing
from service.core.catalog.traffic import ANSWER_SOURCES, reading_of
from service.core.words import listed
from service.engine.sync import SourcesFor

_BY_NAME = {each.name: each for each in SOURCES}


@asynccontextmanager
async def open_sources(settings: Settings, database: Database) -> AsyncIterator[SourcesFor]:
    async with open_http() as session:

        def sources_for(world: World) -> Mapping[str, CatalogSource | Failed]:
            context = Context(Http(session), settings, world.resolver)
            named = {name: _listed(name, context) for name in world.company.catalog.sources}
            own = {one.name: _own(one, context) for one in world.company.catalog.own}
            return {**named, **own, **{name: AnsweredEnds(name, database) for name in ANSWER_SOURCES}}

        yield sources_for


@dataclass(frozen=True, slots=True)
class AnsweredEnds:
    """Ends that providers announce in their answers, as the logs of the company have them."""

    name: str
    """One of `ANSWER_SOURCES`."""
    database: Database
    standing: Standing = "provider"

    async def read(self, known: Version | None, now: datetime) -> Answer:
        async with self.database.connect() as connection:
            ends = await read_answered_ends(connection)
        reading = reading_of(self.name, ends, load_files())
        return answer_of(reading, Version(digest_of([msgspec.json.encode(reading)])), known)


def _listed(name: str, context: Context) -> CatalogSource | Failed:
    known = _BY_NAME[name]
    if missing := known.missing(context.settings):
        return Failed("no_credential", f"set {listed(missing)}", is_refusal=True)
    return known.open(context)


def _own(one: OwnSource, context: Context) -> CatalogSource | Failed:
    try:
        return open_file(one.name, one.place, context) if one.kind == "file" else open_feed(one.place, context)
    except ValueError:
        return Failed("no_url", "correct its `place` in lastcall.yaml", is_refusal=True)
