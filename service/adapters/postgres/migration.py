"""Runs the migrations. A separate module, because alembic is slow to import."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection

from service.adapters.postgres.database import REVISION, Database, UnknownRevision


def alembic_config() -> Config:
    """The migrations are beside the package in a checkout, and inside the installed package."""
    here = Path(__file__).resolve().parents[2]
    scripts = next(p for p in (here.parent / "migrations", here / "_migrations") if (p / "env.py").exists())
    config = Config()
    config.set_main_option("script_location", str(scripts))
    return config


async def migrate(engine: Database) -> tuple[str | None, str]:
    """Migrate to the newest revision. Returns the revision before and after; equal: nothing changed. Raises
    UnknownRevision."""

    def upgrade(connection: Connection) -> tuple[str | None, str]:
        config = alembic_config()
        config.attributes["connection"] = connection
        before = MigrationContext.configure(connection).get_current_revision()
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UnknownRevision(f"the database is at revision {before}, which this lastcall does not know") from error
        return before, REVISION

    async with engine.begin() as connection:
        return await connection.run_sync(upgrade)
