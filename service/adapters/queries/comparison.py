"""Successors and comparisons as answers. Costs are US dollars a month, at the list prices of the day."""

from datetime import date

from pydantic import Field

from service.adapters.queries.lifecycle import Lifecycle, lifecycle_of
from service.adapters.queries.paging import AnswerModel
from service.core.catalog.lifecycle import Precision, Standing
from service.core.comparison import Comparison, Measured, Offer, Side
from service.core.prices import WINDOW_DAYS, Cost, NoPrice, Reason
from service.core.successors import Successor
from service.core.wording.moving import gaps

_NO_COST = "Null: not known."


class CostAnswer(AnswerModel):
    """US dollars a month."""

    total: float
    input: float = Field(description="Input tokens that are not cached.")
    cached: float = Field(description="Input tokens read from the provider's cache.")
    output: float
    calls: float = Field(description="What is billed by call, beside the tokens.")


class TokensAnswer(AnswerModel):
    """The tokens that are priced: those of the last 28 days."""

    days: int = WINDOW_DAYS
    days_with_calls: int
    calls: int
    errors: int
    calls_with_tokens: int = Field(description="Calls that report tokens; the others are not in the cost.")
    input_tokens: int = Field(description="With the cached ones.")
    cached_tokens: int
    output_tokens: int


class SideAnswer(AnswerModel):
    """One of the two models."""

    model: str = Field(examples=["gpt-4.1-2025-04-14"], description="Canonical id on that platform.")
    id: str = Field(examples=["gpt-4.1"], description="The model's id in requests on that platform.")
    lifecycle: Lifecycle | None = Field(description="Null: the catalog has no record of the model.")
    cost_per_month: CostAnswer | None = Field(description=_NO_COST)
    no_cost: Reason | None = Field(description="Why the cost is not known.")
    context: int | None = Field(description="Maximum number of input tokens of a call; null: not known.")
    mean_latency_ms: float | None = Field(
        description="Of the last 28 days, failed calls included; null: no call reports it. Of the old model: of the "
        "calls compared. Of the new one: of all calls of the company."
    )
    latency_calls: int = Field(description="Calls that report their latency.")
    services: int = Field(description="Services whose calls these are.")


class ComparisonAnswer(AnswerModel):
    """Two models on one platform, on the tokens of the calls to the old one."""

    platform: str = Field(examples=["openai-api"])
    service: str | None = Field(description="Null: all callers.")
    tokens: TokensAnswer
    old: SideAnswer
    new: SideAnswer
    change: float | None = Field(
        examples=[-0.973], description="Relative change of the cost: -0.973 is 97.3 % less. Null: not known."
    )
    unknown: list[str] = Field(description="What is not known, a sentence each.")


class SuccessorAnswer(AnswerModel):
    """A model to move to."""

    id: str = Field(examples=["gpt-4.1"])
    model: str | None = Field(description="Canonical; null: lastcall does not know the provider's name for it.")
    by_provider: bool = Field(description="True: the provider names it as the replacement.")
    ends_on: date | None = Field(description="Its own end, if one is known; `precision` and `standing` qualify it.")
    precision: Precision
    standing: Standing
    is_preview: bool
    is_short_lived: bool = Field(description="A preview, or announced to end within a year.")
    context: int | None = Field(description="Maximum number of input tokens of a call; null: not known.")
    cost_per_month: float | None = Field(description=_NO_COST)


class OfferAnswer(AnswerModel):
    """What the callers of a model can move to."""

    platform: str = Field(examples=["openai-api"])
    service: str | None = Field(description="Null: all callers.")
    lifecycle: Lifecycle
    tokens: TokensAnswer
    cost_per_month: float | None = Field(description=f"Of the present model. {_NO_COST}")
    successors: list[SuccessorAnswer] = Field(
        description="The provider's replacement first, then living models that fit: by remaining life and cost."
    )


def comparison_answer(found: Comparison, today: date) -> ComparisonAnswer:
    return ComparisonAnswer(
        platform=found.platform,
        service=found.service,
        tokens=_tokens(found.old.measured),
        old=_side(found.old, today),
        new=_side(found.new, today),
        change=found.change,
        unknown=list(gaps(found)),
    )


def offer_answer(found: Offer, today: date) -> OfferAnswer:
    return OfferAnswer(
        platform=found.platform,
        service=found.service,
        lifecycle=lifecycle_of(found.record, today),
        tokens=_tokens(found.measured),
        cost_per_month=found.usd_per_month,
        successors=[_successor(one, today) for one in found.successors],
    )


def _tokens(measured: Measured) -> TokensAnswer:
    mix = measured.mix
    return TokensAnswer(
        days_with_calls=measured.days,
        calls=measured.calls,
        errors=measured.errors,
        calls_with_tokens=mix.calls,
        input_tokens=mix.all_input,
        cached_tokens=mix.cached_tokens,
        output_tokens=mix.output_tokens,
    )


def _side(side: Side, today: date) -> SideAnswer:
    measured, costs = side.measured, side.cost
    return SideAnswer(
        model=side.model,
        id=side.id,
        lifecycle=lifecycle_of(side.record, today) if side.record else None,
        cost_per_month=_cost(costs) if isinstance(costs, Cost) else None,
        no_cost=costs.reason if isinstance(costs, NoPrice) else None,
        context=side.rates.context if side.rates else None,
        mean_latency_ms=measured.mean_ms,
        latency_calls=measured.latency_known,
        services=measured.services,
    )


def _cost(costs: Cost) -> CostAnswer:
    return CostAnswer(total=costs.total, input=costs.input, cached=costs.cached, output=costs.output, calls=costs.calls)


def _successor(one: Successor, today: date) -> SuccessorAnswer:
    return SuccessorAnswer(
        id=one.id,
        model=one.model,
        by_provider=one.by_provider,
        ends_on=one.ends_on,
        precision=one.precision,
        standing=one.standing,
        is_preview=one.is_preview,
        is_short_lived=one.is_short_lived(today),
        context=one.context,
        cost_per_month=one.usd_per_month,
    )
