"""plan: who is told what in a span of time, past or to come. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from service.adapters.postgres.campaign_store import Recorded, load_campaigns, told_between
from service.adapters.postgres.conditions import last_tick
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures, newest_call
from service.adapters.postgres.watermark_store import known_until
from service.config.company import Company
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.plan import Foreseen, foresee
from service.core.exposure import Exposure
from service.core.ownership import Audience, Destination, destinations

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
    repeat_days: int | None = field(compare=False)
    """Of a step that is told again and again."""
    destination: str
    audience: Audience
    status: Status
    reason: str


async def plan(
    database: Database, catalog: Catalog, company: Company, *, topics: Collection[str], start: datetime, end: datetime
) -> list[Planned]:
    """From `start` up to, not including, `end`. The same rows give the same plan, whatever the time is. While records
    of `topics` wait to be read, silence is not taken as migrated, as the page does not take it.

    Up to the last tick it is what was recorded, from then on what is foreseen: with the calls that came in since, and
    where no tick has ever been, from the newest call on.
    """
    async with database.connect() as connection:
        looked, called = await last_tick(connection, "escalate"), await newest_call(connection)
        now = max((at for at in (looked, called) if at is not None), default=start)
        known = await known_until(connection, topics, now=now)
        recorded = await told_between(connection, start, end)
        campaigns = await load_campaigns(connection)
        exposures = await load_public_exposures(connection, catalog, now=now)
    planned = [_recorded(one, catalog) for one in recorded]
    for exposure in exposures:
        key = exposure.key
        owner = company.owner_of(key.service)
        policy = company.policy_for(platform=key.platform, environment=key.environment, owner=owner)
        for one in foresee(campaigns.get(key), exposure, owner, policy, start=now, end=end, known_until=known):
            for to in destinations(owner, one.telling.audiences, company.channels):
                planned.append(_foreseen(one, exposure, to))
    return sorted(one for one in planned if start <= one.at < end)


def _recorded(one: Recorded, catalog: Catalog) -> Planned:
    known = catalog.get(one.key.platform, one.key.model)
    id_ = known.id if known else one.key.model
    to = one.destination
    return Planned(one.at, *one.key, id_, one.step, one.repeat_days, to.address, to.audience, "recorded", one.reason)


def _foreseen(one: Foreseen, exposure: Exposure, to: Destination) -> Planned:
    telling = one.telling
    return Planned(
        one.at,
        *exposure.key,
        exposure.deprecation.id,
        telling.step,
        one.repeat_days,
        to.address,
        to.audience,
        "foreseen",
        telling.reason,
    )
