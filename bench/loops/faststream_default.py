"""What FastStream's documentation shows first, its defaults left alone: a handler that is given decoded JSON."""

import asyncio
import uuid
from typing import Any

from faststream.kafka import KafkaBroker

from bench.loops.counting import Counts, Task


async def run(task: Task) -> None:
    broker, counts, done = KafkaBroker(task.kafka), Counts(task.records), asyncio.Event()

    @broker.subscriber(task.topic, group_id=uuid.uuid4().hex, auto_offset_reset="earliest")
    async def handle(call: dict[str, Any]) -> None:
        counts.clock.start()
        counts.add_fields(call)
        if counts.seen():
            done.set()

    await broker.start()
    await done.wait()
    await broker.stop()
    counts.report()


if __name__ == "__main__":
    asyncio.run(run(Task.given()))
