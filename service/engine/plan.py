"""plan: who is told what in a span of time, past or to come. Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.adapters.campaign_store import Recorded, load_campaigns, told_between
from service.adapters.database import Database
from service.adapters.exposure_store import load_public_exposures
from service.config.company import Company
from service.core.campaign import Campaign
from service.core.catalog import Catalog
from service.core.exposure import Exposure
from service.core.ownership import Audience, destinations
from service.core.plan import Foreseen, foresee, replay

Status = Literal["recorded", "replayed", "foreseen"]
"""recorded: it was written down. replayed: nothing was, and this is what today's policy makes of the calls of then.
foreseen: it comes if the use goes on as it is."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One destination hears one thing. Sorted as it is read: by time, then by whom it is about."""

    at: datetime
    service: str
    environment: str
    platform: str
    model: str
    step: str
    destination: str
    audience: Audience
    status: Status
    reason: str


async def plan(
    database: Database, catalog: Catalog, company: Company, *, start: datetime, end: datetime, now: datetime
) -> list[Planned]:
    """From `start` up to, not including, `end`, by what is known at `now`. The same rows give the same plan."""
    async with database.connect() as connection:
        recorded = await told_between(connection, start, end)
        campaigns = await load_campaigns(connection)
        exposures = await load_public_exposures(connection, catalog, now=now)
    planned = [_recorded(one) for one in recorded]
    for exposure in exposures:
        planned += _of(campaigns.get(exposure.key), exposure, company, now, end)
    return sorted(one for one in planned if start <= one.at < end)


def _recorded(one: Recorded) -> Planned:
    return Planned(
        one.at, *one.key, one.step, one.destination.address, one.destination.audience, "recorded", one.reason
    )


def _of(
    campaign: Campaign | None, exposure: Exposure, company: Company, now: datetime, end: datetime
) -> Iterator[Planned]:
    key = exposure.key
    owner = company.owner_of(key.service)
    policy = company.policy_for(platform=key.platform, environment=key.environment, team=owner.team)

    def planned(found: Iterable[Foreseen], status: Status) -> Iterator[Planned]:
        for one in found:
            telling = one.telling
            for to in destinations(owner, telling.audiences, company.channels):
                yield Planned(one.at, *key, telling.step, to.address, to.audience, status, telling.reason)

    if campaign is None:
        yield from planned(replay(exposure, owner, policy, end=min(now, end)), "replayed")
    yield from planned(foresee(campaign, exposure, owner, policy, start=now, end=end), "foreseen")
