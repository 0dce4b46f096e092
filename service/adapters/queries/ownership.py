"""What candidates for an owner are found in: who did something about services, and whose keys they call with."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import acts, key_owners
from service.core.candidates import Acted

MAX_ACTS = 20_000


async def read_acted(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[Acted]]:
    """The latest acts on each of the services' exposures, whoever did them; a reassignment says who it is not."""
    a = acts.c
    rows = await connection.execute(
        select(a.service, a.author, a.kind, a.at)
        .where(a.service.in_(list(services)), a.kind != "reassign")
        .order_by(a.at.desc(), a.id.desc())
        .limit(MAX_ACTS)
    )
    found: dict[str, list[Acted]] = {}
    for service, author, kind, at in rows:
        found.setdefault(service, []).append(Acted(author, kind, at))
    return found


async def read_key_owners(connection: AsyncConnection, services: Collection[str]) -> dict[str, list[str]]:
    """Who holds the keys that each of the services calls with; whose key called last comes first."""
    k = key_owners.c
    rows = await connection.execute(
        select(k.service, k.name).where(k.service.in_(list(services))).order_by(k.last_at.desc(), k.name)
    )
    found: dict[str, list[str]] = {}
    for service, name in rows:
        found.setdefault(service, []).append(name)
    return found
