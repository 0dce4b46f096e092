"""Which series a call is counted under when a log brings more names than there can be.

A series is made for each new combination of a log's words. A log that writes a fresh word into every call (a pod's name
for the service, a request's number into the model's id, a host a tenant) would make a series a call, without end. So
names have bounds, and beyond them words are given up, one kind after another, until what is left is a series that is
there already or one that there is room for:

    level 0  the log's own words
    level 1  ids, provider and host as identity reads them; what it does not know becomes "(too many)"
    level 2  the environment as well
    level 3  the reporter as well
    then the service: "(too many services)" at level 1, 2, 3, and
    level 4  one model where the requested and the served one are known both

No level gives up the platform and the model: a flood costs names, and never the fact that a model which is going is
called. What is left of level 4 is bounded by what the catalog knows.

The bounds are on what is stored, not on a time: the backlog of a first start and the first minutes of a large company
fit into them, and a flood that lasts for days makes no more than the trickle of each hour. A key that was folded is not
remembered, so that it is named as soon as there is room; its totals are then in two series and add up to its calls.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, NamedTuple

from service.core.identify import identify
from service.core.identity import Resolver
from service.core.series import SeriesKey

TOO_MANY = "(too many)"
TOO_MANY_SERVICES = "(too many services)"
"""The service of calls whose own is one too many. Shown as any other, and owned by the fallback."""

Level = Literal[0, 1, 2, 3, 4]
LAST: Final = 4


class Allowance(NamedTuple):
    freely: int
    """So many in all."""
    an_hour: int
    """And then so many new ones in each hour, in one process: what is real finds its name in time."""

    def admits(self, total: int, new: int) -> bool:
        """With `total` there, `new` of which this process has made in this hour."""
        return total < self.freely or new < self.an_hour


@dataclass(frozen=True, slots=True)
class Bounds:
    services: Allowance
    series: Allowance
    """Of all services together."""
    of_service: tuple[Allowance, ...]
    """Series of one service, by level up to 3. "(too many services)" is a service too."""


BOUNDS = Bounds(
    services=Allowance(6_000, 100),
    series=Allowance(500_000, 1_000),
    of_service=(Allowance(2_000, 20), Allowance(1_000, 20), Allowance(200, 10), Allowance(200, 10)),
)


class Placed(NamedTuple):
    """What a key is counted under."""

    key: SeriesKey
    level: Level


@dataclass(slots=True)
class Ledger:
    """How many names there are. Totals are what the database says, and what was added since."""

    hour: datetime
    bounds: Bounds = BOUNDS
    services: int = 0
    series: int = 0
    of_service: dict[str, Counter[Level]] = field(default_factory=dict)
    """Series of the services that were asked for and have any."""
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
        """A copy that knows no other services."""
        part = replace(self, of_service={}, new_of_service=defaultdict(Counter))
        for whole, copy in ((self.of_service, part.of_service), (self.new_of_service, part.new_of_service)):
            copy.update((service, Counter(whole[service])) for service in services if service in whole)
        return part

    def names(self, service: str) -> bool:
        """Whether the service has a name, or may have one."""
        return service in self.of_service or self.bounds.services.admits(self.services, self.new_services)

    def has_room(self, service: str, level: Level) -> bool:
        if not self.bounds.series.admits(self.series, self.new_series):
            return False
        total, new = self.of_service.get(service, _NONE)[level], self.new_of_service.get(service, _NONE)[level]
        return self.bounds.of_service[level].admits(total, new)


_NONE: Counter[Level] = Counter()


def may_overflow(strangers: Collection[SeriesKey], ledger: Ledger) -> bool:
    """Whether any of the keys may have to be folded. Where not, `place` needs to know of no other series."""
    of_service = Counter(key.service for key in strangers)
    new = sum(service not in ledger.of_service for service in of_service)
    bounds = ledger.bounds
    return (
        ledger.services + new > bounds.services.freely
        or ledger.series + len(strangers) > bounds.series.freely
        or any(
            ledger.of_service.get(service, _NONE)[0] + count > bounds.of_service[0].freely
            for service, count in of_service.items()
        )
    )


def place(
    strangers: Mapping[SeriesKey, int], known: Collection[SeriesKey], ledger: Ledger, resolver: Resolver
) -> dict[SeriesKey, Placed]:
    """Where each key is counted. `strangers` have no series yet; with each its calls, as those that call most are named
    first. `known` are those of their `folds` that have one. What is made is added to `ledger`."""
    placed: dict[SeriesKey, Placed] = {}
    there = set(known)
    for key in sorted(strangers, key=lambda key: (-strangers[key], order(key))):
        placed[key] = _place(key, there, ledger, resolver)
        if placed[key].key not in there:
            there.add(placed[key].key)
            ledger.add(placed[key])
    return placed


def _place(key: SeriesKey, there: Collection[SeriesKey], ledger: Ledger, resolver: Resolver) -> Placed:
    if ledger.names(key.service) and ledger.has_room(key.service, 0):
        return Placed(key, 0)
    named = ledger.names(key.service)
    last = Placed(key, 0)
    for last in folds(key, resolver):
        if last.key.service == key.service and not named:
            continue
        if last.key in there or (last.level < LAST and ledger.has_room(last.key.service, last.level)):
            return last
    return last


def folds(key: SeriesKey, resolver: Resolver) -> Iterator[Placed]:
    """What the key can be counted under beside itself, the most telling first."""
    in_few_words = as_identified(key, resolver)
    for service in (key.service, TOO_MANY_SERVICES):
        read = in_few_words._replace(service=service)
        yield Placed(read, 1)
        yield Placed(read := read._replace(environment=TOO_MANY), 2)
        yield Placed(read := read._replace(reporter=TOO_MANY), 3)
    yield Placed(_of_one_model(read, resolver), LAST)


def as_identified(key: SeriesKey, resolver: Resolver) -> SeriesKey:
    """The same platform and models in as few words as there are for them, whatever the reporter. A model that cannot be
    named in the catalog's own words keeps the log's."""
    models = identify(resolver, key)
    where = key.provider or key.host
    read = key._replace(
        provider=models.platform or (where and TOO_MANY),
        host=None,
        requested_id=models.requested_model or (key.requested_id and TOO_MANY),
        served_id=models.served_model or (key.served_id and TOO_MANY),
    )
    spelled = read._replace(requested_id=key.requested_id, served_id=key.served_id)
    candidates = (read, spelled, spelled._replace(provider=key.provider))
    return next((one for one in candidates if identify(resolver, one._replace(reporter=TOO_MANY)) == models), key)


def _of_one_model(key: SeriesKey, resolver: Resolver) -> SeriesKey:
    """Without the model that answered, where another one was asked for and is read the same without it."""
    models, alone = identify(resolver, key), key._replace(served_id=None)
    asked_for = identify(resolver, alone) == models._replace(served_model=None)
    return alone if models.requested_model is not None and asked_for else key


def order(key: SeriesKey) -> tuple[str, ...]:
    return tuple(part or "" for part in key)
