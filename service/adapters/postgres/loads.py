"""Which of several versions of a file decides: the one that was loaded last, while it is in use.

A table of loads has a row for each version: `digest`, `loaded_at`, and `seen_at`, when somebody who goes by it ticked.
"""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Table, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

OUT_OF_USE = timedelta(minutes=10)
"""Without a tick by anybody who goes by a version, it is not in use any more."""
_SEEN_EVERY = timedelta(minutes=1)
_LOAD_LOCK = 0x6C6F6164
"""Advisory: one process at a time notices a new version."""
Standing = Literal["in force", "superseded"]


async def standing_of(connection: AsyncConnection, loads: Table, digest: str, *, now: datetime) -> Standing | None:
    """None: it is new, or the one that came after it is out of use."""
    by_age = select(loads.c.digest, loads.c.seen_at).order_by(loads.c.loaded_at.desc(), loads.c.digest)
    newest = (await connection.execute(by_age.limit(1))).one_or_none()
    if newest is None:
        return None
    if newest.digest == digest:
        return "in force"
    known = await connection.scalar(select(loads.c.digest).where(loads.c.digest == digest))
    return "superseded" if known is not None and now - newest.seen_at < OUT_OF_USE else None


async def go_by(connection: AsyncConnection, loads: Table, digest: str, *, now: datetime) -> Standing | None:
    """Its standing, noting that it is in use. None: load it in this transaction; until that ends, nobody else does."""
    if (standing := await standing_of(connection, loads, digest, now=now)) is None:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOAD_LOCK})
        standing = await standing_of(connection, loads, digest, now=now)
    if standing == "in force":
        not_noted = (loads.c.digest == digest, loads.c.seen_at <= now - _SEEN_EVERY)
        await connection.execute(update(loads).where(*not_noted).values(seen_at=now))
    return standing
