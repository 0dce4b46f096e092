"""Data of /readyz and of the metrics."""

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters import metrics
from service.adapters.postgres.conditions import open_conditions
from service.adapters.postgres.database import REVISION, Database, DatabaseTrouble, Unreachable, current_revision
from service.adapters.postgres.tables import notifications
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.listing import count_by_model
from service.adapters.queries.operation import HeartbeatAnswer, WatermarkAnswer, read_heartbeats, read_watermarks
from service.adapters.queries.unknown import count_unknown_ids
from service.core.catalog.lifecycle import Catalog
from service.core.condition import OpenCondition
from service.core.exposure import State

ANSWERS_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """`trouble` is None if the database responds and has this release's schema."""

    trouble: str | None
    remedy: str | None = None
    revision: str | None = None
    conditions: tuple[OpenCondition, ...] = ()
    watermarks: tuple[WatermarkAnswer, ...] = ()
    heartbeats: tuple[HeartbeatAnswer, ...] = ()


async def read_database_health(database: Database) -> DatabaseHealth:
    """Never raises if the database is unavailable or slow. The text of the error is not passed on."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_SECONDS):
            revision = await current_revision(database)
            if revision != REVISION:
                return DatabaseHealth("the database is not migrated", "Run `lastcall migrate`.", revision)
            async with database.connect() as connection:
                return DatabaseHealth(
                    trouble=None,
                    revision=revision,
                    conditions=tuple(await open_conditions(connection)),
                    watermarks=tuple(await read_watermarks(connection)),
                    heartbeats=tuple(await read_heartbeats(connection)),
                )
    except (Unreachable, *DatabaseTrouble) as error:
        return DatabaseHealth(
            f"the database does not answer ({type(error).__name__})", "Run `lastcall doctor` where lastcall runs."
        )


async def set_gauges(connection: AsyncConnection, catalog: Catalog, topics: Collection[str], *, now: datetime) -> None:
    """Sets the gauges in `metrics.FROM_DATABASE`."""
    for gauge in metrics.FROM_DATABASE:
        gauge.clear()
    n = notifications.c
    for state, count in await connection.execute(select(n.state, func.count()).group_by(n.state)):
        metrics.NOTIFICATIONS.labels(state).set(count)
    for one in await open_conditions(connection):
        metrics.CONDITIONS.labels(one.condition.kind).inc()
    for beat in await read_heartbeats(connection):
        metrics.LAST_TICK.labels(beat.verb).set(beat.finished_at.timestamp())
    metrics.UNRESOLVED_IDS.set(await count_unknown_ids(connection, unplaced=False, now=now))
    metrics.UNPLACED_MODELS.set(await count_unknown_ids(connection, unplaced=True, now=now))
    known = await known_until(connection, topics, now=now)
    by_model = await count_by_model(connection, known=known, now=now)
    exposures: Counter[tuple[str, State]] = Counter()
    nearest: dict[str, date] = {}
    for (platform, model), by_state in by_model.items():
        exposures.update({(platform, state): number for state, number in by_state.items() if number})
        record = catalog.get(platform, model)
        deadline = record.shutdown.deadline if record else None
        if deadline is not None and by_state.total() > by_state["quiet"]:
            nearest[platform] = min(deadline, nearest.get(platform, deadline))
    for (platform, state), number in exposures.items():
        metrics.EXPOSURES.labels(platform, state).set(number)
    for platform, day in nearest.items():
        metrics.NEAREST_DEADLINE.labels(platform).set((day - now.date()).days)
