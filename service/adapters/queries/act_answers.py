"""What the read side answers about acts of people: their history, and migration checklists."""

from datetime import datetime
from typing import Any

from pydantic import Field

from service.adapters.queries.paging import AnswerModel


class ChecklistItem(AnswerModel):
    """One part of a migration."""

    id: str = Field(examples=["prompts"])
    words: str = Field(examples=["Prompts are tuned and evaluated again"])
    done: bool
    author: str | None = Field(default=None, description="Who ticked it.", examples=["ada@example.com"])
    at: datetime | None = None


class ChecklistAnswer(AnswerModel):
    """The checklist of a migration, ticked by owners. It does not depend on the calls."""

    done: int = Field(examples=[2])
    total: int = Field(examples=[5])
    items: list[ChecklistItem]


class NamedAnswer(AnswerModel):
    """Names of the exposure that the answer is about."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(description="Empty: the log has no environment.", examples=["production"])
    platform: str = Field(examples=["openai-api"])
    model: str = Field(description="Canonical id on that platform.", examples=["gpt-4.5-preview-2025-02-27"])


class ExposureChecklist(NamedAnswer):
    """The migration checklist of one exposure."""

    checklist: ChecklistAnswer


class LoggedActAnswer(AnswerModel):
    """An act on an exposure."""

    kind: str = Field(description="acknowledge, snooze, commit, waive, reassign, reopen, check.", examples=["check"])
    author: str = Field(description="The name that the author gave.", examples=["ada@example.com"])
    at: datetime
    details: dict[str, Any] = Field(
        description="Details of the act: until when, why, to whom, which item.",
        examples=[{"item": "prompts", "done": True}],
    )


class ExposureActs(NamedAnswer):
    """Acts on one exposure."""

    acts: list[LoggedActAnswer] = Field(description="Newest first, at most 200.")
