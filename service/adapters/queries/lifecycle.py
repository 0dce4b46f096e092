"""Deprecations of the catalog as answers."""

from datetime import date

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.adapters.postgres.tables import deprecations, exposures
from service.adapters.queries.paging import AnswerModel
from service.core.catalog.lifecycle import Deprecation, Precision, Standing


class Lifecycle(AnswerModel):
    """Deprecation of a model on its platform."""

    platform: str = Field(
        examples=["openai-api"], description="The service that answers the calls, and whose shutdown date applies."
    )
    through: str | None = Field(
        default=None,
        examples=["openrouter"],
        description="The router that the calls go through, if the dates are those of the model's maker: see "
        "`dates_of`. The router may answer with another model.",
    )
    dates_of: str | None = Field(
        default=None, examples=["openai-api"], description="With `through`: the platform that gives the dates."
    )
    model: str = Field(examples=["gpt-4.5-preview-2025-02-27"], description="Canonical id on that platform.")
    id: str = Field(examples=["gpt-4.5-preview"], description="The model's id in requests on that platform.")
    announced_on: date | None = Field(default=None, examples=["2025-04-14"])
    shutdown_on: date | None = Field(
        default=None,
        examples=["2025-07-14"],
        description="Shutdown day: calls may fail from its start, UTC. `precision` qualifies it.",
    )
    precision: Precision = Field(
        examples=["exact"],
        description="Precision of the day. `no_sooner_than` is not a deadline: the provider only promised not to "
        "shut down earlier.",
    )
    days_left: int | None = Field(
        default=None,
        examples=[12],
        description="Whole days to the deadline; negative: the deadline is past; null: no deadline.",
    )
    replacements: list[str] = Field(
        default_factory=list, examples=[["gpt-4.1"]], description="Replacements named by the provider, in its spelling."
    )
    after_shutdown: str = Field(
        default="error",
        examples=["error"],
        description="How the provider answers calls after the shutdown: error, redirect, unsupported_but_served.",
    )
    source: str | None = Field(
        default=None,
        examples=["https://developers.openai.com/api/docs/deprecations"],
        description="Address of the provider's notice; with `standing` reported, of the report.",
    )
    standing: Standing = Field(
        default="provider",
        examples=["provider"],
        description="Who says so. provider: its page, API or SDK. reported: only others report the dates; the provider "
        "has not confirmed them. inferred: derived from other facts, or called provisional by the provider.",
    )

    @property
    def change_by(self) -> date | None:
        """Last day for changes."""
        return self.shutdown_on

    @property
    def days_to_change(self) -> int | None:
        """Days to `change_by`, as `days_left`."""
        if self.days_left is None or self.shutdown_on is None or self.change_by is None:
            return self.days_left
        return self.days_left - (self.shutdown_on - self.change_by).days


def lifecycle_of(deprecation: Deprecation, today: date) -> Lifecycle:
    """`today` is the UTC day: a date without a time counts from the start of that day in UTC."""
    deadline = deprecation.shutdown.deadline
    return Lifecycle(
        platform=deprecation.platform,
        through=deprecation.through,
        dates_of=deprecation.dates_of,
        model=deprecation.model,
        id=deprecation.id,
        announced_on=deprecation.announced,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        days_left=(deadline - today).days if deadline else None,
        replacements=[replacement.id for replacement in deprecation.replacements],
        after_shutdown=deprecation.after_shutdown,
        source=deprecation.sources[0] if deprecation.sources else None,
        standing=deprecation.standing,
    )


def deadline_key(lifecycle: Lifecycle) -> tuple[str, ...]:
    """Sorts firm deadlines first, by the last day for changes; then "not before" dates; then those without a date."""
    day = lifecycle.change_by
    rank = "0" if lifecycle.days_left is not None else "1" if day else "2"
    return (rank, day.isoformat() if day else "", lifecycle.platform, lifecycle.model)


async def read_answered_after_reported_end(connection: AsyncConnection, *, on: date) -> dict[tuple[str, str], date]:
    """Models whose reported end was before `on`, by (platform, model): the last day of calls that were answered."""
    e, d = exposures.c, deprecations.c
    rows = await connection.execute(
        select(e.platform, e.model, func.max(e.last_day))
        .join_from(exposures, deprecations, (e.platform == d.platform) & (e.model == d.model))
        .where(d.standing == "reported", ~d.withdrawn, e.deadline < on, e.state_while_calling == "overdue")
        .group_by(e.platform, e.model)
    )
    return {(platform, model): day for platform, model, day in rows}
