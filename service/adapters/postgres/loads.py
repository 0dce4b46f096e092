"""Determines which of several versions of a file takes precedence: the one that was loaded last, while it is in use.

A table of loads has one row per version: `digest`, `loaded_at`, and `seen_at`, the last tick of a process that uses it.
"""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Table, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

OUT_OF_USE = timedelta(minutes=10)
"""A version is out of use if no process with it has ticked for this time."""
_SEEN_EVERY = timedelta(minutes=1)
_LOAD_LOCK = 0x6C6F6164
"""Advisory lock: only one process at a time loads a new version."""
Standing = Literal["in force", "superseded"]


async def version_status(connection: AsyncConnection, loads: Table, digest: str, *, now: datetime) -> Standing | None:
    """None: the version is new, or the one after it is out of use."""
    by_age = select(loads.c.digest, loads.c.seen_at).order_by(loads.c.loaded_at.desc(), loads.c.digest)
    newest = (await connection.execute(by_age.limit(1))).one_or_none()
    if newest is None:
        return None
    if newest.digest == digest:
        return "in force"
    known = await connection.scalar(select(loads.c.digest).where(loads.c.digest == digest))
    return "superseded" if known is not None and now - newest.seen_at < OUT_OF_USE else None


async def use_version(connection: AsyncConnection, loads: Table, digest: str, *, now: datetime) -> Standing | None:
    """Record the use of the version, and return its status. None: load it in this transaction, which excludes other
    processes."""
    if (status := await version_status(connection, loads, digest, now=now)) is None:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOAD_LOCK})
        status = await version_status(connection, loads, digest, now=now)
    if status == "in force":
        not_noted = (loads.c.digest == digest, loads.c.seen_at <= now - _SEEN_EVERY)
        await connection.execute(update(loads).where(*not_noted).values(seen_at=now))
    return status
