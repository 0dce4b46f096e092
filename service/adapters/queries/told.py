"""Stored notifications of a span of time, and their outcomes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import campaigns, notifications
from service.adapters.postgres.usage_keys import KEY
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.plan import Planned
from service.core.explanation.reason import reason_of
from service.core.notification import Notice, read_facts


async def read_told(connection: AsyncConnection, catalog: Catalog, *, start: datetime, end: datetime) -> list[Planned]:
    """Notifications due from `start` to before `end`. A rerouted one counts once, at its original destination."""
    n, c = notifications.c, campaigns.c
    again = notifications.alias("again")
    instead = (
        select(again.c.destination).where(again.c.rerouted_from == n.id, again.c.campaign_id.is_not(None)).limit(1)
    )
    rows = await connection.execute(
        select(
            *(c[name] for name in KEY), n.id, n.not_before, n.step, n.destination, n.audience, n.state, n.facts, n.kind
        )
        .add_columns(instead.scalar_subquery().label("instead"))
        .join_from(notifications, campaigns)
        .where(n.not_before >= start, n.not_before < end, n.rerouted_from.is_(None))
    )
    return [_planned(row, catalog) for row in rows]


def _planned(row: Row[Any], catalog: Catalog) -> Planned:
    facts, known = read_facts(row.facts), catalog.get(row.platform, row.model)
    return Planned(
        at=row.not_before,
        service=row.service,
        environment=row.environment,
        platform=row.platform,
        model=row.model,
        id=known.id if known else row.model,
        step=row.step or row.kind,
        repeat_days=facts.cause.step.repeat_days if isinstance(facts, Notice) else None,
        destination=row.destination,
        audience=row.audience,
        status=row.state,
        reason=reason_of(facts, row.audience),
        instead=row.instead,
        notification=str(row.id),
    )
