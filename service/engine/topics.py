"""What the operator hears when a topic is missing or holds rubbish."""

from datetime import datetime

from service.adapters.kafka.log import KafkaLog
from service.adapters.postgres.conditions import Condition, clear_condition, raise_condition
from service.adapters.postgres.database import Database

_EMBEDDED_PARTITIONS = 4


class TopicWatch:
    """Sees to it that the topics exist: makes them on the embedded broker, tells the operator on any other."""

    def __init__(self, database: Database, log: KafkaLog, topics: set[str]) -> None:
        self._database = database
        self._log = log
        self._topics = topics
        self._missing: set[str] | None = None
        self.embedded = False
        """As of the last look."""

    async def look(self, *, now: datetime) -> None:
        """Raises KafkaTrouble."""
        described = await self._log.describe(self._topics)
        self.embedded = described.embedded
        missing = self._topics - described.incarnations.keys()
        if missing and self.embedded:
            await self._log.create(missing, partitions=_EMBEDDED_PARTITIONS)
            missing = set()
        if missing != self._missing:
            await self._tell(missing, now)
            self._missing = missing

    async def _tell(self, missing: set[str], now: datetime) -> None:
        async with self._database.begin() as connection:
            for topic in self._topics - missing:
                await clear_condition(connection, "topic_missing", topic, now=now)
            for topic in missing:
                await raise_condition(
                    connection,
                    Condition(
                        kind="topic_missing",
                        subject=topic,
                        detail="the cluster has no such topic, or shows it to others only; lastcall waits for it",
                        remedy="make the topic, correct its name in lastcall.yaml, or allow lastcall to see it",
                        since=now,
                    ),
                )


async def tell_flood(database: Database, limit: float, flood: str, *, now: datetime) -> None:
    async with database.begin() as connection:
        await raise_condition(
            connection,
            Condition(
                kind="rejection_flood",
                subject="ingest",
                detail=f"reading has stopped: over {limit:.0%} of the last thousand records were rejected, {flood}",
                remedy="mend the producer, or name the topic's format in lastcall.yaml, or let them pass with"
                " LASTCALL_REJECTION_LIMIT=1; then start lastcall again: it reads on where it stopped",
                since=now,
            ),
        )


async def clear_flood(database: Database, *, now: datetime) -> None:
    async with database.begin() as connection:
        await clear_condition(connection, "rejection_flood", "ingest", now=now)
