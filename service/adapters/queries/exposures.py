"""Exposures by deadline, each with its owner, its campaign and who was told last."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.exposure_store import load_exposures
from service.adapters.queries.answers import CampaignAnswer, DayCalls, ExposureAnswer, Lifecycle, Told
from service.adapters.queries.lifecycle import lifecycle_of
from service.adapters.tables import campaigns, notifications
from service.core.catalog import Catalog
from service.core.exposure import DayOfUse, Exposure, State, state_of
from service.core.ownership import Owner

DAYS = 28
Owners = Callable[[str], Owner]
"""service -> its owner, by the rules of lastcall.yaml."""


@dataclass(frozen=True, slots=True)
class ExposureFilter:
    """What is None does not narrow. `calling` keeps every state but quiet."""

    platform: str | None = None
    model: str | None = None
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    state: State | None = None
    calling: bool = False
    within_days: int | None = None
    """Keeps deadlines at most so many days away, past ones included."""

    def admits(self, exposure: ExposureAnswer) -> bool:
        wanted = (
            (self.platform, exposure.platform),
            (self.model, exposure.model),
            (self.service, exposure.service),
            (self.environment, exposure.environment),
            (self.team, exposure.team or NO_TEAM),
            (self.state, exposure.state),
        )
        if any(want is not None and want != have for want, have in wanted):
            return False
        if self.calling and exposure.state == "quiet":
            return False
        if self.within_days is None:
            return True
        return exposure.days_left is not None and exposure.days_left <= self.within_days


NO_TEAM = "(unowned)"
"""How a filter names exposures that nobody owns."""


def deadline_key(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Orders firm deadlines first, then "not before", then those without a day."""
    day = lifecycle.shutdown_on
    rank = "0" if lifecycle.days_left is not None else "1" if day else "2"
    return (rank, day.isoformat() if day else "", lifecycle.platform, lifecycle.model)


def exposure_key(exposure: ExposureAnswer) -> tuple[str, ...]:
    return (*deadline_key(exposure), exposure.service, exposure.environment)


async def read_exposures(
    connection: AsyncConnection, catalog: Catalog, owners: Owners, *, now: datetime
) -> list[ExposureAnswer]:
    """All exposures as of `now`, in the order of `exposure_key`."""
    exposures = await load_exposures(connection, catalog, now=now)
    escalation = await _read_escalation(connection)
    return sorted((_answer(exposure, owners, escalation, now) for exposure in exposures), key=exposure_key)


@dataclass(frozen=True, slots=True)
class _Escalation:
    campaigns: Mapping[tuple[str, str, str, str], RowMapping]
    told: Mapping[object, RowMapping]
    """By campaign id."""


async def _read_escalation(connection: AsyncConnection) -> _Escalation:
    n = notifications.c
    at = func.coalesce(n.settled_at, n.decided_at).label("at")
    campaign_rows = await connection.execute(select(campaigns))
    told_rows = await connection.execute(
        select(n.campaign_id, n.destination, n.audience, n.step, n.state, at)
        .where(n.campaign_id.is_not(None))
        .distinct(n.campaign_id)
        .order_by(n.campaign_id, (n.state == "delivered").desc(), n.decided_at.desc(), n.id)
    )
    return _Escalation(
        {(row["service"], row["environment"], row["platform"], row["model"]): row for row in campaign_rows.mappings()},
        {row["campaign_id"]: row for row in told_rows.mappings()},
    )


def _answer(exposure: Exposure, owners: Owners, escalation: _Escalation, now: datetime) -> ExposureAnswer:
    owner = owners(exposure.service)
    deprecation = exposure.deprecation
    campaign = escalation.campaigns.get((exposure.service, exposure.environment, *deprecation.key))
    told = escalation.told.get(campaign["id"]) if campaign else None
    today = now.date()
    week, month = (_since(exposure.days, today - timedelta(days=days)) for days in (7, DAYS))
    return ExposureAnswer(
        **dict(lifecycle_of(deprecation, today)),
        service=exposure.service,
        environment=exposure.environment,
        team=owner.team,
        channel=owner.channel,
        people=list(owner.people),
        state=state_of(exposure, now),
        requested_ids=list(exposure.requested_ids),
        request_ids=list(exposure.request_ids),
        first_at=exposure.first_at,
        last_at=exposure.last_at,
        calls_7d=sum(day.calls for day in week),
        errors_7d=sum(day.errors for day in week),
        tokens_7d=total_tokens(week),
        calls_28d=sum(day.calls for day in month),
        tokens_28d=total_tokens(month),
        calls_total=sum(day.calls for day in exposure.days),
        by_day=_dense(month, today),
        campaign=_campaign(campaign) if campaign else None,
        told=_told(told) if told else None,
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


def _campaign(row: RowMapping) -> CampaignAnswer:
    return CampaignAnswer(
        state=row["state"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        close_reason=row["close_reason"],
        next_at=row["next_at"],
    )


def _told(row: RowMapping) -> Told:
    return Told(
        destination=row["destination"],
        audience=row["audience"],
        step=row["step"],
        at=row["at"],
        state=row["state"],
    )
