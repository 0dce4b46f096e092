"""Health of the consume loop of a process. A ping of the cluster would not detect a stuck loop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STALLED_AFTER = timedelta(seconds=60)
"""A loop polls about every second; a backoff stays far below `max_poll_interval_ms`."""
FETCH_TRIES = 3
"""Failures in a row, about a second apart; fewer are normal during a leader change."""


@dataclass(frozen=True, slots=True)
class ConsumerHealth:
    """The current state of a consume loop."""

    running: bool
    last_poll_at: datetime | None = None
    """Last successful poll of Kafka. None: not yet."""
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Records not applied yet, by (topic, partition), of its assigned partitions."""
    stopped: str | None = None
    """Why it is stopped on purpose (a flood of rejections, a recreated topic), in words for the operator."""
    missing_topics: Sequence[str] = ()
    """Configured topics that do not exist: it waits for them and reads the others."""
    subscribed: bool = True
    """Whether it reads any topic."""
    answered_at: datetime | None = None
    """Time of the cluster's last answer about its topics. Without it, a dead broker would look like silence."""
    held_since: datetime | None = None
    """Time of reading of the oldest unwritten record. None: all are written."""
    flush_failures: int = 0
    """Failures in a row; `flush_trouble` is the name of the last error."""
    flush_trouble: str | None = None
    fetch_failures: int = 0
    """Failures in a row; `fetch_trouble` is the text of the last error."""
    fetch_trouble: str | None = None

    @property
    def records_behind(self) -> int:
        return sum(self.lag.values())


def trouble_of(health: ConsumerHealth, now: datetime) -> str | None:
    """The problem of the loop, in words. None: it is healthy."""
    if not health.running:
        return "the consume loop is not running"
    if health.stopped is not None:
        return health.stopped
    return _stuck_flush(health, now) or _not_reading(health, now)


def _stuck_flush(health: ConsumerHealth, now: datetime) -> str | None:
    held = health.held_since
    if held is None or now - held <= STALLED_AFTER:
        return None
    tries = f"{health.flush_failures} attempts failed, the last with {health.flush_trouble}"
    return f"records read {_seconds(now - held)} ago are not written yet" + (f": {tries}" * bool(health.flush_failures))


def _not_reading(health: ConsumerHealth, now: datetime) -> str | None:
    if health.fetch_failures >= FETCH_TRIES:
        return f"records cannot be fetched, {health.fetch_failures} attempts failed: {health.fetch_trouble}"
    if health.missing_topics and not health.subscribed:
        return f"no configured topic exists: {', '.join(health.missing_topics)}"
    if health.last_poll_at is None:
        return "the consume loop has not polled Kafka yet"
    if now - health.last_poll_at > STALLED_AFTER:
        return f"the consume loop has not polled Kafka for {_seconds(now - health.last_poll_at)}"
    if health.answered_at is not None and now - health.answered_at > STALLED_AFTER:
        return f"Kafka has not answered for {_seconds(now - health.answered_at)}"
    return None


def _seconds(span: timedelta) -> str:
    return f"{int(span.total_seconds())} s"
