"""act: perform an act of a person on a campaign, with its entry in the history, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from service.adapters.postgres.act_log import record_act
from service.adapters.postgres.agenda import lock_use
from service.adapters.postgres.campaign_store import (
    cancel_untrue_news,
    delay_notices,
    load_campaigns,
    release_notices,
    save_campaigns,
)
from service.adapters.postgres.database import Database, Transaction
from service.adapters.postgres.exposure_rows import save_listings
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.postgres.watermark_store import known_until
from service.config.world import World
from service.core.escalation.act import (
    Acknowledge,
    Act,
    Commit,
    Refused,
    Reopen,
    Snooze,
    Waive,
    perform,
    reason_in,
    safe_days,
)
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import Snoozed
from service.core.escalation.holding import active_hold, asked_in_words
from service.core.escalation.listing import listing_of
from service.core.escalation.policy import Policy
from service.core.escalation.schedule import Upcoming, upcoming
from service.core.exposure import ExposureKey
from service.engine.world import with_owners

NO_CALLS = Refused("it has no recorded calls any more", "nothing needs to be done")


@dataclass(frozen=True, slots=True)
class Acted:
    key: ExposureKey
    act_in_force: str | None
    """The act in force, as a clause. None: the campaign continues."""
    next: Upcoming | None
    """The next step if nothing changes."""


@dataclass(frozen=True, slots=True)
class _Situation:
    case: Case
    campaign: Campaign | None
    policy: Policy
    """The current policy."""


async def act(
    database: Database,
    world: World,
    key: ExposureKey,
    asked: Act,
    *,
    now: datetime,
) -> Acted | Refused:
    """A rejected or repeated act changes nothing. The next tick decides with the result."""
    async with database.begin() as connection:
        world = await with_owners(connection, world, now=now)  # read here; with the use locked, only what is new
        await lock_use(connection, key, now=now)
        world = await with_owners(connection, world, now=now)
        found = await _situation(connection, world, key, now=now)
        if found is None:
            await connection.rollback()
            return NO_CALLS
        after = perform(asked, found.campaign, found.case, found.policy)
        if isinstance(after, Refused):
            await connection.rollback()
            return after
        if after != found.campaign:
            await save_campaigns(connection, {key: after})
            kind, details = _as_logged(asked)
            await record_act(connection, key, kind, author=asked.by, at=now, details=details)
            await save_listings(connection, {key: listing_of(found.case, after)})
            await _move_notices(connection, key, after, found.case)
            if after.is_open and isinstance(asked, Reopen):
                await cancel_untrue_news(connection, [key], now=now)
        return Acted(key, asked_in_words(after, found.case), upcoming(after, found.case))


async def _move_notices(connection: Transaction, key: ExposureKey, after: Campaign, case: Case) -> None:
    """Move unsent notices. Under a promise they wait for its next evaluation, like the steps."""
    if (quiet := active_hold(after, case)) is None:
        await release_notices(connection, key, at=case.send_now_at)
    elif quiet.until is not None:
        until = case.send_time(quiet.until)
        await delay_notices(connection, {key: until}, first_ones=isinstance(quiet.hold, Snoozed))


async def offered_days(database: Database, world: World, key: ExposureKey, *, now: datetime) -> tuple[date, ...]:
    """The days until which a snooze may last."""
    async with database.connect() as connection:
        found = await _situation(connection, world, key, now=now)
    return safe_days(found.campaign, found.case, found.policy) if found else ()


async def _situation(connection: Transaction, world: World, key: ExposureKey, *, now: datetime) -> _Situation | None:
    exposures = await load_exposures_of(connection, world.catalog, [key], now=now)
    if (exposure := exposures.get(key)) is None:
        return None
    owner = world.owners.owner_of(key.service)
    known = await known_until(connection, world.topics, now=now)
    campaign = (await load_campaigns(connection, [key])).get(key)
    policy = world.company.policy_for(platform=key.platform, environment=key.environment, owner=owner)
    return _Situation(Case(exposure, owner, now, known), campaign, policy)


def _as_logged(asked: Act) -> tuple[str, Mapping[str, Any]]:
    match asked:
        case Acknowledge():
            return "acknowledge", {}
        case Snooze():
            return "snooze", {"until": asked.until.isoformat()}
        case Commit():
            return "commit", {"on": asked.on.isoformat()}
        case Waive():
            return "waive", {"until": asked.until.isoformat(), "reason": reason_in(asked.reason)}
        case Reopen():
            return "reopen", {}
