"""Who waits for whom in a test's own database."""

from sqlalchemy import text

from service.adapters.postgres.database import Database


async def waits_for_a_lock(database: Database) -> bool:
    """Whether somebody does."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with database.connect() as connection:
        return bool(await connection.scalar(text(waiting)))
