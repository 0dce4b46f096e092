"""Tracks the time up to which each partition is read to its end. Silence after that time proves nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.adapters.postgres.conditions import clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.watermark_store import clock, note_caught_up, topics_behind
from service.core.batch import Partition
from service.core.condition_ingest import ConsumerBehind
from service.core.position import LogState

BEHIND_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an open partition."""

    taken: int
    """Offset after the last record taken."""
    fetched: int
    """Next fetch offset: beyond `taken` if the log has transaction markers, which are not records."""


@dataclass(slots=True)
class _Goal:
    """The end of a partition at one instant, including records of transactions that were open then. The goal is reached
    once those transactions have ended and their records are read, or skipped after an abort."""

    incarnation: str
    end: int
    at: datetime
    fetched: bool = False
    """The consumer has fetched beyond the end: by the next check, it has taken all records before it."""


class CaughtUp:
    """State of one consumer. Under steady traffic the end moves on, so a goal stays until applied records reach it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._goals: dict[Partition, _Goal] = {}

    async def look(
        self, progress: Mapping[Partition, Progress], logs: Mapping[Partition, LogState], *, now: datetime
    ) -> None:
        """`logs` were read at `now` or later. Raises what the database raises."""
        self._goals = {p: goal for p, goal in self._goals.items() if p in progress}
        for partition in (progress.keys() & logs.keys()) - self._goals.keys():
            self._goals[partition] = _Goal(logs[partition].incarnation, logs[partition].written, now)
        if not self._goals:
            return
        async with self._database.begin() as connection:
            reached = await note_caught_up(connection, {p: _sought(g, progress[p]) for p, g in self._goals.items()})
        self._goals = {p: goal for p, goal in self._goals.items() if p not in reached}
        for partition, goal in self._goals.items():
            goal.fetched = progress[partition].fetched >= goal.end


def _sought(goal: _Goal, progress: Progress) -> tuple[str, int, datetime]:
    passed = goal.fetched and progress.fetched >= goal.end
    return goal.incarnation, min(goal.end, progress.taken) if passed else goal.end, goal.at


async def raise_behind(connection: Transaction, topics: Collection[str], *, now: datetime) -> None:
    """Raise a condition for each topic that is not read to its end, and clear it for the others.

    Progress is recorded by the real clock. So a tick as of a future time compares with the real clock: no consumer can
    have read up to a future time.
    """
    now = min(now, await clock(connection))
    behind = await topics_behind(connection, topics, now - BEHIND_AFTER)
    for topic, since in behind.items():
        await raise_condition(connection, ConsumerBehind(topic=topic, unread_since=since), since=now)
    await clear_conditions_except(connection, "consumer_behind", behind, now=now)
