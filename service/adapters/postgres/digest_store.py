"""Reads the data of digests and stores recorded ones, in the caller's transaction."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

import msgspec
from sqlalchemy import func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import load_campaigns
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.tables import (
    campaigns,
    conditions,
    digests,
    notifications,
    rejections,
    series,
    usage_daily,
    usage_hourly,
)
from service.adapters.postgres.volumes import by_reporter, ranked, volume
from service.adapters.postgres.watermark_store import known_until
from service.core.batch import topic_in_words
from service.core.condition import read_condition
from service.core.condition_catalog import CatalogStale
from service.core.digest import Picture, Rejected, UnresolvedId
from service.core.escalation.campaign import Campaign
from service.core.exposure import ExposureKey
from service.core.notification import Digest
from service.core.ownership import Destination
from service.core.week import Week


async def load_picture(connection: AsyncConnection, week: Week, *, topics: Collection[str]) -> Picture:
    """`topics`: the topics that are read. Silence does not count until they are read to their end."""
    return Picture(
        week=week,
        known_until=await known_until(connection, topics, now=week.end),
        told=await _load_told(connection, week),
        campaigns=await _load_asked(connection),
        checklists={key: each.as_of(week.last_moment) for key, each in (await load_checklists(connection)).items()},
        rejected=await _load_rejected(connection, week),
        unresolved=await _load_unresolved(connection, week),
        stale_sources=await _load_stale_sources(connection, week),
    )


async def anything_known(connection: AsyncConnection, before: datetime) -> bool:
    """Whether a call was counted or a record rejected before the instant, a midnight, by event time."""
    seen = union_all(
        select(literal(1)).where(usage_daily.c.day < before.date()).limit(1),
        select(literal(1)).where(usage_hourly.c.hour < before).limit(1),
        select(literal(1)).where(rejections.c.hour < before).limit(1),
    )
    return (await connection.execute(seen)).first() is not None


async def recorded_audiences(connection: AsyncConnection, week: Week) -> set[str]:
    rows = await connection.execute(select(digests.c.audience).where(digests.c.week == str(week)))
    return set(rows.scalars())


async def record(
    connection: AsyncConnection, digest: Digest, destination: Destination | None, *, now: datetime
) -> bool:
    """Record the digest, and its notification if it has contents. False: it is already recorded."""
    picture = msgspec.to_builtins(digest)
    row = {"week": digest.week, "audience": digest.audience, "picture": picture, "recorded_at": now}
    written = await connection.execute(
        insert(digests).values(row).on_conflict_do_nothing().returning(digests.c.audience)
    )
    if written.first() is None:
        return False
    if destination is not None:
        await connection.execute(
            insert(notifications)
            .values(
                id=uuid4(),
                dedup_key=f"digest/{digest.week}/{digest.audience}",
                kind="digest",
                audience=destination.audience,
                destination=destination.address,
                facts=picture,
                decided_at=now,
                not_before=now,
            )
            .on_conflict_do_nothing(index_elements=[notifications.c.dedup_key])
        )
    return True


async def _load_told(connection: AsyncConnection, week: Week) -> frozenset[ExposureKey]:
    c = campaigns.c
    told = (
        select(c.service, c.environment, c.platform, c.model)
        .join(notifications, notifications.c.campaign_id == c.id)
        .where(notifications.c.state == "delivered", notifications.c.settled_at < week.end)
        .distinct()
    )
    return frozenset(ExposureKey(*row) for row in await connection.execute(told))


async def _load_asked(connection: AsyncConnection) -> dict[ExposureKey, Campaign]:
    """Campaigns with an act of a person."""
    c = campaigns.c
    asked = or_(*(column.is_not(None) for column in (c.hold, c.acknowledged, c.promise, c.kept_open)))
    rows = await connection.execute(select(c.service, c.environment, c.platform, c.model).where(asked))
    keys = [ExposureKey(*row) for row in rows]
    return await load_campaigns(connection, keys) if keys else {}


async def _load_rejected(connection: AsyncConnection, week: Week) -> list[Rejected]:
    r = rejections.c
    rows = await connection.execute(
        select(r.source, r.topic, r.reason, func.sum(r.rejected))
        .where(r.hour >= week.start, r.hour < week.end)
        .group_by(r.source, r.topic, r.reason)
    )
    return [Rejected(topic_in_words(source, topic), reason, int(records)) for source, topic, reason, records in rows]


async def _load_unresolved(connection: AsyncConnection, week: Week) -> list[UnresolvedId]:
    s, u = series.c, usage_hourly.c
    use = (func.coalesce(s.requested_id, s.served_id, "(no id)").label("id"), s.service, s.environment)
    reported = (
        by_reporter(use)
        .join_from(series, usage_hourly, u.series_id == s.id)
        .where(s.requested_model.is_(None), s.served_model.is_(None), u.hour >= week.start, u.hour < week.end)
    )
    of_use = ranked(reported.subquery(), ("id", "service", "environment"))
    of_whom = (of_use.c.id, of_use.c.service)
    rows = await connection.execute(select(*of_whom, volume(of_use)).group_by(*of_whom))
    return [UnresolvedId(unknown, service, int(calls)) for unknown, service, calls in rows]


async def _load_stale_sources(connection: AsyncConnection, week: Week) -> dict[str, int]:
    c = conditions.c
    stale = select(c.subject, c.since, c.facts).where(
        c.kind == "catalog_stale", c.since < week.end, or_(c.cleared_at.is_(None), c.cleared_at >= week.end)
    )
    found: dict[str, int] = {}
    for source, since, facts in await connection.execute(stale):
        told = read_condition("catalog_stale", source, facts)
        read_at = told.read_at if isinstance(told, CatalogStale) else None
        found[source] = max(0, (week.end - (read_at or since)).days)
    return found
