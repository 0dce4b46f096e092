"""A model and its successor compared on the tokens of a use, and on the latency that the company's own logs have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from service.core.catalog.lifecycle import Deprecation
from service.core.prices import Cost, NoPrice, Rates, Reason, TokenMix, cost
from service.core.successors import Successor

NEARLY_ALL = 0.995
"""Share of answered calls with token counts above which a cost counts as complete."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of the calls to one model over `prices.WINDOW_DAYS`, by one service or by all."""

    services: int
    days: int
    """Days with calls."""
    calls: int
    errors: int
    mix: TokenMix
    """Of the calls that report tokens."""
    latency_ms: float
    """Sum over the `latency_known` calls that report it, failed ones included."""
    latency_known: int

    @property
    def mean_ms(self) -> float | None:
        return self.latency_ms / self.latency_known if self.latency_known else None

    @property
    def share_with_tokens(self) -> float:
        """Of the calls that were answered, from 0 to 1."""
        answered = self.calls - self.errors
        return min(1.0, self.mix.calls / answered) if answered > 0 else 0.0

    @property
    def lacks_tokens(self) -> bool:
        """A part of the answered calls reports tokens, and another does not."""
        return 0 < self.share_with_tokens < NEARLY_ALL


NO_CALLS = Measured(services=0, days=0, calls=0, errors=0, mix=TokenMix(0, 0, 0, 0), latency_ms=0.0, latency_known=0)


class MonthlyCost(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars a month for the same tokens."""

    old: float | None
    """None: the price is not known."""
    new: float
    share_with_tokens: float
    """Share of the answered calls that report tokens; the others are not in the cost. 0: none was answered."""


class MeanLatency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of a call on average."""

    old_ms: float
    """Of this use."""
    new_ms: float
    """Of all calls of the company."""
    new_calls: int
    new_services: int


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What a use can move to, as of the decision. `cost` and `latency` compare with the first successor."""

    successors: tuple[Successor, ...] = ()
    """Only the provider's, if one of them stays."""
    cost: MonthlyCost | None = None
    latency: MeanLatency | None = None


Gap = Literal["old_price", "new_price", "some_tokens", "old_latency", "new_latency", "other_tokens"]
"""What a comparison does not know: a price, the tokens of some calls, a latency; other_tokens: audio, images or video
have prices of their own, and logs do not tell their tokens apart from those of text."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two models."""

    model: str
    """Canonical."""
    id: str
    """As requests on the platform spell it."""
    record: Deprecation | None
    measured: Measured
    """Of the old model: by the use; of the new one: by all callers."""
    cost: Cost | NoPrice
    """A month, at the prices of the day."""
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`old` and `new` on one platform, on the tokens of `old`'s calls."""

    platform: str
    service: str | None
    """None: all callers."""
    old: Side
    new: Side

    @property
    def change(self) -> float | None:
        """Relative change of the cost: -0.97 is 97 % less. None: not known."""
        old, new = self.old.cost, self.new.cost
        return relative_change(old.total, new.total) if isinstance(old, Cost) and isinstance(new, Cost) else None

    @property
    def price_reasons(self) -> tuple[Reason | None, Reason | None]:
        """Why there is no cost of the old and of the new model; None: there is one."""
        reasons = (side.cost.reason if isinstance(side.cost, NoPrice) else None for side in (self.old, self.new))
        old, new = reasons
        return old, new

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self._gaps())

    def _gaps(self) -> Iterator[Gap]:
        if isinstance(self.old.cost, NoPrice):
            yield "old_price"
        if isinstance(self.new.cost, NoPrice):
            yield "new_price"
        if self.old.measured.lacks_tokens:
            yield "some_tokens"
        if self.old.measured.mean_ms is None:
            yield "old_latency"
        if self.new.measured.mean_ms is None:
            yield "new_latency"
        if any(side.rates and not side.rates.is_of_text for side in (self.old, self.new)):
            yield "other_tokens"


@dataclass(frozen=True, slots=True)
class Offer:
    """The successors of one model on its platform."""

    platform: str
    service: str | None
    record: Deprecation
    measured: Measured
    """The calls whose tokens are priced."""
    cost: Cost | NoPrice
    """A month with the present model."""
    successors: tuple[Successor, ...]

    @property
    def usd_per_month(self) -> float | None:
        return self.cost.total if isinstance(self.cost, Cost) else None


def relative_change(before: float, after: float) -> float | None:
    return (after - before) / before if before else None


def monthly(rates: Rates | NoPrice, mix: TokenMix) -> Cost | NoPrice:
    """The cost of a month, from the tokens of `prices.WINDOW_DAYS`."""
    found = cost(rates, mix) if isinstance(rates, Rates) else rates
    return found.per_month() if isinstance(found, Cost) else found


def moving(
    successors: tuple[Successor, ...], own: Measured, old: Rates | NoPrice, new: Rates | NoPrice, of_new: Measured
) -> Moving:
    """`old` and `new`: the prices of the model and of the first successor; `of_new`: all calls to that."""
    after, before = monthly(new, own.mix), monthly(old, own.mix)
    is_priced = isinstance(after, Cost) and isinstance(new, Rates) and new.is_of_text
    costs = (
        MonthlyCost(
            old=before.total if isinstance(before, Cost) else None,
            new=after.total,
            share_with_tokens=own.share_with_tokens,
        )
        if isinstance(after, Cost) and is_priced
        else None
    )
    latency = None
    if own.mean_ms is not None and of_new.mean_ms is not None:
        latency = MeanLatency(
            old_ms=own.mean_ms, new_ms=of_new.mean_ms, new_calls=of_new.latency_known, new_services=of_new.services
        )
    return Moving(successors=successors, cost=costs, latency=latency)
