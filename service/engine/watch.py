"""What a consumer looks at every few seconds: topics, the end of each partition, whether records can be fetched.

What is wrong is told to the operator, and what lastcall can mend, it mends.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from service.adapters.kafka.log import KafkaLog
from service.adapters.kafka.reading import FetchTrouble
from service.adapters.kafka.subscription import Subscription
from service.adapters.kafka.topics import Topics
from service.adapters.postgres.conditions import Condition, clear_condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database
from service.core.batch import Partition
from service.core.health import FETCH_TRIES
from service.core.position import LogState
from service.engine.caught_up import CaughtUp, Progress
from service.engine.consume import Consume

_log = structlog.get_logger(__name__)

_CREATE_AGAIN_AFTER = timedelta(minutes=1)
TopicsToRead = Callable[[], Collection[str]]
"""Asked at each look: another lastcall.yaml may name others."""


class Watch:
    """One consumer's."""

    def __init__(
        self, consume: Consume, log: KafkaLog, source: Subscription, topics: TopicsToRead, dead_letter_topic: str
    ) -> None:
        self._consume = consume
        self._ingest = consume.ingest
        self._log = log
        self._source = source
        self._topics = TopicWatch(consume.ingest.database, log, topics, dead_letter_topic)
        self._caught_up = CaughtUp(consume.ingest.database)
        self._fetches = FetchWatch(consume.ingest.database)
        self._logs: Mapping[Partition, LogState] = {}
        self._fetched: Mapping[Partition, int] = {}
        self.answered_at: datetime | None = None
        """When the cluster last said which topics it has."""

    @property
    def missing(self) -> Collection[str]:
        """Topics that are to be read and are not there."""
        return self._topics.missing

    async def look(self, *, now: datetime) -> None:
        """Raises one of TROUBLE."""
        await self._fetches.look(self._source.trouble, now=now)
        await self._topics.look(now=now)
        self.answered_at = now
        await self._source.subscribe(self._topics.there, embedded=self._topics.embedded)
        await self._consume.look_again(dead_letters=self._topics.dead_letters, now=now)
        self._logs = await self._log.states(self._source.assigned)
        self._fetched = await self._source.fetched(self._ingest.positions)
        taken = self._ingest.positions
        progress = {p: Progress(taken[p], fetched) for p, fetched in self._fetched.items() if p in taken}
        await self._caught_up.look(progress, self._logs, now=now)

    def lag(self) -> dict[Partition, int]:
        """Records that could be read, as of the last look, and are not applied yet. Of partitions that are held, all
        of them; none of those that are not open yet."""
        applied, taken = self._ingest.applied, self._ingest.positions
        lags: dict[Partition, int] = {}
        for partition, log in self._logs.items():
            if partition in applied:
                at_the_end = taken[partition] == applied[partition] and self._fetched.get(partition, 0) >= log.end
                lags[partition] = 0 if at_the_end else max(0, log.end - applied[partition])
            elif partition in self._consume.blocked:
                lags[partition] = max(0, log.end - self._consume.blocked[partition])
            elif partition in self._consume.held:
                lags[partition] = log.end - log.start
        return lags


class TopicWatch:
    """Sees to it that the topics exist: makes the dead-letter topic, and on the embedded broker all of them."""

    def __init__(self, database: Database, log: KafkaLog, topics: TopicsToRead, dead_letter_topic: str) -> None:
        self._database = database
        self._log = log
        self._topics = topics
        self._dead_letter_topic = dead_letter_topic
        self._told: Mapping[str, Condition] | None = None
        self._refused: Mapping[str, str] = {}
        self._create_at = datetime.min.replace(tzinfo=UTC)
        self.there: frozenset[str] = frozenset()
        """Those to be read, as of the last look; and those that are not there."""
        self.missing: frozenset[str] = frozenset(topics())
        self.dead_letters = False
        """Whether the dead-letter topic was there."""
        self.embedded = False

    async def look(self, *, now: datetime) -> None:
        """Raises KafkaTrouble, and what the database raises."""
        named = frozenset(self._topics())
        every = named | {self._dead_letter_topic}
        described = await self._log.describe(every)
        self.embedded = described.embedded
        missing = every - described.incarnations.keys()
        missing -= await self._create(missing if self.embedded else missing & {self._dead_letter_topic}, now)
        self.missing = named & missing
        self.there = named - missing
        self.dead_letters = self._dead_letter_topic not in missing
        await self._tell({topic: self._condition(topic, described, now) for topic in missing}, now)

    async def _create(self, topics: Collection[str], now: datetime) -> set[str]:
        """Returns those that are there now. A broker that refuses is not asked again at once."""
        if not topics or now < self._create_at:
            return set()
        self._refused = await self._log.create(topics)
        if self._refused:
            self._create_at = now + _CREATE_AGAIN_AFTER
        made = set(topics) - self._refused.keys()
        if made:
            _log.info("topics_created", topics=sorted(made))
        return made

    async def _tell(self, missing: Mapping[str, Condition], now: datetime) -> None:
        words = {topic: condition.detail for topic, condition in missing.items()}
        if self._told is not None and words == {topic: condition.detail for topic, condition in self._told.items()}:
            return
        async with self._database.begin() as connection:
            await clear_conditions_except(connection, "topic_missing", missing, now=now)
            for _, condition in sorted(missing.items()):
                await raise_condition(connection, condition)
        self._told = missing

    def _condition(self, topic: str, described: Topics, now: datetime) -> Condition:
        reason = described.refused.get(topic)
        there = f"the cluster does not show it ({reason})" if reason else "the cluster has no such topic"
        if topic != self._dead_letter_topic:
            return Condition(
                kind="topic_missing",
                subject=topic,
                detail=f"{there}; lastcall reads the topics that are there, and this one once it appears",
                remedy="make the topic, correct its name in lastcall.yaml, or allow lastcall to see it",
                since=now,
            )
        why = f", and lastcall may not make it ({self._refused[topic]})" if topic in self._refused else ""
        return Condition(
            kind="topic_missing",
            subject=topic,
            detail=f"{there}{why}; it is the dead-letter topic: partitions with a record that cannot be read wait at"
            " that record, all others are read",
            remedy="make the topic, or allow lastcall to make it, or name another in LASTCALL_KAFKA_DEAD_LETTER_TOPIC",
            since=now,
        )


class FetchWatch:
    """Opens the condition after some failures in a row, and closes it at the first success. Another consumer that
    reads well may close it meanwhile, so one that does not says so again and again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed = False

    async def look(self, trouble: FetchTrouble | None, *, now: datetime) -> None:
        """Raises what the database raises."""
        if trouble is None and not self._closed:
            async with self._database.begin() as connection:
                await clear_condition(connection, "fetch_failing", "ingest", now=now)
            self._closed = True
        elif trouble is not None and trouble.tries >= FETCH_TRIES:
            async with self._database.begin() as connection:
                await raise_condition(connection, _fetch_failing(trouble, now))
            self._closed = False


def _fetch_failing(trouble: FetchTrouble, now: datetime) -> Condition:
    return Condition(
        kind="fetch_failing",
        subject="ingest",
        detail=f"records cannot be fetched: {trouble.reason}",
        remedy="see that the broker is well and lets lastcall read; where records are damaged, delete them from the"
        " topic (kafka-delete-records): what is passed over is counted as a gap",
        since=now,
    )
