"""Determines the series of a call if a log brings more names than the bounds allow.

Each new combination of a log's words is a new series. A log with a new word in every call (a pod's name as the service,
a request number in the model id, a host per tenant) would create one series per call. So names are bounded. Beyond the
bounds, words are dropped, one kind after another, until the rest is an existing series or a new one within the bounds:

    level 0  the log's own words
    level 1  ids, provider and host as identity reads them; unknown values become "(too many)"
    level 2  the environment as well
    level 3  the reporter as well
    then the service: "(too many services)" at level 1, 2, 3, and
    level 4  one model if both the requested and the served one are known

No level drops the platform and the model: a flood costs names, but never hides calls of a deprecated model. The number
of series at level 4 is bounded by the catalog.

The bounds apply to what is stored, not to a time span. The backlog of a first start and the first minutes of a large
company fit into them. A flood of several days creates only the hourly allowance. A folded key is not stored, so it gets
its own series as soon as there is room; its calls are then the sum of two series.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from service.core.identity import Resolver
from service.core.series import SeriesKey

TOO_MANY = "(too many)"
TOO_MANY_SERVICES = "(too many services)"
"""Service of calls beyond the bound on services. Shown as any other; the fallback channel is notified."""

Level = Literal[0, 1, 2, 3, 4]
LAST: Final = 4


class Allowance(NamedTuple):
    freely: int
    """Total without an hourly limit."""
    an_hour: int
    """Beyond that, new ones per hour and process: real names get a series in time."""

    def admits(self, total: int, new: int) -> bool:
        """`total` exist; this process created `new` of them in this hour."""
        return total < self.freely or new < self.an_hour


@dataclass(frozen=True, slots=True)
class Bounds:
    services: Allowance
    series: Allowance
    """Total of all services."""
    of_service: tuple[Allowance, ...]
    """Series of one service, by level 0 to 3. "(too many services)" counts as a service."""


BOUNDS = Bounds(
    services=Allowance(6_000, 100),
    series=Allowance(500_000, 1_000),
    of_service=(Allowance(2_000, 20), Allowance(1_000, 20), Allowance(200, 10), Allowance(200, 10)),
)


class Placed(NamedTuple):
    """The series under which a key is counted."""

    key: SeriesKey
    level: Level


@dataclass(slots=True)
class Ledger:
    """Number of names: from the database, plus those added since."""

    hour: datetime
    bounds: Bounds = BOUNDS
    services: int = 0
    series: int = 0
    of_service: dict[str, Counter[Level]] = field(default_factory=dict)
    """Series by service, for the requested services that have any."""
    new_services: int = 0
    new_series: int = 0
    new_of_service: dict[str, Counter[Level]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, made: Placed) -> None:
        service = made.key.service
        if service not in self.of_service:
            self.of_service[service] = Counter()
            self.services += 1
            self.new_services += 1
        self.series += 1
        self.new_series += 1
        self.of_service[service][made.level] += 1
        self.new_of_service[service][made.level] += 1

    def part(self, services: Collection[str]) -> "Ledger":
        """A copy with these services only."""
        part = replace(self, of_service={}, new_of_service=defaultdict(Counter))
        for whole, copy in ((self.of_service, part.of_service), (self.new_of_service, part.new_of_service)):
            copy.update((service, Counter(whole[service])) for service in services if service in whole)
        return part

    def names(self, service: str) -> bool:
        """Whether the service has series, or may get one."""
        return service in self.of_service or self.bounds.services.admits(self.services, self.new_services)

    def has_room(self, service: str, level: Level) -> bool:
        if not self.bounds.series.admits(self.series, self.new_series):
            return False
        total, new = self.of_service.get(service, _NONE)[level], self.new_of_service.get(service, _NONE)[level]
        return self.bounds.of_service[level].admits(total, new)


_NONE: Counter[Level] = Counter()


def may_overflow(new_keys: Collection[SeriesKey], ledger: Ledger) -> bool:
    """Whether any key may have to be folded. If not, `place` needs no known series."""
    of_service = Counter(key.service for key in new_keys)
    new = sum(service not in ledger.of_service for service in of_service)
    bounds = ledger.bounds
    return (
        ledger.services + new > bounds.services.freely
        or ledger.series + len(new_keys) > bounds.series.freely
        or any(
            ledger.of_service.get(service, _NONE)[0] + count > bounds.of_service[0].freely
            for service, count in of_service.items()
        )
    )


def place(
    new_keys: Mapping[SeriesKey, int], known: Collection[SeriesKey], ledger: Ledger, resolver: Resolver
) -> dict[SeriesKey, Placed]:
    """The series of each key. `new_keys`: keys without a series, with their calls; those with the most calls get names
    first. `known`: existing series among their `folds`. New series are added to `ledger`."""
    placed: dict[SeriesKey, Placed] = {}
    existing = set(known)
    for key in sorted(new_keys, key=lambda key: (-new_keys[key], order(key))):
        placed[key] = _place(key, existing, ledger, resolver)
        if placed[key].key not in existing:
            existing.add(placed[key].key)
            ledger.add(placed[key])
    return placed


def _place(key: SeriesKey, existing: Collection[SeriesKey], ledger: Ledger, resolver: Resolver) -> Placed:
    if ledger.names(key.service) and ledger.has_room(key.service, 0):
        return Placed(key, 0)
    named = ledger.names(key.service)
    last = Placed(key, 0)
    for last in folds(key, resolver):
        if last.key.service == key.service and not named:
            continue
        if last.key in existing or (last.level < LAST and ledger.has_room(last.key.service, last.level)):
            return last
    return last


def folds(key: SeriesKey, resolver: Resolver) -> Iterator[Placed]:
    """Alternatives for the key, the most specific first."""
    reduced = as_identified(key, resolver)
    for service in (key.service, TOO_MANY_SERVICES):
        read = reduced._replace(service=service)
        yield Placed(read, 1)
        yield Placed(read := read._replace(environment=TOO_MANY), 2)
        yield Placed(read := read._replace(reporter=TOO_MANY), 3)
    yield Placed(_of_one_model(read, resolver), LAST)


def as_identified(key: SeriesKey, resolver: Resolver) -> SeriesKey:
    """The shortest key with the same platform and models, for any reporter. A model without a name in the catalog keeps
    the log's words."""
    models = resolver.identify_words(key)
    where = key.provider or key.host
    read = key._replace(
        provider=models.platform or (where and TOO_MANY),
        host=None,
        requested_id=models.requested_model or (key.requested_id and TOO_MANY),
        served_id=models.served_model or (key.served_id and TOO_MANY),
    )
    spelled = read._replace(requested_id=key.requested_id, served_id=key.served_id)
    candidates = (read, spelled, spelled._replace(provider=key.provider))
    return next((one for one in candidates if resolver.identify_words(one._replace(reporter=TOO_MANY)) == models), key)


def _of_one_model(key: SeriesKey, resolver: Resolver) -> SeriesKey:
    """The key without the served model, if the requested one is identified the same without it."""
    models, alone = resolver.identify_words(key), key._replace(served_id=None)
    asked_for = resolver.identify_words(alone) == models._replace(served_model=None)
    return alone if models.requested_model is not None and asked_for else key


def order(key: SeriesKey) -> tuple[str, ...]:
    return tuple(part or "" for part in key)
