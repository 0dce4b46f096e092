"""Whether the consume loop of a process does its work. A ping of the cluster would say yes while the loop is stuck."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

STALLED_AFTER = timedelta(seconds=60)
"""A loop polls every second or so, and a pause with backoff stays far below `max_poll_interval_ms`."""


@dataclass(frozen=True, slots=True)
class ConsumerHealth:
    """What a consume loop knows of itself at this moment."""

    running: bool
    last_poll_at: datetime | None = None
    """When it last came back from asking Kafka; None before the first time."""
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Records not applied yet, by (topic, partition), of the partitions that it holds."""
    stopped: str | None = None
    """Why it stands still on purpose (a flood of rejections, a recreated topic), in words for the operator."""

    @property
    def records_behind(self) -> int:
        return sum(self.lag.values())


def trouble_of(health: ConsumerHealth, now: datetime) -> str | None:
    """What is wrong with the loop, in words, or None."""
    if not health.running:
        return "the consume loop is not running"
    if health.stopped is not None:
        return health.stopped
    if health.last_poll_at is None:
        return "the consume loop has not asked Kafka yet"
    if now - health.last_poll_at > STALLED_AFTER:
        return f"the consume loop has not asked Kafka for {int((now - health.last_poll_at).total_seconds())} s"
    return None
