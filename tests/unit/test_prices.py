"""What a mix of tokens costs: the arithmetic, by hand."""

import pytest

from service.core.prices import Cost, NoPrice, Rates, Tier, TokenMix, cost

GPT_41 = Rates(input=(Tier(0, 2.0),), output=(Tier(0, 8.0),), cached=(Tier(0, 0.5),))
LONG = Rates(
    input=(Tier(0, 2.0), Tier(200_000, 4.0)), output=(Tier(0, 10.0), Tier(200_000, 15.0)), cached=(Tier(0, 0.2),)
)


@pytest.mark.parametrize(
    ("rates", "mix", "expected"),
    [
        pytest.param(
            GPT_41,
            TokenMix(calls=1_000, input_tokens=3_000_000, output_tokens=500_000, cached_tokens=0),
            Cost(input=6.0, cached=0.0, output=4.0),  # 3 M x $2 and 0.5 M x $8
            id="input and output",
        ),
        pytest.param(
            GPT_41,
            TokenMix(calls=1_000, input_tokens=3_000_000, output_tokens=500_000, cached_tokens=1_000_000),
            Cost(input=4.0, cached=0.5, output=4.0),  # 2 M x $2, 1 M x $0.50
            id="cached tokens are a part of the input",
        ),
        pytest.param(
            GPT_41,
            TokenMix(calls=1_000, input_tokens=1_000_000, output_tokens=0, cached_tokens=4_000_000),
            Cost(input=2.0, cached=2.0, output=0.0),  # 1 M x $2, 4 M x $0.50
            id="more cached than input tokens stand beside it",
        ),
        pytest.param(
            LONG,
            TokenMix(calls=100, input_tokens=20_000_000, output_tokens=1_000_000, cached_tokens=0),
            Cost(input=40.0, cached=0.0, output=10.0),  # 200,000 a call: not above the limit
            id="the tier is that of the mean call and not of the total",
        ),
        pytest.param(
            LONG,
            TokenMix(calls=100, input_tokens=30_000_000, output_tokens=1_000_000, cached_tokens=0),
            Cost(input=120.0, cached=0.0, output=15.0),  # 300,000 a call: 30 M x $4 and 1 M x $15
            id="long calls pay the higher tier for all tokens",
        ),
        pytest.param(
            Rates(input=(Tier(0, 1.0),), output=(Tier(0, 1.0),), usd_per_call=0.005),
            TokenMix(calls=1_000, input_tokens=1_000_000, output_tokens=1_000_000, cached_tokens=500_000),
            Cost(input=0.5, cached=0.5, output=1.0, calls=5.0),
            id="a fee by call, and no price of its own for cached tokens",
        ),
    ],
)
def test_cost_of_a_mix(rates: Rates, mix: TokenMix, expected: Cost) -> None:
    assert cost(rates, mix) == expected


@pytest.mark.parametrize(
    ("mix", "reason"),
    [
        pytest.param(TokenMix(0, 0, 0, 0), "no_tokens", id="no call reports tokens"),
        pytest.param(TokenMix(20, 0, 0, 0), "no_tokens", id="failed calls that are logged with 0 tokens"),
        pytest.param(TokenMix(1, 10, 10, 0), "no_output_price", id="output of a model that writes none"),
    ],
)
def test_cost_that_is_not_known(mix: TokenMix, reason: str) -> None:
    found = cost(Rates(input=(Tier(0, 0.02),), kinds=frozenset({"input"})), mix)

    assert isinstance(found, NoPrice)
    assert found.reason == reason


def test_month_is_a_twelfth_of_a_year() -> None:
    assert Cost(input=28.0, cached=0.0, output=0.0).per_month().total == pytest.approx(365 / 12)
