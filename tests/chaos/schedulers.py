"""Three schedulers in processes of their own, the clock that they go by, and who kills them."""

import asyncio
import random
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from tests.slack_server import Posted

SCRIPT = Path(__file__).parent / "scheduler.py"


class Clock:
    """A file with the time. Each turn of it is to be decided on, though the time may be the same."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.turn = 0
        self.release = 0
        """That runs from the next turn on."""

    def say(self, now: datetime) -> None:
        self.turn += 1
        new = self._file.with_suffix(".new")
        new.write_text(f"{self.turn} {now.isoformat()} {self.release}")
        new.rename(self._file)


class Scheduler:
    def __init__(self, name: str, folder: Path, env: dict[str, str]) -> None:
        self._arguments = (sys.executable, SCRIPT, folder / "clock", folder / name)
        self._decided, self._log = folder / name, folder / f"{name}.log"
        self._env = env
        self._process: Process | None = None

    async def start(self) -> None:
        self._decided.write_text("")
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments, env=self._env, stdout=log, stderr=log
            )

    async def kill(self) -> None:
        assert self._process is not None
        assert self._process.returncode is None, self._log.read_text()
        self._process.kill()
        await self._process.wait()

    @property
    def decided(self) -> str:
        """The last turn; empty before it begins."""
        return self._decided.read_text()


class Killer:
    """Kills half of them while they decide, and half when Slack has taken a message; and starts them again."""

    def __init__(self, schedulers: list[Scheduler], chance: random.Random, *, moments: int, kills: int) -> None:
        self._schedulers, self._chance = schedulers, chance
        self._at = set(chance.sample(range(moments), kills - kills // 2))
        self._at_posts = kills // 2
        self._tasks: list[asyncio.Task[None]] = []
        self.killed = 0
        self.waits = asyncio.Lock()
        """While somebody else has it, nobody is killed."""

    def time_goes_on(self, number: int) -> None:
        if number in self._at:
            self._strike(self._chance.uniform(0, 0.3))

    def slack_has(self, posted: Posted) -> None:
        """The sender waits for the answer."""
        if self._at_posts and self._chance.random() < 0.1:
            self._at_posts -= 1
            self._strike(0)

    def _strike(self, after: float) -> None:
        whom = self._chance.choice(self._schedulers)
        self._tasks.append(asyncio.create_task(self._kill(whom, after)))

    async def _kill(self, scheduler: Scheduler, after: float) -> None:
        await asyncio.sleep(after)
        async with self.waits:
            await scheduler.kill()
            self.killed += 1
            await scheduler.start()

    async def is_done(self) -> None:
        await asyncio.gather(*self._tasks)


@asynccontextmanager
async def running(schedulers: list[Scheduler]) -> AsyncIterator[None]:
    try:
        for one in schedulers:
            await one.start()
        yield
    finally:
        for one in schedulers:
            await one.kill()
