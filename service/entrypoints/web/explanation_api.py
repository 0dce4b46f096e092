"""The HTTP API of explanations: why somebody was told something, and why nobody was."""

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
    """One question, answered in sentences of plain text; they quote names from logs."""

    label: str = Field(examples=["why now"])
    sentences: list[str] = Field(
        examples=[["Step -30d of policy default is 30 days before the shutdown: Sat 14 Jun 2025."]]
    )


class Wrong(BaseModel):
    """Somebody is not told who should be."""

    error: str
    remedy: str


class Explained(BaseModel):
    about: str = Field(examples=["search-api in production, gpt-4.5-preview on OpenAI API."])
    points: list[Point]
    wrong: Wrong | None = Field(description="Null: all is as it should be.")


class Hearer(BaseModel):
    """Another notification."""

    id: str
    destination: str = Field(examples=["#team-search"])
    audience: str = Field(examples=["owner"])
    state: Status
    outcome: str | None


class Trouble(BaseModel):
    """What is wrong with lastcall itself and stands in the way."""

    kind: str = Field(examples=["slack_destination"])
    subject: str
    detail: str
    remedy: str


class NotificationEvidence(Hearer):
    """The notification as it is stored, and what it goes by."""

    kind: str
    step: str | None = Field(examples=["-30d"])
    reason: str
    facts: dict[str, Any] | None = Field(
        description="Why it is told and what the message says, frozen with the decision. `type` is the kind; "
        "`cause.kind` of a notice and news says why. A notice also has `planned_on`, `delays`, `missed`, `recipients`."
    )
    decided_at: datetime
    not_before: datetime
    attempts: int
    settled_at: datetime | None
    policy: str | None = Field(examples=["default"])
    policy_since: datetime | None = Field(description="When its campaign opened, and froze it.")
    came_from: Hearer | None = Field(description="Whom it was meant for, and who could not be told.")
    instead: Hearer | None = Field(description="Who hears instead, where this one cannot be told.")
    told_with: list[Hearer] = Field(description="The others of the same decision.")
    troubles: list[Trouble]


class NotificationExplanation(Explained):
    evidence: NotificationEvidence


class Heard(Hearer):
    step: str
    decided_at: datetime
    at: datetime = Field(description="When it was delivered, else when it goes out.")


class ScheduledStep(BaseModel):
    """One step of the policy."""

    step: str = Field(examples=["-30d"])
    repeat_days: int | None
    tell: list[str]
    on: date | None = Field(description="Its day by the policy, in the owner's zone; null: it has none.")
    due_at: datetime | None
    status: StepStatus
    done_at: datetime | None
    held: list[str] = Field(description="Audiences that hear once the owner has had a business day.")
    held_until: datetime | None
    spared: list[str]
    hears: list[Heard] = Field(description="Oldest first; of a step that repeats, the last time.")
    told_with: str | None = Field(description="The step in whose message it was told; null: in its own.")
    times: int


class CampaignEvidence(BaseModel):
    state: Literal["open", "closed"]
    opened_at: datetime
    reopened_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    policy: str
    plan_version: int = Field(description="Counts the moves of the deadline.")
    act_in_force: str | None = Field(description="What somebody asked of it and is in force, as a clause.")


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
    quiet_days: int = Field(description="Its own quiet period.")
    quiet_at: datetime = Field(description="When it becomes quiet if nothing calls before.")
    known_until: datetime | None = Field(description="Up to when all calls are on record.")
    requested_ids: list[str]
    request_ids: list[str] = Field(description="A few request ids, as evidence.")
    announced_on: date | None
    deadline: date | None
    effective_deadline: date | None = Field(description="By when changes must be out, where a freeze reaches up to it.")
    sources: list[str]
    team: str | None
    owner_rule: str
    owner_source: str | None = Field(description="assignment, lastcall.yaml, backstage, codeowners; null: nobody.")
    owner_as_of: datetime | None
    campaign: CampaignEvidence | None
    ladder: list[ScheduledStep]
    news: list[Heard] = Field(description="What was told beside the steps.")
    decision: str = Field(description="wait; or what the next tick does: open, notify, handover, replan, close, reopen")
    decision_reason: str
    until: datetime | None


class UntrackedEvidence(BaseModel):
    """A use of a model that is no exposure."""

    service: str
    environment: str
    platform: str | None
    model: str
    is_known: bool = Field(description="lastcall knows the id.")
    calls_28d: int


class ExposureExplanation(Explained):
    evidence: ExposureEvidence | UntrackedEvidence


router = APIRouter(
    prefix="/api/v1",
    responses={
        401: {"model": Refusal, "description": "The token is missing or wrong."},
        404: {"model": Refusal, "description": "There is none like that; `remedy` lists what there is."},
        409: {"model": Refusal, "description": "There are several like that; `remedy` lists them."},
        422: {"model": Refusal, "description": "A parameter is wrong."},
        503: {"model": Refusal, "description": "The database does not answer."},
    },
)


@router.get("/notifications/{id}/explanation", tags=["escalation"], summary="Why you, why now")
async def notification(here: Here, id: UUID) -> NotificationExplanation:  # noqa: A002  the name in the path
    """By which rule and step, what it waited for, who else, on what evidence, and what became of it."""
    return NotificationExplanation.model_validate(msgspec.to_builtins(await told(here, id)))


@router.get("/exposures/explanation", tags=["one exposure"], summary="Who was told, and why nobody was")
async def exposure(here: Here, named: Annotated[NamedExposure, Query()]) -> ExposureExplanation:
    """Its state, owner, campaign and every step of its ladder. Of a use of a model that is not known to go: why nobody
    is told of it."""
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
