"""Events -> hourly totals. Merging is associative and commutative: any order and any split of the records ends alike.

A *series* is one (service, environment, reporter, and the ids as the log spelled them). It keeps the log's own text, so
that a corrected alias or a new announcement takes effect on history by resolving the series again, with no replay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from service.core.usage import FieldKind, UsageEvent

UNKNOWN_SERVICE = "(unknown)"
"""The service of a call whose log names no caller. Shown as such, and owned by the fallback."""
MAX_SAMPLES = 3
"""Request ids kept as evidence of a series."""
MAX_KEY_OWNERS = 5
"""Holders of keys kept of a service: those whose keys called last."""
_MAX_NAME_BYTES = 512
"""Of a service and of an environment: with a platform and a model they are a key, and an index has room for some
2,700 bytes of one. Only names of 128 characters or more can be longer."""


class SeriesKey(NamedTuple):
    """What tells one stream of calls from another, in the log's own words. `None` is "the log does not say"."""

    service: str
    environment: str
    reporter: str
    provider: str | None
    host: str | None
    requested_id: str | None
    requested_field: FieldKind
    served_id: str | None

    @classmethod
    def of(cls, event: UsageEvent) -> "SeriesKey":
        # Past the generated constructor: once a call, it is a tenth of the whole cost.
        return tuple.__new__(
            cls,
            (
                event.service or UNKNOWN_SERVICE,
                event.environment or "",
                event.reporter,
                event.provider,
                event.host,
                event.requested_id,
                event.requested_field,
                event.served_id,
            ),
        )

    def bounded(self) -> "SeriesKey":
        """With names that fit into an index; itself, nearly always."""
        if len(self.service) <= _MAX_NAME_BYTES // 4 and len(self.environment) <= _MAX_NAME_BYTES // 4:
            return self
        return self._replace(service=_cut(self.service), environment=_cut(self.environment))


def _cut(name: str) -> str:
    return name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")


@dataclass(slots=True)
class Totals:
    """Totals of one series in one hour. Sums are over the calls that say; `*_known` counts those."""

    first_at: datetime
    last_at: datetime
    calls: int = 0
    errors: int = 0
    end_of_life: int = 0
    """Errors that say, in the platform's own words, that the model is gone."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    tokens_known: int = 0
    latency_ms: float = 0.0
    latency_known: int = 0

    def add(self, event: UsageEvent) -> None:
        at = event.at
        if at < self.first_at:  # noqa: PLR1730  a call of min() costs three times this, on the path of a record
            self.first_at = at
        if at > self.last_at:  # noqa: PLR1730
            self.last_at = at
        self.calls += 1
        if event.failed:
            self.errors += 1
            self.end_of_life += event.end_of_life
        if event.input_tokens is not None or event.output_tokens is not None:
            self.input_tokens += event.input_tokens or 0
            self.output_tokens += event.output_tokens or 0
            self.cached_tokens += event.cached_tokens or 0
            self.tokens_known += 1
        if event.latency_ms is not None:
            self.latency_ms += event.latency_ms
            self.latency_known += 1

    def merge(self, other: "Totals") -> None:
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.calls += other.calls
        self.errors += other.errors
        self.end_of_life += other.end_of_life
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.tokens_known += other.tokens_known
        self.latency_ms += other.latency_ms
        self.latency_known += other.latency_known


@dataclass(slots=True)
class Rollup:
    """Totals by (series, hour); the first request ids of each series as evidence; who holds each service's keys."""

    totals: dict[tuple[SeriesKey, int], Totals] = field(default_factory=dict)
    """The hour is in whole hours since 1970-01-01 UTC."""
    samples: dict[SeriesKey, list[str]] = field(default_factory=dict)
    key_owners: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """Service -> holder -> last call with the holder's key."""

    def add(self, event: UsageEvent) -> None:
        key = SeriesKey.of(event)
        hour = int(event.at.timestamp()) // 3600
        totals = self.totals.get((key, hour))
        if totals is None:
            key = key.bounded()
            totals = self.totals.setdefault((key, hour), Totals(event.at, event.at))
        totals.add(event)
        if event.request_id is not None:
            samples = self.samples.setdefault(key, [])
            if len(samples) < MAX_SAMPLES:
                samples.append(event.request_id)
        if event.key_owner is not None and event.service is not None:
            self._hold(key.service, event.key_owner, event.at)

    def merge(self, other: "Rollup") -> None:
        for key, totals in other.totals.items():
            mine = self.totals.get(key)
            if mine is None:
                mine = self.totals[key] = Totals(totals.first_at, totals.last_at)
            mine.merge(totals)
        for series, ids in other.samples.items():
            mine_ids = self.samples.setdefault(series, [])
            mine_ids.extend(ids[: MAX_SAMPLES - len(mine_ids)])
        for service, holders in other.key_owners.items():
            for holder, last_at in holders.items():
                self._hold(service, holder, last_at)

    def _hold(self, service: str, holder: str, at: datetime) -> None:
        holders = self.key_owners.get(service)
        if holders is None:
            holders = self.key_owners[service] = {}
        last_at = holders.get(holder)
        if last_at is None or at > last_at:
            holders[holder] = at
            if len(holders) > MAX_KEY_OWNERS:
                del holders[min(holders, key=lambda one: (holders[one], one))]

    def halves(self) -> Iterator["Rollup"]:
        """Two that merged are this one, which has two totals or more."""
        rows = list(self.totals.items())
        for some in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            keys = {key for (key, _), _ in some}
            services = {key.service for key in keys}
            yield Rollup(
                dict(some),
                {key: ids for key, ids in self.samples.items() if key in keys},
                {service: holders for service, holders in self.key_owners.items() if service in services},
            )

    def __len__(self) -> int:
        return len(self.totals)
