"""The demo's loop, per day: records go to Kafka, the consumer applies them, the engine ticks, owners react."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pydantic import SecretStr

from service.adapters.embedded import Embedded
from service.adapters.kafka.producer import RecordProducer, open_producer
from service.adapters.postgres.migration import migrate
from service.adapters.queries.notifications import SentMessage, read_messages
from service.adapters.queries.operation import read_watermarks
from service.app import App, open_app
from service.config.settings import Settings
from service.engine.tick import VERBS, Engine, tick
from service.entrypoints.consumer import Consumer
from service.entrypoints.demo.company import BEGIN, END, LASTCALL_YAML
from service.entrypoints.demo.records import encode
from service.entrypoints.demo.simulation import SimulatedCompany
from service.entrypoints.demo.timeline import Timeline
from service.entrypoints.scheduler import open_engine
from service.entrypoints.web.factory import create_web
from service.entrypoints.web.server import WebServer

TICKS = (time(7, 5), time(13, 5), time(23, 0))
"""Ticks on each simulated day, UTC: after 9:00 in Europe, after 9:00 in New York, and after the day's records."""
_BETWEEN = tuple(verb for verb in VERBS if verb != "clean_up")
"""Clean-up runs once a simulated day."""
FLUSH_SECONDS = 0.05
APPLY_PATIENCE_SECONDS = 60


@dataclass(slots=True)
class Clock:
    """The simulated time; only the demo changes it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class DemoStuckError(Exception):
    """The consumer did not apply the records."""


@asynccontextmanager
async def open_demo(settings: Settings) -> AsyncIterator[App]:
    """An App on embedded servers, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="lastcall-demo-") as folder:
        config = Path(folder) / "lastcall.yaml"
        config.write_text(LASTCALL_YAML, encoding="utf-8")
        async with Embedded(Path(folder) / "data") as addresses:
            changes = {
                "config": config,
                "database_url": SecretStr(addresses.database_url or ""),
                "kafka_bootstrap_servers": addresses.kafka_bootstrap_servers,
                "flush_seconds": FLUSH_SECONDS,
            }
            async with open_app(settings.model_copy(update=changes)) as app:
                await migrate(app.database)
                yield app


def open_page(app: App, clock: Clock) -> WebServer:
    """Serves on the configured port, or on a free one if that is in use: the demo should not fail because of it."""
    web = create_web(app, clock=clock)
    with contextlib.suppress(OSError):
        return WebServer(web, host=app.settings.web_host, port=app.settings.web_port)
    return WebServer(web, host=app.settings.web_host, port=0)


async def play(app: App, timeline: Timeline, clock: Clock, *, page: str) -> None:
    """Plays from BEGIN to END. Raises DemoStuckError, and any exception that ends the consumer."""
    stopping = asyncio.Event()
    async with (
        asyncio.TaskGroup() as parts,
        open_engine(app, show=lambda destination, message: None, page=page) as engine,
        open_producer(app.settings) as producer,
    ):
        parts.create_task(Consumer(app).run(stopping))
        try:
            await Story(app, engine, producer, timeline, clock).play()
        finally:
            stopping.set()


class Story:
    """Connects the simulated company with lastcall: by Kafka records, and by delivered messages."""

    def __init__(self, app: App, engine: Engine, producer: RecordProducer, timeline: Timeline, clock: Clock) -> None:
        self._app = app
        self._engine = engine
        self._producer = producer
        self._timeline = timeline
        self._clock = clock
        self._company = SimulatedCompany()
        self._sent = 0

    async def play(self) -> None:
        for number in range((END - BEGIN).days + 1):
            await self._live(BEGIN + timedelta(days=number))

    async def _live(self, day: date) -> None:
        for at in TICKS[:-1]:
            await self._tick(datetime.combine(day, at, UTC))
        await self._call(day)
        await self._tick(datetime.combine(day, TICKS[-1], UTC))
        self._timeline.day_is_over(day, self._sent)

    async def _call(self, day: date) -> None:
        """Sends the calls of one day to Kafka, and waits until they are counted."""
        for caller, calls in self._company.calls_on(day):
            for key, value in encode(caller.route, calls):
                await self._producer.send(caller.route, value, key=key)
                self._sent += 1
        await self._producer.flush()
        try:
            async with asyncio.timeout(APPLY_PATIENCE_SECONDS):
                while await self._applied() < self._sent:  # noqa: ASYNC110  another process's rows, in general
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise DemoStuckError(f"{await self._applied()} of {self._sent} records are applied") from None

    async def _applied(self) -> int:
        async with self._app.database.connect() as connection:
            return sum(mark.records for mark in await read_watermarks(connection))

    async def _tick(self, at: datetime) -> None:
        self._clock.now = at
        is_last = at.time() == TICKS[-1]
        ticked = await tick(self._engine, now=at, only=VERBS if is_last else _BETWEEN)
        for error in ticked.failures.values():
            raise error
        messages = await self._new_messages(at)
        self._timeline.told(messages)
        for told in (one for message in messages for one in message.notifications):
            if told.kind == "notice" and told.service and told.step:
                self._company.hear(told.service, told.step, at.date())

    async def _new_messages(self, at: datetime) -> list[SentMessage]:
        """Messages delivered at this tick, from the database, as on the outbox page."""
        async with self._app.database.connect() as connection:
            newest = (await read_messages(connection, limit=100)).items
        return [m for m in reversed(newest) if m.rendered_at == at]
