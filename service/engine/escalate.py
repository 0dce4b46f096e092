"""escalate: look at what is due, decide, and write the campaign with its notifications in one transaction."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.adapters.agenda import Look, look_again, take_due
from service.adapters.campaign_store import Intent, load_campaigns, record_intents, save_campaign
from service.adapters.database import Database
from service.adapters.exposure_store import load_exposures_of, with_evidence
from service.config.company import Company
from service.core.campaign import Campaign
from service.core.case import Case
from service.core.catalog import Catalog
from service.core.decision import Decision, Telling, Wait
from service.core.escalation import decide, vanish
from service.core.exposure import Exposure, ExposureKey
from service.core.facts import facts_of
from service.core.ladder import upcoming
from service.core.ownership import Owner, destinations

BATCH = 500


@dataclass(frozen=True, slots=True)
class Escalated:
    looked_at: int
    changed: int
    """Campaigns opened, moved on, planned anew, closed or reopened."""
    notified: int
    """Notifications written."""


@dataclass(frozen=True, slots=True)
class _Changed:
    """A campaign that a decision opened or changed."""

    key: ExposureKey
    owner: Owner
    before: Campaign | None
    after: Campaign
    exposure: Exposure | None
    """None: its calls turned out to be of another model; then there is nothing to tell."""
    tellings: tuple[Telling, ...]

    def next_at(self, now: datetime) -> datetime | None:
        """When the next step of the policy is due, for those who look at the campaign."""
        if self.exposure is None or not self.after.is_open:
            return None
        following = upcoming(self.after, Case(self.exposure, self.owner, now))
        return following.at if following else None


async def escalate(database: Database, catalog: Catalog, company: Company, *, now: datetime) -> Escalated:
    """Asking twice at one `now` does nothing the second time. Several processes share the work by row locks."""
    tick = _Tick(catalog, company, now)
    looked_at = changed = notified = 0
    while True:
        some = await _escalate_batch(database, tick)
        if not some.looked_at:
            return Escalated(looked_at, changed, notified)
        looked_at += some.looked_at
        changed += some.changed
        notified += some.notified


async def _escalate_batch(database: Database, tick: "_Tick") -> Escalated:
    now = tick.now
    async with database.begin() as connection:
        keys = await take_due(connection, now=now, limit=BATCH)
        if not keys:
            return Escalated(0, 0, 0)
        campaigns = await load_campaigns(connection, keys, lock=True)
        exposures = await load_exposures_of(connection, tick.catalog, keys, now=now)
        decided = [tick.decide(key, campaigns.get(key), exposures.get(key)) for key in keys]
        changes = [change for change, _ in decided if change]
        shown = await with_evidence(connection, [one.exposure for one in changes if one.exposure], now=now)
        evidenced = {exposure.key: exposure for exposure in shown}
        for one in changes:
            await save_campaign(connection, one.key, one.after, one.owner, next_at=one.next_at(now))
        intents = [intent for one in changes for intent in tick.intents(one, evidenced)]
        notified = await record_intents(connection, intents, now=now)
        await look_again(connection, [look for _, look in decided])
    return Escalated(len(keys), len(changes), notified)


@dataclass(frozen=True, slots=True)
class _Tick:
    catalog: Catalog
    company: Company
    now: datetime

    def decide(
        self, key: ExposureKey, campaign: Campaign | None, exposure: Exposure | None
    ) -> tuple[_Changed | None, Look]:
        """What changes, if anything, and when to look again."""
        owner = self.company.owner_of(key.service)
        decision = self._decision(key, campaign, exposure, owner)
        if isinstance(decision, Wait):
            return None, Look(key, decision.until, decision.on_call)
        after = decision.campaign
        then = self._decision(key, after, exposure, owner)
        if not isinstance(then, Wait):
            raise TypeError(f"deciding twice at {self.now} changed {key} twice: {decision.reason}; {then.reason}")
        changed = _Changed(key, owner, campaign, after, exposure, decision.tellings)
        return changed, Look(key, then.until, then.on_call)

    def _decision(
        self, key: ExposureKey, campaign: Campaign | None, exposure: Exposure | None, owner: Owner
    ) -> Decision:
        if self.catalog.get(key.platform, key.model) is None:
            return Wait(None, on_call=False, reason="the catalog has no record of the model")
        if exposure is None:
            return vanish(campaign, self.now)
        policy = self.company.policy_for(platform=key.platform, environment=key.environment, team=owner.team)
        return decide(campaign, exposure, owner, policy, self.now)

    def intents(self, changed: _Changed, exposures: Mapping[ExposureKey, Exposure]) -> Iterator[Intent]:
        """One for each destination of each telling, with its facts. `exposures` have their evidence."""
        for telling in changed.tellings:
            case = Case(exposures[changed.key], changed.owner, self.now)
            facts = facts_of(telling, changed.before, changed.after, case)
            for destination in destinations(changed.owner, telling.audiences, self.company.channels):
                yield Intent(changed.key, changed.after.plan_version, telling, destination, facts, changed.owner)
