"""Stores key owners: a few per service, written once a day, so a flush costs no more."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import DateTime, Text, delete, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import key_owners, series
from service.adapters.postgres.unnest import chunked, unnested
from service.core.rollup import MAX_KEY_OWNERS

_FRESH = timedelta(days=1)
_REMEMBERED = 100_000


class Holder(NamedTuple):
    service: str
    name: str
    last_at: datetime


class KeyOwnerBook:
    """Cache of the key owners that this process has written, to skip unchanged ones. It is updated after the commit."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], datetime] = {}

    async def write(
        self, connection: AsyncConnection, held: Mapping[str, Mapping[str, datetime]], *, now: datetime
    ) -> list[Holder]:
        """Write the key owners of services that have a series; services beyond the bounds have none. A future time
        counts as now. Returns the written ones, for `learn`."""
        holders = [
            Holder(service, name, min(last_at, now))
            for service, names in held.items()
            for name, last_at in names.items()
        ]
        fresh = sorted(one for one in holders if self._is_fresh(one))
        for some in chunked(fresh):
            await _write(connection, some)
            await _keep_latest(connection, {one.service for one in some})
        return fresh

    def learn(self, holders: Iterable[Holder]) -> None:
        """Call it after the commit."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known.update(((one.service, one.name), one.last_at) for one in holders)

    def _is_fresh(self, holder: Holder) -> bool:
        known = self._known.get((holder.service, holder.name))
        return known is None or holder.last_at - known >= _FRESH


async def _write(connection: AsyncConnection, holders: Sequence[Holder]) -> None:
    """Locks in key order, like every writer."""
    v = unnested(
        ("service", Text(), [one.service for one in holders]),
        ("name", Text(), [one.name for one in holders]),
        ("last_at", DateTime(timezone=True), [one.last_at for one in holders]),
    )
    of_series = select(v).where(exists().where(series.c.service == v.c.service)).order_by(v.c.service, v.c.name)
    statement = insert(key_owners).from_select(list(Holder._fields), of_series)
    old, new = key_owners.c, statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[old.service, old.name],
            set_={"last_at": new.last_at},
            where=old.last_at <= new.last_at - _FRESH,
        )
    )


async def _keep_latest(connection: AsyncConnection, services: set[str]) -> None:
    """Skips rows that another writer has locked, to avoid waiting."""
    k = key_owners.c
    place = func.row_number().over(partition_by=k.service, order_by=(k.last_at.desc(), k.name)).label("place")
    ranked = select(k.service, k.name, place).where(k.service.in_(services)).subquery()
    late = (
        select(k.service, k.name)
        .join(ranked, (ranked.c.service == k.service) & (ranked.c.name == k.name))
        .where(ranked.c.place > MAX_KEY_OWNERS)
        .with_for_update(skip_locked=True, of=key_owners)
    )
    await connection.execute(delete(key_owners).where(tuple_(k.service, k.name).in_(late)))
