"""The state of lastcall itself: records read, records rejected, last ticks of the engine."""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
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
    r = rejections.c
    kind = (r.source, r.topic, r.reason, r.format, r.shape)
    newest = (
        select(*kind, r.hour, r.sample_partition, r.sample_offset, r.detail)
        .add_columns(func.sum(r.rejected).over(partition_by=kind).label("rejected"))
        .where(r.hour > now - timedelta(days=days), r.hour <= now)
        .ext(distinct_on(*kind))
        .order_by(*kind, r.hour.desc())
        .subquery()
    )
    rows = await connection.execute(select(newest).order_by(newest.c.rejected.desc(), *newest.c[:5]).limit(MAX_ROWS))
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


async def read_passed_over(
    connection: AsyncConnection, *, now: datetime, days: int = 7, limit: int = MAX_ROWS
) -> list[PassedOverAnswer]:
    """Records passed over in the last `days` by source, topic, format and kind: topics without a call first, then most
    parts first."""
    p, w = passed_over.c, watermarks.c
    since = now - timedelta(days=days)
    called = exists().where(w.source == p.source, w.topic == p.topic, w.called_at > since)
    kind = (p.source, p.topic, p.format, p.kind)
    parts, calls = func.sum(p.parts).label("parts"), called.label("calls")
    rows = await connection.execute(
        select(*kind, parts, calls)
        .where(p.hour > since, p.hour <= now)
        .group_by(*kind)
        .order_by(calls, parts.desc(), *kind)
        .limit(limit)
    )
    return [PassedOverAnswer(**row) for row in rows.mappings()]
