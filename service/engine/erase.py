"""erase: remove a person's name from all stored data. The acts of the person stay."""

from collections.abc import Mapping

from service.adapters.postgres.database import Database
from service.adapters.postgres.erasure import erase_name


async def erase(database: Database, person: str, *, only_count: bool = False) -> Mapping[str, int]:
    """Number of rows with the name, by table; empty: none. All of them are changed, or none."""
    async with database.connect() as connection:
        counts = await erase_name(connection, person)
        await (connection.rollback() if only_count else connection.commit())
    return counts
