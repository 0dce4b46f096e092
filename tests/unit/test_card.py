"""Which message becomes the live card of a deprecation at a destination."""

from datetime import date

import pytest

from service.core.card import Card, Urgency, changed_cards, urgency
from service.core.escalation.cause import Migrated
from tests.builders import JUNE_2, make_news, make_notice

GPT_45 = ("openai-api", "gpt-4.5-preview-2025-02-27")
"""Its end, in `make_notice`, is 14 July 2025."""


@pytest.mark.parametrize(
    ("given", "today", "expected"),
    [
        pytest.param({}, date(2025, 6, 13), Urgency.CALM, id="31 days before the end"),
        pytest.param({}, date(2025, 6, 14), Urgency.SOON, id="30 days before it"),
        pytest.param({}, date(2025, 7, 10), Urgency.SOON, id="four days before it"),
        pytest.param({}, date(2025, 7, 11), Urgency.LAST_DAYS, id="three days before it"),
        pytest.param({}, date(2025, 8, 1), Urgency.LAST_DAYS, id="past it"),
        pytest.param({"state": "broken"}, date(2025, 5, 1), Urgency.FAILING, id="calls fail, long before the end"),
        pytest.param({"state": "redirected"}, date(2025, 5, 1), Urgency.FAILING, id="another model answers"),
        pytest.param(
            {"precision": "no_sooner_than"}, date(2025, 7, 13), Urgency.CALM, id="an earliest day is no deadline"
        ),
        pytest.param({"shutdown_on": None}, date(2025, 7, 13), Urgency.CALM, id="no day is known"),
        pytest.param(
            {"frozen_from": date(2025, 7, 1)}, date(2025, 6, 28), Urgency.LAST_DAYS, id="a freeze comes first"
        ),
        pytest.param({"frozen_from": date(2025, 7, 1)}, date(2025, 7, 2), Urgency.SOON, id="changes are frozen"),
    ],
)
def test_urgency_follows_the_days_left_and_the_state(given: dict[str, object], today: date, expected: Urgency) -> None:
    assert urgency(make_notice(**given), today) == expected


@pytest.mark.parametrize(
    ("current", "today", "expected"),
    [
        pytest.param({}, date(2025, 6, 1), [Card(*GPT_45, Urgency.CALM, begins=True)], id="first message"),
        pytest.param({GPT_45: Urgency.CALM}, date(2025, 6, 10), [], id="a further step of the same urgency"),
        pytest.param(
            {GPT_45: Urgency.CALM}, date(2025, 6, 20), [Card(*GPT_45, Urgency.SOON, begins=True)], id="urgency rises"
        ),
        pytest.param(
            {GPT_45: Urgency.FAILING},
            date(2025, 6, 20),
            [Card(*GPT_45, Urgency.SOON, begins=False)],
            id="urgency falls",
        ),
        pytest.param(
            {("openai-api", "o1-preview"): Urgency.FAILING},
            date(2025, 6, 1),
            [Card(*GPT_45, Urgency.CALM, begins=True)],
            id="first message about this model, not about another",
        ),
    ],
)
def test_a_card_begins_at_the_first_message_and_when_urgency_rises(
    current: dict[tuple[str, str], Urgency], today: date, expected: list[Card]
) -> None:
    assert changed_cards([make_notice()], current, today=today) == expected


def test_the_worst_of_several_services_sets_the_urgency() -> None:
    facts = [make_notice(service="ranker", state="broken"), make_notice(service="search-api")]

    assert changed_cards(facts, {}, today=date(2025, 6, 1)) == [Card(*GPT_45, Urgency.FAILING, begins=True)]


def test_a_relapse_begins_a_card_as_the_one_before_was_done() -> None:
    facts = [make_notice(relapse=True)]

    assert changed_cards(facts, {GPT_45: Urgency.FAILING}, today=date(2025, 6, 1)) == [
        Card(*GPT_45, Urgency.CALM, begins=True)
    ]


def test_news_are_no_card() -> None:
    migrated = Migrated(at=JUNE_2, last_at=JUNE_2, quiet_days=7)

    assert changed_cards([make_news(migrated)], {}, today=date(2025, 6, 1)) == []
