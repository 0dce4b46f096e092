"""The HTTP API of explanations: why a notification was sent, or why nobody was notified."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from service.core.escalation.plan import Status
from service.core.explanation import Explanation
from service.core.explanation.steps import StepStatus
from service.core.exposure import State
from service.core.naming import Ambiguous, Missing
from service.engine.explain import why_so, why_told
from service.entrypoints.web.acting import NamedExposure
from service.entrypoints.web.api import Refusal
from service.entrypoints.web.context import Context, Here


class Point(BaseModel):
    """One question, answered in plain sentences, which may quote names from logs."""

    label: str = Field(examples=["why now"])
    sentences: list[str] = Field(
        examples=[["Step -30d of policy default is 30 days before the shutdown: Sat 14 Jun 2025."]]
    )


class Wrong(BaseModel):
    """A fault: somebody who should be notified is not."""

    error: str
    remedy: str


class Explained(BaseModel):
    about: str = Field(examples=["search-api in production, gpt-4.5-preview on OpenAI API."])
    points: list[Point]
    wrong: Wrong | None = Field(description="Null: no fault.")


class Recipient(BaseModel):
    """Another notification."""

    id: str
    destination: str = Field(examples=["#team-search"])
    audience: str = Field(examples=["owner"])
    state: Status
    outcome: str | None


class Trouble(BaseModel):
    """A problem of lastcall itself that prevents delivery."""

    kind: str = Field(examples=["slack_destination"])
    subject: str
    detail: str
    remedy: str


class NotificationEvidence(Recipient):
    """The stored notification and its context."""

    kind: str
    step: str | None = Field(examples=["-30d"])
    reason: str
    facts: dict[str, Any] | None = Field(
        description="Cause of the notification and data of its message, stored with the decision. `type` is the kind; "
        "`cause.kind` of a notice or news is the cause. A notice also has `planned_on`, `delays`, "
        "`missed`, `recipients`."
    )
    decided_at: datetime
    not_before: datetime
    attempts: int
    settled_at: datetime | None
    policy: str | None = Field(examples=["default"])
    policy_since: datetime | None = Field(description="When its campaign opened; its policy is frozen since then.")
    came_from: Recipient | None = Field(description="The original notification, which could not be delivered.")
    instead: Recipient | None = Field(
        description="The notification to the replacement, if this one could not be delivered."
    )
    same_decision: list[Recipient] = Field(description="Other notifications of the same decision.")
    troubles: list[Trouble]


class NotificationExplanation(Explained):
    evidence: NotificationEvidence


class Notification(Recipient):
    step: str
    decided_at: datetime
    at: datetime = Field(description="Time of delivery, or planned time.")


class StepAnswer(BaseModel):
    """One step of the policy."""

    step: str = Field(examples=["-30d"])
    repeat_days: int | None
    tell: list[str]
    on: date | None = Field(description="Day of the step by the policy, in the owner's time zone; null: none.")
    due_at: datetime | None
    status: StepStatus
    done_at: datetime | None
    held: list[str] = Field(description="Audiences that are notified after the owner has had a business day.")
    held_until: datetime | None
    spared: list[str]
    notified: list[Notification] = Field(description="Oldest first; of a step that repeats, the latest.")
    sent_with: str | None = Field(description="Step whose message included this one; null: it had its own message.")
    times: int


class CampaignEvidence(BaseModel):
    state: Literal["open", "closed"]
    opened_at: datetime
    reopened_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    policy: str
    plan_version: int = Field(description="Number of dates so far; it increases when the deadline moves.")
    act_in_force: str | None = Field(description="The acknowledgement, promise or hold in force, as a clause.")


class ExposureEvidence(BaseModel):
    service: str
    environment: str
    platform: str
    model: str = Field(description="Canonical id.")
    state: State
    first_at: datetime
    last_at: datetime
    calls_7d: int
    errors_7d: int
    quiet_days: int = Field(description="Quiet period of the exposure.")
    quiet_at: datetime = Field(description="When the exposure becomes quiet without further calls.")
    known_until: datetime | None = Field(description="All calls up to this time are recorded.")
    requested_ids: list[str]
    request_ids: list[str] = Field(description="A few request ids, as evidence.")
    announced_on: date | None
    deadline: date | None
    effective_deadline: date | None = Field(
        description="First day of a change freeze that lasts until the deadline; otherwise the deadline."
    )
    sources: list[str]
    team: str | None
    owner_rule: str
    owner_source: str | None = Field(description="assignment, lastcall.yaml, backstage, codeowners; null: no owner.")
    owner_as_of: datetime | None
    campaign: CampaignEvidence | None
    ladder: list[StepAnswer]
    news: list[Notification] = Field(description="Notifications other than steps.")
    decision: str = Field(
        description="wait, or the action of the next tick: open, notify, handover, replan, close, reopen"
    )
    decision_reason: str
    until: datetime | None


class UntrackedEvidence(BaseModel):
    """A use of a model that is not an exposure."""

    service: str
    environment: str
    platform: str | None
    model: str
    is_known: bool = Field(description="True: lastcall knows the id.")
    calls_28d: int


class ExposureExplanation(Explained):
    evidence: ExposureEvidence | UntrackedEvidence


router = APIRouter(
    prefix="/api/v1",
    responses={
        401: {"model": Refusal, "description": "The token is missing or wrong."},
        404: {"model": Refusal, "description": "It does not exist; `remedy` lists what does."},
        409: {"model": Refusal, "description": "Several match; `remedy` lists them."},
        422: {"model": Refusal, "description": "A parameter is invalid."},
        503: {"model": Refusal, "description": "The database does not respond."},
    },
)


@router.get("/notifications/{id}/explanation", tags=["escalation"], summary="Why a notification was sent")
async def notification(here: Here, id: UUID) -> NotificationExplanation:  # noqa: A002  the name in the path
    """The rule and the step, delays, other recipients, evidence, and the outcome."""
    return NotificationExplanation.model_validate(msgspec.to_builtins(await told(here, id)))


@router.get(
    "/exposures/explanation", tags=["one exposure"], summary="Who was notified of one exposure, or why nobody was"
)
async def exposure(here: Here, named: Annotated[NamedExposure, Query()]) -> ExposureExplanation:
    """State, owner, campaign and every step of the ladder. For a use of a model without a known deprecation: why
    nobody is notified."""
    return ExposureExplanation.model_validate(msgspec.to_builtins(await so(here, named)))


async def told(here: Context, id_: UUID) -> Explanation[Any]:
    """Raises HTTPException."""
    answer = await why_told(here.app.database, id_, now=here.clock())
    if answer is None:
        remedy = "GET /api/v1/notifications lists them."
        raise HTTPException(404, {"error": "There is no such notification.", "remedy": remedy})
    return answer


async def so(here: Context, named: NamedExposure) -> Explanation[Any]:
    """Raises HTTPException."""
    app, now = here.app, here.clock()
    answer = await why_so(
        app.database,
        await app.look(now=now),
        named.service,
        model=named.model,
        environment=named.environment,
        platform=named.platform,
        now=now,
    )
    match answer:
        case Missing():
            raise HTTPException(404, {"error": answer.error, "remedy": answer.remedy})
        case Ambiguous():
            raise HTTPException(409, {"error": answer.error, "remedy": answer.remedy})
        case Explanation():
            return answer
