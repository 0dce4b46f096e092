"""How fast one process ingests, against a bare loop and against FastStream's defaults. Run by `make bench`.

The records are on the broker before the clock starts; it runs from the first batch received to the last record counted
(for lastcall: committed in the database). Each run is a process of its own; the modes take turns, so that a slow minute
of the machine hits all of them.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faststream.kafka import KafkaBroker
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url

from service.adapters.embedded import Embedded
from service.adapters.kafka.subscription import FETCH_BYTES, MAX_RECORDS
from service.adapters.postgres.database import Database, migrate, open_database
from service.app import open_app
from service.config.settings import Settings
from service.entrypoints.consumer import Consumer
from service.formats.decoder import Decoder

PARTITIONS = 6
RECORD_BYTES = 600
SLOW_SHARE = 10
"""FastStream's one-by-one handler reads this part of the records: its speed does not depend on how many there are."""
MODELS = ("gpt-4.5-preview", "gpt-4o", "gpt-4.1", "o3", "gpt-4o-mini")
MODES = ("lastcall", "bare", "faststream", "faststream-batch")


class Clock:
    """From the first record to the last."""

    def __init__(self, records: int) -> None:
        self.records = records
        self._missing = records
        self._started: float | None = None
        self._cpu = 0.0
        self.done = asyncio.Event()
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    def start(self) -> None:
        if self._started is None:
            self._started, self._cpu = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        if not self.done.is_set() and self._started is not None:
            self.seconds = time.perf_counter() - self._started
            self.cpu_seconds = time.process_time() - self._cpu
            self.done.set()

    def count(self, records: int) -> None:
        self._missing -= records
        if self._missing <= 0:
            self.stop()


# --- one run, in a process of its own ---------------------------------------------------------------------------------


async def bare(kafka: str, topic: str, clock: Clock) -> None:
    """The floor: an aiokafka loop with lastcall's decoding, counting in memory and nothing else."""
    decoder, counts = Decoder(), Counter[tuple[Any, int]]()
    consumer = AIOKafkaConsumer(topic, **_reading(kafka), fetch_max_bytes=FETCH_BYTES)
    await consumer.start()
    while not clock.done.is_set():
        for records in (await consumer.getmany(timeout_ms=100, max_records=MAX_RECORDS)).values():
            clock.start()
            for record in records:
                for call in decoder.decode(record).calls:
                    counts[call.who, int(call.at.timestamp()) // 3600] += 1
            clock.count(len(records))
    await consumer.stop()


async def faststream(kafka: str, topic: str, clock: Clock) -> None:
    await _faststream(kafka, topic, clock, batch=False)


async def faststream_batch(kafka: str, topic: str, clock: Clock) -> None:
    await _faststream(kafka, topic, clock, batch=True)


async def _faststream(kafka: str, topic: str, clock: Clock, *, batch: bool) -> None:
    """What FastStream's documentation shows first, its defaults left alone: a handler that is given decoded JSON."""
    broker = KafkaBroker(kafka)
    counts = Counter[tuple[Any, ...]]()

    def add(record: dict[str, Any]) -> None:
        counts[record["service"], record["environment"], record["provider"], record["model"], record["time"][:13]] += 1

    async def one(record: dict[str, Any]) -> None:
        clock.start()
        add(record)
        clock.count(1)

    async def many(records: list[dict[str, Any]]) -> None:
        clock.start()
        for record in records:
            add(record)
        clock.count(len(records))

    options: Any = {"group_id": uuid.uuid4().hex, "auto_offset_reset": "earliest"}
    if batch:
        broker.subscriber(topic, batch=True, max_records=MAX_RECORDS, **options)(many)
    else:
        broker.subscriber(topic, **options)(one)
    await broker.start()
    await clock.done.wait()
    await broker.stop()


async def lastcall(kafka: str, topic: str, clock: Clock) -> None:
    """The real consumer, with its database. The clock stops when all records are committed there."""
    url = SecretStr(os.environ["BENCH_DATABASE_URL"])
    settings = Settings(
        database_url=url, kafka_bootstrap_servers=kafka, kafka_topics=topic, kafka_group=uuid.uuid4().hex
    )

    class Timed(Consumer):
        async def _on_records(self, records: Any) -> None:
            clock.start()
            await super()._on_records(records)
            if sum(self._ingest.positions.values()) >= clock.records:
                await self._flush()  # and not up to two seconds later
                clock.stop()

    async with open_app(settings) as app:
        stopping = asyncio.Event()
        running = asyncio.create_task(Timed(app).run(stopping))
        await asyncio.wait({running, asyncio.create_task(clock.done.wait())}, return_when=asyncio.FIRST_COMPLETED)
        stopping.set()
        await running
        assert await _applied(app.database, topic) == clock.records


async def _applied(database: Database, topic: str) -> int:
    query = text("SELECT coalesce(sum(records), 0)::bigint FROM watermarks WHERE topic = :topic")
    async with database.connect() as connection:
        return int((await connection.execute(query, {"topic": topic})).scalar_one())


def _reading(kafka: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": kafka,
        "group_id": uuid.uuid4().hex,
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
    }


RUNS: dict[str, Callable[[str, str, Clock], Awaitable[None]]] = {
    "lastcall": lastcall,
    "bare": bare,
    "faststream": faststream,
    "faststream-batch": faststream_batch,
}


def run_one(mode: str, kafka: str, topic: str, records: int) -> None:
    async def main() -> Clock:
        clock = Clock(records)
        await RUNS[mode](kafka, topic, clock)
        return clock

    clock = asyncio.run(main())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rates = {"rate": records / clock.seconds, "cpu_rate": records / clock.cpu_seconds}
    print(json.dumps({**rates, "peak_mb": peak}))


# --- all of them ------------------------------------------------------------------------------------------------------


async def fill(kafka: str, topic: str, records: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    dead_letters = NewTopic("lastcall-dead-letters", 1, 1)
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1), dead_letters])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    for number in range(records):
        await producer.send(topic, record(number), partition=number % PARTITIONS)
    await producer.stop()


def record(number: int) -> bytes:
    """A call as a service of 40 would log it, over four hours; 600 bytes."""
    minute = number * 240 // 1_000_000 % 240
    call = {
        "time": f"2025-06-02T{9 + minute // 60:02}:{minute % 60:02}:{number % 60:02}Z",
        "service": f"service-{number % 40}",
        "environment": "production",
        "provider": "openai",
        "model": MODELS[number % len(MODELS)],
        "served_model": MODELS[number % len(MODELS)],
        "operation": "chat",
        "status": 200,
        "input_tokens": number % 4_000,
        "output_tokens": number % 700,
        "latency_ms": 350.5 + number % 900,
        "streaming": False,
        "request_id": f"req_{number:016x}",
        "note": "",
    }
    return json.dumps(call | {"note": "x" * (RECORD_BYTES - len(json.dumps(call)))}).encode()


@asynccontextmanager
async def database_server() -> AsyncIterator[str]:
    if url := os.environ.get("LASTCALL_TEST_DATABASE_URL"):
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="lastcall-bench-") as folder:
        async with Embedded(Path(folder), broker=False) as addresses:
            assert addresses.database_url is not None
            yield addresses.database_url


async def fresh_database(server: str) -> str:
    name = f"lastcall_bench_{uuid.uuid4().hex[:8]}"
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    await engine.dispose()
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    database = open_database(url)
    await migrate(database)
    await database.dispose()
    return url


async def run_all(kafka: str, records: int, repetitions: int) -> dict[str, list[dict[str, float]]]:
    topic, small = f"bench-{uuid.uuid4().hex[:8]}", f"bench-{uuid.uuid4().hex[:8]}"
    few = records // SLOW_SHARE
    await fill(kafka, topic, records)
    await fill(kafka, small, few)
    results: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    async with database_server() as server:
        for _ in range(repetitions):
            for mode in MODES:
                source, count = (small, few) if mode == "faststream" else (topic, records)
                environment = {"BENCH_DATABASE_URL": await fresh_database(server)}
                arguments = ["--mode", mode, "--topic", source, "--records", str(count), "--kafka", kafka]
                result = await asyncio.to_thread(_child, arguments, environment)
                results[mode].append(result)
                print(_line(mode, **result), flush=True)
    return results


def _line(mode: str, rate: float, cpu_rate: float, peak_mb: float) -> str:
    return f"{mode:17} {rate:>9,.0f} records/s  {cpu_rate:>9,.0f} records/CPU s  {peak_mb:>4.0f} MB"


def _child(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # FastStream's default logs each record
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def report(results: dict[str, list[dict[str, float]]]) -> bool:
    rate, cpu_rate = (
        {mode: statistics.median(run[kind] for run in runs) for mode, runs in results.items()}
        for kind in ("rate", "cpu_rate")
    )
    peak = max(run["peak_mb"] for run in results["lastcall"])
    against_bare, against_json = rate["lastcall"] / rate["bare"], rate["lastcall"] / rate["faststream"]
    print(f"\nmedians: {', '.join(f'{mode} {number:,.0f}' for mode, number in rate.items())} records/s")
    print(f"lastcall / bare aiokafka loop        {against_bare:5.2f}   wanted: 0.75 or more")
    print(f"  the same by CPU time               {cpu_rate['lastcall'] / cpu_rate['bare']:5.2f}")
    print(f"lastcall / FastStream, one by one    {against_json:5.1f}   wanted: 10 or more")
    print(f"lastcall / FastStream, batch         {rate['lastcall'] / rate['faststream-batch']:5.1f}")
    print(f"lastcall, most memory                {peak:5.0f} MB   wanted: below 250")
    return against_bare >= 0.75 and against_json >= 10 and peak < 250


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--kafka", default=os.environ.get("LASTCALL_TEST_KAFKA"))
    parser.add_argument("--mode", choices=MODES, help=argparse.SUPPRESS)
    parser.add_argument("--topic", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.kafka is None:
        parser.error("name a broker: --kafka or LASTCALL_TEST_KAFKA")
    if given.mode:
        run_one(given.mode, given.kafka, given.topic, given.records)
        return 0
    return 0 if report(asyncio.run(run_all(given.kafka, given.records, given.repetitions))) else 1


if __name__ == "__main__":
    sys.exit(main())
