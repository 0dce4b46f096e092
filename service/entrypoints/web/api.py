"""The HTTP API, version 1: read only, bounded pages; every parameter is validated, unknown ones are refused."""

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.lifecycle import deadline_key
from service.adapters.queries.listing import ExposureFilter
from service.adapters.queries.notifications import NotificationAnswer, read_notifications
from service.adapters.queries.overview import DeprecationAnswer
from service.adapters.queries.paging import MAX_PAGE, Page, cut
from service.adapters.queries.services import ServiceAnswer, read_service_names
from service.core.exposure import State
from service.engine import ask
from service.entrypoints.web.acting import Name
from service.entrypoints.web.context import Here

MAX_DAYS = 3660


class Paging(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=MAX_PAGE, description="Maximum number of items on a page.")
    cursor: str | None = Field(default=None, max_length=2000, description="`next_cursor` of the previous page.")


class DeprecationQuery(Paging):
    platform: Name | None = Field(default=None, examples=["openai-api"])
    calling: bool = Field(default=False, description="Only deprecations whose model a service still calls.")
    within: int | None = Field(
        default=None,
        ge=0,
        le=MAX_DAYS,
        description="Maximum number of days to the deadline; past deadlines are included.",
    )


class ExposureQuery(Paging):
    platform: Name | None = Field(default=None, examples=["openai-api"])
    model: Name | None = Field(default=None, description="Canonical id of the model.", examples=["gpt-4.5-preview"])
    service: Name | None = None
    environment: Name | None = None
    team: Name | None = Field(default=None, description="`(unowned)`: services without an owner.")
    state: State | None = None
    within: int | None = Field(
        default=None,
        ge=0,
        le=MAX_DAYS,
        description="Maximum number of days to the deadline; past deadlines are included. If a change freeze lasts "
        "until the shutdown, its first day counts as the deadline.",
    )

    def as_filter(self) -> ExposureFilter:
        return ExposureFilter(
            platform=self.platform,
            model=self.model,
            service=self.service,
            environment=self.environment,
            team=self.team,
            state=self.state,
            within_days=self.within,
        )


class NotificationQuery(Paging):
    state: Literal["pending", "leased", "delivered", "failed", "unknown"] | None = None
    service: Name | None = None
    destination: Name | None = Field(default=None, examples=["#team-search"])


class Refusal(BaseModel):
    """An error, and its remedy."""

    error: str
    remedy: str


def refusals(described: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """The errors of a router: those of all routers, and `described` by status."""
    common = {
        401: "The token is missing or wrong.",
        422: "A parameter is invalid.",
        503: "The database does not respond.",
    }
    by_status = sorted((common | described).items())
    return {status: {"model": Refusal, "description": text} for status, text in by_status}


router = APIRouter(prefix="/api/v1", responses=refusals({}))


@router.get("/deprecations", tags=["lifecycle"], summary="Deprecated models, by deadline")
async def deprecations(here: Here, query: Annotated[DeprecationQuery, Query()]) -> Page[DeprecationAnswer]:
    """Every deprecation of the catalog that is public today, with the number of services that still call the model."""
    now = here.clock()
    found = [
        each
        for each in await ask.deprecations(here.app.database, await here.app.look(now=now), now=now)
        if (query.platform is None or each.platform == query.platform)
        and (not query.calling or each.callers.calling)
        and (query.within is None or (each.days_left is not None and each.days_left <= query.within))
    ]
    return cut(found, deadline_key, limit=query.limit, cursor=query.cursor)


@router.get("/exposures", tags=["usage"], summary="Services' uses of deprecated models, by deadline")
async def exposures(here: Here, query: Annotated[ExposureQuery, Query()]) -> Page[ExposureAnswer]:
    """Firm deadlines first, earliest at the top; then "not before" dates; then deprecations without a date."""
    app, wanted = here.app, query.as_filter()
    now = here.clock()
    world = await app.look(now=now)
    return await ask.exposures(app.database, world, wanted, now=now, limit=query.limit, cursor=query.cursor)


@router.get(
    "/services/{name:path}",
    tags=["usage"],
    summary="All models that one service calls",
    responses={404: {"model": Refusal, "description": "No log contains this service."}},
)
async def service(
    here: Here,
    name: Annotated[Name, Path(description="Name of the service as in the logs.", examples=["search-api"])],
) -> ServiceAnswer:
    """Models called in the last 28 days, deprecated or not, with calls by reporter; and ids that lastcall does not
    know."""
    now = here.clock()
    answer = await ask.service(here.app.database, await here.app.look(now=now), name, now=now)
    if answer is None:
        async with here.app.database.connect() as connection:
            close = get_close_matches(name, await read_service_names(connection), n=3, cutoff=0.5)
        raise HTTPException(404, {"error": "No log contains this service.", "remedy": _did_you_mean(close)})
    return answer


@router.get("/notifications", tags=["escalation"], summary="Notifications: recipient, time, reason; newest first")
async def notifications(here: Here, query: Annotated[NotificationQuery, Query()]) -> Page[NotificationAnswer]:
    async with here.app.database.connect() as connection:
        return await read_notifications(
            connection,
            state=query.state,
            service=query.service,
            destination=query.destination,
            limit=query.limit,
            cursor=query.cursor,
        )


def _did_you_mean(close: list[str]) -> str:
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return "GET /api/v1/exposures lists the services that call a model that is going away."
