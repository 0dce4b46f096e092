"""What readiness and metrics are made of."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters import metrics
from service.adapters.postgres.conditions import Condition, open_conditions
from service.adapters.postgres.database import REVISION, Database, DatabaseTrouble, Unreachable, current_revision
from service.adapters.postgres.tables import notifications
from service.adapters.queries.answers import HeartbeatAnswer, WatermarkAnswer
from service.adapters.queries.exposures import Standing
from service.adapters.queries.operation import read_heartbeats, read_watermarks
from service.adapters.queries.unknown import count_unknown_ids, count_unplaced_models

ANSWERS_WITHIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """`trouble` is None when the database answers and its schema is the one that this release knows."""

    trouble: str | None
    remedy: str | None = None
    revision: str | None = None
    conditions: tuple[Condition, ...] = ()
    watermarks: tuple[WatermarkAnswer, ...] = ()
    heartbeats: tuple[HeartbeatAnswer, ...] = ()


async def read_database_health(database: Database) -> DatabaseHealth:
    """Never raises for a database that is away or slow. The error's own text is not passed on."""
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


async def set_gauges(connection: AsyncConnection, standings: Iterable[Standing], *, now: datetime) -> None:
    """Set the gauges `metrics.FROM_DATABASE`."""
    for gauge in metrics.FROM_DATABASE:
        gauge.clear()
    n = notifications.c
    for state, count in await connection.execute(select(n.state, func.count()).group_by(n.state)):
        metrics.NOTIFICATIONS.labels(state).set(count)
    for condition in await open_conditions(connection):
        metrics.CONDITIONS.labels(condition.kind).inc()
    for beat in await read_heartbeats(connection):
        metrics.LAST_TICK.labels(beat.verb).set(beat.finished_at.timestamp())
    metrics.UNRESOLVED_IDS.set(await count_unknown_ids(connection, now=now))
    metrics.UNPLACED_MODELS.set(await count_unplaced_models(connection, now=now))
    nearest: dict[str, int] = {}
    for exposure in standings:
        metrics.EXPOSURES.labels(exposure.platform, exposure.state).inc()
        if exposure.state != "quiet" and exposure.days_left is not None:
            nearest[exposure.platform] = min(exposure.days_left, nearest.get(exposure.platform, exposure.days_left))
    for platform, days in nearest.items():
        metrics.NEAREST_DEADLINE.labels(platform).set(days)
