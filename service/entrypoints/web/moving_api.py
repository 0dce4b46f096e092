"""The HTTP API of what to move to: successors of a model, and a comparison of two models."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.adapters.queries.comparison import ComparisonAnswer, OfferAnswer, comparison_answer, offer_answer
from service.core.naming import Missing
from service.engine.moving import compare, offer
from service.entrypoints.web.acting import Name, not_found
from service.entrypoints.web.api import refusals
from service.entrypoints.web.context import Here


class Scope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Name | None = Field(default=None, description="Only calls of this service; left out: all callers.")
    platform: Name | None = Field(default=None, examples=["openai-api"])


class SuccessorQuery(Scope):
    model: Name = Field(description="The model, in any spelling.", examples=["gpt-4.5-preview"])


class ComparisonQuery(Scope):
    old: Name = Field(description="The model that is called, in any spelling.", examples=["gpt-4.5-preview"])
    new: Name = Field(description="The model to compare with, in any spelling.", examples=["gpt-4.1"])


router = APIRouter(
    prefix="/api/v1",
    tags=["usage"],
    responses=refusals({404: "The model is not known; `remedy` says where to look."}),
)


@router.get("/successors", summary="What callers of a model can move to")
async def successors(here: Here, query: Annotated[SuccessorQuery, Query()]) -> list[OfferAnswer]:
    """One answer for each platform on which the model was called in the last 28 days, most calls first."""
    app, now = here.app, here.clock()
    world = await app.look(now=now)
    found = await offer(app.database, world, query.model, service=query.service, platform=query.platform, now=now)
    if isinstance(found, Missing):
        raise not_found(found)
    return [offer_answer(one, now.date()) for one in found]


@router.get("/comparison", summary="Cost, latency and end of two models")
async def comparison(here: Here, query: Annotated[ComparisonQuery, Query()]) -> list[ComparisonAnswer]:
    """One answer for each platform on which the old model was called in the last 28 days, most calls first."""
    app, now = here.app, here.clock()
    world = await app.look(now=now)
    found = await compare(
        app.database, world, query.old, query.new, service=query.service, platform=query.platform, now=now
    )
    if isinstance(found, Missing):
        raise not_found(found)
    return [comparison_answer(one, now.date()) for one in found]
