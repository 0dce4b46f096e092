"""A scheduler in a process of its own, by a clock that the test turns, to be killed.

Arguments: the file of the clock, and the file that says up to which turn of it this scheduler has decided.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from service.app import open_app
from service.config.settings import Settings
from service.engine.tick import Engine, tick
from service.engine.world import Worlds
from service.entrypoints.scheduler import DECIDING, DELIVERING, REFRESHING, open_engine
from tests.chaos.history import catalog_of

LOOK_SECONDS = 0.02
BEGUN = "begun"


async def main(clock: Path, decided: Path) -> None:
    async with (
        open_app(Settings()) as app,
        open_engine(app, show=lambda destination, message: None) as engine,
        asyncio.TaskGroup() as beats,
    ):
        beats.create_task(_decide(engine, Clock(clock), decided.write_text))
        beats.create_task(_deliver(engine, Clock(clock)))


class Clock:
    """A file with the number of its turn, the time, and the release that runs by then."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> tuple[str, datetime, int]:
        turn, now, release = self._file.read_text().split()
        return turn, datetime.fromisoformat(now), int(release)


async def _decide(engine: Engine, clock: Clock, say: Callable[[str], object]) -> None:
    """Once a turn, with what the directory says by then; so that the test can tell when nobody decides as of an earlier
    time any more."""
    done = BEGUN
    while True:
        say(done)
        turn, now, release = clock.read()
        if turn != done:
            world = replace(engine.worlds.latest, catalog=catalog_of(release, engine.worlds.latest.catalog))
            released = replace(engine, worlds=Worlds(world))
            if not (await tick(released, now=now, only=(*REFRESHING, *DECIDING))).failures:
                done = turn
        await asyncio.sleep(LOOK_SECONDS)


async def _deliver(engine: Engine, clock: Clock) -> None:
    while True:
        _, now, _ = clock.read()
        await tick(engine, now=now, only=DELIVERING)
        await asyncio.sleep(5 * LOOK_SECONDS)


if __name__ == "__main__":
    asyncio.run(main(*map(Path, sys.argv[1:])))
