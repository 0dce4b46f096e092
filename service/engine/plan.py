"""plan: notifications in a span of time, past or to come, by the current or another policy. Reads only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from service.adapters.postgres.campaign_store import load_campaigns
from service.adapters.postgres.conditions import last_tick
from service.adapters.postgres.database import Database
from service.adapters.postgres.exposure_store import load_public_exposures, newest_call
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.told import read_told
from service.config.company import Company
from service.config.world import World
from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.outlook import ProjectLastWeek
from service.core.escalation.plan import Planned, Prospect, as_if_adopted, planned
from service.core.escalation.plan_diff import PlanDiff, compare
from service.core.exposure import Exposure, ExposureKey
from service.core.ownership import Audience, Owner, destinations
from service.core.scenario import Scenario

FARTHEST = timedelta(days=5 * 365)
"""Longest plan into the future: each further day costs more."""


@dataclass(frozen=True, slots=True)
class PlanData:
    """The data of a plan. The same rows give the same plan, whatever the time."""

    start: datetime
    """Start of the span."""
    end: datetime
    now: datetime
    """Notifications before this time are stored ones, later ones are foreseen. It is the last tick, with later calls
    included; or, without any tick, the newest call. Calls later than the database's clock do not count."""
    known_until: datetime
    recorded: Sequence[Planned]
    exposures: Sequence[Exposure]
    world: World
    campaigns: Mapping[ExposureKey, Campaign]

    @property
    def days_of_work(self) -> int:
        """Number of exposures times planned days, from `now` on."""
        return len(self.exposures) * max(-((self.now - self.end) // timedelta(days=1)), 0)


async def read_stored(
    database: Database,
    world: World,
    *,
    start: datetime,
    end: datetime,
    service: str | None = None,
) -> PlanData:
    """From `start` to before `end`. While records wait to be read, silence does not mean migrated, as on the page.
    `service`: the exposures of this service only."""
    async with database.connect() as connection:
        looked, called = await last_tick(connection, "escalate"), await newest_call(connection)
        now = max((at for at in (looked, called) if at is not None), default=start)
        return PlanData(
            start,
            end,
            now,
            await known_until(connection, world.topics, now=now),
            await read_told(connection, world.catalog, start=start, end=end),
            await load_public_exposures(connection, world.catalog, now=now, service=service),
            world,
            await load_campaigns(connection),
        )


def narrowed(stored: PlanData, wants: Callable[[str, Owner], bool], destination: str | None) -> PlanData:
    """Restricts the plan to these services, and to owners with `destination`, before planning."""

    def is_wanted(owner: Owner) -> bool:
        everywhere = destinations(owner, get_args(Audience), stored.world.company.channels)
        return destination is None or any(to.address == destination for to in everywhere)

    owner_of = stored.world.owners.owner_of
    exposures = [
        one for one in stored.exposures if wants(one.service, owner := owner_of(one.service)) and is_wanted(owner)
    ]
    recorded = [
        one
        for one in stored.recorded
        if wants(one.service, owner_of(one.service)) and destination in {None, one.destination}
    ]
    return replace(stored, exposures=exposures, recorded=recorded)


def plan(stored: PlanData, *, as_if: Company | None = None) -> list[Planned]:
    """The plan: an open campaign keeps its policy. `as_if`: the plan if the policies and channels of this company had
    always applied."""
    channels = (as_if or stored.world.company).channels
    found = [*stored.recorded]
    for exposure in stored.exposures:
        one = _prospect(stored, exposure, as_if)
        found += planned(one, channels, start=stored.now, end=stored.end)
    return sorted(one for one in found if stored.start <= one.at < stored.end)


def _prospect(stored: PlanData, exposure: Exposure, as_if: Company | None) -> Prospect:
    key = exposure.key
    owner = stored.world.owners.owner_of(key.service)
    policy = (as_if or stored.world.company).policy_for(platform=key.platform, environment=key.environment, owner=owner)
    campaign = stored.campaigns.get(key)
    if as_if and campaign:
        campaign = as_if_adopted(campaign, policy, Case(exposure, owner, stored.now, stored.known_until))
    outlook = ProjectLastWeek(exposure, stored.now, stored.known_until)
    return Prospect(outlook, owner, policy, campaign, stored.known_until)


def plan_scenario(scenario: Scenario, company: Company, *, start: datetime, end: datetime) -> list[Planned]:
    """From `start` to before `end`, with the data of the file only."""
    found: list[Planned] = []
    for use in scenario.uses:
        owner = company.owner_of(use.service)
        policy = company.policy_for(platform=use.platform, environment=use.environment, owner=owner)
        found += planned(
            Prospect(use, owner, policy), company.channels, start=utc_midnight(scenario.first_day), end=end
        )
    return sorted(one for one in found if start <= one.at < end)


@dataclass(frozen=True, slots=True)
class Review:
    """The effect of a change of policy."""

    diff: PlanDiff
    frozen: frozenset[ExposureKey]
    """Exposures whose open campaigns keep their policy: their part of the diff is hypothetical."""


def review(stored: PlanData, changed: Company) -> Review:
    """Compares the plan with the plan under the policies of `changed`."""
    diff = compare(plan(stored), plan(stored, as_if=changed))
    return Review(diff, frozenset(stored.campaigns))


def review_scenario(
    scenario: Scenario, company: Company, changed: Company, *, start: datetime, end: datetime
) -> Review:
    before, after = (plan_scenario(scenario, one, start=start, end=end) for one in (company, changed))
    return Review(compare(before, after), frozenset())
