"""Up to when the records of each partition are read to their end: silence after that may be our own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.adapters.postgres.conditions import Condition, clear_conditions_except, raise_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.watermark_store import clock, note_caught_up, topics_behind
from service.core.batch import Partition
from service.core.position import LogState

BEHIND_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an open partition is."""

    taken: int
    """Where the records that are taken end."""
    fetched: int
    """What is asked for next: past `taken` where the log has a transaction's marks, which are no records."""


@dataclass(slots=True)
class _Goal:
    """The end of a partition as it was at an instant. Records of a transaction that was open then are before it: what
    they say is not known until the transaction ends and they are read, or it is aborted and they are passed over."""

    incarnation: str
    end: int
    at: datetime
    fetched: bool = False
    """The log was asked for what follows the end: by the next look, all records before it have been taken."""


class CaughtUp:
    """One consumer's. Under steady traffic the end runs away, so an end is kept until the applied records reach it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._goals: dict[Partition, _Goal] = {}

    async def look(
        self, progress: Mapping[Partition, Progress], logs: Mapping[Partition, LogState], *, now: datetime
    ) -> None:
        """`logs`: asked for at `now` or later. Raises what the database raises."""
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


async def tell_behind(connection: Transaction, topics: Collection[str], *, now: datetime) -> None:
    """Tell the operator of topics that are not read to their end, and note that the others are.

    What is read is noted by the real clock. A tick as of a later time, as somebody may try one, is held against that
    clock: nobody can have read up to a time that is to come.
    """
    now = min(now, await clock(connection))
    behind = await topics_behind(connection, topics, now - BEHIND_AFTER)
    for topic, since in behind.items():
        await raise_condition(
            connection,
            Condition(
                kind="consumer_behind",
                subject=topic,
                detail=f"records since {since:%Y-%m-%d %H:%M} UTC are not all read; until they are, no campaign is"
                " closed for silence",
                remedy="see that `lastcall consume` runs and reaches Kafka; if it does, run more of them, or look for a"
                " transaction that is never ended (kafka-transactions find-hanging)",
                since=now,
            ),
        )
    await clear_conditions_except(connection, "consumer_behind", behind, now=now)
