"""The heartbeat: APScheduler starts a tick every half minute; it makes no decisions. Between ticks it only updates the
page with the calls of the last seconds. Delivery, the directories of owners and the clean-up run separately: they can
take minutes, and nothing waits for them.

Due work is stored in PostgreSQL, so a beat that is lost, late or repeated by another replica changes no outcome.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from service.adapters.slack.transport import LocalTransport, Transport, open_slack
from service.app import App
from service.core.messages.message import Message
from service.engine.reconcile import reconcile
from service.engine.refresh import open_clients
from service.engine.rota import Rota
from service.engine.source_clients import open_sources
from service.engine.tick import Engine, Verb, tick
from service.engine.world import look_up

log = structlog.get_logger(__name__)

BEAT_SECONDS = 30
RECONCILE_SECONDS = 0.5
REST = 3
"""Pause after a catch-up, as a multiple of its duration: it uses at most a quarter of a core, whatever the load."""
CLEAN_UP_SECONDS = 3600
DECIDING: tuple[Verb, ...] = ("reconcile", "escalate", "report")
DELIVERING: tuple[Verb, ...] = ("deliver",)
REFRESHING: tuple[Verb, ...] = ("refresh",)
SYNCING: tuple[Verb, ...] = ("sync",)
CLEANING: tuple[Verb, ...] = ("clean_up",)

Show = Callable[[str, Message], None]
"""Called with the destination and the message, without Slack."""


@asynccontextmanager
async def open_engine(app: App, *, show: Show, page: str | None = None) -> AsyncIterator[Engine]:
    """The engine with Slack as its transport, or with `show` if no token is set. `page`: the page's address."""
    async with contextlib.AsyncExitStack() as stack:
        clients_for = await stack.enter_async_context(open_clients(app.settings))
        sources_for = await stack.enter_async_context(open_sources(app.settings, app.database))
        token = app.settings.slack_token
        transport: Transport = LocalTransport(show)
        if token is not None:
            rota = Rota(app.database, lambda: clients_for(app.world.company.directories).pagerduty)
            slack = open_slack(token, api_url=app.settings.slack_api_url, rota=rota)
            transport = await stack.enter_async_context(slack)
        gc.freeze()  # objects that exist now, mostly the catalog, stay; a tick creates many short-lived ones
        retention = app.settings.retention
        yield Engine(app.database, app.worlds, {"slack": transport}, page, clients_for, retention, sources_for)


class Heartbeat:
    """Ticks until `stop`, which waits for running work: APScheduler's asyncio executor would cancel it."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._clock = clock
        self._turn = asyncio.Lock()
        self._delivering = asyncio.Lock()
        self._refreshing = asyncio.Lock()
        self._syncing = asyncio.Lock()
        self._cleaning = asyncio.Lock()
        self._rests_until = 0.0
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._delivery = self._scheduler.add_job(self._deliver, "interval", seconds=BEAT_SECONDS)

    def start(self) -> None:
        self._scheduler.add_job(self._refresh, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._sync, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._clean_up, "interval", seconds=CLEAN_UP_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._reconcile, "interval", seconds=RECONCILE_SECONDS)
        self._scheduler.start()

    async def stop(self) -> None:
        self._scheduler.pause()
        async with self._turn, self._delivering, self._refreshing, self._syncing, self._cleaning:
            self._scheduler.shutdown(wait=False)

    async def _beat(self) -> None:
        async with self._turn:
            await tick(self._engine, now=self._clock(), only=DECIDING)
        if not self._delivering.locked():  # send decisions now, not half a minute later
            self._delivery.modify(next_run_time=datetime.now(UTC))

    async def _deliver(self) -> None:
        async with self._delivering:
            await tick(self._engine, now=self._clock(), only=DELIVERING)

    async def _refresh(self) -> None:
        async with self._refreshing:
            await tick(self._engine, now=self._clock(), only=REFRESHING)

    async def _sync(self) -> None:
        async with self._syncing:
            await tick(self._engine, now=self._clock(), only=SYNCING)

    async def _clean_up(self) -> None:
        async with self._cleaning:
            await tick(self._engine, now=self._clock(), only=CLEANING)

    async def _reconcile(self) -> None:
        if self._turn.locked() or time.monotonic() < self._rests_until:
            return
        engine, started = self._engine, time.monotonic()
        async with self._turn:
            try:
                now = self._clock()
                world = await look_up(engine.database, engine.worlds, now=now)
                await reconcile(engine.database, world, now=now)
            except Exception as error:  # the next tick has it too, and logs and counts it
                log.warning("reconcile_failed", error=type(error).__name__)
            ended = time.monotonic()
            self._rests_until = ended + REST * (ended - started)
