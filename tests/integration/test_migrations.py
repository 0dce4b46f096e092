"""Migrations and `adapters.tables` describe one schema."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateIndex, CreateTable

from service.adapters.postgres.database import REVISION, UnknownRevision, current_revision
from service.adapters.postgres.migration import alembic_config, migrate

LIMITS = ("lock_timeout", "statement_timeout")
SCHEMA = Path(__file__).parents[2] / "migrations" / "schema.sql"
FUNCTIONS = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname"
PARTITIONS = """
SELECT format('ALTER TABLE %s ATTACH PARTITION %s %s -- BY %s', inhparent::regclass, inhrelid::regclass,
              pg_get_expr(relpartbound, inhrelid), pg_get_partkeydef(inhparent))
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE relkind = 'r' ORDER BY 1
"""
TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"


async def test_migrating_twice_changes_nothing(database: AsyncEngine) -> None:
    assert await migrate(database) == (REVISION, REVISION)
    assert await current_revision(database) == REVISION


def test_needed_revision_is_that_of_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == REVISION


async def test_migrated_schema_equals_tables(database: AsyncEngine) -> None:
    def check(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.check(config)  # raises when autogenerate would change anything

    async with database.begin() as connection:
        await connection.run_sync(check)


async def test_revision_of_another_lastcall_is_told(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(UnknownRevision, match="at revision 9999, which this lastcall does not know"):
            await migrate(database)
    finally:
        async with database.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": REVISION})


async def test_limits_of_a_migration_do_not_outlive_it(database: AsyncEngine) -> None:
    await migrate(database)
    async with database.connect() as connection:
        limits = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in LIMITS]
    assert limits == ["0", "0"]


async def test_migrated_schema_is_the_one_that_is_dumped(database: AsyncEngine) -> None:
    """So that a review sees what a migration comes to. `make schema` dumps it anew."""
    async with database.connect() as connection:
        lines = "".join(await connection.run_sync(lambda given: list(dumped(given)))).splitlines()
    found = "".join(f"{line.rstrip()}\n" for line in lines)
    if "WRITE_SCHEMA" in os.environ:
        SCHEMA.write_text(found)
    assert found == SCHEMA.read_text()


def dumped(connection: Connection) -> Iterator[str]:
    schema = MetaData()
    schema.reflect(connection)
    for table in sorted(schema.tables.values(), key=lambda one: one.name):
        yield f"{str(CreateTable(table).compile(connection)).strip()};\n"
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            yield f"{CreateIndex(index).compile(connection)};\n"
        yield "\n"
    for query in (PARTITIONS, FUNCTIONS, TRIGGERS):
        for definition in connection.execute(text(query)).scalars():
            yield f"{definition.strip()};\n"
