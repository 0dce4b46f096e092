"""Stores the ends that providers announce in their answers: by series and header the latest call's, at most once a
day unless its words change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Date, DateTime, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import end_notices, series
from service.adapters.postgres.unnest import chunked, unnested
from service.core.catalog.traffic import AnsweredEnd
from service.core.rollup import EndNotices
from service.core.usage import EndHeader, EndNotice

_REMEMBERED = 100_000


class StoredNotice(NamedTuple):
    """In the order of the columns."""

    series_id: int
    header: EndHeader
    deprecated_on: date | None
    ends_on: date | None
    last_at: datetime


class EndNoticeBook:
    """Cache of the notices that this process has written, to skip unchanged ones. It is updated after the commit."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, EndHeader], tuple[EndNotice, date]] = {}

    async def write(
        self, connection: AsyncConnection, notices: Mapping[int, EndNotices], *, now: datetime
    ) -> list[StoredNotice]:
        """`notices` by series id. A future time counts as now. Returns the written ones, for `learn`."""
        every = [
            StoredNotice(id_, header, notice.deprecated_on, notice.ends_on, min(last_at, now))
            for id_, by_header in notices.items()
            for header, (last_at, notice) in by_header.items()
        ]
        fresh = sorted((one for one in every if self._is_fresh(one)), key=lambda one: one[:2])
        for some in chunked(fresh):
            await _write(connection, some)
        return fresh

    def learn(self, written: Iterable[StoredNotice]) -> None:
        """Call it after the commit."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        self._known.update(((one.series_id, one.header), _known(one)) for one in written)

    def _is_fresh(self, one: StoredNotice) -> bool:
        notice, day = _known(one)
        known = self._known.get((one.series_id, one.header))
        return known is None or day > known[1] or (day == known[1] and notice != known[0])


def _known(one: StoredNotice) -> tuple[EndNotice, date]:
    return EndNotice(one.header, one.deprecated_on, one.ends_on), one.last_at.date()


async def _write(connection: AsyncConnection, some: Sequence[StoredNotice]) -> None:
    v = unnested(
        ("series_id", BigInteger(), [one.series_id for one in some]),
        ("header", Text(), [one.header for one in some]),
        ("deprecated_on", Date(), [one.deprecated_on for one in some]),
        ("ends_on", Date(), [one.ends_on for one in some]),
        ("last_at", DateTime(timezone=True), [one.last_at for one in some]),
    )
    statement = insert(end_notices).from_select(list(StoredNotice._fields), select(v))
    old, new = end_notices.c, statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[old.series_id, old.header],
            set_={name: new[name] for name in ("deprecated_on", "ends_on", "last_at")},
            where=old.last_at <= new.last_at,
        )
    )


async def read_answered_ends(connection: AsyncConnection) -> list[AnsweredEnd]:
    """The latest of each (platform, model, header). A served model is the one that the answer is about."""
    s, e = series.c, end_notices.c
    model = func.coalesce(s.served_model, s.requested_model)
    query = (
        select(s.platform, model, e.header, e.deprecated_on, e.ends_on, e.last_at)
        .join(end_notices, e.series_id == s.id)
        .where(s.platform.is_not(None), model.is_not(None))
        .distinct(s.platform, model, e.header)
        .order_by(s.platform, model, e.header, e.last_at.desc(), s.id)
    )
    return [AnsweredEnd(*row) for row in await connection.execute(query)]
