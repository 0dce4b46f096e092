"""Migrations and `adapters.tables` describe one schema."""

from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from service.adapters.postgres.database import alembic_config, current_revision, head_revision, migrate

LIMITS = ("lock_timeout", "statement_timeout")


async def test_migrating_twice_changes_nothing(database: AsyncEngine) -> None:
    assert await migrate(database) == (head_revision(), head_revision())
    assert await current_revision(database) == head_revision()


async def test_migrated_schema_equals_tables(database: AsyncEngine) -> None:
    def check(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.check(config)  # raises when autogenerate would change anything

    async with database.begin() as connection:
        await connection.run_sync(check)


async def test_limits_of_a_migration_do_not_outlive_it(database: AsyncEngine) -> None:
    await migrate(database)
    async with database.connect() as connection:
        limits = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in LIMITS]
    assert limits == ["0", "0"]
