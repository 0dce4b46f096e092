"""erase: take a person's name out of all that is stored. What they did stays, as done by somebody."""

from collections.abc import Mapping

from service.adapters.postgres.database import Database
from service.adapters.postgres.erasure import erase_name


async def erase(database: Database, person: str, *, only_count: bool = False) -> Mapping[str, int]:
    """Rows that name the person, by table; empty: none does. All of them are changed, or none."""
    async with database.connect() as connection:
        counts = await erase_name(connection, person)
        await (connection.rollback() if only_count else connection.commit())
    return counts
