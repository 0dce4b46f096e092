"""Stores sample request ids of each series, as evidence: those of its last day with any, written once a day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import bindparam, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import series
from service.core.rollup import MAX_SAMPLES

_REMEMBERED = 200_000


class SampleBook:
    """Cache of the days for which this process has written samples, by series, to skip further ones."""

    def __init__(self) -> None:
        self._days: dict[int, date] = {}

    async def write(
        self, connection: AsyncConnection, samples: Mapping[int, Sequence[str]], days: Mapping[int, date], now: datetime
    ) -> dict[int, date]:
        """Write samples, by series id; `days` are their last possible days. A future day counts as today. Returns the
        written days, for `learn`."""
        today = now.astimezone(UTC).date()
        past = {id_: min(day, today) for id_, day in days.items() if id_ in samples}
        fresh = {id_: day for id_, day in past.items() if self._is_fresh(id_, day)}
        if not fresh:
            return {}
        s = series.c
        is_newer = or_(s.sampled_on.is_(None), s.sampled_on < bindparam("day"))
        statement = update(series).where(s.id == bindparam("series_id"), is_newer)
        rows = [
            {"series_id": id_, "day": day, "request_ids": list(samples[id_][:MAX_SAMPLES])}
            for id_, day in sorted(fresh.items())  # every writer locks in this order
        ]
        await connection.execute(statement.values(samples=bindparam("request_ids"), sampled_on=bindparam("day")), rows)
        return fresh

    def learn(self, days: Mapping[int, date]) -> None:
        """Call it after the commit."""
        if len(self._days) > _REMEMBERED:
            self._days.clear()
        self._days |= days

    def _is_fresh(self, id_: int, day: date) -> bool:
        written = self._days.get(id_)
        return written is None or day > written
