"""Whether the consume loop of a process does its work. A ping of the cluster would say yes while the loop is stuck."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STALLED_AFTER = timedelta(seconds=60)
"""A loop polls every second or so, and a pause with backoff stays far below `max_poll_interval_ms`."""
FETCH_TRIES = 3
"""Failures in a row, about a second apart, that are more than a broker changing its leader."""


@dataclass(frozen=True, slots=True)
class ConsumerHealth:
    """What a consume loop knows of itself at this moment."""

    running: bool
    last_poll_at: datetime | None = None
    """When it last asked Kafka and nothing failed; None before the first time."""
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Records not applied yet, by (topic, partition), of the partitions that it holds."""
    stopped: str | None = None
    """Why it stands still on purpose (a flood of rejections, a recreated topic), in words for the operator."""
    missing_topics: Sequence[str] = ()
    """Those that it is to read and that are not there: it waits for them, and reads the others."""
    subscribed: bool = True
    """Whether there is a topic that it reads."""
    answered_at: datetime | None = None
    """When the cluster last said what topics it has: a dead broker's records look like silence."""
    held_since: datetime | None = None
    """When the oldest record that is not written yet was read; None when all are."""
    flush_failures: int = 0
    """In a row, and the last one's name."""
    flush_trouble: str | None = None
    fetch_failures: int = 0
    """In a row, and the last one's words."""
    fetch_trouble: str | None = None

    @property
    def records_behind(self) -> int:
        return sum(self.lag.values())


def trouble_of(health: ConsumerHealth, now: datetime) -> str | None:
    """What is wrong with the loop, in words, or None."""
    if not health.running:
        return "the consume loop is not running"
    if health.stopped is not None:
        return health.stopped
    return _stuck_flush(health, now) or _deaf(health, now)


def _stuck_flush(health: ConsumerHealth, now: datetime) -> str | None:
    held = health.held_since
    if held is None or now - held <= STALLED_AFTER:
        return None
    tries = f"{health.flush_failures} tries failed, the last with {health.flush_trouble}"
    return f"records read {_seconds(now - held)} ago are not written yet" + (f": {tries}" * bool(health.flush_failures))


def _deaf(health: ConsumerHealth, now: datetime) -> str | None:
    if health.fetch_failures >= FETCH_TRIES:
        return f"records cannot be fetched, {health.fetch_failures} tries failed: {health.fetch_trouble}"
    if health.missing_topics and not health.subscribed:
        return f"no topic to read is there: {', '.join(health.missing_topics)}"
    if health.last_poll_at is None:
        return "the consume loop has not asked Kafka yet"
    if now - health.last_poll_at > STALLED_AFTER:
        return f"the consume loop has not asked Kafka for {_seconds(now - health.last_poll_at)}"
    if health.answered_at is not None and now - health.answered_at > STALLED_AFTER:
        return f"Kafka has not answered for {_seconds(now - health.answered_at)}"
    return None


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())} s"
