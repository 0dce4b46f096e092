"""Months of what services call, by a seed: some stay, some migrate, some come back."""

import random
from datetime import UTC, date, datetime, time, timedelta

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.usage_store import UsageStore
from tests.callers import Caller
from tests.calls import count_calls

BEGIN, SHUTDOWN, END = date(2025, 5, 10), date(2025, 7, 14), date(2025, 7, 18)
LOOKS = 2
"""Times a day."""


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


def make_times(chance: random.Random) -> list[datetime]:
    """When the schedulers look: at random moments of each day."""
    midnights = (datetime.combine(BEGIN + timedelta(days=n), time(), UTC) for n in range((END - BEGIN).days + 1))
    return [
        midnight + timedelta(minutes=minute)
        for midnight in midnights
        for minute in sorted(chance.sample(range(24 * 60), LOOKS))
    ]


class Calls:
    """Counts what was called since it was asked last, as a consumer does."""

    def __init__(self, database: Database, loaded: LoadedCatalog, callers: list[Caller]) -> None:
        self._database, self._loaded, self._callers = database, loaded, callers
        self._store = UsageStore(database, loaded.catalog, SeriesBook(loaded.catalog, loaded.resolver))
        self._since = datetime.combine(BEGIN, time(), UTC)

    async def count(self, now: datetime) -> None:
        events = [event for caller in self._callers for event in caller.events(self._since, now)]
        self._since = now
        await count_calls(self._database, self._loaded, events, now, store=self._store)
