"""The floor: aiokafka, one msgspec struct of the ten fields that counting needs, and a dictionary. Nothing is checked.

It fetches as much at once as serves its speed best: 50 MB, 8 MB of a partition, 50,000 records.
"""

import asyncio
import uuid

import msgspec
from aiokafka import AIOKafkaConsumer

from bench.calls import Call
from bench.loops.counting import Counts, Task


async def run(task: Task) -> None:
    counts, decode = Counts(task.records), msgspec.json.Decoder(Call).decode
    consumer = AIOKafkaConsumer(
        task.topic,
        bootstrap_servers=task.kafka,
        group_id=uuid.uuid4().hex,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_bytes=50 << 20,
        max_partition_fetch_bytes=8 << 20,
    )
    await consumer.start()
    done = False
    while not done:
        for records in (await consumer.getmany(timeout_ms=1_000, max_records=50_000)).values():
            counts.clock.start()
            for record in records:
                counts.add(decode(record.value))
            done = counts.seen(len(records))
    counts.report()
    await consumer.stop()


if __name__ == "__main__":
    asyncio.run(run(Task.given()))
