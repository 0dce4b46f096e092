"""Which row each series is. Series are found or made once a process, and remembered."""

import hashlib
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series
from service.adapters.postgres.unnest import chunked, unnested
from service.core.catalog.lifecycle import Catalog
from service.core.identify import identify
from service.core.identity import Identified, Resolver
from service.core.redirect import served_is_another
from service.core.rollup import SeriesKey

TOO_MANY = "(too many)"
MAX_NEW_SERIES = 1_000
"""New series that one service may add in an hour, in one process. A log that puts a fresh id into every call would
otherwise fill the disk; what goes beyond is counted under the reporter "(too many)"."""
MAX_NEW_SERVICES = 1_000
"""New services in an hour, in one process; the calls of those beyond are counted under the service "(too many)"."""
_REMEMBERED = 200_000


class SeriesBook:
    """The series that this process has met: key -> id. What a transaction found is learned once it is committed."""

    def __init__(self, catalog: Catalog, resolver: Resolver) -> None:
        self._catalog = catalog
        self._resolver = resolver
        self._ids: dict[SeriesKey, int] = {}
        self._new: Counter[str] = Counter()
        self._uncommitted: Counter[str] = Counter()
        self._folded: set[SeriesKey] = set()
        self._hour: datetime | None = None

    def _identify(self, key: SeriesKey) -> Identified:
        return identify(self._resolver, key)

    async def find(
        self,
        connection: AsyncConnection,
        keys: Collection[SeriesKey],
        samples: Mapping[SeriesKey, Sequence[str]],
        *,
        now: datetime,
    ) -> dict[SeriesKey, int]:
        """An id for each of `keys`, made where there is none. Several keys have one id where the limits fold them."""
        ids = {key: self._ids[key] for key in keys if key in self._ids}
        unknown = sorted((key for key in keys if key not in ids), key=_order)
        for some in chunked(unknown):
            ids.update(await _select(connection, some))
        strangers = [key for key in unknown if key not in ids]
        if strangers:
            folded = self._fold(strangers, now)
            made = await self._make(connection, sorted(set(folded.values()), key=_order), samples)
            ids.update((key, made[target]) for key, target in folded.items())
            self._folded = {key for key, target in folded.items() if key != target}
        return ids

    def learn(self, ids: Mapping[SeriesKey, int]) -> None:
        """Call it after the commit. A key that was folded gets a series of its own in an hour with room for it."""
        if len(self._ids) > _REMEMBERED:
            self._ids.clear()
        self._ids.update((key, series_id) for key, series_id in ids.items() if key not in self._folded)
        self._folded = set()
        self._new += self._uncommitted
        self._uncommitted = Counter()

    def forget(self) -> None:
        """After a failed transaction, in case a row that we remember is gone."""
        self._ids.clear()
        self._folded = set()
        self._uncommitted = Counter()

    def _fold(self, strangers: Sequence[SeriesKey], now: datetime) -> dict[SeriesKey, SeriesKey]:
        """What series each is counted under: itself, or beyond the limits the one that stands for all the rest."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour, self._new = hour, Counter()
        made = self._uncommitted
        folded = {}
        for key in strangers:
            service = key.service
            if service not in self._new and service not in made and len(self._new) + len(made) >= MAX_NEW_SERVICES:
                folded[key] = _overflow(TOO_MANY)
            elif self._new[service] + made[service] >= MAX_NEW_SERIES and not self._names_a_model(key):
                folded[key] = _overflow(service)
            else:
                made[service] += 1
                folded[key] = key
        return folded

    def _names_a_model(self, key: SeriesKey) -> bool:
        """A model that identity knows is never folded: there are only so many, and one of them may be going away."""
        identified = self._identify(key)
        return identified.requested_model is not None or identified.served_model is not None

    async def _make(
        self, connection: AsyncConnection, keys: Sequence[SeriesKey], samples: Mapping[SeriesKey, Sequence[str]]
    ) -> dict[SeriesKey, int]:
        """Two consumers may make one at the same time: the later one waits, then finds it."""
        found: dict[SeriesKey, int] = {}
        for some in chunked(keys):
            rows = [
                {
                    "digest": digest_of(key),
                    **key._asdict(),
                    **resolved(self._identify(key), self._catalog),
                    "samples": list(samples.get(key, ())),
                }
                for key in some
            ]
            await connection.execute(insert(series).on_conflict_do_nothing(), rows)
            found.update(await _select(connection, some))
        return found


def _order(key: SeriesKey) -> tuple[str, ...]:
    """Every writer locks in this order."""
    return tuple(part or "" for part in key)


def _overflow(service: str) -> SeriesKey:
    return SeriesKey(service, "", TOO_MANY, None, None, None, "model", None)


def resolved(models: Identified, catalog: Catalog) -> dict[str, Any]:
    """The columns that say what a catalog makes of a series."""
    return {
        **models._asdict(),
        "served_is_another": served_is_another(models.requested_model, models.served_model),
        "resolved_by": catalog.digest,
    }


def digest_of(key: SeriesKey) -> uuid.UUID:
    """What the database knows the key by: an index has no room for eight names of any length."""
    return uuid.UUID(bytes=hashlib.sha256(msgspec.json.encode(key)).digest()[:16])


async def _select(connection: AsyncConnection, keys: Sequence[SeriesKey]) -> dict[SeriesKey, int]:
    by_digest = {digest_of(key): key for key in keys}
    v = unnested(("digest", Uuid(), list(by_digest)))
    rows = await connection.execute(
        select(series.c.digest, series.c.id).join_from(series, v, series.c.digest == v.c.digest)
    )
    return {by_digest[r.digest]: r.id for r in rows}


async def models_of(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Identified]:
    """The models of these series as their rows say, which another release, with another catalog, may have resolved.

    They are locked, so that they stay these series' models until the transaction ends.
    """
    found: dict[int, Identified] = {}
    for some in chunked(sorted(set(ids))):
        v = unnested(("id", BigInteger(), some))
        rows = await connection.execute(
            select(series.c.id, series.c.platform, series.c.requested_model, series.c.served_model)
            .join_from(series, v, series.c.id == v.c.id)
            .order_by(series.c.id)
            .with_for_update(read=True, key_share=True, of=series)
        )
        found.update((row.id, Identified(*row[1:])) for row in rows)
    return found
