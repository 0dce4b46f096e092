"""The HTTP API of one exposure: its migration checklist and its acts."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, model_validator

from service.adapters.queries.acts import ExposureActs, ExposureChecklist, read_history
from service.core.checklist import ITEM_IDS, ItemId
from service.engine.check import check
from service.engine.moving import checklist as of_use
from service.entrypoints.web.acting import Act, NamedExposure, key_of
from service.entrypoints.web.api import refusals
from service.entrypoints.web.context import Here

Items = Annotated[tuple[ItemId, ...], Field(max_length=len(ITEM_IDS))]


class Check(Act):
    """Checklist items to tick and to untick."""

    tick: Items = ()
    untick: Items = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Check":
        if not self.tick and not self.untick:
            raise ValueError("name items in tick or untick")
        if both := set(self.tick) & set(self.untick):
            raise ValueError(f"{', '.join(sorted(both))} cannot be done and undone at once")
        return self


router = APIRouter(
    prefix="/api/v1/exposures",
    tags=["one exposure"],
    responses=refusals(
        {
            404: "The service has no such exposure; `remedy` lists its exposures.",
            409: "The service has several that match; `remedy` lists them.",
        }
    ),
)


@router.get("/checklist", summary="Migration checklist of one exposure")
async def checklist(here: Here, named: Annotated[NamedExposure, Query()]) -> ExposureChecklist:
    now = here.clock()
    key = await key_of(here, named, now)
    return await of_use(here.app.database, here.app.world, key, now=now)


@router.post("/checklist", summary="Tick or untick checklist items of one exposure")
async def tick(here: Here, asked: Check) -> ExposureChecklist:
    """Returns the checklist afterwards. A repeated request changes nothing: an item that is already ticked keeps its
    author and time. The history keeps each change as an act."""
    now = here.clock()
    key = await key_of(here, asked, now)
    await check(here.app.database, key, done=asked.tick, undone=asked.untick, author=asked.author, now=now)
    return await of_use(here.app.database, here.app.world, key, now=now)


@router.get("/acts", summary="Acts on one exposure, newest first")
async def acts(here: Here, named: Annotated[NamedExposure, Query()]) -> ExposureActs:
    key = await key_of(here, named, here.clock())
    async with here.app.database.connect() as connection:
        return await read_history(connection, key)
