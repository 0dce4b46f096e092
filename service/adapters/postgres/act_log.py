"""The history of acts on exposures, with author and time. It is append-only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import acts
from service.adapters.postgres.unnest import insert_rows
from service.adapters.postgres.usage_keys import KEY
from service.core.exposure import ExposureKey

MAX_ACTS = 200
"""Maximum number of acts that are read per exposure."""


@dataclass(frozen=True, slots=True)
class LoggedAct:
    kind: str
    """acknowledge, snooze, commit, waive, reassign, reopen, check."""
    author: str
    """As given: untrusted text."""
    at: datetime
    details: Mapping[str, Any]
    """Parameters of the act: until when, reason, new owner, item."""


async def record_act(
    connection: AsyncConnection, key: ExposureKey, kind: str, *, author: str, at: datetime, details: Mapping[str, Any]
) -> None:
    """Call it in the transaction of the act. `details` must be JSON: dates as ISO text."""
    await record_acts(connection, [key], kind, author=author, at=at, details=details)


async def record_acts(
    connection: AsyncConnection,
    keys: Sequence[ExposureKey],
    kind: str,
    *,
    author: str,
    at: datetime,
    details: Mapping[str, Any],
) -> None:
    """One act on each of `keys`, in one statement. `keys` may be empty."""
    common = {"kind": kind, "author": author, "at": at, "details": json.dumps(details)}
    if keys:
        await connection.execute(insert_rows(acts, [key._asdict() | common for key in keys]))


async def read_acts(connection: AsyncConnection, key: ExposureKey) -> list[LoggedAct]:
    """Newest first, at most `MAX_ACTS`."""
    a = acts.c
    rows = await connection.execute(
        select(a.kind, a.author, a.at, a.details)
        .where(*(a[name] == value for name, value in zip(KEY, key, strict=True)))
        .order_by(a.at.desc(), a.id.desc())
        .limit(MAX_ACTS)
    )
    return [LoggedAct(*row) for row in rows]
