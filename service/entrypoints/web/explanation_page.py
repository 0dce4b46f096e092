"""The page behind each "why?": why a notification was sent, or why nobody was notified."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, model_validator
from starlette.responses import Response

from service.entrypoints.web.acting import Name, NamedExposure
from service.entrypoints.web.context import Here
from service.entrypoints.web.explanation_api import so, told
from service.entrypoints.web.pages import templates


class ExplanationQuery(BaseModel):
    """A notification, or the names of one exposure."""

    model_config = ConfigDict(extra="forbid")

    notification: UUID | None = None
    service: Name | None = None
    model: Name | None = None
    environment: Name | None = None
    platform: Name | None = None

    @model_validator(mode="after")
    def _says_of_what(self) -> Self:
        if (self.notification is None) == (self.service is None):
            raise ValueError("Name a notification or a service: /why?service=search-api")
        return self


router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/why")
async def why(request: Request, here: Here, asked: Annotated[ExplanationQuery, Query()]) -> Response:
    if asked.notification:
        answer = await told(here, asked.notification)
    else:
        names = asked.model_dump(exclude={"notification"})
        answer = await so(here, NamedExposure.model_validate(names))
    return templates.TemplateResponse(request, "why.html", {"now": here.clock(), "answer": answer})
