"""Alembic's environment: one transaction, under an advisory lock, with lock and statement timeouts.

A migration runs while the previous release still works on the tables, so it must not wait on them for long.
"""

from alembic import context
from sqlalchemy import Connection, text

from service.adapters.postgres.tables import metadata

MIGRATION_LOCK = 0x6C617374  # "last": one migrating process at a time


def run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))  # LOCAL: the connection goes back to a pool
    connection.execute(text("SET LOCAL statement_timeout = '5min'"))
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    context.run_migrations()


run(context.config.attributes["connection"])
