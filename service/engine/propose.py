"""propose: list the proposals to change the catalog, and accept or refuse one."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches

from service.adapters.catalog.files import load_files
from service.adapters.postgres.catalog_store import (
    StoredSource,
    load_evidence,
    load_sources,
    load_statements,
    lock_decisions,
    lock_stored,
    read_verdict,
    save_decision,
)
from service.adapters.postgres.conditions import clear_condition
from service.adapters.postgres.database import Database, Transaction
from service.adapters.queries.lifecycle import read_answered_after_reported_end
from service.config.world import World
from service.core.catalog.difference import Difference, differences
from service.core.catalog.judgement import Judged, Judgement, judge
from service.core.catalog.lifecycle import Deprecation
from service.core.catalog.proposal import MAX_REASON, Proposal, Verdict
from service.core.catalog.statement import Name, compare
from service.core.escalation.act import Refused
from service.core.naming import Missing
from service.core.secret import holds_secret
from service.engine.sync import HELD, apply, proposal_of_held


@dataclass(frozen=True, slots=True)
class Standings:
    """The catalog in force with all words about it, and the open proposals."""

    judgement: Judgement
    proposals: tuple[Proposal, ...]
    sources: tuple[StoredSource, ...]
    """Those that were ever asked."""

    @property
    def models(self) -> dict[Name, Judged]:
        return {(one.platform, one.id): one for one in self.judgement.models}

    @property
    def differences(self) -> list[Difference]:
        return list(differences(load_files(), self.judgement.files))


async def standings(database: Database, world: World, *, now: datetime) -> Standings:
    """Proposals about whole readings first, then about models, by platform and id."""
    _, evidence = await load_evidence(database, world.company.catalog.names)
    evidence = replace(evidence, records=world.company.catalog.records)
    judgement = await asyncio.to_thread(lambda: judge(load_files(), evidence))
    async with database.connect() as connection:
        answered = await read_answered_after_reported_end(connection, on=now.date())
        sources = await load_sources(connection)
    named = world.company.catalog.names
    held = [proposal_of_held(one.held) for one in sources if one.held is not None and one.source in named]
    decided = {decision.proposal.id for decision in evidence.decisions}
    doubts = [
        _still_answered(record, day) for key, day in answered.items() if (record := world.catalog.get(*key)) is not None
    ]
    of_models = sorted(
        [*judgement.proposals, *doubts], key=lambda one: (one.platform or "", one.model_id or "", one.id)
    )
    return Standings(judgement, tuple(one for one in (*held, *of_models) if one.id not in decided), tuple(sources))


def _still_answered(record: Deprecation, day: date) -> Proposal:
    return Proposal(
        kind="still_answered",
        source="the log",
        standing="inferred",
        url=record.sources[0] if record.sources else "",
        since=day,
        platform=record.platform,
        model_id=record.id,
        in_force=record.shutdown,
        in_force_source=record.sources[0] if record.sources else None,
    )


async def decide(
    database: Database, world: World, proposal_id: str, verdict: Verdict, *, author: str, reason: str, now: datetime
) -> Proposal | Refused | Missing:
    """Every process follows at its next look. Repeating a decision changes nothing."""
    if len(reason) > MAX_REASON or not reason.isprintable() or holds_secret(reason):
        return Refused("this is no valid reason", f"write one line of at most {MAX_REASON} characters", "wrong_input")
    found = await standings(database, world, now=now)
    proposal = next((one for one in found.proposals if one.id == proposal_id), None)
    async with database.begin() as connection:
        await lock_decisions(connection)
        before = await read_verdict(connection, proposal_id)
        if before is not None and proposal is None:
            return Refused(f"{proposal_id} is already {before}", "nothing needs to be done")
        if proposal is None:
            close = get_close_matches(proposal_id, [one.id for one in found.proposals], n=3)
            listed = "`lastcall catalog proposals` lists those that are open"
            remedy = f"did you mean {' or '.join(close)}?" if close else listed
            return Missing(f"there is no open proposal {proposal_id}", remedy)
        if proposal.kind == "held_reading" and not await _settle_held(connection, proposal, verdict, now=now):
            return Refused("the source has said something else since", "look at the proposals again")
        await save_decision(connection, proposal, verdict, author=author, reason=reason, at=now)
    return proposal


async def _settle_held(connection: Transaction, proposal: Proposal, verdict: Verdict, *, now: datetime) -> bool:
    """An accepted reading takes effect whole. A refused one stays where it is, to be known when it comes again. False:
    it is not held any more."""
    before = await lock_stored(connection, proposal.source)
    if before is None or before.held is None or before.held.digest != proposal.digest:
        return False
    if verdict == "accepted":
        current = {one.name: one for one in await load_statements(connection, [proposal.source])}
        changes = compare(before.held.reading, current, on=now.date())
        await apply(connection, before, changes, version=before.held.version, now=now)
    await clear_condition(connection, HELD, proposal.source, now=now)
    return True
