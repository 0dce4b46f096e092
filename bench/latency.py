"""How long after its production a call is in the answer of the API. `make bench-latency`.

`lastcall consume`, `schedule` and `web` run as processes of their own, on Kafka and PostgreSQL. First they read a
backlog: its records per second are the peak rate. Then a producer writes half as many per second. Meanwhile one service
after the other makes its first call of a deprecated model, and the API is asked for it ten times a second.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from aiokafka import AIOKafkaProducer
from sqlalchemy import func, select

from bench.calls import RECORD_BYTES, record
from bench.servers import PARTITIONS, database_server, new_database, new_topic
from service.adapters.postgres.database import Database, open_database
from service.adapters.postgres.tables import watermarks

ROOT = Path(__file__).parents[1]
MODEL = "gpt-4.5-preview"
BATCH = 256 * 1024
SECONDS = 2.0
"""At the 99th percentile, at half the peak rate."""
POLL_SECONDS = 0.1
LONGEST = 60.0
"""Seconds that an answer is waited for. One that takes longer ends the measurement."""


class Load:
    """Writes batches of records as fast as they are asked for."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._records = [record(number) for number in range(BATCH // RECORD_BYTES)]
        self.sent = 0
        self._batches = 0

    async def send(self) -> None:
        batch = self._producer.create_batch()
        while batch.append(key=None, value=self._records[self.sent % len(self._records)], timestamp=None):
            self.sent += 1
        batch.close()
        self._batches += 1
        await self._producer.send_batch(batch, self._topic, partition=self._batches % PARTITIONS)

    async def send_at(self, rate: float) -> None:
        """Until it is cancelled."""
        before, started = self.sent, time.monotonic()
        while True:
            ahead = (self.sent - before) / rate - (time.monotonic() - started)
            await asyncio.sleep(max(ahead, 0))
            await self.send()


@asynccontextmanager
async def running(role: str, environment: dict[str, str]) -> AsyncIterator[str]:
    """The address that it serves, once it does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service", role,
        env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            if serving := re.search(rb"serving (http://\S+)", line):
                break
        else:
            raise SystemExit(f"lastcall {role} ended before it served")
        drained = asyncio.create_task(process.stdout.read())
        yield serving[1].decode()
        assert not drained.done(), f"lastcall {role} ended"
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def peak_rate(database: Database, topic: str, records: int) -> float:
    """Records per second from the first that is applied to the last of `records`."""
    w = watermarks.c
    query = select(func.coalesce(func.sum(w.next_offset), 0)).where(w.topic == topic)
    begun: tuple[float, int] | None = None
    while True:
        async with database.connect() as connection:
            applied = int((await connection.execute(query)).scalar_one())
        now = time.monotonic()
        if begun is None and applied:
            begun = now, applied
        if begun and applied >= records:
            return (applied - begun[1]) / (now - begun[0])
        await asyncio.sleep(0.05)


async def seconds_to_answer(producer: AIOKafkaProducer, topic: str, api: httpx.AsyncClient) -> float:
    """From the first call of a new service to the answer that has it."""
    service = f"first-call-{uuid.uuid4().hex[:8]}"
    call = {"service": service, "provider": "openai", "model": MODEL, "time": datetime.now(UTC).isoformat()}
    started = time.monotonic()
    await producer.send(topic, json.dumps(call).encode())
    while (took := time.monotonic() - started) < LONGEST:
        page = (await api.get("/api/v1/exposures", params={"service": service})).raise_for_status().json()
        if page["items"]:
            return time.monotonic() - started
        await asyncio.sleep(POLL_SECONDS)
    return took


async def measure(producer: AIOKafkaProducer, topic: str, api: httpx.AsyncClient, calls: int) -> list[float]:
    found: list[float] = []
    while len(found) < calls and max(found, default=0) < LONGEST:
        found.append(await seconds_to_answer(producer, topic, api))
    return found


async def run(kafka: str, records: int, calls: int) -> int:
    async with database_server() as server, AsyncExitStack() as stack:
        url = await new_database(server)
        topic = await new_topic(kafka, 0)
        producer = await stack.enter_async_context(AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=BATCH))
        load = Load(producer, topic)
        while load.sent < records:
            await load.send()
        await producer.flush()
        environment = {
            "LASTCALL_DATABASE_URL": url,
            "LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "LASTCALL_KAFKA_TOPICS": topic,
            "LASTCALL_KAFKA_GROUP": topic,
            "LASTCALL_WEB_PORT": "0",
        }
        database = open_database(url)
        stack.push_async_callback(database.dispose)
        at = {
            role: await stack.enter_async_context(running(role, environment)) for role in ("web", "schedule", "consume")
        }
        peak = await peak_rate(database, topic, load.sent)
        print(f"peak: {peak:,.0f} records/s, from a backlog of {load.sent:,}", flush=True)
        api = await stack.enter_async_context(httpx.AsyncClient(base_url=at["web"], trust_env=False, timeout=60))
        idle = await measure(producer, topic, api, calls // 2)
        print(line("nothing else", idle), flush=True)
        before, started = load.sent, time.monotonic()
        loading = asyncio.create_task(load.send_at(peak / 2))
        found = await measure(producer, topic, api, calls)
        rate = (load.sent - before) / (time.monotonic() - started)
        assert not loading.done(), "the producer ended"
        loading.cancel()
        await asyncio.wait({loading})
    assert rate > 0.9 * peak / 2, f"the producer wrote {rate:,.0f} records/s, not half the peak"
    late = quantile(found) >= SECONDS
    print(line(f"{rate:,.0f} records/s beside it", found))
    print(f"below {SECONDS:g} s at the 99th percentile: {'NO' if late else 'yes'}")
    return int(late)


def line(beside: str, seconds: Sequence[float]) -> str:
    return (
        f"{beside}: {len(seconds)} first calls, median {statistics.median(seconds):.2f} s,"
        f" 99th percentile {quantile(seconds):.2f} s, longest {max(seconds):.2f} s"
    )


def quantile(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[98]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000, help="of the backlog that the peak is measured by")
    parser.add_argument("--calls", type=int, default=200, help="first calls that are timed at half the peak")
    parser.add_argument("--kafka", default=os.environ.get("LASTCALL_TEST_KAFKA"))
    given = parser.parse_args()
    if given.kafka is None:
        parser.error("name a broker: --kafka or LASTCALL_TEST_KAFKA")
    return asyncio.run(run(given.kafka, given.records, given.calls))


if __name__ == "__main__":
    sys.exit(main())
