"""The price of a model's tokens, and what a mix of tokens costs at it. All prices are list prices in US dollars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, Protocol

import msgspec

WINDOW_DAYS = 28
"""Days of use from which the cost of a month is calculated."""
MONTH_DAYS = 365 / 12

Reason = Literal[
    "no_tokens",  # no call has token counts, or all are 0, as of calls that failed
    "no_list",  # the price list has no prices of the platform
    "not_listed",  # the price list has no entry of the model
    "another_model",  # the only entry that matches is of another model
    "not_by_token",  # billed by the hour, the character, the page ...
    "by_hour",  # the price depends on the hour of the day
    "no_output_price",  # the calls have output tokens, and the model has no price for them
]
"""Why there is no price. Public: in the API and `compare --json`."""


class NoPrice(msgspec.Struct, frozen=True):
    reason: Reason


class Tier(NamedTuple):
    above: int
    """The price applies to all tokens of a call that has more input tokens than this."""
    usd: float
    """Per million tokens."""


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """The prices of one model on one day. Each kind of token has its tiers, the lowest first, from 0 on."""

    input: tuple[Tier, ...]
    output: tuple[Tier, ...] = ()
    """Empty: the model writes no tokens that are billed, as with embeddings."""
    cached: tuple[Tier, ...] = ()
    """Input tokens read from the provider's cache. Empty: they cost what other input tokens cost."""
    usd_per_call: float = 0.0
    kinds: frozenset[str] = frozenset({"input", "output"})
    """Kinds of tokens with a price: input, output, input_audio, output_image ... Two models with the same kinds read
    and write the same, as far as the price list knows."""
    context: int | None = None
    """Maximum number of input tokens of a call. None: not known."""

    @property
    def is_of_text(self) -> bool:
        """False: audio, images or video have prices of their own, and logs do not tell their tokens apart."""
        return self.kinds <= {"input", "output"}


class PriceList(Protocol):
    def rates(self, platform: str, model: str, on: date) -> Rates | NoPrice:
        """The prices of a canonical `model` on the UTC day `on`, never those of another model."""
        ...


class NoPrices:
    """A price list that is empty."""

    def rates(self, platform: str, model: str, on: date) -> NoPrice:
        return NoPrice("no_list")


class TokenMix(NamedTuple):
    """Totals of the calls that report tokens."""

    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int

    @property
    def all_input(self) -> int:
        """Input tokens with the cached ones. Most logs include these in the input; if there are more of them than
        input tokens, the log counts them beside it."""
        is_beside = self.cached_tokens > self.input_tokens
        return self.input_tokens + self.cached_tokens if is_beside else self.input_tokens

    @property
    def per_call(self) -> float:
        """Mean number of input and output tokens of a call."""
        return (self.all_input + self.output_tokens) / self.calls if self.calls else 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars."""

    input: float
    """Without the cached tokens."""
    cached: float
    output: float
    calls: float = 0.0
    """What is billed by call, beside the tokens."""

    @property
    def total(self) -> float:
        return self.input + self.cached + self.output + self.calls

    def per_month(self) -> "Cost":
        """The cost of a month, if this is the cost of `WINDOW_DAYS`."""
        times = MONTH_DAYS / WINDOW_DAYS
        return Cost(self.input * times, self.cached * times, self.output * times, self.calls * times)


def cost(rates: Rates, mix: TokenMix) -> Cost | NoPrice:
    """What `mix` costs. The tier is that of the mean call: a total would put every service into the longest context."""
    if mix.per_call == 0:
        return NoPrice("no_tokens")
    if mix.output_tokens and not rates.output:
        return NoPrice("no_output_price")
    length = mix.all_input / mix.calls
    return Cost(
        input=_usd(rates.input, length, mix.all_input - mix.cached_tokens),
        cached=_usd(rates.cached or rates.input, length, mix.cached_tokens),
        output=_usd(rates.output, length, mix.output_tokens),
        calls=rates.usd_per_call * mix.calls,
    )


def _usd(tiers: Sequence[Tier], length: float, tokens: int) -> float:
    usd = next((tier.usd for tier in reversed(tiers) if length > tier.above), tiers[0].usd if tiers else 0.0)
    return usd * tokens / 1_000_000
