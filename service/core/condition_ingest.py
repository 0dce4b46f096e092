"""Conditions of reading records: typed facts, and their words."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from service.core.batch import CommonestRejection, SourceName, topic_in_words
from service.core.name_flood_news import Flood


class OfKind(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Each kind has a `subject`, which names it among those of its kind, a `detail` and a `remedy`."""

    @property
    def kind(self) -> str:
        """Public: in /readyz and metrics."""
        return str(self.__struct_config__.tag)


class _OfIngest(OfKind, frozen=True, kw_only=True):
    subject: ClassVar[str] = "ingest"


class _OfTopic(OfKind, frozen=True, kw_only=True):
    topic: str

    @property
    def subject(self) -> str:
        return self.topic


class TopicRecreated(_OfTopic, frozen=True, kw_only=True, tag="topic_recreated"):
    detail: ClassVar[str] = "the topic was deleted and recreated, or lost counted records; lastcall does not read it"

    @property
    def remedy(self) -> str:
        return f"if this was intended, run: lastcall doctor --accept-recreated {self.topic}"


class TopicMissing(_OfTopic, frozen=True, kw_only=True, tag="topic_missing"):
    error: str | None
    """The error that the cluster answers, by name. None: it has no such topic."""
    is_dead_letter_topic: bool = False
    creation_error: str | None = None
    """The error of the attempt to create it, by name."""

    @property
    def detail(self) -> str:
        there = f"the cluster does not show it ({self.error})" if self.error else _NO_TOPIC
        if not self.is_dead_letter_topic:
            return f"{there}; lastcall reads the other topics, and this one once it exists"
        why = f", and lastcall may not create it ({self.creation_error})" if self.creation_error else ""
        waiting = "partitions with an unreadable record wait at that record, all others are read"
        return f"{there}{why}; it is the dead-letter topic: {waiting}"

    @property
    def remedy(self) -> str:
        if self.is_dead_letter_topic:
            return "create the topic, allow lastcall to create it, or change LASTCALL_KAFKA_DEAD_LETTER_TOPIC"
        return "create the topic, correct its name in lastcall.yaml, or allow lastcall to see it"


_NO_TOPIC = "the cluster has no such topic"


class ConsumerBehind(_OfTopic, frozen=True, kw_only=True, tag="consumer_behind"):
    unread_since: datetime
    """In UTC."""

    remedy: ClassVar[str] = (
        "check that `lastcall consume` runs and reaches Kafka; if it does, run more of them, or look for a transaction"
        " that never ends (kafka-transactions find-hanging)"
    )

    @property
    def detail(self) -> str:
        since = f"{self.unread_since:%Y-%m-%d %H:%M} UTC"
        return f"not all records since {since} are read; until then, silence closes no campaign"


class Gap(OfKind, frozen=True, kw_only=True, tag="gap"):
    topic: str
    partition: int
    first: int
    last: int

    remedy: ClassVar[str] = "keep records longer (retention.ms, retention.bytes) or run more consumers"

    @property
    def subject(self) -> str:
        return f"{self.topic}/{self.partition}"

    @property
    def detail(self) -> str:
        return f"Kafka deleted the offsets {self.first} to {self.last} before lastcall had read them"


class Offsets(Struct, frozen=True, kw_only=True):
    """A range of one partition."""

    source: SourceName
    topic: str
    partition: int
    first: int
    last: int

    @property
    def in_words(self) -> str:
        return f"{topic_in_words(self.source, self.topic)}/{self.partition} {self.first} to {self.last}"


class ValuesRefused(OfKind, frozen=True, kw_only=True, tag="values_refused"):
    offsets: tuple[Offsets, ...]
    calls: int
    errors: tuple[str, ...]
    """Of the database, by name."""

    remedy: ClassVar[str] = (
        "keep the records, which are still on the topic, and report this with the version of lastcall"
    )

    @property
    def subject(self) -> str:
        return ", ".join(one.in_words for one in self.offsets)

    @property
    def why(self) -> str:
        return f"the database rejects the values: {', '.join(self.errors)}"

    @property
    def detail(self) -> str:
        return f"{self.calls} calls among these offsets are not counted: {self.why}"


class NameFlood(OfKind, frozen=True, kw_only=True, tag="name_flood"):
    flood: Flood

    @property
    def subject(self) -> str:
        return self.flood.subject

    @property
    def detail(self) -> str:
        return self.flood.detail

    @property
    def remedy(self) -> str:
        return self.flood.remedy


class RejectionFlood(_OfIngest, frozen=True, kw_only=True, tag="rejection_flood"):
    limit: float
    """Share of rejected records above which reading stops."""
    commonest: CommonestRejection | None
    """None: the rejections are stored already."""

    remedy: ClassVar[str] = (
        "correct the producer, or name the topic's format in lastcall.yaml, or let them pass with"
        " LASTCALL_REJECTION_LIMIT=1; then start lastcall again: it reads on where it stopped"
    )

    @property
    def detail(self) -> str:
        mostly = self.commonest.in_words if self.commonest else "see the rejections on the page"
        return f"reading has stopped: over {self.limit:.0%} of the last thousand records were rejected, {mostly}"


class FetchFailing(_OfIngest, frozen=True, kw_only=True, tag="fetch_failing"):
    error: str
    """As the client words it, with the partition and offset if only some records are affected."""

    remedy: ClassVar[str] = (
        "check that the broker works and allows lastcall to read; if records are damaged, delete them from the topic"
        " (kafka-delete-records): lastcall counts them as a gap"
    )

    @property
    def detail(self) -> str:
        return f"records cannot be fetched: {self.error}"


class DeadLettersWait(_OfIngest, frozen=True, kw_only=True, tag="dead_letters_refused"):
    topic: str
    error: str | None
    """As for a missing topic."""

    remedy: ClassVar[str] = (
        "create the topic, allow lastcall to write to it, or change LASTCALL_KAFKA_DEAD_LETTER_TOPIC; lastcall tries"
        " again by itself"
    )

    @property
    def detail(self) -> str:
        why = f"dead-letter topic {self.topic}: {self.error or _NO_TOPIC}"
        return f"{why}; partitions with a record that cannot be read wait at that record, all others are read"
