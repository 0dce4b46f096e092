"""The HTTP API of explanations: why a notification was sent, or why nobody was notified."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, HTTPException, Query
from pydantic import ConfigDict, RootModel

from service.core.explanation.answer import Explanation
from service.core.explanation.notification import StoredNotification
from service.core.explanation.silence import Untracked
from service.core.explanation.situation import ExposureEvidence
from service.core.naming import Ambiguous, Missing
from service.engine.explain import why_so, why_told
from service.entrypoints.web.acting import NamedExposure, not_found
from service.entrypoints.web.api import refusals
from service.entrypoints.web.context import Here, WebContext

PUBLISHED = ConfigDict(use_attribute_docstrings=True)
"""Docstrings of fields, here and in core, are their descriptions."""


@dataclass(frozen=True, slots=True)
class NotificationEvidence(StoredNotification):
    """The stored notification and its context. `came_from` is the original notification, which could not be delivered;
    `instead` is the one to the replacement, if this one could not be; `same_decision` are others of the same decision;
    `troubles` are problems of lastcall itself that prevent delivery; `policy` is frozen since `policy_since`."""

    facts: Any
    """Cause of the notification and data of its message, stored with the decision. `type` is the kind; `cause.kind` of
    a notice or news is the cause. A notice also has `planned_on`, `delays`, `missed`, `recipients`. Null: another
    release stored them, and this one cannot read them."""


class NotificationExplanation(RootModel[Explanation[NotificationEvidence]]):
    model_config = PUBLISHED


class ExposureExplanation(RootModel[Explanation[ExposureEvidence | Untracked]]):
    model_config = PUBLISHED


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
    return ExposureExplanation(await so(here, named))


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
