"""Answers of the queries: one set of types for the page, the API and the command.

Pydantic, because the API publishes the schema. Every time is aware and in UTC; every day is a UTC day. Names of
services, environments, reporters and ids come from logs: they are bounded when stored, and untrusted when shown.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from service.adapters.queries.act_answers import ChecklistAnswer
from service.adapters.queries.paging import AnswerModel
from service.core.catalog.lifecycle import Precision
from service.core.exposure import ExposureKey, State

FROZEN = "First day of the change freeze from which the step is counted; null: counted from the deadline."
REPEAT = "Days between repeats of the step while calls continue; null: the step does not repeat."


class Lifecycle(AnswerModel):
    """Deprecation of a model on its platform."""

    platform: str = Field(
        description="The service that answers the calls, and whose shutdown date applies.", examples=["openai-api"]
    )
    model: str = Field(description="Canonical id on that platform.", examples=["gpt-4.5-preview-2025-02-27"])
    id: str = Field(description="The model's id in requests on that platform.", examples=["gpt-4.5-preview"])
    announced_on: date | None = Field(default=None, examples=["2025-04-14"])
    shutdown_on: date | None = Field(
        default=None,
        description="Shutdown day: calls may fail from its start, UTC. `precision` qualifies it.",
        examples=["2025-07-14"],
    )
    precision: Precision = Field(
        description="Precision of the day. `no_sooner_than` is not a deadline: the provider only promised not to shut "
        "down earlier.",
        examples=["exact"],
    )
    days_left: int | None = Field(
        default=None,
        description="Whole days to the deadline; negative: the deadline is past; null: no deadline.",
        examples=[12],
    )
    replacements: list[str] = Field(
        default_factory=list, description="Replacements named by the provider, in its spelling.", examples=[["gpt-4.1"]]
    )
    after_shutdown: str = Field(
        default="error",
        description="How the provider answers calls after the shutdown: error, redirect, unsupported_but_served.",
        examples=["error"],
    )
    source: str | None = Field(
        default=None,
        description="Address of the provider's notice; with `second_hand`, of another report.",
        examples=["https://developers.openai.com/api/docs/deprecations"],
    )
    second_hand: bool = Field(
        default=False, description="True: no source is the provider's own; the dates are unconfirmed."
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


class AheadAnswer(Lifecycle):
    """A model that is still called, and the day by which some of its callers must change."""

    changes_until: date | None = None
    """The first day of a change freeze of the owner that reaches up to the shutdown. None: there is none."""
    callers: int
    """Services, by environment, that have not migrated."""

    @property
    def change_by(self) -> date | None:
        return self.changes_until or self.shutdown_on


class CallerCounts(AnswerModel):
    """Number of services that use a deprecated model, by state."""

    calling: int = Field(
        default=0, description="Services (per environment) that still call it, whether the calls succeed or not."
    )
    quiet: int = Field(
        default=0, description="Services that have been silent for longer than their quiet period: migrated."
    )
    calls_7d: int = 0


class DeprecationAnswer(Lifecycle):
    """A deprecated model, and the number of services that still call it."""

    callers: CallerCounts


@dataclass(slots=True)
class DayCalls:
    """Calls of one UTC day."""

    # A page has thousands of these, and a pydantic model takes ten times as long to make.
    day: date
    calls: Annotated[
        int,
        Field(
            description="Including failed calls. The largest reporter's count, hour by hour, never a sum of reporters."
        ),
    ]
    errors: int
    tokens: Annotated[
        int | None, Field(description="Input and output tokens; null: no call of the day has token counts.")
    ] = None


class Told(AnswerModel):
    """The last notification of an exposure, or the next one: see `state`."""

    destination: str = Field(examples=["#team-search"])
    audience: str = Field(examples=["owner"])
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: int | None = Field(default=None, description=REPEAT)
    frozen_from: date | None = Field(default=None, description=FROZEN)
    at: datetime = Field(description="Time of delivery, or of the decision if it is not delivered.")
    not_before: datetime = Field(description="Earliest time of delivery.")
    state: str = Field(description="pending, leased, delivered, failed, unknown.", examples=["delivered"])
    others: int = Field(default=0, description="Number of other destinations of the same decision.")


class CampaignAnswer(AnswerModel):
    """The campaign of an exposure."""

    state: Literal["open", "closed"]
    opened_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None
    next_step: str | None = Field(default=None, description="The next step that falls due.", examples=["-7d"])
    next_repeat_days: int | None = Field(default=None, description=REPEAT)
    next_on: date | None = Field(
        default=None, description="Day of the next step, in the owner's time zone; null: no step is planned."
    )
    next_audiences: list[str] = Field(default_factory=list, examples=[["owner", "team"]])
    act_in_force: str | None = Field(
        default=None,
        description="The acknowledgement, promise or hold in force, as a clause.",
        examples=["snoozed by ada@example.com until Fri 4 Jul 2025"],
    )
    promise_broken_on: date | None = Field(
        default=None,
        description="Day of a broken promise: the calls continued after it. Null: no promise is broken, or the calls "
        "have ended.",
        examples=["2025-07-04"],
    )


class ExposureAnswer(Lifecycle):
    """A service's use of a deprecated model in one environment."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(description="Empty: the log has no environment.", examples=["production"])
    team: str | None = Field(description="Null: the service has no owner.", examples=["search"])
    channel: str | None = Field(default=None, description="The team's channel.", examples=["#team-search"])
    people: list[str] = Field(default_factory=list, description="People named for the service.")
    state: State = Field(
        description="active: the service calls the model. quiet: no call for longer than its quiet period, so it has "
        "migrated. overdue: the shutdown date is past and calls are answered. broken: calls fail because "
        "the model is gone, after the shutdown date or before it. redirected: another model answers. "
        "waived: a person has accepted the risk until a day."
    )
    requested_ids: list[str] = Field(
        default_factory=list, description="The model's ids in requests, as callers spell them."
    )
    request_ids: list[str] = Field(default_factory=list, description="A few request ids, as evidence.")
    changes_until: date | None = Field(
        default=None,
        description="First day of a change freeze of the owner that lasts until the shutdown: changes must be "
        "deployed before it, and steps before the shutdown are counted from it; null: none.",
        examples=["2025-07-01"],
    )
    first_at: datetime = Field(description="First recorded call.")
    last_at: datetime = Field(description="Last recorded call.")
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None = Field(default=None, description="Null: no call of the week has token counts.")
    calls_28d: int
    tokens_28d: int | None = None
    calls_total: int
    by_day: list[DayCalls] = Field(description="Oldest first, without gaps; the last day is today.")
    campaign: CampaignAnswer | None = Field(default=None, description="Null: no campaign was opened.")
    told: Told | None = Field(default=None, description="Null: nobody was notified yet.")
    checklist: ChecklistAnswer

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)

    @property
    def change_by(self) -> date | None:
        """Until the shutdown, a freeze counts as the deadline."""
        is_ahead = self.days_left is not None and self.days_left > 0
        return self.changes_until if self.changes_until and is_ahead else self.shutdown_on


class ModelUse(AnswerModel):
    """A service's use of one model over 28 days, deprecated or not."""

    service: str
    platform: str
    model: str
    environment: str
    calls_7d: int
    calls_28d: int
    errors_28d: int
    tokens_28d: int | None
    first_at: datetime = Field(description="First call of the 28 days.")
    last_at: datetime
    reporters: dict[str, int] = Field(
        description="Calls of the 28 days by reporter. Several reporters may describe the same calls: never add them "
        "up."
    )
    deprecation: Lifecycle | None = Field(
        default=None, description="Null: the catalog has no deprecation of this model."
    )

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)


class UnknownId(AnswerModel):
    """A model id that lastcall does not know, or a known model whose platform the log does not show. The model may be
    deprecated without anybody noticing."""

    requested_id: str | None = Field(
        description="The requested model as the log spells it, or else the served model; null: the log has none."
    )
    model: str | None = Field(
        default=None, description="The model, if it is known and only its platform is not; null: the id is unknown."
    )
    provider: str | None = Field(description="The provider's name in a log.", examples=["Langchain"])
    host: str | None = Field(default=None, description="A called host, if a log has one.")
    platform: str | None
    services: list[str] = Field(description="Some of the services, most calls first.")
    service_count: int
    calls_28d: int
    last_at: datetime


class ServiceAnswer(AnswerModel):
    """All models that one service calls."""

    service: str
    team: str | None
    channel: str | None = None
    people: list[str] = Field(default_factory=list)
    rule: str = Field(default="", description="The rule in lastcall.yaml that determined the owner.")
    exposures: list[ExposureAnswer]
    models: list[ModelUse] = Field(description="Models of the last 28 days, deprecated or not, most calls first.")
    unknown_ids: list[UnknownId]
