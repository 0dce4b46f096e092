"""The migration checklist, and who may be its author."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.core.author import parse_author
from service.core.checklist import ITEM_IDS, ITEMS, Checklist, Tick, known_ticks, parse_item

MONDAY = datetime(2025, 6, 30, 9, tzinfo=UTC)
PROMPTS = Tick("prompts", "ada@example.com", MONDAY)
USERS = Tick("users", "bob@example.com", MONDAY + timedelta(days=7))


def test_a_migration_is_five_things_of_which_the_models_name_is_the_first() -> None:
    assert ITEM_IDS == ("model", "prompts", "latency", "cost", "users")
    assert tuple(item.id for item in ITEMS) == ITEM_IDS


def test_progress_counts_what_is_ticked_and_names_what_is_open() -> None:
    checklist = Checklist((PROMPTS, USERS))

    assert checklist.progress == "2 of 5"
    assert [item.id for item in checklist.open] == ["model", "latency", "cost"]
    assert Checklist().progress == "0 of 5"


def test_a_checklist_as_of_a_day_has_the_ticks_of_that_day() -> None:
    assert Checklist((PROMPTS, USERS)).as_of(MONDAY + timedelta(days=6)) == Checklist((PROMPTS,))


def test_ticks_stand_in_the_order_of_the_list_and_an_item_of_another_release_is_left_out() -> None:
    stored = [
        ("users", USERS.author, USERS.at),
        ("tea", "eve@example.com", MONDAY),
        ("prompts", PROMPTS.author, PROMPTS.at),
    ]

    assert known_ticks(stored) == Checklist((PROMPTS, USERS))


@pytest.mark.parametrize(
    ("today", "pressing"),
    [
        pytest.param(date(2025, 6, 29), (), id="15 days before"),
        pytest.param(date(2025, 6, 30), ("model", "latency", "cost"), id="14 days before"),
        pytest.param(date(2025, 8, 1), ("model", "latency", "cost"), id="past"),
    ],
)
def test_what_is_open_is_named_in_the_last_fourteen_days(today: date, pressing: tuple[str, ...]) -> None:
    assert Checklist((PROMPTS, USERS)).pressing(date(2025, 7, 14), today) == pressing


def test_without_a_firm_day_nothing_presses() -> None:
    assert Checklist().pressing(None, date(2025, 7, 1)) == ()


def test_an_item_is_read_in_any_case_and_another_word_is_told_what_there_is() -> None:
    assert parse_item(" Prompts ") == "prompts"
    with pytest.raises(
        ValueError, match="'tea' is not an item of the checklist; the items are model, prompts, latency, cost"
    ):
        parse_item("tea")


def test_an_author_is_any_one_line_that_names_somebody() -> None:
    assert parse_author(" ada@example.com ") == "ada@example.com"
    assert parse_author("Ada Lovelace") == "Ada Lovelace"


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\x00", "x" * 201, "Bearer abcdefgh12345678"])
def test_what_names_nobody_is_no_author(text: str) -> None:
    with pytest.raises(ValueError, match="author"):
        parse_author(text)
