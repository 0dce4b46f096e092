"""Three schedulers share one database through months of fast time, and are killed at random: all is recorded and told
once, as if there had been one of them and nothing had happened.
"""

import asyncio
import os
import random
import re
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.outbox_store import LEASE
from service.adapters.postgres.tables import messages, notifications
from service.adapters.slack.transport import LocalTransport
from service.config.company import Company, load_company
from service.core.messages import Links
from service.engine.tick import Engine, tick
from tests.chaos.history import Calls, make_callers, make_times
from tests.company_slack import slack_of
from tests.processes import environment, until
from tests.slack_server import Posted, SlackServer

SERVICES = int(os.environ.get("LASTCALL_CHAOS_SERVICES", "12"))
KILLS = int(os.environ.get("LASTCALL_CHAOS_KILLS", "8"))
LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: ["service-*[123]"]
    team: search
    people: [ann@acme.example]
    channel: "#search"
    oncall: ["usergroup:search-oncall"]
    manager: [mia@acme.example]
    director: [dora@acme.example]
    incident: "#incidents"
    timezone: Europe/Berlin
  - services: ["service-*[456]"]
    team: finance
    people: [gus@acme.example, eve@acme.example]
    channel: "#finance"
    manager: [mia@acme.example]
    timezone: America/New_York
  - {services: ["service-*[789]"], team: people, channel: "#people", timezone: Asia/Kolkata}
"""
SCRIPT = Path(__file__).parent / "scheduler.py"
ROOT = Path(__file__).parents[2]
DEAD_AFTER = timedelta(seconds=15)
"""Who has not renewed a lease for so long was killed: to wait five minutes for it would be months of fast time."""


class Clock:
    """A file with the time. Each turn of it is to be decided on, though the time may be the same."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.turn = 0

    def say(self, now: datetime) -> None:
        self.turn += 1
        new = self._file.with_suffix(".new")
        new.write_text(f"{self.turn} {now.isoformat()}")
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

    def __init__(self, schedulers: list[Scheduler], chance: random.Random, times: int) -> None:
        self._schedulers, self._chance = schedulers, chance
        self._at = set(chance.sample(range(times), KILLS - KILLS // 2))
        self._at_posts = KILLS // 2
        self._tasks: list[asyncio.Task[None]] = []
        self.killed = 0

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
        await scheduler.kill()
        self.killed += 1
        await scheduler.start()

    async def is_done(self) -> None:
        await asyncio.gather(*self._tasks)


@pytest.mark.slow
async def test_all_is_recorded_and_told_once_though_three_schedulers_are_killed(
    database_url: str, database: Database, another_database: Database, tmp_path: Path
) -> None:
    seed = int(os.environ.get("LASTCALL_CHAOS_SEED", str(time.time_ns())))
    chance = random.Random(seed)  # noqa: S311  to repeat a failure
    callers, times = make_callers(chance, SERVICES), make_times(chance)
    say(f"seed {seed}: {SERVICES} services, {len(times)} times, {KILLS} kills")
    file = tmp_path / "lastcall.yaml"
    file.write_text(LASTCALL_YAML)
    company, loaded = load_company(file), load_catalog()

    await _live_quietly(another_database, loaded, company, Calls(another_database, loaded, callers), times)
    expected = await _recorded(another_database)
    say(f"one quiet scheduler recorded {expected.total()} notifications")

    async with slack_of(company) as slack:
        env = environment(
            LASTCALL_DATABASE_URL=database_url,
            LASTCALL_CONFIG=file,
            LASTCALL_SLACK_TOKEN=slack.token,
            LASTCALL_SLACK_API_URL=slack.url,
            PYTHONPATH=ROOT,
        )
        schedulers = [Scheduler(f"scheduler-{number}", tmp_path, env) for number in range(3)]
        killer = Killer(schedulers, chance, len(times))
        slack.on_post = killer.slack_has
        clock = Clock(tmp_path / "clock")
        clock.say(times[0])
        async with _running(schedulers), _taking_dead_leases(database) as taken:
            calls = Calls(database, loaded, callers)
            for number, now in enumerate(times):
                await calls.count(now)
                killer.time_goes_on(number)
                await _decide(schedulers, killer, clock, now)
            await killer.is_done()
            await until(lambda: _is_all_settled(database, times[-1]))
    say(f"{killer.killed} kills, {taken.total()} leases of the dead, {clock.turn} turns, {len(slack.posts)} posts")

    assert killer.killed == KILLS
    assert await _recorded(database) == expected
    await _compare(database, slack)


async def _live_quietly(
    database: Database, loaded: LoadedCatalog, company: Company, calls: Calls, times: list[datetime]
) -> None:
    quiet = LocalTransport(lambda destination, message: None)
    engine = Engine(database, loaded.catalog, loaded.resolver, company, quiet, Links(), topics=("lastcall",))
    for now in times:
        await calls.count(now)
        ticked = await tick(engine, now=now)
        assert not ticked.failures


async def _decide(schedulers: list[Scheduler], killer: Killer, clock: Clock, now: datetime) -> None:
    """Until all that are up have decided as of `now`, with nobody killed meanwhile."""

    async def is_decided() -> bool:
        up = [one.decided for one in schedulers if one.decided]
        return bool(up) and set(up) == {str(clock.turn)}

    while True:
        killed = killer.killed
        clock.say(now)
        await until(is_decided)
        if killer.killed == killed:
            return


@asynccontextmanager
async def _running(schedulers: list[Scheduler]) -> AsyncIterator[None]:
    try:
        for one in schedulers:
            await one.start()
        yield
    finally:
        for one in schedulers:
            await one.kill()


@asynccontextmanager
async def _taking_dead_leases(database: Database) -> AsyncIterator[Counter[str]]:
    """Counts them."""
    taken: Counter[str] = Counter()
    ends, now = notifications.c.lease_until, func.clock_timestamp()
    dead = update(notifications).where(ends > now, ends < now + (LEASE - DEAD_AFTER)).values(lease_until=now)

    async def take() -> None:
        while True:
            await asyncio.sleep(1)
            async with database.begin() as connection:
                taken["leases"] += (await connection.execute(dead)).rowcount

    taking = asyncio.create_task(take())
    try:
        yield taken
    finally:
        taking.cancel()


async def _is_all_settled(database: Database, now: datetime) -> bool:
    n = notifications.c
    waiting = select(func.count()).where(n.state.in_(("pending", "leased", "unknown")), n.not_before <= now)
    async with database.connect() as connection:
        return await connection.scalar(waiting) == 0


async def _recorded(database: Database) -> Counter[str]:
    """What tells one notification from another, but for the hour of the look that opened a campaign."""
    async with database.connect() as connection:
        keys = await connection.scalars(select(notifications.c.dedup_key))
        return Counter(re.sub(r"T\d\d:\d\d", "", key) for key in keys)


async def _compare(database: Database, slack: SlackServer) -> None:
    """Each message that was noted as delivered is at Slack once, whole, and Slack has no other."""
    async with database.connect() as connection:
        leased = await connection.scalar(select(func.count()).where(notifications.c.lease_token.is_not(None)))
        rows = (await connection.execute(select(messages))).all()
    assert leased == 0
    wanted = {(str(row.id), number) for row in rows for number in range(1 + len(row.replies))}
    marks = [posted.metadata["event_payload"] for posted in slack.posts]
    posted = Counter((mark["id"], mark.get("reply", 0)) for mark in marks)
    assert posted == Counter(wanted)


def say(what: str) -> None:
    """The log of the run: `make chaos` shows it."""
    sys.stdout.write(f"{time.monotonic() - _START:7.1f} s  {what}\n")


_START = time.monotonic()
