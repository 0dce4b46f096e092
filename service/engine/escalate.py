"""escalate: decide on due uses, and write each campaign with its notifications in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from service.adapters.postgres.agenda import DueUse, NextEvaluation, set_next_evaluations, take_due
from service.adapters.postgres.campaign_store import (
    Intent,
    cancel_untrue_news,
    delay_notices,
    load_campaigns,
    record_intents,
    save_campaigns,
)
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.company_store import activate_company, is_company_superseded
from service.adapters.postgres.conditions import clear_conditions, raise_condition
from service.adapters.postgres.database import Database, DatabaseTrouble, Transaction
from service.adapters.postgres.directory_store import forget_assignments
from service.adapters.postgres.exposure_evidence import with_evidence
from service.adapters.postgres.exposure_rows import save_listings
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.postgres.lifecycle_store import is_superseded
from service.adapters.postgres.watermark_store import known_until
from service.config.world import World
from service.core.candidates import Candidate
from service.core.checklist import Checklist
from service.core.comparison import Moving
from service.core.condition import Undecidable
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import UNTIL_MORE_IS_KNOWN, Case
from service.core.escalation.decide import close_misattributed, decide
from service.core.escalation.decision import Decision, Telling, Wait
from service.core.escalation.hold import Promise
from service.core.escalation.holding import active_hold
from service.core.escalation.listing import Listing, listing_of
from service.core.exposure import Exposure, ExposureKey
from service.core.facts import facts_of
from service.core.ownership import destinations
from service.engine.candidates import CandidateBook
from service.engine.caught_up import raise_behind
from service.engine.drain import drain
from service.engine.moving import MovingBook
from service.engine.partitions import forget_losses
from service.engine.world import Worlds

BATCH = 500
AT_ONCE = 4
"""Batches in parallel: the database works on some while another is being decided. They take different rows."""
TRY_AGAIN = timedelta(hours=1)
UNDECIDABLE = "undecidable"
SUPERSEDED = "another lastcall.yaml was loaded later and takes precedence; this process makes no decisions"
ONE_FILE = "use the same lastcall.yaml in every process; the other one loses precedence ten minutes after its last tick"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Escalated:
    looked_at: int
    changed: int
    """Campaigns opened, advanced, replanned, closed or reopened."""
    notified: int
    """Notifications written."""

    def __add__(self, other: "Escalated") -> "Escalated":
        return Escalated(self.looked_at + other.looked_at, self.changed + other.changed, self.notified + other.notified)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A campaign that a decision opened or changed."""

    key: ExposureKey
    before: Campaign | None
    after: Campaign
    case: Case | None
    """None: its calls turned out to be of another model; then there is nothing to send."""
    tellings: tuple[Telling, ...]

    @property
    def is_reopened(self) -> bool:
        return self.before is not None and not self.before.is_open and self.after.is_open


async def escalate(
    database: Database,
    world: World,
    *,
    recomputed_until: datetime | None = None,
    now: datetime,
) -> Escalated:
    """A second run at the same `now` does nothing. Several processes share the work by row locks.

    A campaign is not closed for silence while a topic is not read to its end, or if calls came in after
    `recomputed_until`, the time of the preceding reconcile. Without that time, uses with days that are not recalculated
    yet are skipped. With a superseded catalog or lastcall.yaml nothing is decided.
    """
    async with database.begin() as connection:
        await raise_behind(connection, world.topics, now=now)
        await forget_losses(connection, now=now)
        if not await activate_company(connection, world.company, now=now):
            _log.warning("superseded", reason=SUPERSEDED, remedy=ONE_FILE)
            return Escalated(0, 0, 0)
        known = await known_until(connection, world.topics, now=now)
        worlds = Worlds(world)  # owners may change during the tick; company and catalog do not
        before = await worlds.look(connection, now=now)
        await forget_assignments(connection, before.owners.overruled())
        world = await worlds.look(connection, now=now)
        tick = _Tick(world, CandidateBook(world.owners), MovingBook(world, now), now, known, recomputed_until)
    done = await drain(lambda: _escalate_batch(database, tick, worlds), at_once=AT_ONCE)
    return sum(done, Escalated(0, 0, 0))


async def _escalate_batch(database: Database, tick: "_Tick", worlds: Worlds) -> Escalated | None:
    async with database.begin() as connection:
        taken = await take_due(connection, recomputed_until=tick.recomputed_until, now=tick.now, limit=BATCH)
        due = sorted(taken, key=lambda one: one.key)  # so that halves lock their exposures in order
        if not due or await _is_superseded(connection, tick):
            return None
        world = await worlds.look(connection, now=tick.now)
        if world is not tick.world:
            tick = replace(tick, world=world, candidates=CandidateBook(world.owners))
        return await _isolating(connection, tick, due)


async def _is_superseded(connection: Transaction, tick: "_Tick") -> bool:
    """Call this with the keys locked: a catalog or file loaded later makes them due again."""
    if await is_superseded(connection, tick.world.catalog, now=tick.now):
        return True
    return await is_company_superseded(connection, tick.world.company, now=tick.now)


async def _isolating(connection: Transaction, tick: "_Tick", due: Sequence[DueUse]) -> Escalated:
    """Halve a failing batch until the undecidable exposure is alone; the others continue."""
    try:
        async with connection.begin_nested():
            return await _escalate_due(connection, tick, due)
    except DatabaseTrouble:
        raise
    except Exception as error:
        if len(due) == 1:
            await _set_aside(connection, due[0].key, error, tick.now)
            return Escalated(1, 0, 0)
    half = len(due) // 2
    return await _isolating(connection, tick, due[:half]) + await _isolating(connection, tick, due[half:])


async def _escalate_due(connection: Transaction, tick: "_Tick", due: Sequence[DueUse]) -> Escalated:
    now, keys = tick.now, [one.key for one in due]
    campaigns = await load_campaigns(connection, keys, lock=True)
    exposures = await load_exposures_of(connection, tick.world.catalog, keys, now=now)
    decided = [tick.decide(one, campaigns.get(one.key), exposures.get(one.key)) for one in due]
    changes = [change for change, _ in decided if change]
    shown = await with_evidence(connection, [one.case.exposure for one in changes if one.case], now=now)
    evidenced = {exposure.key: exposure for exposure in shown}
    await save_campaigns(connection, {one.key: one.after for one in changes})
    if reopened := [one.key for one in changes if one.is_reopened]:
        await cancel_untrue_news(connection, reopened, now=now)
    extras = await _extras(connection, tick, changes)
    intents = [intent for one in changes for intent in tick.intents(one, evidenced, extras[one.key])]
    notified = await record_intents(connection, intents, now=now)
    promised = {one.key: tick.promised_until(one, campaigns.get(one.key), exposures.get(one.key)) for one in due}
    await delay_notices(connection, {key: until for key, until in promised.items() if until}, first_ones=False)
    await save_listings(connection, tick.listings(due, campaigns | {one.key: one.after for one in changes}, exposures))
    await set_next_evaluations(connection, [look for _, look in decided])
    await clear_conditions(connection, UNDECIDABLE, [key.label for key in keys], now=now)
    return Escalated(len(due), len(changes), notified)


@dataclass(frozen=True, slots=True)
class _Extras:
    """Contents of a message besides the exposure."""

    checklist: Checklist
    candidates: tuple[Candidate, ...]
    """Only if the service has no owner."""
    moving: Moving | None
    """Only if there is something to send."""


async def _extras(connection: Transaction, tick: "_Tick", changes: Sequence[_Changed]) -> Mapping[ExposureKey, _Extras]:
    keys = [one.key for one in changes]
    ticked = await load_checklists(connection, keys)
    perhaps = await tick.candidates.look(connection, {key.service for key in keys})
    going = {one.key: one.case.exposure.deprecation for one in changes if one.case and one.tellings}
    moving = await tick.moving.look(connection, going)
    return {key: _Extras(ticked.get(key, Checklist()), perhaps.get(key.service, ()), moving.get(key)) for key in keys}


async def _set_aside(connection: Transaction, key: ExposureKey, error: Exception, now: datetime) -> None:
    """The text of the error may quote stored data, so only the log of this process has it."""
    _log.error("undecidable", exposure=key.label, exc_info=error)
    undecidable = Undecidable(**key._asdict(), error=type(error).__name__)
    await raise_condition(connection, undecidable, since=now)
    await set_next_evaluations(connection, [NextEvaluation(key, now + TRY_AGAIN, wakes_on_call=False)])


@dataclass(frozen=True, slots=True)
class _Tick:
    world: World
    candidates: CandidateBook
    moving: MovingBook
    now: datetime
    known_until: datetime
    recomputed_until: datetime | None

    def decide(
        self, due: DueUse, campaign: Campaign | None, exposure: Exposure | None
    ) -> tuple[_Changed | None, NextEvaluation]:
        """The change, if any, and when to evaluate the use again."""
        key = due.key
        case = self._case(due, exposure) if exposure else None
        decision = self._decision(due, campaign, case)
        if isinstance(decision, Wait):
            return None, NextEvaluation(key, decision.until, decision.wakes_on_call)
        after = decision.campaign
        then = self._decision(due, after, case)
        if not isinstance(then, Wait):
            raise TypeError(f"deciding twice at {self.now} changed {key} twice: {decision.reason}; {then.reason}")
        return _Changed(key, campaign, after, case, decision.tellings), NextEvaluation(
            key, then.until, then.wakes_on_call
        )

    def listings(
        self,
        due: Sequence[DueUse],
        campaigns: Mapping[ExposureKey, Campaign],
        exposures: Mapping[ExposureKey, Exposure],
    ) -> dict[ExposureKey, Listing]:
        """The new listing fields of the exposures."""
        found = ((one, exposures.get(one.key)) for one in due)
        return {
            one.key: listing_of(self._case(one, exposure), campaigns.get(one.key))
            for one, exposure in found
            if exposure
        }

    def promised_until(self, due: DueUse, campaign: Campaign | None, exposure: Exposure | None) -> datetime | None:
        """Next evaluation of a credible promise; stored notifications that are not sent yet wait until then as well."""
        if campaign is None or exposure is None or not isinstance(campaign.in_force, Promise):
            return None
        case = self._case(due, exposure)
        quiet = active_hold(campaign, case)
        return case.send_time(quiet.until) if quiet and quiet.until and campaign.is_open else None

    def _case(self, due: DueUse, exposure: Exposure) -> Case:
        """Days that are not recalculated yet may contain newer calls, so silence after the last known call proves
        nothing."""
        known_until = min(self.known_until, exposure.last_at) if due.has_stale_days else self.known_until
        return Case(exposure, self.world.owners.owner_of(exposure.service), self.now, known_until)

    def _decision(self, due: DueUse, campaign: Campaign | None, case: Case | None) -> Decision:
        key = due.key
        if self.world.catalog.get(key.platform, key.model) is None:
            return Wait(None, wakes_on_call=False, reason="the catalog has no record of the model")
        if case is None and due.has_stale_days:
            return Wait(self.now + UNTIL_MORE_IS_KNOWN, wakes_on_call=True, reason="its days are not recalculated yet")
        if case is None:
            return close_misattributed(campaign, self.now)
        policy = self.world.company.policy_for(platform=key.platform, environment=key.environment, owner=case.owner)
        return decide(campaign, case, policy)

    def intents(
        self, changed: _Changed, exposures: Mapping[ExposureKey, Exposure], extras: _Extras
    ) -> Iterator[Intent]:
        """One intent per telling and destination, with its facts. `exposures` have their evidence."""
        if changed.case is None:
            return
        case, owner = changed.case.with_evidence(exposures[changed.key]), changed.case.owner
        for telling in changed.tellings:
            facts = facts_of(
                telling,
                changed.before,
                changed.after,
                case,
                checklist=extras.checklist,
                candidates=extras.candidates,
                moving=extras.moving,
            )
            for destination in destinations(
                owner, telling.audiences, self.world.company.channels, already_notified=telling.already_notified
            ):
                yield Intent(changed.key, changed.after.plan_version, facts, destination, telling.not_before)
