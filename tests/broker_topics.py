"""Topics of a test's own, and records on them."""

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.processes import PATIENCE

Headers = Sequence[tuple[str, bytes]]


async def make_topic(
    kafka: str, *, partitions: int = 1, name: str | None = None, settings: Mapping[str, str] | None = None
) -> str:
    """Returns once the broker shows it."""
    topic = name or f"test-{uuid.uuid4().hex[:12]}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=dict(settings or {}))])
        assert [error[1] for error in answer.topic_errors] == [0]
        async with asyncio.timeout(PATIENCE):
            while (await admin.describe_topics([topic]))[0]["error_code"] != 0:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        await admin.close()
    return topic


async def delete_topic(kafka: str, topic: str) -> None:
    """Returns once the broker has forgotten it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics([topic])
        async with asyncio.timeout(PATIENCE):
            while topic in await admin.list_topics():  # noqa: ASYNC110  the broker cannot be awaited
                await asyncio.sleep(0.02)
    finally:
        await admin.close()


async def produce(
    kafka: str,
    topic: str,
    values: Iterable[bytes | None],
    *,
    partition: int | None = None,
    headers: Headers = (),
    compression: str | None = None,
) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        linger_ms=5,
        max_request_size=16 * 1024 * 1024,
        compression_type=compression,
    )
    await producer.start()
    try:
        for value in values:
            key = b"key" if value is None else None
            await producer.send(topic, value, key=key, partition=partition, headers=list(headers))
    finally:
        await producer.stop()


async def read_all(kafka: str, topic: str) -> list[Any]:
    """All records that the topic holds now, in order of their offsets, partition by partition."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while len(found) < sum(ends.values()):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found.extend(records)
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


def call_record(**given: Any) -> bytes:
    """lastcall's own record of one call."""
    values: dict[str, Any] = {
        "time": "2025-06-02T09:30:00Z",
        "service": "search-api",
        "environment": "production",
        "provider": "openai",
        "model": "gpt-4.5-preview",
        "input_tokens": 100,
        "output_tokens": 20,
    }
    return json.dumps(values | given).encode()


_BINARY_NAME = """
import asyncio, sys
from aiokafka import AIOKafkaProducer

class Name(str):
    def encode(self, *_):
        return b"\\xff\\xfebad"

async def main(kafka, topic, partition):
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=1000)
    await producer.start()
    for line in sys.stdin.buffer:
        await producer.send(topic, line, partition=int(partition), headers=[(Name("x"), b"v")])
    await producer.stop()

asyncio.run(main(*sys.argv[1:]))
"""


async def produce_with_binary_header_name(kafka: str, topic: str, values: Sequence[bytes], *, partition: int) -> None:
    """As other clients may. aiokafka's part in C would refuse to write such a name; values are one line each."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _BINARY_NAME, kafka, topic, str(partition)),
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "AIOKAFKA_NO_EXTENSIONS": "1"},
    )
    await process.communicate(b"".join(value + b"\n" for value in values))
    assert process.returncode == 0
