"""Determines which lastcall.yaml takes precedence while processes use several, as in a rolling update."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.agenda import make_open_exposures_due
from service.adapters.postgres.loads import use_version, version_status
from service.adapters.postgres.tables import company_loads
from service.config.company import Company


async def activate_company(connection: AsyncConnection, company: Company, *, now: datetime) -> bool:
    """Record that this file is in use. If it takes precedence over another one, make everything due that it may change.
    Returns whether it takes precedence.

    It does not while a file that was loaded later is in use. Once nobody has used that one for `OUT_OF_USE`, as after a
    rollback, this file is loaded again.
    """
    status = await use_version(connection, company_loads, company.digest, now=now)
    if status is None:
        is_first = await connection.scalar(select(company_loads.c.digest).limit(1)) is None
        statement = insert(company_loads).values(digest=company.digest, loaded_at=now, seen_at=now)
        again = {"loaded_at": now, "seen_at": now}
        await connection.execute(statement.on_conflict_do_update(index_elements=[company_loads.c.digest], set_=again))
        if not is_first:
            await make_open_exposures_due(connection, now=now)
    return status != "superseded"


async def is_company_superseded(connection: AsyncConnection, company: Company, *, now: datetime) -> bool:
    """Whether a file that was loaded later takes precedence."""
    return await version_status(connection, company_loads, company.digest, now=now) == "superseded"
