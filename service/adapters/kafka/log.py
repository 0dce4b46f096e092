"""One door to Kafka: how to connect, the partitions' state, and the dead-letter topic."""

import re
import ssl
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from service.adapters.kafka.topics import Topics, create_topics, describe_topics
from service.adapters.metrics import DEAD_LETTERS
from service.config.settings import Settings
from service.core.batch import DeadLetter, Partition
from service.core.position import LogState
from service.core.secret import holds_secret

_SASL: Mapping[str, type[SASLPlaintext] | type[SASLScram256] | type[SASLScram512]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}
_LARGEST_REQUEST = 32 * 1024 * 1024
_KEPT_HEADERS = {
    "content-type": re.compile(rb"[a-z]{1,20}/[a-z0-9.+-]{1,60}(; ?charset=[a-z0-9-]{1,20})?", re.IGNORECASE),
    "content-encoding": re.compile(rb"(gzip|x-gzip|zstd|deflate|br|identity)", re.IGNORECASE),
}
"""What is needed to read the bytes again, in its usual form. The rest stays behind: a header may hold a credential."""


def security(settings: Settings) -> BaseSecurity:
    use_ssl = settings.kafka_security_protocol.endswith("SSL")
    context = None
    if use_ssl:
        context = ssl.create_default_context(cafile=settings.kafka_ssl_ca)
        if settings.kafka_ssl_cert is not None:
            context.load_cert_chain(settings.kafka_ssl_cert, settings.kafka_ssl_key)
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=use_ssl)
    if settings.kafka_sasl_username is None or settings.kafka_sasl_password is None:
        raise ValueError("SASL needs LASTCALL_KAFKA_SASL_USERNAME and LASTCALL_KAFKA_SASL_PASSWORD")
    return _SASL[settings.kafka_sasl_mechanism](
        settings.kafka_sasl_username,
        settings.kafka_sasl_password.get_secret_value(),
        ssl_context=context,
        use_ssl=use_ssl,
    )


def connection(settings: Settings) -> dict[str, Any]:
    """Arguments of every aiokafka client. `settings.kafka_bootstrap_servers` is set."""
    return {"bootstrap_servers": settings.kafka_bootstrap_servers, **parse_security(security(settings))}


def kept_headers(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, bytes]]:
    """Those of a record that its dead letter keeps."""
    kept = []
    for name, content in headers:
        form = _KEPT_HEADERS.get(name.lower())
        if form is not None and content is not None and form.fullmatch(content) and not holds_secret(content.decode()):
            kept.append((name, content))
    return kept


class KafkaLog:
    """The cluster as `engine.ingest` needs it: where partitions begin and end, which topic this is, dead letters.

    Opens its own connections, apart from the consumer's, so that it answers while that is busy or rebalancing.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = connection(settings)
        self._dead_letter_topic = settings.kafka_dead_letter_topic
        self._client = AIOKafkaClient(**self._connection)
        self._bounds = AIOKafkaConsumer(**self._connection, enable_auto_commit=False)
        self._producer = AIOKafkaProducer(**self._connection, acks="all", max_request_size=_LARGEST_REQUEST)

    async def start(self) -> None:
        """Raises KafkaConnectionError when no broker answers."""
        await self._client.bootstrap()
        await self._bounds.start()
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()
        await self._bounds.stop()
        await self._client.close()

    async def describe(self, topics: Collection[str]) -> Topics:
        return await describe_topics(self._client, topics)

    async def create(self, topics: Collection[str], *, partitions: int) -> None:
        await create_topics(self._connection, topics, partitions=partitions)

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]:
        return (await self.describe(topics)).incarnations

    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]:
        """Of the partitions whose topic exists."""
        described = await self.describe({p.topic for p in partitions})
        there = [p for p in partitions if p.topic in described.incarnations]
        starts, ends = await self._starts(there), await self._ends(there)
        return {p: LogState(described.incarnations[p.topic], starts[p], ends[p], described.embedded) for p in there}

    async def _starts(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        found: dict[Any, int] = await self._bounds.beginning_offsets([TopicPartition(*p) for p in partitions])
        return found

    async def _ends(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        found: dict[Any, int] = await self._bounds.end_offsets([TopicPartition(*p) for p in partitions])
        return found

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Returns when all are acknowledged. At least once: a batch that is tried again may send them again."""
        acks = []
        for letter in letters:
            try:
                acks.append(await self._send(letter, letter.record.value))
            except MessageSizeTooLargeError:
                acks.append(await self._send(letter, None))
        for letter, ack in zip(letters, acks, strict=True):
            try:
                await ack
            except MessageSizeTooLargeError:
                await (await self._send(letter, None))
            DEAD_LETTERS.labels(letter.record.topic).inc()

    async def _send(self, letter: DeadLetter, value: bytes | None) -> Any:
        record = letter.record
        headers = [
            *kept_headers(record.headers),
            ("lastcall.reason", letter.rejection.reason.encode()),
            ("lastcall.detail", letter.rejection.detail.encode()),
            ("lastcall.topic", record.topic.encode()),
            ("lastcall.partition", str(record.partition).encode()),
            ("lastcall.offset", str(record.offset).encode()),
        ]
        if value is None and record.value is not None:
            headers.append(("lastcall.value_left_out", str(len(record.value)).encode()))
        # aiokafka refuses a record with neither, which other producers may well have sent.
        key = b"" if value is None and record.key is None else record.key
        return await self._producer.send(self._dead_letter_topic, value=value, key=key, headers=headers)


KafkaTrouble = (KafkaError, OSError, TimeoutError)
"""What a call to the cluster raises when it is worth trying again."""
