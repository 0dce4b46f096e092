"""The pages: exposures by deadline, one exposure, one service, the outbox. Rendered on the server, escaped, without
scripts."""

import shlex
from datetime import datetime
from pathlib import Path as Folder
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response

from service.adapters.postgres.conditions import open_conditions
from service.adapters.queries.acts import read_history
from service.adapters.queries.listing import NO_TEAM, ExposureFilter
from service.adapters.queries.notifications import read_messages, read_next, read_notifications
from service.adapters.queries.operation import read_passed_over, read_rejections
from service.adapters.queries.unknown import read_unknown_ids
from service.core import words
from service.core.checklist import ITEMS
from service.core.escalation.hold import broken_promise
from service.core.wording.delivery import kind
from service.core.wording.end import reported_by
from service.core.wording.state import STATES
from service.core.wording.to_html import to_html
from service.engine import ask
from service.engine.moving import checklist
from service.entrypoints import phrases
from service.entrypoints.web import show
from service.entrypoints.web.acting import Name, NamedExposure, key_of
from service.entrypoints.web.context import Here, WebContext
from service.entrypoints.web.horizon import horizon
from service.entrypoints.web.overview import first_record, group
from service.formats.decoder import why_passed_over

ROWS = 50
MESSAGES = 50
UNREAD_ROWS = 25
REFRESH_SECONDS = 10

templates = Jinja2Templates(Folder(__file__).parent / "templates")
templates.env.trim_blocks = templates.env.lstrip_blocks = True
templates.env.filters.update(
    act=phrases.act,
    address=words.address,
    ago=words.ago,
    asked=phrases.asked,
    badge=phrases.badge,
    became=phrases.became,
    broken_promise=broken_promise,
    blocks=lambda blocks: Markup(to_html(blocks)),  # noqa: S704  to_html escapes every text that it is given
    day=words.day,
    freeze=phrases.freeze,
    horizon=horizon,
    kind=kind,
    days_left=phrases.days_left,
    platform=words.platform_name,
    progress=phrases.progress,
    shell=shlex.join,
    reported_by=reported_by,
    short=words.short_number,
    sparkline=show.sparkline,
    step=phrases.step,
    step_in_words=phrases.step_in_words,
    told=phrases.told,
    urgency=show.urgency,
    when=phrases.when,
    why_passed_over=why_passed_over,
)
templates.env.globals.update(states=STATES, no_team=NO_TEAM, place_them=phrases.PLACE_THEM)

Shown = Literal["calling", "all", "active", "overdue", "broken", "redirected", "waived", "quiet"]


class PageQuery(BaseModel):
    """The filter form of the list. Empty fields do not filter."""

    model_config = ConfigDict(extra="forbid")

    team: Name | None = None
    platform: Name | None = None
    state: Shown = "calling"
    cursor: str | None = Field(default=None, max_length=2000)

    @field_validator("team", "platform", "cursor", mode="before")
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return value or None

    def as_filter(self) -> ExposureFilter:
        state = None if self.state == "calling" or self.state == "all" else self.state  # noqa: PLR1714  narrows the type
        return ExposureFilter(team=self.team, platform=self.platform, state=state, calling=self.state == "calling")


class OutboxQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cursor: str | None = Field(default=None, max_length=2000)


router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/")
async def exposures(request: Request, here: Here, query: Annotated[PageQuery, Query()]) -> Response:
    now = here.clock()
    app = here.app
    world = await app.look(now=now)
    found = await ask.overview(app.database, world, query.as_filter(), now=now, limit=ROWS, cursor=query.cursor)
    context = {
        "now": now,
        "query": query,
        "headline": found.headline,
        "next_one": found.next_one,
        "first_record": first_record(world.catalog, now),
        "page": found.page,
        "groups": group(found.page.items),
    }
    return templates.TemplateResponse(request, "exposures.html", context | await _blind_spots(here, now))


async def _blind_spots(here: WebContext, now: datetime) -> dict[str, Any]:
    async with here.app.database.connect() as connection:
        return {
            "unplaced": await read_unknown_ids(connection, now=now, unplaced=True, limit=UNREAD_ROWS),
            "unknown_ids": await read_unknown_ids(connection, now=now, unplaced=False, limit=UNREAD_ROWS),
            "rejections": (await read_rejections(connection, now=now))[:UNREAD_ROWS],
            "passed_over": [
                each for each in await read_passed_over(connection, now=now, limit=UNREAD_ROWS) if not each.calls
            ],
            "conditions": await open_conditions(connection),
        }


@router.get("/exposure")
async def exposure(request: Request, here: Here, named: Annotated[NamedExposure, Query()]) -> Response:
    now = here.clock()
    key = await key_of(here, named, now)
    shown = await ask.exposure(here.app.database, await here.app.look(now=now), key, now=now)
    if shown is None:
        raise HTTPException(
            404, {"error": "No call of this exposure is stored any more.", "remedy": "See the list of exposures."}
        )
    known = (await checklist(here.app.database, here.app.world, key, now=now)).known
    async with here.app.database.connect() as connection:
        history = await read_history(connection, key)
        told = await read_notifications(connection, exposure=key, limit=MESSAGES)
    context = {
        "now": now,
        "exposure": shown,
        "group": group([shown])[0],
        "whys": {item.id: known.get(item.id, item.why) for item in ITEMS},
        "acts": history.acts,
        "notifications": told.items,
    }
    return templates.TemplateResponse(request, "exposure.html", context)


@router.get("/services/{name:path}")
async def service(request: Request, here: Here, name: Annotated[Name, Path()]) -> Response:
    now = here.clock()
    answer = await ask.service(here.app.database, await here.app.look(now=now), name, now=now)
    if answer is None:
        raise HTTPException(404, {"error": "No log contains this service.", "remedy": "Search the list of exposures."})
    context = {
        "now": now,
        "service": answer,
        "groups": group(answer.exposures),
        "unplaced": [each for each in answer.unknown_ids if each.model is not None],
        "unknown_ids": [each for each in answer.unknown_ids if each.model is None],
    }
    return templates.TemplateResponse(request, "service.html", context)


@router.get("/outbox")
async def outbox(request: Request, here: Here, query: Annotated[OutboxQuery, Query()]) -> Response:
    async with here.app.database.connect() as connection:
        page = await read_messages(connection, limit=MESSAGES, cursor=query.cursor)
        waiting = [] if query.cursor else await read_next(connection, limit=MESSAGES)
    refresh = None if query.cursor else REFRESH_SECONDS
    context = {"now": here.clock(), "page": page, "refresh": refresh, "next": waiting}
    return templates.TemplateResponse(request, "outbox.html", context)


def refusal_page(request: Request, status: int, error: str, remedy: str) -> Response:
    context: dict[str, Any] = {"error": error, "remedy": remedy, "status": status}
    return templates.TemplateResponse(request, "refusal.html", context, status_code=status)
