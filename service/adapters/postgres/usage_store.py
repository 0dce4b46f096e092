"""A batch into rows, in one transaction with its watermarks: so a count is exact, read twice or written late."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, DateTime, Double, Table, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.key_owner_store import KeyOwnerBook
from service.adapters.postgres.rejection_store import Refused, add_rejections, spans_in_words, tell_refused
from service.adapters.postgres.series_store import SeriesBook, models_of
from service.adapters.postgres.tables import sightings, usage_hourly
from service.adapters.postgres.trouble import name_of, refuses_values
from service.adapters.postgres.unnest import chunked, unnested
from service.adapters.postgres.usage_marks import Mark, mark_days
from service.adapters.postgres.watermark_store import advance
from service.core.batch import Batch, Partition
from service.core.catalog.lifecycle import Catalog
from service.core.exposure import ExposureKey
from service.core.identity import Identified
from service.core.rollup import MAX_SAMPLES, Rollup, Totals
from service.core.series import SeriesKey

_log = structlog.get_logger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = DateTime(timezone=True)
_SUMS: tuple[tuple[str, TypeEngine[Any]], ...] = (
    ("calls", BigInteger()),
    ("errors", BigInteger()),
    ("end_of_life", BigInteger()),
    ("input_tokens", BigInteger()),
    ("output_tokens", BigInteger()),
    ("cached_tokens", BigInteger()),
    ("tokens_known", BigInteger()),
    ("latency_ms", Double()),
    ("latency_known", BigInteger()),
)


@dataclass(frozen=True, slots=True)
class Applied:
    """Written and committed."""

    refused: int = 0
    """Calls that the database would not take; they are on record as rejected."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Nothing is written: these partitions' watermarks have moved under another writer."""

    partitions: frozenset[Partition]


class _NothingTaken(Exception):
    """Each series was refused by itself."""


_Written = tuple[dict[SeriesKey, int], list[Refused]]
_Write = Callable[[AsyncConnection, Rollup, datetime], Awaitable[_Written]]


class UsageStore:
    """Applies batches. One a process: it remembers between batches the ids of series, and whose keys they call with."""

    def __init__(self, database: Database, catalog: Catalog, book: SeriesBook) -> None:
        self.database = database
        self._catalog = catalog
        self._book = book
        self._key_owners = KeyOwnerBook()

    async def apply(
        self, batch: Batch, incarnations: Mapping[Partition, str], *, now: datetime
    ) -> Applied | Superseded:
        """`incarnations` has every partition of the batch. Raises what the database raises; then nothing is written,
        or, if the connection broke during the commit, the next attempt is answered by Superseded.

        Values that the database will never take are not tried for ever: all the rest is written without them.
        """
        try:
            return await self._apply(batch, incarnations, self._write, now)
        except DatabaseTrouble as error:
            if not refuses_values(error):
                raise
            _log.error("values_refused", error=name_of(error), spans=spans_in_words(batch))
            try:
                return await self._apply(batch, incarnations, self._write_what_is_taken, now)
            except _NothingTaken:  # then it is not the values' fault
                raise error from None

    async def _apply(
        self, batch: Batch, incarnations: Mapping[Partition, str], write: _Write, now: datetime
    ) -> Applied | Superseded:
        spans = {p: (incarnations[p], span) for p, span in batch.spans.items()}
        try:
            async with self.database.connect() as connection, connection.begin() as transaction:
                if lost := await advance(connection, spans, now=now):
                    await transaction.rollback()
                    return Superseded(frozenset(lost))
                ids, refused = await write(connection, batch.rollup, now)
                await add_rejections(connection, batch.rejections)
                if refused:
                    await tell_refused(connection, batch, refused, now=now)
        except BaseException:
            self._book.forget()
            self._key_owners.forget()
            raise
        self._book.learn(ids)
        self._key_owners.learn()
        return Applied(sum(one.calls for one in refused))

    async def _write(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        keys = {key for key, _ in rollup.totals}
        ids = await self._book.find(connection, keys, rollup.samples, now=now)
        models = await models_of(connection, ids.values())
        await _add_hours(connection, rollup.totals, ids)
        uses = _uses(rollup, {key: models[id_] for key, id_ in ids.items()})
        await mark_days(connection, (Mark(use.key, day) for use in uses.values() for day in use.days))
        await _sight(connection, [use for use in uses.values() if self._is_deprecated(use)])
        await self._key_owners.write(connection, rollup.key_owners, now=now)
        return ids, []

    async def _write_what_is_taken(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        ids, refused = await self._write_in_halves(connection, rollup, now)
        if len(refused) == len(rollup) > 1:
            raise _NothingTaken
        return ids, refused

    async def _write_in_halves(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        """Down to the one series and hour that is refused."""
        try:
            async with connection.begin_nested():
                return await self._write(connection, rollup, now)
        except DatabaseTrouble as error:
            if not refuses_values(error):
                raise
            if len(rollup) == 1:
                return {}, [Refused(sum(totals.calls for totals in rollup.totals.values()), name_of(error))]
        ids: dict[SeriesKey, int] = {}
        refused: list[Refused] = []
        for half in rollup.halves():
            some, others = await self._write_in_halves(connection, half, now)
            ids |= some
            refused += others
        return ids, refused

    def _is_deprecated(self, use: "_Use") -> bool:
        deprecation = self._catalog.get(use.key.platform, use.key.model)
        return deprecation is not None and deprecation.is_deprecated


async def _add_hours(
    connection: AsyncConnection, totals: Mapping[tuple[SeriesKey, int], Totals], ids: Mapping[SeriesKey, int]
) -> None:
    by_row: dict[tuple[int, int], Totals] = {}
    for (key, hour), some in totals.items():
        row = by_row.get((ids[key], hour))
        if row is None:
            row = by_row[ids[key], hour] = Totals(some.first_at, some.last_at)
        row.merge(some)
    for rows in chunked(sorted(by_row.items())):
        await connection.execute(_hours_statement(rows))


def _hours_statement(rows: Sequence[tuple[tuple[int, int], Totals]]) -> Any:
    v = unnested(
        ("series_id", BigInteger(), [series_id for (series_id, _), _ in rows]),
        ("hour", _INSTANT, [_EPOCH + timedelta(hours=hour) for (_, hour), _ in rows]),
        ("first_at", _INSTANT, [totals.first_at for _, totals in rows]),
        ("last_at", _INSTANT, [totals.last_at for _, totals in rows]),
        *((name, kind, [getattr(totals, name) for _, totals in rows]) for name, kind in _SUMS),
    )
    statement = insert(usage_hourly).from_select([c.name for c in v.c], select(v))
    new, old = statement.excluded, usage_hourly.c
    return statement.on_conflict_do_update(
        index_elements=[old.series_id, old.hour],
        set_={
            "first_at": func.least(old.first_at, new.first_at),
            "last_at": func.greatest(old.last_at, new.last_at),
            **{name: old[name] + new[name] for name, _ in _SUMS},
        },
    )


# --- what the hours mean for models -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Use:
    """A service's use of one model in a batch."""

    key: ExposureKey
    first_at: datetime
    last_at: datetime
    days: set[date]
    request_ids: list[str]


def _uses(rollup: Rollup, models: Mapping[SeriesKey, Identified]) -> dict[ExposureKey, _Use]:
    """Of requested and served models alike; unknown ones are left out."""
    uses: dict[ExposureKey, _Use] = {}
    for (series, hour), some in rollup.totals.items():
        identified = models[series]
        for model in {identified.requested_model, identified.served_model}:
            if identified.platform is None or model is None:
                continue
            key = ExposureKey(series.service, series.environment, identified.platform, model)
            use = uses.get(key)
            if use is None:
                use = uses[key] = _Use(key, some.first_at, some.last_at, set(), [])
            use.first_at = min(use.first_at, some.first_at)
            use.last_at = max(use.last_at, some.last_at)
            use.days.add((_EPOCH + timedelta(hours=hour)).date())
            ids = dict.fromkeys((*use.request_ids, *rollup.samples.get(series, ())))
            use.request_ids = list(ids)[:MAX_SAMPLES]
    return uses


async def _sight(connection: AsyncConnection, uses: Sequence[_Use]) -> None:
    statement = insert(sightings)
    new, old = statement.excluded, sightings.c
    statement = statement.on_conflict_do_update(
        index_elements=_key_of(sightings),
        set_={
            "first_at": func.least(old.first_at, new.first_at),
            "last_at": func.greatest(old.last_at, new.last_at),
            "request_ids": func.trim_array(
                new.request_ids + old.request_ids,
                func.greatest(func.cardinality(new.request_ids) + func.cardinality(old.request_ids) - MAX_SAMPLES, 0),
            ),
        },
    )
    rows = [
        {
            **use.key._asdict(),
            "first_at": use.first_at,
            "last_at": use.last_at,
            "request_ids": use.request_ids,
        }
        for use in sorted(uses, key=lambda use: use.key)
    ]
    if rows:
        await connection.execute(statement, rows)


def _key_of(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]
