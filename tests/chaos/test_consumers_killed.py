"""Consumers are killed at random moments while a second one joins and leaves; every call and token is counted once."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text

from service.adapters.postgres.database import Database
from tests.broker_topics import call_record, make_topic
from tests.transactions import writer

RECORDS = int(os.environ.get("LASTCALL_CHAOS_RECORDS", "100000"))
PARTITIONS = 6
KILLS = int(os.environ.get("LASTCALL_CHAOS_KILLS", "5"))
WRITERS = 4
MODELS = ("gpt-4.5-preview", "gpt-4o", "gpt-4.1", "o1-preview")
NOT_A_RECORD = b"\xff not a record"
COMMAND = (str(Path(sys.executable).with_name("lastcall")), "consume")

_USAGE = """
    SELECT service, requested_id, sum(calls)::bigint, sum(input_tokens)::bigint
    FROM usage_hourly JOIN series ON series.id = series_id GROUP BY 1, 2
"""
_LEDGER = """
    SELECT sum(records)::bigint, sum(call_records)::bigint, sum(rejected_records)::bigint,
           sum(other_records)::bigint, sum(gap_records)::bigint
    FROM watermarks
"""


@dataclass
class Produced:
    """What went in, by (service, model)."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    tokens: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejected: int = 0

    @property
    def records(self) -> int:
        return self.calls.total() + self.rejected

    def one(self, number: int, chance: random.Random) -> bytes:
        """One more record."""
        if number % 997 == 0:
            self.rejected += 1
            return NOT_A_RECORD
        key = (f"service-{chance.randrange(40)}", chance.choice(MODELS))
        spent = chance.randrange(5_000)
        self.calls[key] += 1
        self.tokens[key] += spent
        return call_record(service=key[0], model=key[1], input_tokens=spent, output_tokens=0)

    def add(self, other: "Produced") -> None:
        self.calls += other.calls
        self.tokens += other.tokens
        self.rejected += other.rejected


@dataclass
class Lives:
    """Of the consumer that is killed. In each an equal part of all records is written: every kill finds it at work."""

    database: Database
    begun: int = 1
    applied: int = 0
    """Records, when the last one ended."""

    async def may_write(self, written: int, total: int) -> None:
        while written * (KILLS + 1) >= total * self.begun:  # noqa: ASYNC110  seldom, and not for long
            await asyncio.sleep(0.02)

    async def end(self, consumer: Process, chance: random.Random) -> None:
        """Soon after it has applied something."""
        await _applied(self.database, self.applied + 1)
        await asyncio.sleep(chance.uniform(0, 0.6))
        consumer.kill()
        await consumer.wait()
        self.applied = await _count(self.database)
        say(f"kill {self.begun} at {self.applied:,} records applied")
        self.begun += 1


@pytest.mark.slow
@pytest.mark.apache_kafka
async def test_totals_are_exact_though_consumers_are_killed(
    apache_kafka: str, database_url: str, database: Database, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = _chance()
    topic = await make_topic(apache_kafka, partitions=PARTITIONS)
    second_folder = tmp_path_factory.mktemp("second")
    environment = await _environment(apache_kafka, database_url, topic)
    lives = Lives(database)
    async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as consumers:
        producing = group.create_task(_produce(apache_kafka, topic, chance, lives))
        first = await _consumer(consumers, environment, tmp_path)
        second: Process | None = None
        for kill in range(KILLS):
            await lives.end(first, chance)
            first = await _consumer(consumers, environment, tmp_path)
            if kill == 1:
                second = await _consumer(consumers, environment, second_folder)
                say("a second consumer joins")
        assert second is not None
        await _serves(second_folder)
        second.send_signal(signal.SIGTERM)
        assert await second.wait() == 0
        say("the second consumer leaves")
        produced = await producing
        await _applied(database, RECORDS)
    say("all applied")
    await _compare(database, produced)
    assert await _offsets(database) == RECORDS


@pytest.mark.slow
@pytest.mark.apache_kafka
async def test_totals_are_exact_though_records_come_in_transactions(
    apache_kafka: str, database_url: str, database: Database, tmp_path: Path
) -> None:
    """Of those that are committed; others are aborted, or stay open while the consumer is killed."""
    chance = _chance()
    topic = await make_topic(apache_kafka, partitions=PARTITIONS)
    environment = await _environment(apache_kafka, database_url, topic)
    produced, lives = Produced(), Lives(database)
    async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as consumers:
        writing = [
            group.create_task(_write(apache_kafka, topic, produced, random.Random(chance.random()), lives))  # noqa: S311
            for _ in range(WRITERS)
        ]
        consumer = await _consumer(consumers, environment, tmp_path)
        for _ in range(KILLS):
            await lives.end(consumer, chance)
            consumer = await _consumer(consumers, environment, tmp_path)
        aborted = sum([await one for one in writing])
        say(f"{produced.records:,} committed, {aborted:,} aborted")
        assert aborted > produced.records // 4
        await _applied(database, produced.records)
    await _compare(database, produced)


def _chance() -> random.Random:
    seed = int(os.environ.get("LASTCALL_CHAOS_SEED", str(time.time_ns())))
    say(f"seed {seed}, {RECORDS:,} records over {PARTITIONS} partitions")
    return random.Random(seed)  # noqa: S311


async def _environment(kafka: str, database_url: str, topic: str) -> dict[str, str]:
    return {
        **os.environ,
        "LASTCALL_DATABASE_URL": database_url,
        "LASTCALL_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "LASTCALL_KAFKA_TOPICS": topic,
        "LASTCALL_KAFKA_GROUP": topic,
        "LASTCALL_KAFKA_DEAD_LETTER_TOPIC": await make_topic(kafka),
        "LASTCALL_FLUSH_SECONDS": "0.3",
        "LASTCALL_WEB_PORT": "0",
    }


async def _consumer(consumers: contextlib.AsyncExitStack, environment: dict[str, str], folder: Path) -> Process:
    with (folder / "consumers.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*COMMAND, env=environment, stdout=log, stderr=log)

    async def end() -> None:
        if process.returncode is None:
            process.terminate()
        await process.wait()

    consumers.push_async_callback(end)
    return process


async def _serves(folder: Path) -> None:
    """Waits until the consumer that logs there is up: before, a signal just ends it."""
    async with asyncio.timeout(60):
        while "serving" not in (folder / "consumers.log").read_text():  # noqa: ASYNC110  a file's growth
            await asyncio.sleep(0.05)


async def _produce(kafka: str, topic: str, chance: random.Random, lives: Lives) -> Produced:
    produced = Produced()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    for number in range(RECORDS):
        await lives.may_write(number, RECORDS)
        await producer.send(topic, produced.one(number, chance), partition=number % PARTITIONS)
    await producer.stop()
    return produced


async def _write(kafka: str, topic: str, produced: Produced, chance: random.Random, lives: Lives) -> int:
    """Its part of the records, in transactions of a few, each on some partitions; others write between them. Adds up
    what is committed, and returns how many records are not."""
    aborted = written = 0
    async with writer(kafka, topic) as transactional:
        while written < RECORDS // WRITERS:
            await lives.may_write(written, RECORDS // WRITERS)
            mine = Produced()
            values = [mine.one(chance.randrange(RECORDS), chance) for _ in range(chance.randrange(1, 400))]
            written += len(values)
            await transactional.begin(values[::2], partition=chance.randrange(PARTITIONS))
            await asyncio.sleep(chance.choice((0, 0, 0.01, 0.2)))
            await transactional.write(values[1::2], partition=chance.randrange(PARTITIONS))
            if chance.random() < 0.6:
                await transactional.commit()
                produced.add(mine)
            else:
                await transactional.abort()
                aborted += len(values)
    return aborted


async def _applied(database: Database, records: int) -> None:
    """Waits until as many are in the database."""
    async with asyncio.timeout(300):
        while await _count(database) < records:  # noqa: ASYNC110  other processes write
            await asyncio.sleep(0.05)


async def _count(database: Database) -> int:
    async with database.connect() as connection:
        return int((await connection.execute(text("SELECT coalesce(sum(records), 0) FROM watermarks"))).scalar_one())


async def _compare(database: Database, produced: Produced) -> None:
    async with database.connect() as connection:
        rows = (await connection.execute(text(_USAGE))).all()
        ledger = (await connection.execute(text(_LEDGER))).one()
        rejected = (await connection.execute(text("SELECT sum(rejected)::bigint FROM rejections"))).scalar_one()
    calls = {(service, model): n for service, model, n, _ in rows}
    tokens = {(service, model): n for service, model, _, n in rows}
    sent = (produced.calls.total(), produced.tokens.total(), produced.rejected)
    say("produced {:,} calls, {:,} tokens, {:,} rejected".format(*sent))
    say(f"counted  {sum(calls.values()):,} calls, {sum(tokens.values()):,} tokens, {rejected:,} rejected")
    assert calls == dict(produced.calls)
    assert tokens == dict(produced.tokens)
    assert rejected == produced.rejected
    assert tuple(ledger) == (produced.records, produced.calls.total(), produced.rejected, 0, 0)


async def _offsets(database: Database) -> int:
    async with database.connect() as connection:
        return int((await connection.execute(text("SELECT sum(next_offset) FROM watermarks"))).scalar_one())


def say(what: str) -> None:
    """The log of the run: `make chaos` shows it."""
    sys.stdout.write(f"{time.monotonic() - _START:7.1f} s  {what}\n")


_START = time.monotonic()
