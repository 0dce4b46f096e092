"""erase: remove a person's name from all stored data. The acts of the person stay."""

import asyncio
from collections.abc import Mapping

from service.adapters.postgres.database import Database, DatabaseTrouble
from service.adapters.postgres.erasure import erase_name, lock_out_writers
from service.adapters.postgres.trouble import waited_in_vain

ATTEMPTS = 60
PAUSE_SECONDS = 0.5


async def erase(database: Database, person: str, *, only_count: bool = False) -> Mapping[str, int]:
    """Number of rows with the name, by table; empty: none. All of them are changed, or none.

    Raises DatabaseTrouble: among others, if somebody writes for a minute without a pause.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with database.connect() as connection:
                await lock_out_writers(connection)
                counts = await erase_name(connection, person)
                await (connection.rollback() if only_count else connection.commit())
                return counts
        except DatabaseTrouble as error:
            if attempt == ATTEMPTS or not waited_in_vain(error):
                raise
            await asyncio.sleep(PAUSE_SECONDS)
    raise AssertionError("the last attempt returns or raises")
