"""The configured sources of the catalog, opened: by name, from what lastcall.yaml and the environment say."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from service.adapters.directory.http import open_http
from service.adapters.sources.http import Http
from service.adapters.sources.source import CatalogSource, Failed
from service.adapters.sources.table import SOURCES, Context, open_feed, open_file
from service.config.catalog import OwnSource
from service.config.settings import Settings
from service.config.world import World
from service.core.words import listed
from service.engine.sync import SourcesFor

_BY_NAME = {each.name: each for each in SOURCES}


@asynccontextmanager
async def open_sources(settings: Settings) -> AsyncIterator[SourcesFor]:
    async with open_http() as session:

        def sources_for(world: World) -> Mapping[str, CatalogSource | Failed]:
            context = Context(Http(session), settings, world.resolver)
            named = {name: _listed(name, context) for name in world.company.catalog.sources}
            return named | {one.name: _own(one, context) for one in world.company.catalog.own}

        yield sources_for


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
