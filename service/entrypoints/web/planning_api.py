"""The HTTP API's look ahead: who will be told what, and what breaks on a day."""

from asyncio import to_thread
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import ConfigDict, Field

from service.adapters.postgres.conditions import last_tick
from service.adapters.queries.listing import NO_TEAM
from service.adapters.queries.paging import AnswerModel, Page, cut
from service.config.world import World
from service.core.calendar import utc_midnight
from service.core.catalog.lifecycle import AfterShutdown
from service.core.escalation.plan import Planned
from service.core.exposure import State
from service.core.ownership import Owner
from service.core.rehearsal import AtRisk, Duty
from service.engine.plan import FARTHEST, narrowed, read_stored
from service.engine.plan import plan as engine_plan
from service.engine.rehearse import rehearse
from service.entrypoints.web.acting import Day as IsoDay
from service.entrypoints.web.acting import Name
from service.entrypoints.web.api import Paging, refusals
from service.entrypoints.web.context import Here, WebContext
from service.entrypoints.web.plans import BusyError

DEFAULT_SPAN, MAX_SPAN = timedelta(days=90), timedelta(days=366)
MOST_WORK = 50_000
"""Exposures times days of one plan: takes half a minute, near a shutdown a minute."""
RETRY_AFTER_SECONDS = 15
Day = Annotated[IsoDay, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]


class PlanQuery(Paging):
    begin: Day | None = Field(default=None, alias="from", description="First day, UTC. Default: today.")
    end: Day | None = Field(default=None, alias="to", description="Last day. Default: 90 days after the first.")
    service: Name | None = None
    team: Name | None = Field(default=None, description="`(unowned)`: services without an owner.")
    destination: Name | None = Field(default=None, examples=["#team-search"])

    def wants(self, service: str, owner: Owner) -> bool:
        return self.service in {None, service} and self.team in {None, owner.team or NO_TEAM}


class RehearsalQuery(Paging):
    on: Day = Field(description="The day, UTC: today or later.", examples=["2025-07-14"])


class AtRiskAnswer(AnswerModel):
    """A service, in one environment, that calls a model which is shut down on the day."""

    model_config = ConfigDict(from_attributes=True)

    service: str = Field(examples=["search-api"])
    environment: str
    """Empty: the log has no environment."""
    platform: str = Field(examples=["openai-api"])
    model: str = Field(examples=["gpt-4.5-preview-2025-02-27"])
    """Canonical id of the model."""
    id: str = Field(examples=["gpt-4.5-preview"])
    """The model's id in requests on that platform."""
    shutdown_on: date
    replacements: list[str] = Field(examples=[["gpt-4.1"]])
    """Replacements named by the provider."""
    after_shutdown: AfterShutdown
    """How the provider answers calls after the shutdown."""
    breaks: bool
    """True: calls fail on that day. False: another model answers, or the same one does for a while."""
    state: State
    """Current state."""
    team: str | None = Field(examples=["search"])
    """Null: the service has no owner."""
    people: list[str]
    on_call: list[str]
    """Destinations of the person on call, or of the replacement audience."""
    calls: list[float]
    """Expected calls in each UTC hour of the day, from the last four weeks: a call in two of the four weeks is 0.5. Of
    the largest reporter."""
    calls_a_day: int
    """Sum of `calls`, rounded."""
    peak_hour: int | None
    """Hour with the most calls, UTC; null: no calls are expected."""
    begins_at: datetime
    """Expected time of the day's first call; without calls, the start of the day."""
    begins_local: str = Field(examples=["Mon 02:00 Europe/Berlin"])
    """`begins_at` in the owner's time zone."""
    duty: Duty
    """Kind of that hour for the owner."""
    forecast: str | None
    """When the calls end at their current pace; null: not enough data."""


class RehearsalAnswer(Page[AtRiskAnswer]):
    """Exposures whose calls fail first; then by calls, most first."""

    on: date
    breaks: bool
    """True: calls of a service fail on that day, on any page."""


router = APIRouter(
    prefix="/api/v1",
    responses=refusals({503: "The database does not respond, or other plans are being computed."}),
)


@router.get("/plan", tags=["escalation"], summary="Notifications in a span of time, sent and foreseen")
async def plan(here: Here, query: Annotated[PlanQuery, Query()]) -> Page[Planned]:
    """Up to the last tick: stored notifications and their outcomes. After it: notifications to be sent if the calls
    continue as they are."""
    first = query.begin or here.clock().date()
    last = query.end or first + DEFAULT_SPAN
    if not timedelta() <= last - first <= MAX_SPAN:
        remedy = f"Ask for at most {MAX_SPAN.days} days, the first of them in `from`."
        raise HTTPException(422, {"error": f"from {first} to {last} is no span to plan.", "remedy": remedy})
    now = here.clock()
    if last > (farthest := now.date() + FARTHEST):
        remedy = f"Ask for days up to {farthest}."
        raise HTTPException(422, {"error": f"{last} is more than five years ahead.", "remedy": remedy})
    async with here.app.database.connect() as connection:
        ticked = await last_tick(connection, "escalate")
    world = await here.app.look(now=now)
    key = (first, last, query.service, query.team, query.destination, ticked, world.version)
    try:
        planned = await here.plans.get(key, lambda: _plan(here, world, query, first, last), now=now)
    except BusyError as busy:
        remedy = "Retry later, with a smaller plan if possible: set `service`, `team` or a shorter span."
        said = {"error": "Other plans are being computed.", "remedy": remedy}
        raise HTTPException(503, said, {"Retry-After": f"{RETRY_AFTER_SECONDS}"}) from busy
    return await to_thread(cut, planned, _key, limit=query.limit, cursor=query.cursor)


async def _plan(here: WebContext, world: World, query: PlanQuery, first: date, last: date) -> Sequence[Planned]:
    start, end = utc_midnight(first), utc_midnight(last + timedelta(days=1))
    stored = await read_stored(here.app.database, world, start=start, end=end, service=query.service)
    stored = narrowed(stored, query.wants, query.destination)
    if stored.days_of_work > MOST_WORK:
        error = f"{len(stored.exposures):,} exposures until {last} are too many to plan at once."
        remedy = "Name a `service`, a `team` or a `destination`, or a `to` that is nearer."
        raise HTTPException(422, {"error": error, "remedy": remedy})
    planned = await to_thread(engine_plan, stored)  # meanwhile others want answers
    return [one for one in planned if query.destination in {None, one.destination}]


def _key(one: Planned) -> tuple[str, ...]:
    return (one.at.isoformat(), *one.key, one.id, one.step, one.destination, one.audience, one.status)


@router.get("/rehearsal", tags=["usage"], summary="What breaks on a day, and for whom, if nothing changes")
async def rehearsal(here: Here, query: Annotated[RehearsalQuery, Query()]) -> RehearsalAnswer:
    """Services that call a model whose shutdown is on or before that day, with the expected calls of each hour."""
    app, now = here.app, here.clock()
    if query.on < now.date():
        remedy = "Ask for today or a later day; /api/v1/plan has past notifications."
        raise HTTPException(422, {"error": f"on: {query.on} is past.", "remedy": remedy})
    found: tuple[AtRisk, ...] = await rehearse(app.database, await app.look(now=now), on=query.on, now=now)
    page = await to_thread(cut, found, _at_risk_key, limit=query.limit, cursor=query.cursor)
    items = [AtRiskAnswer.model_validate(one) for one in page.items]
    breaks = any(one.breaks for one in found)
    return RehearsalAnswer(items=items, total=page.total, next_cursor=page.next_cursor, on=query.on, breaks=breaks)


def _at_risk_key(one: AtRisk) -> tuple[str, ...]:
    """Orders as `core.rehearsal.at_risk` does."""
    most_first = f"{10**18 - one.calls_a_day:019}"
    return (f"{not one.breaks:d}", most_first, one.service, one.environment, one.id, one.platform)
