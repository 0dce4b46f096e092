"""Three schedulers share one database through months of fast time, and are killed at random, while people act,
owners change and dates move: all is recorded and told once, as if there had been one of them and nobody was killed.
"""

import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.outbox_store import LEASE
from service.adapters.postgres.tables import acts, campaigns, messages, notifications
from service.config.company import load_company
from tests.chaos.acting import Answer, People
from tests.chaos.history import Calls, make_callers, make_happenings, make_times
from tests.chaos.lives import Directory, History, Quiet, Three
from tests.chaos.schedulers import Clock, Killer, Scheduler
from tests.company_slack import slack_of
from tests.processes import environment
from tests.slack_server import SlackServer

SERVICES = int(os.environ.get("LASTCALL_CHAOS_SERVICES", "12"))
KILLS = int(os.environ.get("LASTCALL_CHAOS_KILLS", "6"))
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
directories:
  backstage: {path: components.yaml}
"""
ROOT = Path(__file__).parents[2]
DEAD_AFTER = timedelta(seconds=15)
"""Who has not renewed a lease for so long was killed: to wait five minutes for it would be months of fast time."""


@dataclass(frozen=True)
class Outcome:
    recorded: Counter[str]
    campaigns: list[tuple[object, ...]]
    acts: list[tuple[object, ...]]
    """Those that were not refused."""
    answers: list[Answer]
    """To all that people asked."""


@pytest.mark.slow
async def test_all_is_recorded_and_told_once_though_three_schedulers_are_killed(
    database_url: str, database: Database, another_database: Database, tmp_path: Path
) -> None:
    seed = int(os.environ.get("LASTCALL_CHAOS_SEED", "1"))
    chance = random.Random(seed)  # noqa: S311  to repeat a failure
    file, directory = tmp_path / "lastcall.yaml", Directory(tmp_path / "components.yaml", SERVICES)
    file.write_text(LASTCALL_YAML)
    callers, times = make_callers(chance, SERVICES), make_times(chance)
    history = History(load_catalog(), load_company(file), directory, times, make_happenings(chance, SERVICES))
    say(f"seed {seed}: {SERVICES} services, {len(history.moments)} times, {KILLS} kills")

    quiet = Quiet(another_database, history)
    await quiet.live(Calls(another_database, history.loaded, callers))
    expected = await _outcome(another_database, quiet.people)
    say(f"one quiet scheduler recorded {expected.recorded.total()} notifications and {len(expected.acts)} acts")

    async with slack_of(history.company) as slack:
        env = environment(
            LASTCALL_DATABASE_URL=database_url,
            LASTCALL_CONFIG=file,
            LASTCALL_SLACK_TOKEN=slack.token,
            LASTCALL_SLACK_API_URL=slack.url,
            PYTHONPATH=ROOT,
        )
        schedulers = [Scheduler(f"scheduler-{number}", tmp_path, env) for number in range(3)]
        killer = Killer(schedulers, chance, moments=len(history.moments), kills=KILLS)
        slack.on_post = killer.slack_has
        clock = Clock(tmp_path / "clock")
        three = Three(database, history, schedulers, killer, clock)
        async with _taking_dead_leases(database) as taken:
            await three.live(Calls(database, history.loaded, callers))
    say(f"{killer.killed} kills, {taken.total()} leases of the dead, {clock.turn} turns, {len(slack.posts)} posts")

    assert killer.killed == KILLS
    outcome = await _outcome(database, three.people)
    assert outcome.answers == expected.answers
    assert outcome.acts == expected.acts
    assert outcome.recorded == expected.recorded
    assert outcome.campaigns == expected.campaigns
    await _compare(database, slack)


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


async def _outcome(database: Database, people: People) -> Outcome:
    """What tells one notification from another, but for the hour of the look that opened a campaign."""
    c, a = campaigns.c, acts.c
    act_in_force = (c.service, c.plan_version, c.hold, c.acknowledged, c.promise, c.close_reason)
    done = (a.service, a.kind, a.author, a.at, a.details)
    async with database.connect() as connection:
        keys = await connection.scalars(select(notifications.c.dedup_key))
        recorded = Counter(re.sub(r"T\d\d:\d\d", "", key) for key in keys)
        stand = [tuple(row) for row in await connection.execute(select(*act_in_force).order_by(c.service))]
        acted = [tuple(row) for row in await connection.execute(select(*done).order_by(a.at, a.service))]
    return Outcome(recorded, stand, acted, people.answers)


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
