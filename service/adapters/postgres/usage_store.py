"""Writes a batch in one transaction with its watermarks, so counts are exact, even if records are read twice."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, DateTime, Double, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.end_notice_store import EndNoticeBook, StoredNotice
from service.adapters.postgres.key_owner_store import Holder, KeyOwnerBook
from service.adapters.postgres.name_flood_store import add_floods
from service.adapters.postgres.rejection_store import (
    RefusedCalls,
    add_passed_over,
    add_rejections,
    offsets_of,
    record_rejected_values,
)
from service.adapters.postgres.sample_store import SampleBook
from service.adapters.postgres.series_store import FoundSeries, SeriesBook, SeriesGone, uses_of_series
from service.adapters.postgres.stale_days import StaleDay, mark_stale
from service.adapters.postgres.tables import usage_hourly
from service.adapters.postgres.trouble import name_of, refuses_values
from service.adapters.postgres.unnest import chunked, unnested
from service.adapters.postgres.usage_months import MonthBook
from service.adapters.postgres.watermark_store import advance
from service.core.batch import Batch, Partition
from service.core.exposure import ExposureKey
from service.core.name_flood import Placed
from service.core.name_flood_news import floods
from service.core.retention import month_of
from service.core.rollup import EndNotices, Rollup, Totals
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
    """The batch is committed."""

    refused: int = 0
    """Calls that the database rejected; they are recorded as rejected."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Nothing is written: another writer has moved the watermarks of these partitions."""

    partitions: frozenset[Partition]


class _EveryRowRejected(Exception):
    """The database rejected every row, so the schema is at fault, not the values."""


@dataclass(slots=True)
class _Written:
    """Updates of the caches after the commit, and rejected calls."""

    found: FoundSeries = field(default_factory=FoundSeries)
    sampled: dict[int, date] = field(default_factory=dict)
    holders: list[Holder] = field(default_factory=list)
    notices: list[StoredNotice] = field(default_factory=list)
    refused: list[RefusedCalls] = field(default_factory=list)

    def merge(self, other: "_Written") -> None:
        self.found.merge(other.found)
        for id_, day in other.sampled.items():
            self.sampled[id_] = max(day, self.sampled.get(id_, day))
        self.holders += other.holders
        self.notices += other.notices
        self.refused += other.refused


_Write = Callable[[AsyncConnection, Rollup, datetime], Awaitable[_Written]]


class UsageStore:
    """Applies batches. One per process: it caches series, days with samples, and key owners."""

    def __init__(self, database: Database, book: SeriesBook) -> None:
        self.database = database
        self._book = book
        self._samples = SampleBook()
        self._key_owners = KeyOwnerBook()
        self._end_notices = EndNoticeBook()
        self._months = MonthBook()

    async def apply(
        self, batch: Batch, incarnations: Mapping[Partition, str], *, now: datetime
    ) -> Applied | Superseded:
        """`incarnations` has every partition of the batch. Raises what the database raises; then nothing is written. If
        the connection broke during the commit, the next attempt may return Superseded.

        Values that the database never accepts are not retried forever: everything else is written without them.
        """
        await self._months.make(self.database, _months(batch.rollup), now=now)
        try:
            return await self._apply(batch, incarnations, self._write, now)
        except DatabaseTrouble as error:
            if not refuses_values(error):
                raise
            _log.error("values_refused", error=name_of(error), offsets=[one.in_words for one in offsets_of(batch)])
            try:
                return await self._apply(batch, incarnations, self._write_what_is_taken, now)
            except _EveryRowRejected:  # then the values are not at fault
                raise error from None

    async def _apply(
        self, batch: Batch, incarnations: Mapping[Partition, str], write: _Write, now: datetime
    ) -> Applied | Superseded:
        try:
            return await self._try(batch, incarnations, write, now)
        except SeriesGone:  # removed from the cache, so it is created again
            return await self._try(batch, incarnations, write, now)

    async def _try(
        self, batch: Batch, incarnations: Mapping[Partition, str], write: _Write, now: datetime
    ) -> Applied | Superseded:
        spans = {p: (incarnations[p], span) for p, span in batch.spans.items()}
        try:
            async with self.database.connect() as connection, connection.begin() as transaction:
                if lost := await advance(connection, batch.source, spans, now=now):
                    await transaction.rollback()
                    return Superseded(frozenset(lost))
                written = await write(connection, batch.rollup, now)
                await add_rejections(connection, batch.rejections)
                await add_passed_over(connection, batch.passed_over)
                if written.refused:
                    await record_rejected_values(connection, batch, written.refused, now=now)
        except BaseException:
            self._book.forget()
            raise
        self._book.learn(written.found)
        self._samples.learn(written.sampled)
        self._key_owners.learn(written.holders)
        self._end_notices.learn(written.notices)
        return Applied(sum(one.calls for one in written.refused))

    async def _write(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        calls = _calls(rollup)
        found = await self._book.find(connection, calls, now=now)
        await add_floods(connection, floods(found.folded, calls), now=now)
        await _add_hours(connection, rollup.totals, found.ids)
        uses = await uses_of_series(connection, set(found.ids.values()))
        sampled = await self._samples.write(connection, *_samples(rollup, found.ids), now)
        await mark_stale(connection, _marks(rollup, found.ids, uses))
        holders = await self._key_owners.write(connection, _key_owners(rollup, found.folded), now=now)
        notices = await self._end_notices.write(connection, _end_notices(rollup, found.ids), now=now)
        self._book.count(found)
        return _Written(found, sampled, holders, notices)

    async def _write_what_is_taken(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        written = await self._write_in_halves(connection, rollup, now)
        if len(written.refused) == len(rollup) > 1:
            raise _EveryRowRejected
        return written

    async def _write_in_halves(self, connection: AsyncConnection, rollup: Rollup, now: datetime) -> _Written:
        """Halve the rows until the rejected series and hour is alone."""
        try:
            async with connection.begin_nested():
                return await self._write(connection, rollup, now)
        except DatabaseTrouble as error:
            if not refuses_values(error):
                raise
            if len(rollup) == 1:
                return _Written(refused=[RefusedCalls(_calls(rollup).total(), name_of(error))])
        written = _Written()
        for half in rollup.halves():
            written.merge(await self._write_in_halves(connection, half, now))
        return written


def _calls(rollup: Rollup) -> Counter[SeriesKey]:
    calls = Counter[SeriesKey]()
    for (key, _), totals in rollup.totals.items():
        calls[key] += totals.calls
    return calls


def _months(rollup: Rollup) -> set[date]:
    return {month_of(_day(hour)) for hour in {hour for _, hour in rollup.totals}}


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


def _marks(
    rollup: Rollup, ids: Mapping[SeriesKey, int], uses: Mapping[int, Sequence[ExposureKey]]
) -> Iterator[StaleDay]:
    """Marks of the uses for which the series count now, whatever the names in the log."""
    for key, hour in rollup.totals:
        day = _day(hour)
        yield from (StaleDay(use, day) for use in uses[ids[key]])


def _samples(rollup: Rollup, ids: Mapping[SeriesKey, int]) -> tuple[Mapping[int, Sequence[str]], Mapping[int, date]]:
    """Request ids by series, and the last day of each series with calls."""
    samples: defaultdict[int, list[str]] = defaultdict(list)
    for key, request_ids in rollup.samples.items():
        samples[ids[key]] += request_ids
    last: dict[int, int] = {}
    for key, hour in rollup.totals:
        if (id_ := ids[key]) in samples and hour > last.get(id_, hour - 1):
            last[id_] = hour
    return samples, {id_: _day(hour) for id_, hour in last.items()}


def _end_notices(rollup: Rollup, ids: Mapping[SeriesKey, int]) -> dict[int, EndNotices]:
    """By series id. Of series that are stored as one, the last one counts."""
    by_id: defaultdict[int, EndNotices] = defaultdict(dict)
    for key, notices in rollup.end_notices.items():
        by_id[ids[key]].update(notices)
    return by_id


def _day(hour: int) -> date:
    return (_EPOCH + timedelta(hours=hour)).date()


def _key_owners(rollup: Rollup, folded: Mapping[SeriesKey, Placed]) -> Mapping[str, Mapping[str, datetime]]:
    """Key owners by stored service. Those of a folded service count for the service that replaces it."""
    stood_for = {key.service: at.key.service for key, at in folded.items() if at.key.service != key.service}
    held = {service: dict(holders) for service, holders in rollup.key_owners.items()}
    for service, stand_in in stood_for.items():
        together = held.setdefault(stand_in, {})
        for name, last_at in rollup.key_owners.get(service, {}).items():
            together[name] = max(last_at, together.get(name, last_at))
    return held
