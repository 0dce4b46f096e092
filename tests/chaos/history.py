"""Two months by a seed: what services call, what people ask, and how dates and owners change."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from service.core.catalog.lifecycle import Catalog, Shutdown
from tests.callers import Caller
from tests.calls import count_calls

BEGIN, SHUTDOWN, END = date(2025, 5, 16), date(2025, 7, 14), date(2025, 7, 18)
GONE_ON = (SHUTDOWN, date(2025, 7, 7), date(2025, 7, 15))
"""The day of the shutdown by the catalog of each release; the first is the one that is shipped."""
NOON = 12
"""The hour of each happening. No scheduler looks in it for any other reason, and nothing falls due in it: so what is
decided is the same whoever comes first."""
HAPPENINGS = 12
ASKED = 3
"""Acts at one moment."""

Kind = Literal["acknowledge", "snooze", "commit", "waive", "reopen"]


@dataclass(frozen=True)
class Asks:
    """Somebody acts on a service's use, with a day that is so far on the way from the nearest to the farthest."""

    service: str
    kind: Kind
    share: float


@dataclass(frozen=True)
class NamesOwner:
    """Somebody says who owns the service."""

    service: str
    team: str


@dataclass(frozen=True)
class DirectorySays:
    """The catalog of services has another owner for all whom lastcall.yaml leaves out."""

    team: str


@dataclass(frozen=True)
class Releases:
    """The next catalog is rolled out."""

    number: int


Happening = tuple[Asks | NamesOwner, ...] | DirectorySays | Releases
"""Those of people come at once."""


def make_callers(chance: random.Random, services: int) -> list[Caller]:
    return [_caller(f"service-{number}", chance) for number in range(services)]


def _caller(name: str, chance: random.Random) -> Caller:
    found, gone, back = sorted(chance.sample(range((END - BEGIN).days), 3))
    begins = chance.choice((0, found))
    fate = chance.choices(("stays", "migrates", "relapses"), (1, 2, 1))[0]

    def is_calling(day: date) -> bool:
        number = (day - BEGIN).days
        is_away = fate != "stays" and number >= gone and (fate == "migrates" or number < back)
        return number >= begins and not is_away

    return Caller(name, "gpt-4.5-preview", "openai", 2, is_calling, SHUTDOWN)


def make_happenings(chance: random.Random, services: int) -> dict[datetime, Happening]:
    """Each at noon of a day of its own."""
    days = sorted(chance.sample(range(3, (END - BEGIN).days), HAPPENINGS))
    whats: list[Happening] = [_people(chance, services) for _ in range(HAPPENINGS - 4)]
    others: tuple[Happening, ...] = (Releases(1), DirectorySays("finance"), Releases(2), DirectorySays("search"))
    for number, other in zip(sorted(chance.sample(range(HAPPENINGS), 4)), others, strict=True):
        whats.insert(number, other)
    return {at_noon(BEGIN + timedelta(days=day)): what for day, what in zip(days, whats, strict=True)}


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(NOON), UTC)


def _people(chance: random.Random, services: int) -> tuple[Asks | NamesOwner, ...]:
    handed_over, *asked = chance.sample([f"service-{number}" for number in range(services)], ASKED + 1)
    acts = [Asks(name, chance.choice(get_args(Kind)), chance.random()) for name in asked]
    return (*acts, NamesOwner(handed_over, chance.choice(("search", "finance", "people"))))


def make_times(chance: random.Random) -> list[datetime]:
    """When the schedulers look: at a random moment of each day."""
    midnights = (datetime.combine(BEGIN + timedelta(days=n), time(), UTC) for n in range((END - BEGIN).days + 1))
    minutes = [minute for minute in range(24 * 60) if minute // 60 != NOON]
    return [midnight + timedelta(minutes=chance.choice(minutes)) for midnight in midnights]


def catalog_of(release: int, shipped: Catalog) -> Catalog:
    """Release 0 is the one that is shipped."""
    if release == 0:
        return shipped
    shutdown = Shutdown(GONE_ON[release], "exact")
    records = [
        replace(one, shutdown=shutdown, superseded=(*one.superseded, one.shutdown)) if _is_gpt45(one.key) else one
        for one in shipped
    ]
    return Catalog(records, digest=f"{shipped.digest[:40]}, release {release}")


def _is_gpt45(key: tuple[str, str]) -> bool:
    return key[0] == "openai-api" and key[1].startswith("gpt-4.5-preview")


class Calls:
    """Counts what was called since it was asked last, as a consumer does."""

    def __init__(self, database: Database, loaded: LoadedCatalog, callers: list[Caller]) -> None:
        self._database, self._loaded, self._callers = database, loaded, callers
        self._store = UsageStore(database, SeriesBook(loaded.catalog, loaded.resolver))
        self._since = datetime.combine(BEGIN, time(), UTC)

    async def count(self, now: datetime) -> None:
        calls = [call for caller in self._callers for call in caller.calls(self._since, now)]
        self._since = now
        await count_calls(self._database, self._loaded, calls, now, store=self._store)
