"""ask: exposures, services and models, for the page, the API and the command. Reads only."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.exposures import ExposureAnswer, read_exposures
from service.adapters.queries.listing import ExposureFilter, read_page
from service.adapters.queries.overview import DeprecationAnswer, Headline, count_callers, read_headline
from service.adapters.queries.paging import Page
from service.adapters.queries.services import ServiceAnswer, read_service
from service.adapters.queries.unknown import UnknownId, read_unknown_ids, read_uses_spelled
from service.adapters.queries.uses import ModelUse, Uses, read_calls_by_model, read_uses
from service.config.world import World
from service.core.catalog.lifecycle import Catalog
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
    """By deadline: firm deadlines first, earliest at the top; then "not before" dates; then those without a date.
    Raises CursorError."""
    async with database.connect() as connection:
        return await _exposures(connection, world, wanted, now=now, limit=limit, cursor=cursor)


async def exposure(database: Database, world: World, key: ExposureKey, *, now: datetime) -> ExposureAnswer | None:
    """None: it has no call by `now`."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        found = await read_exposures(connection, world, [key], known=known, now=now)
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
    """Totals over all exposures, and a page of the filtered ones. Raises CursorError."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        headline = await read_headline(connection, world.catalog, known=known, now=now)
        page = await read_page(
            connection,
            world.catalog,
            wanted,
            known=known,
            now=now,
            limit=limit,
            cursor=cursor,
            by_day=headline.by_day,
        )
        keys = [*page.items, *([headline.next_one] if headline.next_one else [])]
        found = await read_exposures(connection, world, keys, known=known, now=now)
    shown = {one.key: one for one in found}
    items = [shown[key] for key in page.items if key in shown]
    next_one = shown.get(headline.next_one) if headline.next_one else None
    return Overview(headline, next_one, Page(items=items, total=page.total, next_cursor=page.next_cursor))


async def deprecations(database: Database, world: World, *, now: datetime) -> list[DeprecationAnswer]:
    """Every public deprecation, by deadline, with the number of services that call the model. Of a closed model behind
    a router, only if it is called."""
    async with database.connect() as connection:
        known = await known_until(connection, world.topics, now=now)
        return await count_callers(connection, world.catalog, known=known, now=now)


async def service(database: Database, world: World, name: str, *, now: datetime) -> ServiceAnswer | None:
    """All models that one service calls. None: no log contains it."""
    async with database.connect() as connection:
        own = await _exposures(connection, world, ExposureFilter(service=name), now=now)
        return await read_service(connection, name, world, own.items, now=now)


@dataclass(frozen=True, slots=True)
class Callers:
    """Callers of a model."""

    exposures: Page[ExposureAnswer]
    """By deadline."""
    uses: Sequence[ModelUse]
    """Uses of the exposures on the page, most calls first."""
    others: Uses
    """Uses of models without a known deprecation, most calls first."""
    unknown_ids: Sequence[UnknownId]
    """Ids that lastcall does not know, and known models whose platform is unknown."""

    @property
    def is_unknown(self) -> bool:
        return any(each.model is None for each in self.unknown_ids)


async def who(database: Database, world: World, model: str, *, now: datetime, limit: int) -> Callers | None:
    """The first `limit` callers of a model, named in any spelling. None: the name is unknown, and no log contains
    it."""
    models = frozenset(_models_meant(world, model))
    async with database.connect() as connection:
        unknown = await read_unknown_ids(
            connection, now=now, spelled=model, models=models, unplaced=True if models else None, limit=limit
        )
        spelled_so = frozenset() if models else frozenset(await read_uses_spelled(connection, model))
        if not models and not unknown and not spelled_so:
            return None
        named, keys = models or frozenset(key.model for key in spelled_so), None if models else spelled_so
        wanted = ExposureFilter(models=named, keys=keys)
        page = await _exposures(connection, world, wanted, now=now, limit=limit)
        uses = await read_uses(connection, world.catalog, now=now, keys=[each.key for each in page.items])
        others = await _other_uses(connection, world.catalog, named, keys, now=now, limit=limit)
    return Callers(page, uses.some, others, unknown)


async def _other_uses(
    connection: Transaction,
    catalog: Catalog,
    models: Collection[str],
    keys: Collection[ExposureKey] | None,
    *,
    now: datetime,
    limit: int,
) -> Uses:
    """Uses of `models` on platforms without a known deprecation; if `keys` are given, only those."""

    def is_exposure(platform: str, model: str) -> bool:
        record = catalog.get(platform, model)
        return record is not None and record.known_on(now.date())

    called = await read_calls_by_model(connection, now=now, models=models)
    going_on = {one for one in called if not is_exposure(*one)}
    if not going_on:
        return Uses((), 0)
    if keys is not None:
        own = [key for key in keys if (key.platform, key.model) in going_on]
        return await read_uses(connection, catalog, now=now, keys=own, limit=limit)
    return await read_uses(connection, catalog, now=now, models=going_on, limit=limit)


def _models_meant(world: World, text: str) -> set[str]:
    """Canonical models that `text` may name, in any spelling; from the catalog, on each platform."""
    records = records_of(world.catalog, world.resolver, text)
    models = {model for record in records for model in (record.model, *record.versions)}
    answer = world.resolver.resolve(text)
    return models | {answer.model} if isinstance(answer, Model) else models


async def called_models(database: Database, world: World, *, now: datetime) -> list[str]:
    """Names of the models called in the last weeks, most calls first."""
    async with database.connect() as connection:
        called = await read_calls_by_model(connection, now=now)
    records = (world.catalog.get(*one) for one in called)
    names = (record.id if record else model for record, (_, model) in zip(records, called, strict=True))
    return list(dict.fromkeys(names))


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
    page = await read_page(connection, world.catalog, wanted, known=known, now=now, limit=limit, cursor=cursor)
    items = await read_exposures(connection, world, page.items, known=known, now=now)
    return Page(items=items, total=page.total, next_cursor=page.next_cursor)
