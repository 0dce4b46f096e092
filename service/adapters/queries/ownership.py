"""What candidates for an owner are found in: who did something about services, and whose keys they call with."""

from collections.abc import Collection

from sqlalchemy import Text, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import acts, key_owners
from service.adapters.postgres.unnest import unnested
from service.core.candidates import Acted

MAX_ACTS = 50
"""Of one service: whoever acted before these is no likelier an owner."""


async def read_acted(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[Acted]]:
    """The latest acts on each of the services' exposures, whoever did them; a reassignment says who it is not."""
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
    found: dict[str, list[Acted]] = {}
    for service, author, kind, at in rows:
        found.setdefault(service, []).append(Acted(author, kind, at))
    return found


async def read_key_owners(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[str]]:
    """Who holds the keys that each of the services calls with; whose key called last comes first."""
    v = unnested(("service", Text(), list(services)))
    k = key_owners.c
    rows = await connection.execute(
        select(k.service, k.name).join(v, k.service == v.c.service).order_by(k.last_at.desc(), k.name)
    )
    found: dict[str, list[str]] = {}
    for service, name in rows:
        found.setdefault(service, []).append(name)
    return found
