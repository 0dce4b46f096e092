"""Exposures by deadline, each with its owner, its campaign and its last notification."""

from __future__ import annotations  # each Page[...] that is evaluated is a model that pydantic makes

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Select, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id, load_campaigns
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.exposure_evidence import with_evidence
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.postgres.tables import notifications
from service.adapters.queries.act_answers import ChecklistAnswer
from service.adapters.queries.acts import checklist_answer
from service.adapters.queries.answers import CampaignAnswer, DayCalls, ExposureAnswer, Lifecycle, Told
from service.adapters.queries.lifecycle import lifecycle_of
from service.adapters.queries.listing import ExposureFilter, position_in, read_page
from service.adapters.queries.paging import Page
from service.config.world import World
from service.core.checklist import Checklist
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.holding import asked_in_words, shown_state
from service.core.escalation.schedule import upcoming
from service.core.exposure import DayOfUse, ExposureKey
from service.core.ownership import Owner

DAYS = 28
Owners = Callable[[str], Owner]
"""Service -> owner, by the rules of lastcall.yaml."""


def deadline_key(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Sorts firm deadlines first, by the last day for changes; then "not before" dates; then those without a date."""
    day = lifecycle.change_by
    rank = "0" if lifecycle.days_left is not None else "1" if day else "2"
    return (rank, day.isoformat() if day else "", lifecycle.platform, lifecycle.model)


async def read_exposures(
    connection: AsyncConnection,
    world: World,
    owners: Owners,
    wanted: ExposureFilter,
    *,
    known: datetime,
    now: datetime,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[ExposureAnswer]:
    """As of `now`, by deadline. A caller is never quiet while records before `known` wait to be read."""
    after = None if cursor is None else position_in(cursor)
    page = await read_page(connection, world.catalog, wanted, known=known, now=now, limit=limit, after=after)
    items = await read_exposures_of(connection, world, owners, page.keys, known=known, now=now)
    return Page(items=items, total=page.total, next_cursor=page.next_cursor)


async def read_exposures_of(
    connection: AsyncConnection,
    world: World,
    owners: Owners,
    keys: Sequence[ExposureKey],
    *,
    known: datetime,
    now: datetime,
) -> list[ExposureAnswer]:
    """Exposures in the order of `keys`."""
    found = await load_exposures_of(connection, world.catalog, keys, now=now)
    exposures = await with_evidence(connection, [found[key] for key in keys if key in found], now=now)
    campaigns = await load_campaigns(connection, keys)
    told = await _read_told(connection, keys)
    ticked = {key: checklist_answer(each) for key, each in (await load_checklists(connection, keys)).items()}
    unticked = checklist_answer(Checklist())
    return [
        _answer(
            Case(each, owners(each.service), now, known),
            campaigns.get(each.key),
            told.get(campaign_id(each.key)),
            ticked.get(each.key, unticked),
        )
        for each in exposures
    ]


async def _read_told(connection: AsyncConnection, keys: Iterable[ExposureKey]) -> Mapping[uuid.UUID, Told]:
    """By campaign: the last notification; delivered ones come before all others."""
    rows = await connection.execute(_last_told(), {"ids": [campaign_id(key) for key in keys]})
    return {row.campaign_id: Told(**dict(zip(Told.model_fields, row[1:], strict=True))) for row in rows}


@cache
def _last_told() -> Select[Any]:
    n = notifications.c
    others = (func.count().over(partition_by=(n.campaign_id, n.kind, n.step, n.decided_at)) - 1).label("others")
    repeat_days = n.facts["cause", "step", "repeat_days"].as_integer().label("repeat_days")
    frozen_from = n.facts["freeze", "begin"].as_string().label("frozen_from")
    at = func.coalesce(n.settled_at, n.decided_at).label("at")
    shown = (n.destination, n.audience, n.step, n.state, n.not_before, others, at, repeat_days, frozen_from)
    by_name = {column.name: column for column in shown}
    return (
        select(n.campaign_id, *(by_name[name] for name in Told.model_fields))
        .where(n.campaign_id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
        .ext(distinct_on(n.campaign_id))
        .order_by(n.campaign_id, (n.state == "delivered").desc(), n.decided_at.desc(), n.id)
    )


def _answer(case: Case, campaign: Campaign | None, told: Told | None, checklist: ChecklistAnswer) -> ExposureAnswer:
    exposure, owner, today = case.exposure, case.owner, case.now.date()
    week, month = (_since(exposure.days, today - timedelta(days=days)) for days in (7, DAYS))
    return ExposureAnswer(
        **vars(lifecycle_of(exposure.deprecation, today)),
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
        calls_total=exposure.use.calls,
        by_day=_dense(month, today),
        campaign=_campaign(campaign, case) if campaign else None,
        told=told,
        checklist=checklist,
    )


def _since(days: Sequence[DayOfUse], before: date) -> list[DayOfUse]:
    return [day for day in days if day.day > before]


def total_tokens(days: Iterable[DayOfUse]) -> int | None:
    """None: no call of these days has token counts."""
    said = [day.input_tokens + day.output_tokens for day in days if day.tokens_known]
    return sum(said) if said else None


def _dense(days: Sequence[DayOfUse], today: date) -> list[DayCalls]:
    """The 28 days up to today, including days without calls."""
    used = {day.day: day for day in days}
    return [_calls_of(day, used.get(day)) for day in _days_up_to(today)]


@lru_cache(maxsize=2)
def _days_up_to(today: date) -> tuple[date, ...]:
    return tuple(today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1))


def _calls_of(day: date, use: DayOfUse | None) -> DayCalls:
    if use is None:
        return DayCalls(day, calls=0, errors=0)
    tokens = use.input_tokens + use.output_tokens if use.tokens_known else None
    return DayCalls(day, use.calls, use.errors, tokens)


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
        act_in_force=asked_in_words(campaign, case) if campaign.is_open or case.state != "quiet" else None,
        promise_broken_on=campaign.promise_broken_on,
    )
