"""All that a database holds, as one text to look for something that must not be there."""

from sqlalchemy import text

from service.adapters.postgres.database import Database


async def everything_in(database: Database) -> str:
    """Each row of each table of ours, every column as text, one row a line after its table's name."""
    lines = []
    async with database.connect() as connection:
        tables = await connection.execute(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
        )
        for table in tables.scalars().all():
            rows = await connection.execute(text(f'SELECT row::text FROM "{table}" AS row'))  # noqa: S608
            lines += [f"{table} {row}" for row in rows.scalars()]
    return "\n".join(lines)
