"""All data that decides who is notified of one exposure, and the same as evidence."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from service.core.condition import Condition
from service.core.directory.owners import Ownership, Source
from service.core.escalation.campaign import Campaign, CloseReason
from service.core.escalation.case import Case
from service.core.escalation.decision import Decision, Wait
from service.core.escalation.holding import asked_in_words, shown_state
from service.core.escalation.policy import Policy
from service.core.explanation.steps import Notification, StepEvidence, scheduled_steps
from service.core.exposure import State, last_week, quiet_at


@dataclass(frozen=True, slots=True)
class Situation:
    """One exposure as of now, and all data that decides who is notified."""

    case: Case
    campaign: Campaign | None
    policy: Policy
    ownership: Ownership
    decision: Decision
    """Result of `decide` as of now."""
    notifications: tuple[Notification, ...]
    looked_at: datetime | None
    """Last evaluation by escalation. None: never."""
    superseded: Literal["catalog", "lastcall.yaml"] | None
    """The file of which another process has a newer version; that process decides."""
    troubles: tuple[Condition, ...]
    """Problems of lastcall that may prevent notifications: undecidable, consumer_behind."""


@dataclass(frozen=True, slots=True)
class CampaignEvidence:
    state: Literal["open", "closed"]
    opened_at: datetime
    reopened_at: datetime | None
    closed_at: datetime | None
    close_reason: CloseReason | None
    policy: str
    plan_version: int
    """Number of dates so far; it increases when the deadline moves."""
    act_in_force: str | None
    """The acknowledgement, promise or hold in force, as a clause."""


@dataclass(frozen=True, slots=True)
class ExposureEvidence:
    service: str
    environment: str
    platform: str
    model: str
    """Canonical id."""
    state: State
    first_at: datetime
    last_at: datetime
    calls_7d: int
    errors_7d: int
    quiet_days: int
    """Quiet period of the exposure."""
    quiet_at: datetime
    """When the exposure becomes quiet without further calls."""
    known_until: datetime | None
    """All calls up to this time are recorded."""
    requested_ids: tuple[str, ...]
    request_ids: tuple[str, ...]
    """A few request ids, as evidence."""
    announced_on: date | None
    deadline: date | None
    effective_deadline: date | None
    """First day of a change freeze that lasts until the deadline; otherwise the deadline."""
    sources: tuple[str, ...]
    team: str | None
    owner_rule: str
    owner_source: Source | None
    """None: no owner."""
    owner_as_of: datetime | None
    campaign: CampaignEvidence | None
    ladder: tuple[StepEvidence, ...]
    news: tuple[Notification, ...]
    """Notifications other than steps."""
    decision: str
    """wait, or the action of the next tick: open, notify, handover, replan, close, reopen."""
    decision_reason: str
    until: datetime | None


def evidence_of(situation: Situation) -> ExposureEvidence:
    case, campaign, decision = situation.case, situation.campaign, situation.decision
    exposure, owner = case.exposure, situation.ownership.owner
    week = last_week(exposure.days, case.now.date())
    ladder = scheduled_steps(situation.policy, campaign, case, decision, situation.notifications)
    steps = {scheduled.step for scheduled in ladder}
    return ExposureEvidence(
        **exposure.key._asdict(),
        state=shown_state(campaign, case),
        first_at=exposure.first_at,
        last_at=exposure.last_at,
        calls_7d=sum(use.calls for use in week),
        errors_7d=sum(use.errors for use in week),
        quiet_days=exposure.quiet_period.days,
        quiet_at=quiet_at(exposure),
        known_until=case.known_until,
        requested_ids=exposure.requested_ids,
        request_ids=exposure.request_ids,
        announced_on=exposure.deprecation.announced,
        deadline=case.deadline,
        effective_deadline=case.effective_deadline,
        sources=exposure.deprecation.sources,
        team=owner.team,
        owner_rule=owner.rule,
        owner_source=situation.ownership.source,
        owner_as_of=situation.ownership.as_of,
        campaign=_campaign_evidence(campaign, case) if campaign else None,
        ladder=ladder,
        news=tuple(one for one in situation.notifications if one.step not in steps),
        decision=type(decision).__name__.lower(),
        decision_reason=decision.reason,
        until=decision.until if isinstance(decision, Wait) else None,
    )


def _campaign_evidence(campaign: Campaign, case: Case) -> CampaignEvidence:
    return CampaignEvidence(
        state="open" if campaign.is_open else "closed",
        opened_at=campaign.opened_at,
        reopened_at=campaign.reopened_at,
        closed_at=campaign.closed_at,
        close_reason=campaign.close_reason,
        policy=campaign.policy.name,
        plan_version=campaign.plan_version,
        act_in_force=asked_in_words(campaign, case),
    )
