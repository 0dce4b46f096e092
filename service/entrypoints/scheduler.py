"""The heartbeat: APScheduler calls one tick each half minute, and decides nothing.

What is due stands in PostgreSQL, so a beat that is lost, late or doubled by another replica changes no outcome.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from service.engine.tick import Engine, tick

BEAT_SECONDS = 30


class Heartbeat:
    """Ticks until `stop`, which waits for a tick under way: APScheduler's asyncio executor would cancel it."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._clock = clock
        self._turn = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )

    def start(self) -> None:
        self._scheduler.add_job(self._beat, "interval", seconds=BEAT_SECONDS, next_run_time=datetime.now(UTC))
        self._scheduler.start()

    async def stop(self) -> None:
        self._scheduler.pause()
        async with self._turn:
            self._scheduler.shutdown(wait=False)

    async def _beat(self) -> None:
        async with self._turn:
            await tick(self._engine, now=self._clock())
