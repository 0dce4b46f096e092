"""The state of lastcall itself: records read, records rejected, last ticks of the engine."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, Integer, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import heartbeats, passed_over, rejections, watermarks
from service.adapters.queries.operation_answers import (
    HeartbeatAnswer,
    PassedOverAnswer,
    RejectionAnswer,
    WatermarkAnswer,
)

MAX_ROWS = 500


async def read_watermarks(connection: AsyncConnection) -> list[WatermarkAnswer]:
    rows = await connection.execute(
        select(watermarks).order_by(watermarks.c.source, watermarks.c.topic, watermarks.c.partition).limit(MAX_ROWS)
    )
    fields = WatermarkAnswer.model_fields
    return [WatermarkAnswer(**{name: row[name] for name in fields}) for row in rows.mappings()]


async def read_heartbeats(connection: AsyncConnection) -> list[HeartbeatAnswer]:
    rows = await connection.execute(select(heartbeats).order_by(heartbeats.c.verb))
    return [HeartbeatAnswer(**row) for row in rows.mappings()]


async def read_rejections(connection: AsyncConnection, *, now: datetime, days: int = 7) -> list[RejectionAnswer]:
    """Rejections of the last `days` by source, topic, reason, dialect and shape, most first; the sample is the
    newest."""
    rows = await connection.execute(_rejections(), {"since": now - timedelta(days=days), "now": now})
    return [
        RejectionAnswer(
            source=row.source,
            topic=row.topic,
            reason=row.reason,
            format=row.format,
            shape=row.shape,
            rejected=row.rejected,
            last_hour=row.hour,
            sample=f"{row.sample_partition}:{row.sample_offset}",
            detail=row.detail,
        )
        for row in rows
    ]


@cache
def _rejections() -> Executable:
    r = rejections.c
    kind = (r.source, r.topic, r.reason, r.format, r.shape)
    newest = (
        select(*kind, r.hour, r.sample_partition, r.sample_offset, r.detail)
        .add_columns(func.sum(r.rejected).over(partition_by=kind).label("rejected"))
        .where(r.hour > bindparam("since"), r.hour <= bindparam("now"))
        .ext(distinct_on(*kind))
        .order_by(*kind, r.hour.desc())
        .subquery()
    )
    return select(newest).order_by(newest.c.rejected.desc(), *newest.c[:5]).limit(MAX_ROWS)


async def read_passed_over(
    connection: AsyncConnection, *, now: datetime, days: int = 7, limit: int = MAX_ROWS
) -> list[PassedOverAnswer]:
    """Records passed over in the last `days` by source, topic, format and kind: topics without a call first, then most
    parts first."""
    values = {"since": now - timedelta(days=days), "now": now, "limit": limit}
    rows = await connection.execute(_passed_over(), values)
    return [PassedOverAnswer(**row) for row in rows.mappings()]


@cache
def _passed_over() -> Executable:
    p, w = passed_over.c, watermarks.c
    called = exists().where(w.source == p.source, w.topic == p.topic, w.called_at > bindparam("since"))
    kind = (p.source, p.topic, p.format, p.kind)
    parts, calls = func.sum(p.parts).label("parts"), called.label("calls")
    return (
        select(*kind, parts, calls)
        .where(p.hour > bindparam("since"), p.hour <= bindparam("now"))
        .group_by(*kind)
        .order_by(calls, parts.desc(), *kind)
        .limit(bindparam("limit", type_=Integer()))
    )
