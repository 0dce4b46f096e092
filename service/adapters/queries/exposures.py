"""Exposures, each with its owner, its campaign and its last notification."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.campaign_store import campaign_id, load_campaigns
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.postgres.exposure_evidence import with_evidence
from service.adapters.postgres.exposure_store import load_exposures_of
from service.adapters.queries.acts import ChecklistAnswer, checklist_answer
from service.adapters.queries.lifecycle import Lifecycle, lifecycle_of
from service.adapters.queries.notifications import RepeatDays, Told, read_last_told
from service.adapters.queries.paging import AnswerModel
from service.config.world import World
from service.core.checklist import Checklist
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.holding import asked_in_words, shown_state
from service.core.escalation.schedule import upcoming
from service.core.exposure import DayOfUse, ExposureKey, State

DAYS = 28


@dataclass(slots=True)
class DayCalls:
    """Calls of one UTC day."""

    # A page has thousands of these, and a pydantic model takes ten times as long to make.
    day: date
    calls: int
    """Including failed calls. The largest reporter's count, hour by hour, never a sum of reporters."""
    errors: int
    tokens: int | None = None
    """Input and output tokens; null: no call of the day has token counts."""


class CampaignAnswer(AnswerModel):
    """The campaign of an exposure."""

    state: Literal["open", "closed"]
    opened_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None
    next_step: str | None = Field(default=None, examples=["-7d"], description="The next step that falls due.")
    next_repeat_days: RepeatDays = None
    next_on: date | None = Field(
        default=None, description="Day of the next step, in the owner's time zone; null: no step is planned."
    )
    next_audiences: list[str] = Field(default_factory=list, examples=[["owner", "team"]])
    act_in_force: str | None = Field(
        default=None,
        examples=["snoozed by ada@example.com until Fri 4 Jul 2025"],
        description="The acknowledgement, promise or hold in force, as a clause.",
    )
    promise_broken_on: date | None = Field(
        default=None,
        examples=["2025-07-04"],
        description="Day of a broken promise: the calls continued after it. Null: no promise is broken, or the "
        "calls have ended.",
    )


class ExposureAnswer(Lifecycle):
    """A service's use of a deprecated model in one environment."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(examples=["production"], description="Empty: the log has no environment.")
    team: str | None = Field(examples=["search"], description="Null: the service has no owner.")
    channel: str | None = Field(default=None, examples=["#team-search"], description="The team's channel.")
    people: list[str] = Field(default_factory=list, description="People named for the service.")
    state: State = Field(
        description="active: the service calls the model. quiet: no call for longer than its quiet period, so it "
        "has migrated. overdue: the shutdown date is past and calls are answered. broken: calls fail "
        "because the model is gone, after the shutdown date or before it. redirected: another model "
        "answers. waived: a person has accepted the risk until a day."
    )
    requested_ids: list[str] = Field(
        default_factory=list, description="The model's ids in requests, as callers spell them."
    )
    request_ids: list[str] = Field(default_factory=list, description="A few request ids, as evidence.")
    changes_until: date | None = Field(
        default=None,
        examples=["2025-07-01"],
        description="First day of a change freeze of the owner that lasts until the shutdown: changes must be "
        "deployed before it, and steps before the shutdown are counted from it; null: none.",
    )
    first_at: datetime = Field(description="First recorded call.")
    last_at: datetime = Field(description="Last recorded call.")
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None = Field(default=None, description="Null: no call of the week has token counts.")
    calls_28d: int
    tokens_28d: int | None = None
    calls_total: int
    by_day: list[DayCalls] = Field(description="Oldest first, without gaps; the last day is today.")
    campaign: CampaignAnswer | None = Field(default=None, description="Null: no campaign was opened.")
    told: Told | None = Field(default=None, description="Null: nobody was notified yet.")
    checklist: ChecklistAnswer

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)

    @property
    def change_by(self) -> date | None:
        """Until the shutdown, a freeze counts as the deadline."""
        is_ahead = self.days_left is not None and self.days_left > 0
        return self.changes_until if self.changes_until and is_ahead else self.shutdown_on


async def read_exposures(
    connection: AsyncConnection, world: World, keys: Sequence[ExposureKey], *, known: datetime, now: datetime
) -> list[ExposureAnswer]:
    """Exposures as of `now`, in the order of `keys`. None is quiet while records before `known` wait to be read."""
    found = await load_exposures_of(connection, world.catalog, keys, now=now)
    exposures = await with_evidence(connection, [found[key] for key in keys if key in found], now=now)
    campaigns = await load_campaigns(connection, keys)
    told = await read_last_told(connection, keys)
    ticked = {key: checklist_answer(each) for key, each in (await load_checklists(connection, keys)).items()}
    unticked = checklist_answer(Checklist())
    return [
        _answer(
            Case(each, world.owners.owner_of(each.service), now, known),
            campaigns.get(each.key),
            told.get(campaign_id(each.key)),
            ticked.get(each.key, unticked),
        )
        for each in exposures
    ]


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
        tokens_7d=_tokens_in(week),
        calls_28d=sum(day.calls for day in month),
        tokens_28d=_tokens_in(month),
        calls_total=exposure.use.calls,
        by_day=_dense(month, today),
        campaign=_campaign(campaign, case) if campaign else None,
        told=told,
        checklist=checklist,
    )


def _since(days: Sequence[DayOfUse], before: date) -> list[DayOfUse]:
    return [day for day in days if day.day > before]


def _tokens_in(days: Iterable[DayOfUse]) -> int | None:
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
