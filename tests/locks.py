"""Who waits for whom in a test's own database."""

from sqlalchemy import text

from service.adapters.postgres.database import Database


async def waits_for_a_lock(database: Database, *, at_least: int = 1) -> bool:
    """Whether so many do."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with database.connect() as connection:
        return int(await connection.scalar(text(waiting)) or 0) >= at_least
