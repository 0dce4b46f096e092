"""All metrics: name, kind, meaning, labels. The only module that uses prometheus-client.

Code that does the work updates counters and histograms. The gauges below "from the database" are set at each request of
`/metrics`, so they are correct in every process and after a restart. Labels are closed sets, topics, or names of the
catalog, never a service or an id from a log: the number of those is not bounded.
"""

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Declared:
    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...]


DECLARED: list[Declared] = []
"""In the order of declaration below."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_KEYS = (1, 10, 100, 1_000, 5_000, 20_000, 100_000)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    DECLARED.append(Declared(name, "counter", meaning, labels))
    return Counter(name, meaning, labels, registry=REGISTRY)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    DECLARED.append(Declared(name, "gauge", meaning, labels))
    return Gauge(name, meaning, labels, registry=REGISTRY)


def _histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    DECLARED.append(Declared(name, "histogram", meaning, labels))
    return Histogram(name, meaning, labels, registry=REGISTRY, buckets=buckets)


# --- ingest, in the process that consumes -----------------------------------------------------------------------------

RECORDS = _counter(
    "lastcall_records_total",
    "Records applied. outcome: call, rejected, other (a known non-call).",
    "source",
    "topic",
    "outcome",
)
REJECTIONS = _counter(
    "lastcall_rejections_total", "Records, or parts of one, that lastcall could not read.", "source", "topic", "reason"
)
GAP_RECORDS = _counter(
    "lastcall_gap_records_total", "Offsets that Kafka had deleted before lastcall read them.", "topic"
)
DEAD_LETTERS = _counter("lastcall_dead_letters_total", "Rejected records sent to the dead-letter topic.", "topic")
FLUSH_SECONDS = _histogram(
    "lastcall_flush_seconds", "Time of one flush: the transaction that writes a batch.", buckets=_SECONDS
)
FLUSH_KEYS = _histogram("lastcall_flush_keys", "Distinct (series, hour) that one flush wrote.", buckets=_KEYS)
FLUSH_FAILURES = _counter(
    "lastcall_flush_failures_total",
    "Flushes that the database rejected; each is retried or its records are read again.",
)
LAG = _gauge(
    "lastcall_consumer_lag_records",
    "Records in Kafka that are readable and not applied yet.",
    "topic",
    "partition",
)
LAST_POLL = _gauge("lastcall_consumer_last_poll_timestamp_seconds", "Time of the consume loop's last poll of Kafka.")

# --- engine, in the process that schedules ----------------------------------------------------------------------------

TICK_SECONDS = _histogram("lastcall_tick_seconds", "Time of one tick of an engine verb.", "verb", buckets=_SECONDS)
TICK_FAILURES = _counter("lastcall_tick_failures_total", "Ticks that ended in an exception.", "verb")
DELIVERIES = _counter(
    "lastcall_deliveries_total", "Attempts to deliver a message. outcome: delivered, retry, failed, unknown.", "outcome"
)

# --- from the database, in every process that serves /metrics ---------------------------------------------------------

EXPOSURES = _gauge("lastcall_exposures", "Services' uses of deprecated models.", "platform", "state")
NEAREST_DEADLINE = _gauge(
    "lastcall_nearest_deadline_days",
    "Days to the nearest shutdown of a model that is still called; negative: past.",
    "platform",
)
NOTIFICATIONS = _gauge("lastcall_notifications", "Notifications in the outbox.", "state")
UNRESOLVED_IDS = _gauge("lastcall_unresolved_ids", "Unknown model ids in calls of the last 28 days.")
UNPLACED_MODELS = _gauge("lastcall_unplaced_models", "Known models called in the last 28 days on an unknown platform.")
CONDITIONS = _gauge("lastcall_conditions_open", "Open conditions: problems of lastcall itself.", "kind")
LAST_TICK = _gauge("lastcall_last_tick_timestamp_seconds", "Time at which a tick of the verb last finished.", "verb")

FROM_DATABASE: tuple[Gauge, ...] = (
    EXPOSURES,
    NEAREST_DEADLINE,
    NOTIFICATIONS,
    UNRESOLVED_IDS,
    CONDITIONS,
    LAST_TICK,
)
"""Cleared before they are set, so that empty states disappear."""


def exposition() -> bytes:
    """The text format of Prometheus, of `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)


def as_markdown() -> str:
    """The table of `docs/metrics.md`."""
    rows = [f"| `{m.name}` | {m.kind} | {', '.join(m.labels) or '-'} | {m.meaning} |" for m in DECLARED]
    return "\n".join(["| metric | kind | labels | meaning |", "|---|---|---|---|", *rows, ""])
