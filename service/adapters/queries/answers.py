"""What the read side answers: one set of nouns for the page, the API and the command.

Pydantic, because the API publishes their shape. Every time is aware and in UTC; every day is a UTC day. Names of
services, environments, reporters and ids are text from a log: bounded when they were stored, untrusted where shown.
"""

from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from service.core.catalog.lifecycle import Precision
from service.core.exposure import ExposureKey, State

T = TypeVar("T")

FROZEN = "The first day of the change freeze that the step is counted from, where it is counted from one."
REPEAT = "The step comes round again after so many days while calls go on; null: it is told once."


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Page(Answer, Generic[T]):
    """A bounded part of a list."""

    items: list[T]
    total: int | None = Field(default=None, description="All that match, where it is known without reading them.")
    next_cursor: str | None = Field(
        default=None, description="Give it back as `cursor` for what follows; null: that was all."
    )


class Lifecycle(Answer):
    """When a model goes, on its platform."""

    platform: str = Field(description="Where the calls are served, and whose date counts.", examples=["openai-api"])
    model: str = Field(description="Canonical id on that platform.", examples=["gpt-4.5-preview-2025-02-27"])
    id: str = Field(description="As a request on that platform spells it.", examples=["gpt-4.5-preview"])
    announced_on: date | None = Field(default=None, examples=["2025-04-14"])
    shutdown_on: date | None = Field(
        default=None,
        description="The day from whose start, UTC, calls are expected to break, read with `precision`.",
        examples=["2025-07-14"],
    )
    precision: Precision = Field(
        description="How sure the day is. `no_sooner_than` is no deadline: the provider promised only not before.",
        examples=["exact"],
    )
    days_left: int | None = Field(
        default=None, description="Whole days to the deadline; negative: past; null: no deadline.", examples=[12]
    )
    replacements: list[str] = Field(
        default_factory=list, description="Named by the provider, as it spells them.", examples=[["gpt-4.1"]]
    )
    after_shutdown: str = Field(
        default="error",
        description="What the provider does with calls after the day: error, redirect, unsupported_but_served.",
        examples=["error"],
    )
    source: str | None = Field(
        default=None,
        description="Where the provider says so; who else does, where `second_hand`.",
        examples=["https://developers.openai.com/api/docs/deprecations"],
    )
    second_hand: bool = Field(
        default=False, description="No source is the provider's own: the dates are reported, and not confirmed."
    )

    @property
    def change_by(self) -> date | None:
        """The day that counts for those who have to change something."""
        return self.shutdown_on

    @property
    def days_to_change(self) -> int | None:
        """As `days_left`, to the day of `change_by`."""
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


class Callers(Answer):
    """How many services use a deprecated model, by state."""

    calling: int = Field(
        default=0, description="Services (by environment) that still call it, whatever becomes of the calls."
    )
    quiet: int = Field(
        default=0, description="Services that have stopped for longer than their own quiet period: migrated."
    )
    calls_7d: int = 0


class DeprecationAnswer(Lifecycle):
    """A model that is going away, and how many services still call it."""

    callers: Callers


class DayCalls(Answer):
    """One UTC day."""

    day: date
    calls: int = Field(
        description="Failed ones too. The largest reporter's count, hour by hour, never a sum of reporters."
    )
    errors: int
    tokens: int | None = Field(default=None, description="Input and output; null: no call of the day said its tokens.")


class Told(Answer):
    """Who was told of an exposure last, or is about to be: `state` says which."""

    destination: str = Field(examples=["#team-search"])
    audience: str = Field(examples=["owner"])
    step: str | None = Field(default=None, examples=["-30d"])
    repeat_days: int | None = Field(default=None, description=REPEAT)
    frozen_from: date | None = Field(default=None, description=FROZEN)
    at: datetime = Field(description="When it was delivered, else when it was decided.")
    not_before: datetime = Field(description="It goes out no sooner.")
    state: str = Field(description="pending, leased, delivered, failed, unknown.", examples=["delivered"])
    others: int = Field(default=0, description="How many more destinations were told with it.")


class CampaignAnswer(Answer):
    """The life of the exposure's escalation."""

    state: Literal["open", "closed"]
    opened_at: datetime
    closed_at: datetime | None = None
    close_reason: str | None = None
    next_step: str | None = Field(
        default=None, description="The next step of the policy that is due.", examples=["-7d"]
    )
    next_repeat_days: int | None = Field(default=None, description=REPEAT)
    next_on: date | None = Field(default=None, description="Its day, in the owner's zone; null: nothing is planned.")
    next_audiences: list[str] = Field(default_factory=list, examples=[["owner", "team"]])
    act_in_force: str | None = Field(
        default=None,
        description="What somebody asked of it and is in force, as a clause.",
        examples=["snoozed by ada@example.com until Fri 4 Jul 2025"],
    )
    promise_broken_on: date | None = Field(
        default=None,
        description="The team had promised to be done by this day, and calls went on; until they end.",
        examples=["2025-07-04"],
    )


class ChecklistItem(Answer):
    """One thing that a migration consists of."""

    id: str = Field(examples=["prompts"])
    words: str = Field(examples=["Prompts are tuned and evaluated again"])
    done: bool
    author: str | None = Field(default=None, description="Who ticked it.", examples=["ada@example.com"])
    at: datetime | None = None


class ChecklistAnswer(Answer):
    """What is done of a migration, as its owners tick it. The calls themselves are not asked."""

    done: int = Field(examples=[2])
    total: int = Field(examples=[5])
    items: list[ChecklistItem]


class NamedAnswer(Answer):
    """Which exposure the answer is about, by its four names."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(description="Empty where the log names none.", examples=["production"])
    platform: str = Field(examples=["openai-api"])
    model: str = Field(description="Canonical id on that platform.", examples=["gpt-4.5-preview-2025-02-27"])


class ExposureChecklist(NamedAnswer):
    """The migration checklist of one exposure."""

    checklist: ChecklistAnswer


class ActAnswer(Answer):
    """What somebody did about an exposure."""

    kind: str = Field(description="acknowledge, snooze, commit, waive, reassign, reopen, check.", examples=["check"])
    author: str = Field(description="As they called themselves.", examples=["ada@example.com"])
    at: datetime
    details: dict[str, Any] = Field(
        description="Until when, why, to whom, which item.", examples=[{"item": "prompts", "done": True}]
    )


class ExposureActs(NamedAnswer):
    """What people did about one exposure."""

    acts: list[ActAnswer] = Field(description="The newest first, at most 200.")


class ExposureAnswer(Lifecycle):
    """A service's use of a deprecated model in one environment."""

    service: str = Field(examples=["search-api"])
    environment: str = Field(description="Empty where the log names none.", examples=["production"])
    team: str | None = Field(description="Null: nobody owns the service.", examples=["search"])
    channel: str | None = Field(default=None, description="The team's channel.", examples=["#team-search"])
    people: list[str] = Field(default_factory=list, description="People named for the service.")
    state: State = Field(
        description="active: calls go on. quiet: none for longer than the service's own quiet period, so migrated. "
        "overdue: the day is past and calls are answered. broken: calls fail because the model is gone, after its day "
        "or before it. redirected: another model answers. waived: somebody has accepted the risk until a day."
    )
    requested_ids: list[str] = Field(default_factory=list, description="As callers spell them.")
    request_ids: list[str] = Field(default_factory=list, description="A few request ids, as evidence.")
    changes_until: date | None = Field(
        default=None,
        description="The first day of a change freeze of the owner that reaches up to the shutdown: changes must be "
        "out before it, and steps before the shutdown are counted from it; null: there is none.",
        examples=["2025-07-01"],
    )
    first_at: datetime = Field(description="First call on record.")
    last_at: datetime = Field(description="Last call on record.")
    calls_7d: int
    errors_7d: int
    tokens_7d: int | None = Field(default=None, description="Null: no call of the week said its tokens.")
    calls_28d: int
    tokens_28d: int | None = None
    calls_total: int
    by_day: list[DayCalls] = Field(description="Oldest first, without gaps, today last.")
    campaign: CampaignAnswer | None = Field(default=None, description="Null: no escalation was opened.")
    told: Told | None = Field(default=None, description="Null: nobody was told yet.")
    checklist: ChecklistAnswer

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)

    @property
    def change_by(self) -> date | None:
        """The freeze counts until the shutdown."""
        is_ahead = self.days_left is not None and self.days_left > 0
        return self.changes_until if self.changes_until and is_ahead else self.shutdown_on


class ModelUse(Answer):
    """A service's use of one model over 28 days, deprecated or not."""

    service: str
    platform: str
    model: str
    environment: str
    calls_7d: int
    calls_28d: int
    errors_28d: int
    tokens_28d: int | None
    first_at: datetime = Field(description="Within the span of 28 days.")
    last_at: datetime
    reporters: dict[str, int] = Field(
        description="Calls of the 28 days by who wrote them down. They may describe the same calls: never add them up."
    )
    deprecation: Lifecycle | None = Field(default=None, description="Null: no end of this model is on record.")

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)


class UnknownId(Answer):
    """A model id that identity does not know, or a known model on a platform that the log does not tell. It may be
    going away, and nobody could say when."""

    requested_id: str | None = Field(
        description="As the log spells the model asked for, else the one that answered; null: the log names none."
    )
    model: str | None = Field(
        default=None, description="The model, where it is known and only its platform is not; null: an unknown id."
    )
    provider: str | None = Field(description="As a log names it.", examples=["Langchain"])
    host: str | None = Field(default=None, description="A host that was called, where a log names one.")
    platform: str | None
    services: list[str] = Field(description="Some of the services that use it, most calls first.")
    service_count: int
    calls_28d: int
    last_at: datetime


class ServiceAnswer(Answer):
    """All that one service calls."""

    service: str
    team: str | None
    channel: str | None = None
    people: list[str] = Field(default_factory=list)
    rule: str = Field(default="", description="Which line of lastcall.yaml says who owns it.")
    exposures: list[ExposureAnswer]
    models: list[ModelUse] = Field(description="Of the last 28 days, deprecated or not, most calls first.")
    unknown_ids: list[UnknownId]
