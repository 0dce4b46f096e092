"""The real consumer, as `lastcall consume` runs it, with its database. The clock stops when all is committed there."""

import asyncio
import os
import uuid
from typing import Any

from aiokafka import AIOKafkaConsumer
from pydantic import SecretStr
from sqlalchemy import text

from bench.loops.counting import Clock, Task, Totals
from service.adapters import metrics
from service.adapters.postgres.database import Database
from service.app import open_app
from service.config.settings import Settings
from service.entrypoints.consumer import Consumer

_LOOK = 0.002


class Watched:
    """aiokafka's `getmany`, looked at from outside: when the first record came, and when the last one was counted."""

    def __init__(self, records: int, clock: Clock) -> None:
        self._expected = records
        self._clock = clock
        self._ends: dict[Any, int] = {}
        self._getmany = AIOKafkaConsumer.getmany
        self.all_taken = asyncio.Event()

    def install(self) -> None:
        async def getmany(consumer: Any, *partitions: Any, **given: Any) -> Any:
            if sum(self._ends.values()) >= self._expected:  # it comes back for more, so it has counted the last ones
                self.all_taken.set()
            found = await self._getmany(consumer, *partitions, **given)
            for partition, records in found.items():
                self._clock.start()
                self._ends[partition] = records[-1].offset + 1
            return found

        AIOKafkaConsumer.getmany = getmany


async def run(task: Task) -> None:
    settings = Settings(
        database_url=SecretStr(os.environ["BENCH_DATABASE_URL"]),
        kafka_bootstrap_servers=task.kafka,
        kafka_topics=task.topic,
        kafka_group=uuid.uuid4().hex,
    )
    clock = Clock()
    watched = Watched(task.records, clock)
    watched.install()
    async with open_app(settings) as app:
        stopping = asyncio.Event()
        running = asyncio.create_task(Consumer(app).run(stopping))
        taken = asyncio.create_task(watched.all_taken.wait())
        await asyncio.wait({running, taken}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()  # it writes at once what it holds, and not up to two seconds later
        while _applied() < task.records and not running.done():  # noqa: ASYNC110  a counter wakes nobody
            await asyncio.sleep(_LOOK)
        clock.stop()
        await running
        clock.report(await _counted(app.database, task))


def _applied() -> float:
    samples = (sample for metric in metrics.RECORDS.collect() for sample in metric.samples)
    return sum(sample.value for sample in samples if sample.name == "lastcall_records_total")


async def _counted(database: Database, task: Task) -> Totals:
    """As the database has it."""
    ledger = text("SELECT coalesce(sum(call_records), 0)::bigint FROM watermarks WHERE topic = :topic")
    totals = text(
        "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(input_tokens), 0)::bigint,"
        " coalesce(sum(output_tokens), 0)::bigint FROM usage_hourly"
    )
    async with database.connect() as connection:
        records = (await connection.execute(ledger, {"topic": task.topic})).scalar_one()
        calls, input_tokens, output_tokens = (await connection.execute(totals)).one()
    assert records == calls, f"{records} records and {calls} calls"
    return calls, input_tokens, output_tokens


if __name__ == "__main__":
    asyncio.run(run(Task.given()))
