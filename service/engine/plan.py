"""plan: who is told what in a span of time, past or to come. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.adapters.postgres.campaign_store import Recorded, load_campaigns, told_between
from service.adapters.postgres.conditions import last_tick
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures, newest_call
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.campaign import Campaign
from service.core.escalation.plan import foresee
from service.core.exposure import Exposure
from service.core.ownership import Audience, destinations

Status = Literal["recorded", "foreseen"]
"""recorded: it was written down. foreseen: it comes if the use goes on as it is."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One destination hears one thing. Sorted as it is read: by time, then by whom it is about."""

    at: datetime
    service: str
    environment: str
    platform: str
    model: str
    id: str
    """The model as a request on that platform spells it."""
    step: str
    destination: str
    audience: Audience
    status: Status
    reason: str


async def plan(
    database: Database, catalog: Catalog, company: Company, *, start: datetime, end: datetime
) -> list[Planned]:
    """From `start` up to, not including, `end`. The same rows give the same plan, whatever the time is.

    Up to the last tick it is what was recorded, from then on what is foreseen. Where no tick has ever been, everything
    is foreseen from the newest call on.
    """
    async with database.connect() as connection:
        now = await last_tick(connection, "escalate") or await newest_call(connection) or start
        recorded = await told_between(connection, start, end)
        campaigns = await load_campaigns(connection)
        exposures = await load_public_exposures(connection, catalog, now=now)
    planned = [_recorded(one, catalog) for one in recorded]
    for exposure in exposures:
        planned += _foreseen(campaigns.get(exposure.key), exposure, company, now, end)
    return sorted(one for one in planned if start <= one.at < end)


def _recorded(one: Recorded, catalog: Catalog) -> Planned:
    known = catalog.get(one.key.platform, one.key.model)
    id_ = known.id if known else one.key.model
    to = one.destination
    return Planned(one.at, *one.key, id_, one.step, to.address, to.audience, "recorded", one.reason)


def _foreseen(
    campaign: Campaign | None, exposure: Exposure, company: Company, now: datetime, end: datetime
) -> Iterator[Planned]:
    key = exposure.key
    owner = company.owner_of(key.service)
    policy = company.policy_for(platform=key.platform, environment=key.environment, team=owner.team)
    for one in foresee(campaign, exposure, owner, policy, start=now, end=end):
        telling = one.telling
        for to in destinations(owner, telling.audiences, company.channels):
            yield Planned(
                one.at, *key, exposure.deprecation.id, telling.step, to.address, to.audience, "foreseen", telling.reason
            )
