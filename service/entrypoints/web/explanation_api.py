"""The HTTP API of explanations: why a notification was sent, or why nobody was notified."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from service.core.condition import InWords
from service.core.escalation.plan import Status
from service.core.explanation.answer import Explanation, Point, Wrong
from service.core.explanation.notification import Recipient
from service.core.explanation.silence import Untracked
from service.core.explanation.situation import ExposureEvidence
from service.core.naming import Ambiguous, Missing
from service.core.ownership import Audience
from service.engine.explain import why_so, why_told
from service.entrypoints.web.acting import NamedExposure, not_found
from service.entrypoints.web.api import refusals
from service.entrypoints.web.context import Here, WebContext


class Explained(BaseModel):
    """Core's nouns with their docstrings as descriptions."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    about: str = Field(examples=["search-api in production, gpt-4.5-preview on OpenAI API."])
    points: tuple[Point, ...]
    wrong: Wrong | None
    """A fault: somebody who should be notified is not. Null: no fault."""


class NotificationEvidence(BaseModel):
    """The stored notification and its context."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    kind: str
    step: str | None = Field(examples=["-30d"])
    audience: Audience
    destination: str = Field(examples=["#team-search"])
    reason: str
    facts: dict[str, Any] | None
    """Cause of the notification and data of its message, stored with the decision. `type` is the kind; `cause.kind` of
    a notice or news is the cause. A notice also has `planned_on`, `delays`, `missed`, `recipients`."""
    decided_at: datetime
    not_before: datetime
    state: Status
    attempts: int
    settled_at: datetime | None
    outcome: str | None
    policy: str | None = Field(examples=["default"])
    policy_since: datetime | None
    """When its campaign opened; its policy is frozen since then."""
    came_from: Recipient | None
    """The original notification, which could not be delivered."""
    instead: Recipient | None
    """The notification to the replacement, if this one could not be delivered."""
    same_decision: tuple[Recipient, ...]
    """Other notifications of the same decision."""
    troubles: tuple[InWords, ...]
    """Problems of lastcall itself that prevent delivery."""


class NotificationExplanation(Explained):
    evidence: NotificationEvidence


class ExposureExplanation(Explained):
    evidence: ExposureEvidence | Untracked


router = APIRouter(
    prefix="/api/v1",
    responses=refusals(
        {404: "It does not exist; `remedy` lists what does.", 409: "Several match; `remedy` lists them."}
    ),
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
    return ExposureExplanation.model_validate(await so(here, named), from_attributes=True)


async def told(here: WebContext, id_: UUID) -> Explanation[Any]:
    """Raises HTTPException."""
    answer = await why_told(here.app.database, id_, now=here.clock())
    if answer is None:
        remedy = "GET /api/v1/notifications lists them."
        raise HTTPException(404, {"error": "There is no such notification.", "remedy": remedy})
    return answer


async def so(here: WebContext, named: NamedExposure) -> Explanation[Any]:
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
    if isinstance(answer, Missing | Ambiguous):
        raise not_found(answer)
    return answer
