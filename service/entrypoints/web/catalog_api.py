"""The HTTP API of the catalog: records with every source's word, sources, proposals, and decisions on them."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from service.adapters.queries.catalog import (
    DifferenceAnswer,
    ProposalAnswer,
    RecordAnswer,
    SourceAnswer,
    difference_answer,
    proposal_answer,
    record_answer,
    source_answers,
)
from service.adapters.queries.paging import Page, cut
from service.core.catalog.lookup import records_of
from service.core.catalog.proposal import MAX_REASON, Verdict
from service.core.escalation.act import Refused
from service.core.naming import Missing
from service.engine.propose import decide, standings
from service.entrypoints.web.acting import Author, Name
from service.entrypoints.web.acts_api import refusal
from service.entrypoints.web.api import Paging, refusals
from service.entrypoints.web.context import Here


class RecordQuery(Paging):
    platform: Name | None = Field(default=None, examples=["openai-api"])
    model: Name | None = Field(
        default=None, description="Only this model, in any spelling that occurs in logs.", examples=["gpt-4.5-preview"]
    )


class Decided(BaseModel):
    """What a person says about a proposal."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    author: Author
    reason: str = Field(default="", max_length=MAX_REASON, description="One line; it is kept with the decision.")


router = APIRouter(
    prefix="/api/v1/catalog",
    tags=["lifecycle"],
    responses=refusals({404: "There is no such proposal.", 409: "The proposal is already decided."}),
)


@router.get("/records", summary="Records in force, with the word of each source")
async def records(here: Here, query: Annotated[RecordQuery, Query()]) -> Page[RecordAnswer]:
    """By platform and id. The words of the shipped catalog alone are left out."""
    now = here.clock()
    world = await here.app.look(now=now)
    models = (await standings(here.app.database, world, now=now)).models
    chosen = world.catalog if query.model is None else records_of(world.catalog, world.resolver, query.model)
    answers = [
        record_answer(record, models, today=now.date())
        for record in chosen
        if query.platform is None or record.platform == query.platform
    ]
    by_name = sorted(answers, key=_name)
    return cut(by_name, _name, limit=query.limit, cursor=query.cursor)


def _name(record: RecordAnswer) -> tuple[str, ...]:
    return record.platform, record.id, record.model


@router.get("/sources", summary="Configured sources: when each was read, and why one was not")
async def sources(here: Here) -> list[SourceAnswer]:
    now = here.clock()
    world = await here.app.look(now=now)
    found = await standings(here.app.database, world, now=now)
    return source_answers(world.company.catalog.names, found.sources)


@router.get("/differences", summary="How the catalog in force differs from the shipped one")
async def diff(here: Here) -> list[DifferenceAnswer]:
    now = here.clock()
    found = await standings(here.app.database, await here.app.look(now=now), now=now)
    return [difference_answer(one) for one in found.differences]


@router.get("/proposals", summary="Open proposals to change the catalog")
async def proposals(here: Here) -> list[ProposalAnswer]:
    now = here.clock()
    found = await standings(here.app.database, await here.app.look(now=now), now=now)
    return [proposal_answer(one) for one in found.proposals]


@router.post("/proposals/{proposal}", summary="Accept or refuse a proposal")
async def settle(here: Here, proposal: Annotated[Name, Path(examples=["3f2a9c01"])], said: Decided) -> ProposalAnswer:
    """Every process follows at its next tick or request. The decision is kept with its author and reason."""
    now = here.clock()
    world = await here.app.look(now=now)
    done = await decide(
        here.app.database, world, proposal, said.verdict, author=said.author, reason=said.reason, now=now
    )
    if isinstance(done, Missing):
        raise HTTPException(404, {"error": f"{done.error}.", "remedy": "GET /api/v1/catalog/proposals lists them."})
    if isinstance(done, Refused):
        raise refusal(done)
    return proposal_answer(done)
