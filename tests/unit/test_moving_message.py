"""What a notice says about what to move to, and what that costs."""

from datetime import date
from typing import Any, get_args

import pytest

from service.core.comparison import MeanLatency, MonthlyCost, Moving
from service.core.messages.render import render
from service.core.notification import Notice
from service.core.prices import Reason
from service.core.successors import Successor
from service.core.wording.moving import no_cost
from tests.builders import make_notice
from tests.message_text import TODAY, as_text, read

GPT_41 = Successor(id="gpt-4.1", model="gpt-4.1-2025-04-14", by_provider=True)
ENDING = Successor(
    id="gpt-4.1",
    model="gpt-4.1-2025-04-14",
    by_provider=True,
    ends_on=date(2026, 1, 14),
    precision="exact",
    is_deprecated=True,
)
PREVIEW = Successor(id="gpt-6-preview", model="gpt-6-preview", by_provider=True, is_preview=True)
OTHER = Successor(id="gpt-5", model="gpt-5", by_provider=False)
COST = MonthlyCost(old=11_593.0, new=309.6, share_with_tokens=1.0)
LATENCY = MeanLatency(old_ms=4_000.0, new_ms=812.0, new_calls=1_200, new_services=3)


def notice(*successors: Successor, **given: Any) -> Notice:
    moving = Moving(successors=successors, cost=given.pop("cost", None), latency=given.pop("latency", None))
    return make_notice(moving=moving, **given)


def where_to(one: Notice) -> str:
    return next(line for line in read(one).splitlines() if line.startswith("Move to:"))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        pytest.param(notice(GPT_41, OTHER), "gpt-4.1", id="the provider's, which stays"),
        pytest.param(
            notice(ENDING, OTHER),
            "gpt-4.1 (its own end: Wed 14 Jan 2026). On the same platform: gpt-5",
            id="it ends within a year",
        ),
        pytest.param(notice(PREVIEW), "gpt-6-preview (a preview, short-lived)", id="a preview"),
        pytest.param(
            notice(OTHER, replacements=()),
            "the provider names no successor; on the same platform: gpt-5.",
            id="the provider names none",
        ),
        pytest.param(notice(replacements=()), "the provider names no successor.", id="nothing fits"),
        pytest.param(
            notice(OTHER, replacements=("gpt-4",)),
            "the replacement that the provider names is past its own end; on the same platform: gpt-5.",
            id="the provider's is gone",
        ),
    ],
)
def test_what_to_move_to(one: Notice, said: str) -> None:
    assert where_to(one) == f"Move to: {said}"


def test_dead_replacement_is_in_no_part_of_the_message() -> None:
    message = render([notice(OTHER, replacements=("gpt-4",))], page=None, now=TODAY)

    assert "gpt-4 " not in f"{message.text} {as_text(message)}"
    assert "Move to" not in message.text


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        pytest.param(COST, "gpt-4.1 costs about $310 a month in place of $11,600 (-97 %).", id="both are known"),
        pytest.param(
            MonthlyCost(old=None, new=309.6, share_with_tokens=1.0),
            "gpt-4.1 costs about $310 a month; the present cost is not known.",
            id="the old price is not known",
        ),
        pytest.param(
            MonthlyCost(old=2.0, new=3.0, share_with_tokens=0.6),
            "gpt-4.1 costs about $3.00 a month in place of $2.00 (+50 %)."
            " Only 60% of the answered calls report tokens.",
            id="some calls report no tokens",
        ),
        pytest.param(
            MonthlyCost(old=2.0, new=3.0, share_with_tokens=0.0),
            "gpt-4.1 costs about $3.00 a month in place of $2.00 (+50 %).",
            id="no call was answered",
        ),
        pytest.param(
            MonthlyCost(old=0.0, new=3.0, share_with_tokens=1.0),
            "gpt-4.1 costs about $3.00 a month in place of $0.00.",
            id="the old one is free",
        ),
    ],
)
def test_cost_is_one_line(cost: MonthlyCost, said: str) -> None:
    assert f"On its own tokens of the last 28 days {said}" in read(notice(GPT_41, cost=cost)).splitlines()


def test_latency_is_one_line() -> None:
    said = "Its calls took 4.0 s on average; 1,200 calls of 3 services to gpt-4.1 took 812 ms."

    assert said in read(notice(GPT_41, latency=LATENCY)).splitlines()


def test_what_is_not_known_has_no_line() -> None:
    assert "tokens of the last 28 days" not in read(notice(GPT_41))


def test_cost_of_several_services_is_their_sum() -> None:
    both = [notice(GPT_41, cost=COST, latency=LATENCY), notice(GPT_41, service="mail", cost=COST)]

    text = read(*both)

    assert (
        "On their own tokens of the last 28 days gpt-4.1 costs about $619 a month in place of $23,200 (-97 %)." in text
    )
    assert "Its calls took" not in text


def test_share_of_several_is_that_of_services_with_answered_calls() -> None:
    some, none = (MonthlyCost(old=2.0, new=3.0, share_with_tokens=share) for share in (0.6, 0.0))

    assert "Only 60% of the answered" in read(notice(GPT_41, cost=some), notice(GPT_41, service="mail", cost=none))


def test_cost_of_several_is_not_said_if_that_of_one_is_not_known() -> None:
    assert "tokens of the last 28 days" not in read(notice(GPT_41, cost=COST), notice(GPT_41, service="mail"))


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_for_no_price_has_words(reason: Reason) -> None:
    assert no_cost("o3", reason)
