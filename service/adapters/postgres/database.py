"""One door to PostgreSQL: the engine, and the migrations that bring its schema up to date."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
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


def alembic_config() -> Config:
    """The migrations stand beside the package in a checkout, and inside it once installed."""
    here = Path(__file__).resolve().parents[2]
    scripts = next(p for p in (here.parent / "migrations", here / "_migrations") if (p / "env.py").exists())
    config = Config()
    config.set_main_option("script_location", str(scripts))
    return config


async def migrate(engine: Database) -> tuple[str | None, str]:
    """Bring the schema up to date. Returns the revision before and after; a no-op when they are equal."""

    def upgrade(connection: Connection) -> tuple[str | None, str]:
        config = alembic_config()
        config.attributes["connection"] = connection
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(config, "head")
        return before, head_revision()

    async with engine.begin() as connection:
        return await connection.run_sync(upgrade)


async def current_revision(engine: Database) -> str | None:
    """None on an empty database. Raises Unreachable."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    except DatabaseTrouble as error:
        raise Unreachable(f"{engine.url.render_as_string()}: {error.__cause__ or error}") from error


def head_revision() -> str:
    """The revision that this version of lastcall needs."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""
