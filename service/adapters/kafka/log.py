"""Connection settings, state of partitions, and the dead-letter topic."""

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    KafkaError,
    LeaderNotAvailableError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from service.adapters.kafka.record_batches import batches_of, committed
from service.adapters.kafka.topics import Topics, create_topics, describe_topics
from service.adapters.metrics import DEAD_LETTERS
from service.config.settings import Settings
from service.core.batch import DeadLetter, DeadLettersRefused, Partition
from service.core.position import LogState
from service.core.secret import holds_secret

_SASL: Mapping[str, type[SASLPlaintext] | type[SASLScram256] | type[SASLScram512]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}
_LARGEST_REQUEST = 32 * 1024 * 1024
_FETCH_BYTES = 256 * 1024
"""Size of a fetch by `read`, for one partition. A broker always returns the first batch completely."""
_FETCH_MS = 500
"""Maximum wait of a broker for records. The embedded broker needs a moment to find them."""
_READ_UNCOMMITTED, _READ_COMMITTED = 0, 1
_EARLIEST, _LATEST = -2, -1
_PREFERRED_REPLICA_SINCE = 11
"""From this version on, a fetch response has one more field between the aborted transactions and the records."""
_KEPT_HEADERS = {
    "content-type": re.compile(rb"[a-z]{1,20}/[a-z0-9.+-]{1,60}(; ?charset=[a-z0-9-]{1,20})?", re.IGNORECASE),
    "content-encoding": re.compile(rb"(gzip|x-gzip|zstd|deflate|br|identity)", re.IGNORECASE),
}
"""Headers that are needed to read the bytes again, in their usual form. Others may contain a credential and are
dropped."""


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
    """Arguments of every aiokafka client. Requires `settings.kafka_bootstrap_servers`."""
    return {"bootstrap_servers": settings.kafka_bootstrap_servers, **parse_security(security(settings))}


def kept_headers(headers: Sequence[tuple[str, bytes | None]]) -> list[tuple[str, bytes]]:
    """The headers of a record that its dead letter keeps."""
    kept = []
    for name, content in headers:
        form = _KEPT_HEADERS.get(name.lower())
        if form is not None and content is not None and form.fullmatch(content) and not holds_secret(content.decode()):
            kept.append((name, content))
    return kept


class KafkaLog:
    """The cluster as `engine.ingest` needs it: offsets and incarnations of partitions, and dead letters.

    It has connections of its own, so it answers while the consumer is busy or rebalancing.
    """

    def __init__(self, settings: Settings) -> None:
        self._connection = connection(settings)
        self._dead_letter_topic = settings.kafka_dead_letter_topic
        self._client = AIOKafkaClient(**self._connection)
        self._producer = AIOKafkaProducer(**self._connection, acks="all", max_request_size=_LARGEST_REQUEST)

    async def start(self) -> None:
        """Raises KafkaConnectionError if no broker answers."""
        await self._client.bootstrap()
        await self._producer.start()

    async def stop(self) -> None:
        await self._producer.stop()
        await self._client.close()

    async def describe(self, topics: Collection[str]) -> Topics:
        return await describe_topics(self._client, topics)

    async def create(self, topics: Collection[str]) -> Mapping[str, str]:
        """Create the topics. Returns those that the broker refused, with the name of the error."""
        return await create_topics(self._connection, topics)

    async def incarnations(self, topics: Collection[str]) -> Mapping[str, str]:
        return (await self.describe(topics)).incarnations

    async def states(self, partitions: Collection[Partition]) -> Mapping[Partition, LogState]:
        """States of the partitions whose topic exists and whose leader answers. Raises one of `KafkaTrouble` if no
        leader does."""
        described = await self.describe({p.topic for p in partitions})
        by_leader: dict[int, list[Partition]] = defaultdict(list)
        for partition in partitions:
            if partition in described.leaders:
                by_leader[described.leaders[partition]].append(partition)
        starts, ends, written = await asyncio.gather(
            self._offsets(by_leader, _EARLIEST, _READ_COMMITTED),
            self._offsets(by_leader, _LATEST, _READ_COMMITTED),
            self._offsets(by_leader, _LATEST, _READ_UNCOMMITTED),
        )
        return {
            p: LogState(
                described.incarnations[p.topic],
                starts[p],
                ends[p],
                forgets=described.embedded,
                open_offsets=max(0, written[p] - ends[p]),
            )
            for p in starts.keys() & ends.keys() & written.keys()
        }

    async def _offsets(
        self, by_leader: Mapping[int, Collection[Partition]], which: int, isolation: int
    ) -> dict[Partition, int]:
        """Leaves out partitions whose leader answers with an error: it may have changed."""
        asked = []
        for leader, partitions in by_leader.items():
            topics = defaultdict(list)
            for topic, number in partitions:
                topics[topic].append((number, which))
            asked.append(self._client.send(leader, OffsetRequest(-1, isolation, list(topics.items()))))
        return {
            Partition(topic, number): offset
            for answer in await answers(asked)
            for topic, found in answer.topics
            for number, code, _, offset in found
            if code == 0
        }

    async def read(self, partition: TopicPartition, offset: int) -> tuple[list[ConsumerRecord], int]:
        """(some committed records from `offset` on, the offset after them). Repairs names of headers that are not
        UTF-8. Raises one of `KafkaTrouble`, and decompression errors."""
        leader = (await self.describe([partition.topic])).leaders.get(Partition(*partition))
        if leader is None:
            raise LeaderNotAvailableError(partition)
        wanted = [(partition.topic, [(partition.partition, offset, _FETCH_BYTES)])]
        answer = await self._client.send(leader, FetchRequest(_FETCH_MS, 1, _FETCH_BYTES, _READ_COMMITTED, wanted))
        if not answer.topics:  # the embedded broker's answer if there is nothing
            return [], offset
        ((_, ((_, code, _, *between, content),)),) = answer.topics
        if code:
            raise for_code(code)()
        aborted = between[2] if answer.API_VERSION >= _PREFERRED_REPLICA_SINCE else between[-1]
        batches = list(batches_of(content or b""))
        records = [
            record
            for batch in committed(batches, aborted or ())
            for record in batch.records(partition)
            if record.offset >= offset
        ]
        return records, max([offset, *(batch.next_offset for batch in batches)])

    async def send_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Returns when all are acknowledged. Delivery is at least once: a retried batch may send letters again.

        Raises DeadLettersRefused, and one of `KafkaTrouble`.
        """
        if not letters:
            return
        described = await self.describe([self._dead_letter_topic])
        if self._dead_letter_topic not in described.incarnations:
            raise DeadLettersRefused(self._dead_letter_topic, described.refused.get(self._dead_letter_topic))
        try:
            await self._send_all(letters)
        except TopicAuthorizationFailedError as error:
            raise DeadLettersRefused(self._dead_letter_topic, type(error).__name__) from error

    async def _send_all(self, letters: Sequence[DeadLetter]) -> None:
        acks = []
        for letter in letters:
            try:
                acks.append(await self._send(letter, letter.record.value))
            except MessageSizeTooLargeError:
                acks.append(await self._send(letter, None))
        for letter, answer in zip(letters, await asyncio.gather(*acks, return_exceptions=True), strict=True):
            if isinstance(answer, MessageSizeTooLargeError):
                await (await self._send(letter, None))
            elif isinstance(answer, BaseException):
                raise answer
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
        # aiokafka refuses a record with neither, although other producers can send one.
        key = b"" if value is None and record.key is None else record.key
        return await self._producer.send(self._dead_letter_topic, value=value, key=key, headers=headers)


KafkaTrouble = (KafkaError, OSError, TimeoutError)
"""Errors of a call to the cluster that are worth a retry."""


async def answers(asked: Iterable[Awaitable[Any]]) -> list[Any]:
    """Answers of the brokers that respond. Raises one of `KafkaTrouble` if none does, and any other error."""
    answered, failed = [], []
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, KafkaTrouble):
            failed.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            answered.append(answer)
    if failed and not answered:
        raise failed[0]
    return answered
