"""The state of lastcall itself: records read, records rejected, last ticks of the engine."""

from datetime import datetime, timedelta
from functools import cache

from pydantic import Field
from sqlalchemy import Executable, Integer, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import heartbeats, passed_over, rejections, watermarks
from service.adapters.queries.paging import AnswerModel

MAX_ROWS = 500


class WatermarkAnswer(AnswerModel):
    """The ledger of one topic partition: `records = call + rejected + other`."""

    source: str = Field(examples=["kafka"], description="kafka or file.")
    topic: str
    partition: int
    next_offset: int
    records: int
    call_records: int
    rejected_records: int
    other_records: int
    gap_records: int
    applied_at: datetime
    caught_up_at: datetime | None = Field(
        default=None, description="All records older than this are applied; null: lastcall has not reached the end yet."
    )


async def read_watermarks(connection: AsyncConnection) -> list[WatermarkAnswer]:
    w = watermarks.c
    rows = await connection.execute(select(watermarks).order_by(w.source, w.topic, w.partition).limit(MAX_ROWS))
    return [WatermarkAnswer(**row) for row in rows.mappings()]


class HeartbeatAnswer(AnswerModel):
    """The last tick of an engine verb."""

    verb: str
    now: datetime
    finished_at: datetime
    took_ms: float
    company: str | None = Field(default=None, description="Digest of the lastcall.yaml in force at the tick.")


async def read_heartbeats(connection: AsyncConnection) -> list[HeartbeatAnswer]:
    rows = await connection.execute(select(heartbeats).order_by(heartbeats.c.verb))
    return [HeartbeatAnswer(**row) for row in rows.mappings()]


class RejectionAnswer(AnswerModel):
    """Rejected records, or rejected parts of one."""

    source: str = Field(examples=["kafka"], description="kafka or file.")
    topic: str
    reason: str
    format: str = Field(description="Empty: the format is not recognized.")
    shape: str = Field(
        examples=["an object with host, message and level"],
        description="Names of keys of a record in an unknown format. Empty for other reasons, and beyond 20 shapes.",
    )
    rejected: int
    last_hour: datetime = Field(description="Start of the latest hour with such a rejection.")
    sample: str = Field(examples=["3:104422"], description="partition:offset of a sample.")
    detail: str


async def read_rejections(connection: AsyncConnection, *, now: datetime, days: int = 7) -> list[RejectionAnswer]:
    """Rejections of the last `days` by source, topic, reason, dialect and shape, most first; the sample is the
    newest."""
    rows = await connection.execute(_rejections(), {"since": now - timedelta(days=days), "now": now})
    return [RejectionAnswer(**row) for row in rows.mappings()]


@cache
def _rejections() -> Executable:
    r = rejections.c
    kind = (r.source, r.topic, r.reason, r.format, r.shape)
    sample = func.concat(r.sample_partition, ":", r.sample_offset).label("sample")
    newest = (
        select(*kind, r.hour.label("last_hour"), sample, r.detail)
        .add_columns(func.sum(r.rejected).over(partition_by=kind).label("rejected"))
        .where(r.hour > bindparam("since"), r.hour <= bindparam("now"))
        .ext(distinct_on(*kind))
        .order_by(*kind, r.hour.desc())
        .subquery()
    )
    return select(newest).order_by(newest.c.rejected.desc(), *newest.c[:5]).limit(MAX_ROWS)


class PassedOverAnswer(AnswerModel):
    """Parts of records that lastcall recognizes as no calls."""

    source: str = Field(examples=["kafka"], description="kafka or file.")
    topic: str
    format: str
    kind: str
    parts: int
    calls: bool = Field(description="True: the topic also had a record with a call in this period.")


async def read_passed_over(
    connection: AsyncConnection, *, now: datetime, limit: int = MAX_ROWS
) -> list[PassedOverAnswer]:
    """Records passed over in the last 7 days by source, topic, format and kind: topics without a call first, then most
    parts first."""
    values = {"since": now - timedelta(days=7), "now": now, "limit": limit}
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
