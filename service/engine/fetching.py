"""What the operator hears when records cannot be fetched."""

from datetime import datetime

from service.adapters.kafka.reading import FetchTrouble
from service.adapters.postgres.conditions import Condition, clear_condition, raise_condition
from service.adapters.postgres.database import Database
from service.core.health import FETCH_TRIES

_KIND = "fetch_failing"
_SUBJECT = "ingest"


class FetchWatch:
    """One consumer's: opens the condition after some failures in a row, and closes it at the first success. Another
    consumer that reads well may close it meanwhile, so one that does not says so again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed = False

    async def look(self, trouble: FetchTrouble | None, *, now: datetime) -> None:
        """Raises what the database raises."""
        if trouble is None and not self._closed:
            async with self._database.begin() as connection:
                await clear_condition(connection, _KIND, _SUBJECT, now=now)
            self._closed = True
        elif trouble is not None and trouble.tries >= FETCH_TRIES:
            async with self._database.begin() as connection:
                await raise_condition(connection, _condition(trouble, now))
            self._closed = False


def _condition(trouble: FetchTrouble, now: datetime) -> Condition:
    return Condition(
        kind=_KIND,
        subject=_SUBJECT,
        detail=f"records cannot be fetched: {trouble.reason}",
        remedy="see that the broker is well and lets lastcall read; where records are damaged, delete them from the"
        " topic (kafka-delete-records): what is passed over is counted as a gap",
        since=now,
    )
