"""Checks of a consumer every few seconds: topics, the end of each partition, failures to fetch.

Raises conditions for the operator, and fixes what it can.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from service.adapters.kafka.log import KafkaLog
from service.adapters.kafka.reading import FetchFailure
from service.adapters.kafka.subscription import Subscription
from service.adapters.kafka.topics import Topics
from service.adapters.postgres.conditions import clear_condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database
from service.core.batch import Partition
from service.core.condition_ingest import FetchFailing, TopicMissing
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
        """Time of the cluster's last answer about its topics."""

    @property
    def missing(self) -> Collection[str]:
        """Configured topics that do not exist."""
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
        """Readable records that are not applied yet, as of the last check. All records of a held partition count, and
        none of a partition that is not open yet."""
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
    """Ensures that topics exist: creates the dead-letter topic, and on the embedded broker all topics."""

    def __init__(self, database: Database, log: KafkaLog, topics: TopicsToRead, dead_letter_topic: str) -> None:
        self._database = database
        self._log = log
        self._topics = topics
        self._dead_letter_topic = dead_letter_topic
        self._told: Mapping[str, TopicMissing] | None = None
        self._refused: Mapping[str, str] = {}
        self._create_at = datetime.min.replace(tzinfo=UTC)
        self.there: frozenset[str] = frozenset()
        """Existing topics to read, as of the last check."""
        self.missing: frozenset[str] = frozenset(topics())
        self.dead_letters = False
        """Whether the dead-letter topic exists."""
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
        await self._tell({topic: self._condition(topic, described) for topic in missing}, now)

    async def _create(self, topics: Collection[str], now: datetime) -> set[str]:
        """Returns the topics that now exist. After a refusal the next attempt waits."""
        if not topics or now < self._create_at:
            return set()
        self._refused = await self._log.create(topics)
        if self._refused:
            self._create_at = now + _CREATE_AGAIN_AFTER
        made = set(topics) - self._refused.keys()
        if made:
            _log.info("topics_created", topics=sorted(made))
        return made

    async def _tell(self, missing: Mapping[str, TopicMissing], now: datetime) -> None:
        if missing == self._told:
            return
        async with self._database.begin() as connection:
            await clear_conditions_except(connection, "topic_missing", missing, now=now)
            for _, condition in sorted(missing.items()):
                await raise_condition(connection, condition, since=now)
        self._told = missing

    def _condition(self, topic: str, described: Topics) -> TopicMissing:
        return TopicMissing(
            topic=topic,
            error=described.refused.get(topic),
            is_dead_letter_topic=topic == self._dead_letter_topic,
            creation_error=self._refused.get(topic),
        )


class FetchWatch:
    """Opens the condition after several failures in a row, and closes it at the first success. Another consumer may
    close it in the meantime, so a failing consumer raises it repeatedly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._closed = False

    async def look(self, trouble: FetchFailure | None, *, now: datetime) -> None:
        """Raises what the database raises."""
        if trouble is None and not self._closed:
            async with self._database.begin() as connection:
                await clear_condition(connection, "fetch_failing", "ingest", now=now)
            self._closed = True
        elif trouble is not None and trouble.tries >= FETCH_TRIES:
            async with self._database.begin() as connection:
                await raise_condition(connection, FetchFailing(error=trouble.reason), since=now)
            self._closed = False
