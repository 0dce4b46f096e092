"""The heartbeat: APScheduler calls one tick each half minute, and decides nothing. Between the ticks it only brings
the calls of the last seconds to the page. Delivery has a beat of its own, and so have the directories of owners: they
can take minutes, and nothing waits for them.

What is due stands in PostgreSQL, so a beat that is lost, late or doubled by another replica changes no outcome.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from service.engine.reconcile import reconcile
from service.engine.tick import Engine, Verb, tick

log = structlog.get_logger(__name__)

BEAT_SECONDS = 30
CATCH_UP_SECONDS = 5
DECIDING: tuple[Verb, ...] = ("reconcile", "escalate", "report")
DELIVERING: tuple[Verb, ...] = ("deliver",)
REFRESHING: tuple[Verb, ...] = ("refresh",)


class Heartbeat:
    """Ticks until `stop`, which waits for what is under way: APScheduler's asyncio executor would cancel it."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._clock = clock
        self._turn = asyncio.Lock()
        self._delivering = asyncio.Lock()
        self._refreshing = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._delivery = self._scheduler.add_job(self._deliver, "interval", seconds=BEAT_SECONDS)

    def start(self) -> None:
        self._scheduler.add_job(self._refresh, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.add_job(self._catch_up, "interval", seconds=CATCH_UP_SECONDS)
        self._scheduler.start()

    async def stop(self) -> None:
        self._scheduler.pause()
        async with self._turn, self._delivering, self._refreshing:
            self._scheduler.shutdown(wait=False)

    async def _beat(self) -> None:
        async with self._turn:
            await tick(self._engine, now=self._clock(), only=DECIDING)
        if not self._delivering.locked():  # what was decided goes out now, not half a minute later
            self._delivery.modify(next_run_time=datetime.now(UTC))

    async def _deliver(self) -> None:
        async with self._delivering:
            await tick(self._engine, now=self._clock(), only=DELIVERING)

    async def _refresh(self) -> None:
        async with self._refreshing:
            await tick(self._engine, now=self._clock(), only=REFRESHING)

    async def _catch_up(self) -> None:
        if self._turn.locked():
            return
        engine = self._engine
        async with self._turn:
            try:
                await reconcile(engine.database, engine.catalog, engine.resolver, now=self._clock())
            except Exception as error:  # the next tick meets it too, and says and counts it
                log.warning("catch_up_failed", error=type(error).__name__)
