"""What people ask while schedulers run, each by a connection of their own, and what they are answered."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from service.adapters.postgres.database import Database
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.act import Acknowledge, Act, Commit, Refused, Reopen, Snooze, Waive
from service.core.exposure import ExposureKey
from service.core.naming import Missing
from service.core.ownership import Owner
from service.engine.act import Acted, act, offered_days
from service.engine.reassign import reassign
from tests.builders import make_world
from tests.chaos.history import Asks, NamesOwner

BY = "ann@acme.example"
TOPICS = ("lastcall",)
FARTHEST_PROMISE, FARTHEST_WAIVER = 20, 40
"""Days."""
Answer = Acted | Refused | Owner | Missing


class People:
    def __init__(self, database: Database, company: Company) -> None:
        self._database, self._company = database, company
        self.answers: list[Answer] = []

    async def act(self, asked: Sequence[Asks | NamesOwner], catalog: Catalog, now: datetime) -> None:
        """All at once."""
        self.answers += await asyncio.gather(*(self._one(each, catalog, now) for each in asked))

    async def _one(self, asked: Asks | NamesOwner, catalog: Catalog, now: datetime) -> Answer:
        match asked:
            case NamesOwner():
                return await reassign(
                    self._database,
                    make_world(catalog, self._company),
                    asked.service,
                    team=asked.team,
                    author=BY,
                    now=now,
                )
            case Asks():
                key = ExposureKey(asked.service, "production", "openai-api", "gpt-4.5-preview-2025-02-27")
                wanted = await self._act(asked, key, catalog, now)
                return await act(self._database, make_world(catalog, self._company, TOPICS), key, wanted, now=now)

    async def _act(self, asked: Asks, key: ExposureKey, catalog: Catalog, now: datetime) -> Act:
        match asked.kind:
            case "acknowledge":
                return Acknowledge(BY)
            case "snooze":
                days = await offered_days(self._database, make_world(catalog, self._company, TOPICS), key, now=now)
                return Snooze(BY, days[int(asked.share * len(days))] if days else now.date())
            case "commit":
                return Commit(BY, _ahead(now, asked.share * FARTHEST_PROMISE))
            case "waive":
                return Waive(BY, _ahead(now, asked.share * FARTHEST_WAIVER), "it is switched off soon")
            case "reopen":
                return Reopen(BY)


def _ahead(now: datetime, days: float) -> date:
    return now.date() + timedelta(days=1 + int(days))
