"""explain: why a notification was sent, or why nobody was notified of an exposure. Reads only."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from service.adapters.postgres.campaign_store import load_campaigns
from service.adapters.postgres.company_store import is_company_superseded
from service.adapters.postgres.conditions import last_tick
from service.adapters.postgres.database import Database, DatabaseTrouble, Transaction
from service.adapters.postgres.exposure_evidence import with_evidence
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.postgres.lifecycle_store import is_superseded
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.explanation import (
    read_ids_beginning,
    read_notifications_of,
    read_record,
    read_troubles_of,
)
from service.adapters.queries.unknown import read_unknown_ids
from service.adapters.queries.uses import read_uses
from service.config.world import World
from service.core.catalog.lifecycle import Catalog
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.explanation.answer import Explanation
from service.core.explanation.exposure import explain_exposure
from service.core.explanation.notification import StoredNotification, explain_notification
from service.core.explanation.silence import Untracked, explain_undecidable, explain_untracked
from service.core.explanation.situation import ExposureEvidence, Situation
from service.core.exposure import Exposure, ExposureKey
from service.core.naming import Ambiguous, Missing
from service.engine.escalate import UNDECIDABLE
from service.engine.which import which


async def why_told(database: Database, id_: UUID, *, now: datetime) -> Explanation[StoredNotification] | None:
    """None: the notification does not exist."""
    async with database.connect() as connection:
        record = await read_record(connection, id_)
    return explain_notification(record, now) if record else None


async def ids_beginning(database: Database, prefix: str) -> list[UUID]:
    """Ids of notifications with this beginning; a bounded number."""
    async with database.connect() as connection:
        return await read_ids_beginning(connection, prefix)


async def why_so(
    database: Database,
    world: World,
    service: str,
    *,
    model: str | None = None,
    environment: str | None = None,
    platform: str | None = None,
    now: datetime,
) -> Explanation[ExposureEvidence] | Explanation[Untracked] | Ambiguous | Missing:
    """Explains the use of a model that `which` would find. If it is not an exposure: why not."""
    named = {"model": model, "environment": environment, "platform": platform}
    key = await which(database, world, service, **named, now=now)
    match key:
        case ExposureKey():
            return await _why_so(database, world, key, now=now)
        case Ambiguous():
            return key
        case Missing():
            return await _why_not_tracked(database, world, service, **named, now=now) or key


async def _why_so(
    database: Database, world: World, key: ExposureKey, *, now: datetime
) -> Explanation[ExposureEvidence] | Explanation[Untracked]:
    """The next step is the result of `decide` as of `now`. An exposure that cannot be evaluated is reported as such."""
    async with database.connect() as connection:
        found = await load_exposures_of(connection, world.catalog, [key], now=now)
        (exposure,) = await with_evidence(connection, [found[key]], now=now)
        undecidable = await read_troubles_of(connection, [(UNDECIDABLE, key.label)])
        try:
            return explain_exposure(await _situation(connection, world, exposure, now=now))
        except DatabaseTrouble:
            raise
        except Exception:
            if not undecidable:
                raise
            return explain_undecidable(exposure, undecidable[0], now.date())


async def _situation(connection: Transaction, world: World, exposure: Exposure, *, now: datetime) -> Situation:
    key = exposure.key
    ownership = world.owners.of(key.service)
    policy = world.company.policy_for(platform=key.platform, environment=key.environment, owner=ownership.owner)
    campaign = (await load_campaigns(connection, [key])).get(key)
    known = await known_until(connection, world.topics, now=now)
    case = Case(exposure, ownership.owner, now, known)
    subjects = [(UNDECIDABLE, key.label), *(("consumer_behind", topic) for topic in world.topics)]
    return Situation(
        case=case,
        campaign=campaign,
        policy=policy,
        ownership=ownership,
        decision=decide(campaign, case, policy),
        notifications=await read_notifications_of(connection, key),
        looked_at=await last_tick(connection, "escalate"),
        superseded=await _superseded(connection, world, now=now),
        troubles=await read_troubles_of(connection, subjects),
    )


async def _superseded(
    connection: Transaction, world: World, *, now: datetime
) -> Literal["catalog", "lastcall.yaml"] | None:
    if await is_superseded(connection, world.catalog, now=now):
        return "catalog"
    return "lastcall.yaml" if await is_company_superseded(connection, world.company, now=now) else None


async def _why_not_tracked(
    database: Database,
    world: World,
    service: str,
    *,
    model: str | None,
    environment: str | None,
    platform: str | None,
    now: datetime,
) -> Explanation[Untracked] | None:
    """The matching use with the most calls. None: there were no calls in recent weeks."""
    async with database.connect() as connection:
        uses = (await read_uses(connection, world.catalog, now=now, service=service)).some
        names = _canonical(world.catalog, model) if model else None
        unknown = await read_unknown_ids(connection, now=now, service=service, spelled=model, models=names or ())
    found = [
        Untracked(service, one.environment, one.platform, one.model, True, one.calls_28d)
        for one in uses
        if (names is None or one.model in names)
        and environment in {None, one.environment}
        and platform in {None, one.platform}
    ]
    found += [
        Untracked(service, environment or "", one.platform, called, one.model is not None, one.calls_28d)
        for one in unknown
        if (called := one.model or one.requested_id) is not None and platform in {None, one.platform}
    ]
    meant = max(found, key=lambda one: one.calls_28d, default=None)
    return explain_untracked(meant, world.catalog.get(meant.platform, meant.model), now.date()) if meant else None


def _canonical(catalog: Catalog, model: str) -> set[str]:
    """The models that a name may mean: the name itself, and records with this name."""
    asked = model.strip().lower()
    by_name = (one.model for one in catalog if asked in {name.lower() for name in (one.model, one.id, *one.aliases)})
    return {asked, *by_name}
