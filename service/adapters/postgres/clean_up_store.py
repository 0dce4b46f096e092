"""Deletes expired data, one batch per transaction. Locked rows are left for the next run."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Date, Table, and_, cast, delete, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.exposure_rows import drop_exposures
from service.adapters.postgres.series_store import keep_writers_out
from service.adapters.postgres.tables import (
    agenda,
    campaigns,
    conditions,
    digests,
    end_notices,
    exposures,
    key_owners,
    messages,
    model_days,
    notifications,
    passed_over,
    rejections,
    series,
    stale_days,
    usage_closed,
    usage_daily,
    usage_hourly,
    usage_hourly_late,
    usage_months,
)
from service.adapters.postgres.usage_keys import KEY, key_rows, same_key
from service.core.calendar import utc_midnight
from service.core.exposure import ExposureKey
from service.core.retention import Retention, month_of

BATCH = 5_000

Delete = Callable[[AsyncConnection, Retention, datetime], Awaitable[int]]


async def _late_hours(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes the late hours of the oldest day, after their recalculation. Its totals are final from then on, like
    those of a newly closed month. Locks writers out, so none adds to an hour that is already in the total of its
    day."""
    h, first = usage_hourly_late.c.hour, retention.first_day(now)
    if await connection.scalar(select(h).where(h < utc_midnight(first)).limit(1)) is None:
        return 0
    await keep_writers_out(connection)
    oldest = await connection.scalar(select(func.min(cast(func.timezone("UTC", h), Date))))
    marked = await connection.scalar(select(exists().where(stale_days.c.day == oldest)))
    if oldest is None or marked:
        return 0
    closed = insert(usage_months).values(month=month_of(oldest), made_at=now, closed_at=now)
    await connection.execute(closed.on_conflict_do_nothing())
    await connection.execute(delete(usage_closed).where(usage_closed.c.day == oldest))
    ends = utc_midnight(oldest + timedelta(days=1))
    return (await connection.execute(delete(usage_hourly_late).where(h < ends))).rowcount


async def _days(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Keeps the days of open campaigns."""
    is_open = exists().where(same_key(campaigns, usage_daily), campaigns.c.state == "open")
    return await _delete(connection, usage_daily, usage_daily.c.day < retention.first_day(now), ~is_open)


async def _model_days(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Of dates of which no use is kept."""
    used = exists().where(usage_daily.c.day == model_days.c.day)
    return await _delete(connection, model_days, model_days.c.day < retention.first_day(now), ~used)


async def _closed_days(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes closed totals of deleted days."""
    day = and_(same_key(usage_daily, usage_closed), usage_daily.c.day == usage_closed.c.day)
    return await _delete(connection, usage_closed, usage_closed.c.day < retention.first_day(now), ~exists().where(day))


async def _series(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes series without hours and without days of their uses. A process may have cached a deleted series:
    `uses_of_series` reports that."""
    s, d = series.c, usage_daily.c
    use = and_(*(d[name] == s[name] for name in KEY[:3]), or_(d.model == s.requested_model, d.model == s.served_model))
    unused = (~exists().where(usage_hourly.c.series_id == s.id), ~exists().where(use))
    ids = (await connection.scalars(select(s.id).where(*unused).order_by(s.id).limit(BATCH))).all()
    if not ids:
        return 0
    await keep_writers_out(connection)
    return await _delete(connection, series, s.id.in_(ids), *unused)


async def _key_owners(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    return await _delete(connection, key_owners, ~exists().where(series.c.service == key_owners.c.service))


async def _end_notices(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    return await _delete(connection, end_notices, ~exists().where(series.c.id == end_notices.c.series_id))


async def _exposures(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes exposures without days. Locks their keys, like every writer of exposures."""
    gone = (exists().where(same_key(exposures, agenda)), ~exists().where(same_key(usage_daily, agenda)))
    some = select(*(agenda.c[name] for name in KEY)).where(*gone).limit(BATCH)
    locked = [ExposureKey(*row) for row in await connection.execute(some.with_for_update(skip_locked=True, of=agenda))]
    v = key_rows(locked)
    still = select(*(v.c[name] for name in KEY)).where(~exists().where(same_key(usage_daily, v)))
    keys = [ExposureKey(*row) for row in await connection.execute(still)]
    await drop_exposures(connection, keys)
    return len(keys)


async def _agenda(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes uses without data from the agenda."""
    of_use = (~exists().where(same_key(table, agenda)) for table in (campaigns, exposures, usage_daily, stale_days))
    return await _delete(connection, agenda, agenda.c.due_at.is_(None), *of_use)


async def _notifications(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes settled notifications whose campaign has been closed for the period, or that have none. A notification
    that replaced another one stays with it."""
    n, c, other = notifications.c, campaigns.c, notifications.alias("other")
    before = now - timedelta(days=retention.notifications)
    goes_on = exists().where(c.id == n.campaign_id, or_(c.state == "open", c.closed_at >= before))
    settled = (n.state.in_(("delivered", "failed")), n.settled_at < before)
    return await _delete(connection, notifications, *settled, ~goes_on, ~exists().where(other.c.rerouted_from == n.id))


async def _messages(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes messages without notifications."""
    m = messages.c
    told = exists().where(notifications.c.message_id == m.id)
    return await _delete(connection, messages, m.rendered_at < now - timedelta(days=retention.notifications), ~told)


async def _digests(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    return await _delete(connection, digests, digests.c.recorded_at < now - timedelta(days=retention.notifications))


async def _rejections(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    return await _delete(connection, rejections, rejections.c.hour < now - timedelta(days=retention.rejections))


async def _passed_over(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    return await _delete(connection, passed_over, passed_over.c.hour < now - timedelta(days=retention.rejections))


async def _conditions(connection: AsyncConnection, retention: Retention, now: datetime) -> int:
    """Deletes closed conditions."""
    return await _delete(connection, conditions, conditions.c.cleared_at < now - timedelta(days=retention.conditions))


USES: Mapping[str, Delete] = {
    "late hours": _late_hours,
    "days": _days,
    "closed days": _closed_days,
    "exposures": _exposures,
}
NAMES: Mapping[str, Delete] = {
    "series": _series,
    "key owners": _key_owners,
    "end notices": _end_notices,
    "agenda": _agenda,
}
"""Steps that scan all names; they run only after a step of `USES` deleted something, or a month was closed."""
REST: Mapping[str, Delete] = {
    "days of models": _model_days,
    "notifications": _notifications,
    "messages": _messages,
    "digests": _digests,
    "rejections": _rejections,
    "passed over": _passed_over,
    "conditions": _conditions,
}
"""Steps in order of dependency. Each deletes one batch and returns its size; 0: nothing is left."""


async def _delete(connection: AsyncConnection, table: Table, *which: ColumnElement[bool]) -> int:
    key = tuple_(*table.primary_key)
    some = select(*table.primary_key).where(*which).limit(BATCH).with_for_update(skip_locked=True, of=table)
    return (await connection.execute(delete(table).where(key.in_(some)))).rowcount
