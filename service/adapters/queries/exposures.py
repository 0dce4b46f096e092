"""Exposures by deadline, each with its owner, its campaign and who was told last."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id, load_campaigns
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.exposure_store import (
    load_public_exposures,
    stream_public_exposures,
    with_evidence,
)
from service.adapters.postgres.tables import notifications
from service.adapters.postgres.watermark_store import known_until
from service.adapters.queries.acts import checklist_answer
from service.adapters.queries.answers import CampaignAnswer, ChecklistAnswer, DayCalls, ExposureAnswer, Lifecycle, Told
from service.adapters.queries.lifecycle import lifecycle_of
from service.config.world import World
from service.core.checklist import Checklist
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.holding import asked_in_words, shown_state
from service.core.escalation.ladder import upcoming
from service.core.exposure import DayOfUse, ExposureKey, State
from service.core.ownership import NOBODY, Owner

DAYS = 28
Owners = Callable[[str], Owner]
"""service -> its owner, by the rules of lastcall.yaml."""


@dataclass(frozen=True, slots=True)
class ExposureFilter:
    """What is None does not narrow. `calling` keeps every state but quiet."""

    platform: str | None = None
    model: str | None = None
    """Canonical, or as a request on the platform spells it."""
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    state: State | None = None
    calling: bool = False
    within_days: int | None = None
    """Keeps deadlines, or change freezes that reach up to them, at most so many days away, past ones included."""

    def admits(self, exposure: ExposureAnswer) -> bool:
        wanted = (
            (self.platform, exposure.platform),
            (self.service, exposure.service),
            (self.environment, exposure.environment),
            (self.team, exposure.team or NO_TEAM),
            (self.state, exposure.state),
        )
        if any(want is not None and want != have for want, have in wanted):
            return False
        if self.model is not None and self.model not in {exposure.model, exposure.id}:
            return False
        if self.calling and exposure.state == "quiet":
            return False
        if self.within_days is None:
            return True
        return exposure.days_to_change is not None and exposure.days_to_change <= self.within_days


NO_TEAM = "(unowned)"
"""How a filter names exposures that nobody owns."""


def deadline_key(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Orders firm deadlines first, by the day up to which changes can be made; then "not before", then those without
    a day."""
    day = lifecycle.change_by
    rank = "0" if lifecycle.days_left is not None else "1" if day else "2"
    return (rank, day.isoformat() if day else "", lifecycle.platform, lifecycle.model)


def exposure_key(exposure: ExposureAnswer) -> tuple[str, ...]:
    return (*deadline_key(exposure), exposure.service, exposure.environment)


async def read_exposures(
    connection: AsyncConnection,
    world: World,
    owners: Owners,
    *,
    now: datetime,
    service: str | None = None,
    models: Collection[str] | None = None,
) -> list[ExposureAnswer]:
    """Exposures as of `now`, in the order of `exposure_key`: all, or those of one `service`, or of canonical `models`.
    No caller is quiet while records wait to be read."""
    known = await known_until(connection, world.topics, now=now)
    found = await load_public_exposures(connection, world.catalog, now=now, service=service, models=models)
    exposures = await with_evidence(connection, found, now=now)
    keys = None if service is None and models is None else [each.key for each in exposures]
    campaigns = await load_campaigns(connection, keys)
    told = await _read_told(connection, keys)
    ticked = {key: checklist_answer(each) for key, each in (await load_checklists(connection, keys)).items()}
    unticked = checklist_answer(Checklist())
    answers = (
        _answer(
            Case(each, owners(each.service), now, known),
            campaigns.get(each.key),
            told.get(campaign_id(each.key)),
            ticked.get(each.key, unticked),
        )
        for each in exposures
    )
    return sorted(answers, key=exposure_key)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one exposure stands, for those who count and show none."""

    platform: str
    state: State
    days_left: int | None
    """As `Lifecycle` has it."""


async def read_standings(connection: AsyncConnection, world: World, *, now: datetime) -> list[Standing]:
    """Those of `read_exposures`, without owners, days, evidence and campaigns."""
    known = await known_until(connection, world.topics, now=now)
    found = stream_public_exposures(connection, world.catalog, now=now)
    return [_standing(Case(exposure, NOBODY, now, known)) async for some in found for exposure in some]


def _standing(case: Case) -> Standing:
    deadline = case.exposure.deadline
    left = None if deadline is None else (deadline - case.now.date()).days
    return Standing(case.exposure.deprecation.platform, case.state, left)


async def _read_told(connection: AsyncConnection, keys: Iterable[ExposureKey] | None) -> dict[uuid.UUID, Told]:
    """By campaign, of `keys` or all: the last notification, one that was delivered before any other."""
    n = notifications.c
    ids = bindparam("ids", [campaign_id(key) for key in keys or ()], type_=ARRAY(Uuid()))
    others = (func.count().over(partition_by=(n.campaign_id, n.kind, n.step, n.decided_at)) - 1).label("others")
    repeat_days = n.facts["repeat_days"].as_integer().label("repeat_days")
    frozen_from = n.facts["frozen_from"].as_string().label("frozen_from")
    rows = await connection.execute(
        select(n.campaign_id, n.destination, n.audience, n.step, n.state, n.not_before, others)
        .add_columns(func.coalesce(n.settled_at, n.decided_at).label("at"), repeat_days, frozen_from)
        .where(n.campaign_id.is_not(None) if keys is None else n.campaign_id == any_(ids))
        .ext(distinct_on(n.campaign_id))
        .order_by(n.campaign_id, (n.state == "delivered").desc(), n.decided_at.desc(), n.id)
    )
    return {row["campaign_id"]: Told(**{name: row[name] for name in Told.model_fields}) for row in rows.mappings()}


def _answer(case: Case, campaign: Campaign | None, told: Told | None, checklist: ChecklistAnswer) -> ExposureAnswer:
    exposure, owner, today = case.exposure, case.owner, case.now.date()
    week, month = (_since(exposure.days, today - timedelta(days=days)) for days in (7, DAYS))
    return ExposureAnswer(
        **dict(lifecycle_of(exposure.deprecation, today)),
        service=exposure.service,
        environment=exposure.environment,
        team=owner.team,
        channel=owner.channel,
        people=list(owner.people),
        state=shown_state(campaign, case),
        requested_ids=list(exposure.requested_ids),
        request_ids=list(exposure.request_ids),
        changes_until=None if case.effective_deadline == case.deadline else case.effective_deadline,
        first_at=exposure.first_at,
        last_at=exposure.last_at,
        calls_7d=sum(day.calls for day in week),
        errors_7d=sum(day.errors for day in week),
        tokens_7d=total_tokens(week),
        calls_28d=sum(day.calls for day in month),
        tokens_28d=total_tokens(month),
        calls_total=sum(day.calls for day in exposure.days),
        by_day=_dense(month, today),
        campaign=_campaign(campaign, case) if campaign else None,
        told=told,
        checklist=checklist,
    )


def _since(days: Sequence[DayOfUse], before: date) -> list[DayOfUse]:
    return [day for day in days if day.day > before]


def total_tokens(days: Iterable[Any]) -> int | None:
    """Of days of use, as rows or as nouns. None when no call of these days said its tokens."""
    said = [day.input_tokens + day.output_tokens for day in days if day.tokens_known]
    return sum(said) if said else None


def _dense(days: Sequence[DayOfUse], today: date) -> list[DayCalls]:
    """The 28 days up to today, those without calls filled in."""
    used = {day.day: day for day in days}
    dense = []
    for ago in range(DAYS - 1, -1, -1):
        day = today - timedelta(days=ago)
        use = used.get(day)
        dense.append(
            DayCalls(day=day, calls=use.calls, errors=use.errors, tokens=total_tokens([use]))
            if use
            else DayCalls(day=day, calls=0, errors=0, tokens=None)
        )
    return dense


def _campaign(campaign: Campaign, case: Case) -> CampaignAnswer:
    following = upcoming(campaign, case) if campaign.is_open else None
    return CampaignAnswer(
        state="open" if campaign.is_open else "closed",
        opened_at=campaign.opened_at,
        closed_at=campaign.closed_at,
        close_reason=campaign.close_reason,
        next_step=following.step.name if following else None,
        next_repeat_days=following.step.repeat if following else None,
        next_on=following.on if following else None,
        next_audiences=list(following.step.tell) if following else [],
        standing=asked_in_words(campaign, case) if campaign.is_open or case.state != "quiet" else None,
        promise_broken_on=campaign.promise_broken_on,
    )
