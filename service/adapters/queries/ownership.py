"""Data to find candidates for an owner: authors of acts, and owners of API keys."""

from collections.abc import Collection

from sqlalchemy import Text, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import acts, key_owners
from service.adapters.postgres.unnest import unnested
from service.core.candidates import PastAct

MAX_ACTS = 50
"""Maximum number of acts read per service: older ones do not make a likelier owner."""


async def read_past_acts(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[PastAct]]:
    """Latest acts on each service's exposures, by any author; a reassignment also excludes its former owner."""
    v = unnested(("service", Text(), list(services)))
    a = acts.c
    latest = (
        select(a.author, a.kind, a.at, a.id)
        .where(a.service == v.c.service, a.kind != "reassign")
        .order_by(a.at.desc(), a.id.desc())
        .limit(MAX_ACTS)
        .correlate(v)
        .lateral("latest")
    )
    rows = await connection.execute(
        select(v.c.service, latest.c.author, latest.c.kind, latest.c.at)
        .join_from(v, latest, true())
        .order_by(latest.c.at.desc(), latest.c.id.desc())
    )
    found: dict[str, list[PastAct]] = {}
    for service, author, kind, at in rows:
        found.setdefault(service, []).append(PastAct(author, kind, at))
    return found


async def read_key_owners(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[str]]:
    """Owners of the API keys that each service calls with, latest call first."""
    v = unnested(("service", Text(), list(services)))
    k = key_owners.c
    rows = await connection.execute(
        select(k.service, k.name).join(v, k.service == v.c.service).order_by(k.last_at.desc(), k.name)
    )
    found: dict[str, list[str]] = {}
    for service, name in rows:
        found.setdefault(service, []).append(name)
    return found
