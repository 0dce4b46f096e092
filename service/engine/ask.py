"""ask: what the page, the API and the command want to know of exposures, services and models. Reads only."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.answers import DeprecationAnswer, ExposureAnswer, ModelUse, Page, ServiceAnswer, UnknownId
from service.adapters.queries.exposures import read_exposures, read_exposures_of
from service.adapters.queries.listing import ExposureFilter
from service.adapters.queries.overview import Headline, count_callers, read_headline
from service.adapters.queries.services import read_service
from service.adapters.queries.unknown import read_unknown_ids, read_uses_spelled
from service.adapters.queries.uses import read_uses
from service.config.world import World
from service.core.catalog.lookup import records_of
from service.core.exposure import ExposureKey
from service.core.identity import Model


async def exposures(
    database: Database,
    world: World,
    wanted: ExposureFilter,
    *,
    now: datetime,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[ExposureAnswer]:
    """By deadline: firm ones first, the nearest at the top; then "not before" dates; then those without a day. Raises
    CursorError."""
    async with database.connect() as connection:
        return await _exposures(connection, world, wanted, now=now, limit=limit, cursor=cursor)


async def exposure(database: Database, world: World, key: ExposureKey, *, now: datetime) -> ExposureAnswer | None:
    """None: it has no call by `now`."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        found = await read_exposures_of(connection, world, world.owners.owner_of, [key], known=known, now=now)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Overview:
    headline: Headline
    next_one: ExposureAnswer | None
    """With the nearest deadline ahead that calls still run into."""
    page: Page[ExposureAnswer]


async def overview(
    database: Database, world: World, wanted: ExposureFilter, *, now: datetime, limit: int, cursor: str | None
) -> Overview:
    """All exposures in numbers, and a page of those that are wanted. Raises CursorError."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        headline = await read_headline(connection, known=known, now=now)
        owner_of, nearest = world.owners.owner_of, [headline.next_one] if headline.next_one else []
        next_one = await read_exposures_of(connection, world, owner_of, nearest, known=known, now=now)
        page = await read_exposures(
            connection, world, owner_of, wanted, known=known, now=now, limit=limit, cursor=cursor
        )
    return Overview(headline, next_one[0] if next_one else None, page)


async def deprecations(database: Database, world: World, *, now: datetime) -> list[DeprecationAnswer]:
    """Every deprecation that is public, in the order of its deadline, with the number of services that call it."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        return await count_callers(connection, world.catalog, known=known, now=now)


async def service(database: Database, world: World, name: str, *, now: datetime) -> ServiceAnswer | None:
    """All that one service calls. None: no log has named it."""
    async with database.connect() as connection:
        own = await _exposures(connection, world, ExposureFilter(service=name), now=now)
        return await read_service(connection, name, world.catalog, world.owners.owner_of, own.items, now=now)


@dataclass(frozen=True, slots=True)
class Callers:
    """What is known of those who call a model."""

    exposures: Sequence[ExposureAnswer]
    uses: Sequence[ModelUse]
    unknown_ids: Sequence[UnknownId]
    """Ids of which nobody can say which model it is, and known models of which nobody can say where they are called."""

    @property
    def is_unknown(self) -> bool:
        return any(each.model is None for each in self.unknown_ids)


async def who(database: Database, world: World, model: str, *, now: datetime) -> Callers | None:
    """Those who call a model, which is named in any spelling. None: nobody knows the name, and no log has it."""
    models = frozenset(_models_meant(world, model))
    async with database.connect() as connection:
        unknown = await read_unknown_ids(
            connection, now=now, spelled=model, models=models, unplaced=True if models else None
        )
        behind = set() if models else await read_uses_spelled(connection, model)
        if not models and not unknown and not behind:
            return None
        named = models or frozenset(key.model for key in behind)
        page = await _exposures(connection, world, ExposureFilter(models=named), now=now)
        uses = await read_uses(connection, world.catalog, now=now, models=named)
    return Callers(
        [each for each in page.items if each.model in models or each.key in behind],
        [each for each in uses if each.model in models or each.key in behind],
        unknown,
    )


def _models_meant(world: World, text: str) -> set[str]:
    """Canonical models that `text` names in any spelling; those of the catalog on each of its platforms."""
    models = {record.model for record in records_of(world.catalog, world.resolver, text)}
    answer = world.resolver.resolve(text)
    return models | {answer.model} if isinstance(answer, Model) else models


async def called_models(database: Database, world: World, *, now: datetime) -> list[str]:
    """Names of the models that were called in the last weeks, most calls first."""
    async with database.connect() as connection:
        uses = await read_uses(connection, world.catalog, now=now)
    return list(dict.fromkeys(use.deprecation.id if use.deprecation else use.model for use in uses))


async def _exposures(
    connection: Transaction,
    world: World,
    wanted: ExposureFilter,
    *,
    now: datetime,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[ExposureAnswer]:
    known = await known_until(connection, world.topics, now=now)
    return await read_exposures(
        connection, world, world.owners.owner_of, wanted, known=known, now=now, limit=limit, cursor=cursor
    )
