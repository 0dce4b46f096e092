"""Finds the row of each series, or creates it with the models that its words resolve to. Caches rows per process."""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.name_flood_store import read_ledger, read_levels
from service.adapters.postgres.tables import series
from service.adapters.postgres.unnest import chunked, unnested
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey
from service.core.identity import Identified, Resolver
from service.core.name_flood import BOUNDS, TOO_MANY_SERVICES, Bounds, Ledger, Placed, folds, may_overflow, order, place
from service.core.series import SeriesKey

_REMEMBERED = 200_000


@dataclass(slots=True)
class FoundSeries:
    """The series of some keys. Several keys share one beyond the bounds on names."""

    ids: dict[SeriesKey, int] = field(default_factory=dict)
    folded: dict[SeriesKey, Placed] = field(default_factory=dict)
    """Keys that are counted under another key."""
    made: Collection[Placed] = ()
    """New series. `merge` leaves them out: they are counted by then."""

    def merge(self, other: "FoundSeries") -> None:
        self.ids |= other.ids
        self.folded |= other.folded


class SeriesBook:
    """Cache of series: key -> id. It is updated after the commit."""

    def __init__(self, catalog: Catalog, resolver: Resolver, bounds: Bounds = BOUNDS) -> None:
        self._catalog = catalog
        self._resolver = resolver
        self._bounds = bounds
        self._ids: dict[SeriesKey, int] = {}
        self._ledger: Ledger | None = None

    def use(self, catalog: Catalog, resolver: Resolver) -> None:
        """For series from now on."""
        self._catalog, self._resolver = catalog, resolver

    async def find(self, connection: AsyncConnection, calls: Mapping[SeriesKey, int], *, now: datetime) -> FoundSeries:
        """The series of the keys of `calls`; missing ones are created."""
        ids = {key: self._ids[key] for key in calls if key in self._ids}
        unknown = [key for key in calls if key not in ids]
        ids |= await _select(connection, unknown)
        strangers = {key: calls[key] for key in unknown if key not in ids}
        if not strangers:
            return FoundSeries(ids)
        services = {TOO_MANY_SERVICES, *(key.service for key in strangers)}
        ledger = await self._read_ledger(connection, services, now)
        known = {}
        if may_overflow(strangers, ledger):
            known = await _select(connection, {at.key for key in strangers for at in folds(key, self._resolver)})
        placed = place(strangers, known, ledger.part(services), self._resolver)
        new: dict[SeriesKey, Placed] = {}
        for at in placed.values():
            if at.key not in known:
                new.setdefault(at.key, at)
        made = known | await self._make(connection, new.values())
        ids.update((key, made[at.key]) for key, at in placed.items())
        return FoundSeries(ids, {key: at for key, at in placed.items() if at.key != key}, new.values())

    def count(self, found: FoundSeries) -> None:
        """Call it after everything that belongs to the series is written: then a rollback to a savepoint counts
        nothing."""
        if self._ledger is not None:
            for at in found.made:
                self._ledger.add(at)

    def learn(self, found: FoundSeries) -> None:
        """Call it after the commit. Folded keys are not cached: they get a series of their own once there is room."""
        if len(self._ids) > _REMEMBERED:
            self._ids.clear()
        self._ids.update((key, series_id) for key, series_id in found.ids.items() if key not in found.folded)

    def forget(self) -> None:
        """Clear the cache after a failed transaction: a cached row may be gone."""
        self._ids.clear()
        self._ledger = None

    async def _read_ledger(self, connection: AsyncConnection, services: Collection[str], now: datetime) -> Ledger:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._ledger is None or self._ledger.hour != hour:
            self._ledger = await read_ledger(connection, hour, self._bounds)
        missing = [service for service in services if service not in self._ledger.of_service]
        self._ledger.of_service |= await read_levels(connection, missing)
        return self._ledger

    async def _make(self, connection: AsyncConnection, placed: Iterable[Placed]) -> dict[SeriesKey, int]:
        """Two consumers may create the same series at once: the later one waits and then finds it."""
        found: dict[SeriesKey, int] = {}
        for some in chunked(sorted(placed, key=lambda at: order(at.key))):  # every writer locks in this order
            rows = [
                {
                    "digest": digest_of(key),
                    **key._asdict(),
                    **resolved(self._resolver.identify_words(key), self._catalog),
                    "folded": level,
                }
                for key, level in some
            ]
            await connection.execute(insert(series).on_conflict_do_nothing(), rows)
            found |= await _select(connection, [at.key for at in some])
        return found


def resolved(models: Identified, catalog: Catalog) -> dict[str, Any]:
    """The columns with a catalog's resolution of a series."""
    models = catalog.counted(models)
    return {
        **models._asdict(),
        "served_is_another": models.served_is_another,
        "resolved_by": catalog.identity,
    }


def digest_of(key: SeriesKey) -> uuid.UUID:
    """Key of the series in the database: eight names of any length do not fit into an index."""
    return uuid.UUID(bytes=hashlib.sha256(msgspec.json.encode(key)).digest()[:16])


async def _select(connection: AsyncConnection, keys: Collection[SeriesKey]) -> dict[SeriesKey, int]:
    found: dict[SeriesKey, int] = {}
    for some in chunked(list(keys)):
        by_digest = {digest_of(key): key for key in some}
        v = unnested(("digest", Uuid(), list(by_digest)))
        rows = await connection.execute(
            select(series.c.digest, series.c.id).join_from(series, v, series.c.digest == v.c.digest)
        )
        found.update((by_digest[row.digest], row.id) for row in rows)
    return found


class SeriesGone(Exception):
    """A cached series was deleted by the clean-up."""


async def uses_of_series(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Sequence[ExposureKey]]:
    """The uses that each series counts for. They are read from its row, because another release with another catalog
    may have resolved it. Raises SeriesGone.

    Call it after the hours are written, and in the same transaction. Until this transaction ends, `keep_writers_out`
    waits, so no other process changes how these series are resolved.
    """
    s = series.c
    found: dict[int, Sequence[ExposureKey]] = {}
    for some in chunked(sorted(ids)):
        v = unnested(("id", BigInteger(), some))
        rows = await connection.execute(
            select(s.id, s.service, s.environment, s.platform, s.requested_model, s.served_model).join_from(
                series, v, s.id == v.c.id
            )
        )
        for row in rows:
            models = {row.requested_model, row.served_model} - {None} if row.platform is not None else set()
            found[row.id] = [ExposureKey(row.service, row.environment, row.platform, model) for model in models]
    if len(found) < len(ids):
        raise SeriesGone
    return found


async def keep_writers_out(connection: AsyncConnection) -> None:
    """Lock out writers of hours until the transaction ends, which must be soon. So a process that resolves or deletes
    series sees all their hours, and writers see the result.

    Each flush takes the weaker lock on usage_hourly anyway, so this costs a flush nothing, unlike a lock on each
    series.
    """
    await connection.execute(text("LOCK TABLE ONLY usage_hourly IN SHARE MODE"))
