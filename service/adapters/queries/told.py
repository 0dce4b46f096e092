"""What escalation wrote down for a span of time, and what became of it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import campaigns, notifications
from service.adapters.postgres.usage_keys import KEY
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.plan import Planned


async def read_told(connection: AsyncConnection, catalog: Catalog, *, start: datetime, end: datetime) -> list[Planned]:
    """What was to go out from `start` up to, not including, `end`. What was rerouted counts once, where it was meant
    for."""
    n, c = notifications.c, campaigns.c
    again = notifications.alias("again")
    instead = (
        select(again.c.destination).where(again.c.rerouted_from == n.id, again.c.campaign_id.is_not(None)).limit(1)
    )
    rows = await connection.execute(
        select(*(c[name] for name in KEY), n.id, n.not_before, n.step, n.destination, n.audience, n.state, n.reason)
        .add_columns(n.facts["repeat_days"].as_integer().label("repeat_days"))
        .add_columns(instead.scalar_subquery().label("instead"))
        .join_from(notifications, campaigns)
        .where(n.not_before >= start, n.not_before < end, n.rerouted_from.is_(None))
    )
    return [
        Planned(
            at=row.not_before,
            service=row.service,
            environment=row.environment,
            platform=row.platform,
            model=row.model,
            id=known.id if (known := catalog.get(row.platform, row.model)) else row.model,
            step=row.step,
            repeat_days=row.repeat_days,
            destination=row.destination,
            audience=row.audience,
            status=row.state,
            reason=row.reason,
            instead=row.instead,
            notification=str(row.id),
        )
        for row in rows
    ]
