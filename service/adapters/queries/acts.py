"""Acts of people on an exposure, and its migration checklist."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.act_log import read_acts
from service.adapters.postgres.checklist_store import load_checklists
from service.adapters.queries.paging import AnswerModel
from service.core.checklist import ITEMS, Checklist, Item, ItemId
from service.core.exposure import ExposureKey


class ChecklistItem(AnswerModel):
    """One part of a migration."""

    id: str = Field(examples=["prompts"])
    words: str = Field(examples=["Prompts are tuned and evaluated again"])
    done: bool
    author: str | None = Field(default=None, examples=["ada@example.com"], description="Who ticked it.")
    at: datetime | None = None


class ChecklistAnswer(AnswerModel):
    """The checklist of a migration, ticked by owners. It does not depend on the calls."""

    done: int = Field(examples=[2])
    total: int = Field(examples=[5])
    items: list[ChecklistItem]


class NamedAnswer(AnswerModel):
    """Names of the exposure that the answer is about."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(examples=["production"], description="Empty: the log has no environment.")
    platform: str = Field(examples=["openai-api"])
    model: str = Field(examples=["gpt-4.5-preview-2025-02-27"], description="Canonical id on that platform.")


class ExposureChecklist(NamedAnswer):
    """The migration checklist of one exposure."""

    checklist: ChecklistAnswer
    known: dict[ItemId, str] = Field(
        examples=[{"latency": "Its calls took 4.0 s on average; 120 calls of 2 services to gpt-4.1 took 1.2 s."}],
        description="Item -> what lastcall knows of it for the model to move to: cost and latency, if they are known.",
    )


class LoggedActAnswer(AnswerModel):
    """An act on an exposure."""

    kind: str = Field(examples=["check"], description="acknowledge, snooze, commit, waive, reassign, reopen, check.")
    author: str = Field(examples=["ada@example.com"], description="The name that the author gave.")
    at: datetime
    details: dict[str, Any] = Field(
        examples=[{"item": "prompts", "done": True}],
        description="Details of the act: until when, why, to whom, which item.",
    )


class ExposureActs(NamedAnswer):
    """Acts on one exposure."""

    acts: list[LoggedActAnswer] = Field(description="Newest first, at most 200.")


async def read_checklist(
    connection: AsyncConnection, key: ExposureKey, known: Mapping[ItemId, str]
) -> ExposureChecklist:
    found = (await load_checklists(connection, [key])).get(key, Checklist())
    return ExposureChecklist(**key._asdict(), checklist=checklist_answer(found), known=dict(known))


async def read_history(connection: AsyncConnection, key: ExposureKey) -> ExposureActs:
    acts = [LoggedActAnswer.model_validate(act, from_attributes=True) for act in await read_acts(connection, key)]
    return ExposureActs(**key._asdict(), acts=acts)


def checklist_answer(checklist: Checklist) -> ChecklistAnswer:
    return ChecklistAnswer(done=checklist.done, total=len(ITEMS), items=[_item(item, checklist) for item in ITEMS])


def _item(item: Item, checklist: Checklist) -> ChecklistItem:
    tick = checklist.tick_of(item.id)
    return ChecklistItem(
        id=item.id,
        words=item.words,
        done=tick is not None,
        author=tick.author if tick else None,
        at=tick.at if tick else None,
    )
