"""One door to PostgreSQL: the engine, and which schema it finds."""

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Database = AsyncEngine
"""The pool, as the other rooms name it: they pass it on and never speak SQL."""
Transaction = AsyncConnection
"""One connection of it with a transaction open, named for the same reason."""

DatabaseTrouble = (DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a transaction raises when it is worth trying again. asyncpg's own errors come unwrapped while connecting."""


REVISION = "0001_first"
"""Of the schema that this version needs: that of the newest migration."""


class UnknownRevision(Exception):
    """The database's schema is of another lastcall, which may be a newer one; the text says of which revision."""


class Unreachable(Exception):
    """No answer from the database; the text says which and why, without the password."""


def open_database(url: str, *, pool_size: int = 5) -> Database:
    """`postgresql://...` (any driver name is replaced by asyncpg). Connects on first use.

    A Unix socket is named as libpq does, `postgresql://user@/name?host=/folder`. Errors quote the statement and never
    its values, which are other people's data.
    """
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"server_settings": {"application_name": "lastcall", "timezone": "UTC"}},
    )


async def current_revision(engine: Database) -> str | None:
    """None on an empty database. Raises Unreachable."""
    try:
        async with engine.connect() as connection:
            if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return None
            revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return revision
    except DatabaseTrouble as error:
        raise Unreachable(f"{engine.url.render_as_string()}: {error.__cause__ or error}") from error
