"""The connection to PostgreSQL, and the revision of its schema."""

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Database = AsyncEngine
"""The connection pool. Other packages pass it on and use no SQL."""
Transaction = AsyncConnection
"""A connection with an open transaction."""

DatabaseTrouble = (DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""Errors of a transaction that are worth a retry. While connecting, asyncpg's own errors are not wrapped."""


REVISION = "0001_first"
"""Schema revision of this version: the newest migration."""


class UnknownRevision(Exception):
    """The schema belongs to another version of lastcall, possibly a newer one. The text names its revision."""


class Unreachable(Exception):
    """The database does not answer. The text says which one and why, without the password."""


def open_database(url: str, *, pool_size: int = 5) -> Database:
    """`postgresql://...` (asyncpg replaces any driver name). Connects on first use.

    A Unix socket is written as for libpq, `postgresql://user@/name?host=/folder`. Errors quote the statement but not
    its values, which are user data.
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
    """None: the database is empty. Raises Unreachable."""
    try:
        async with engine.connect() as connection:
            if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return None
            revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            return revision
    except DatabaseTrouble as error:
        raise Unreachable(f"{engine.url.render_as_string()}: {error.__cause__ or error}") from error
