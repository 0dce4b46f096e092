"""Whom to believe on who is on duty."""

from datetime import UTC, datetime, timedelta

import pytest

from service.core.directory.answer import Unavailable
from service.core.directory.duty import LastAnswer, Nobody, OnDuty, fall_back_to_last_answer

NOW = datetime(2025, 7, 2, 12, tzinfo=UTC)
DOWN = Unavailable("http_500", "lastcall retries by itself.")
GAP = Nobody("nobody_on_call", "See that the schedule has no gap.")
YESTERDAY = LastAnswer(("ada",), NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("answer", "last", "told"),
    [
        pytest.param(("bob",), YESTERDAY, ("bob",), id="whoever is on duty now"),
        pytest.param(GAP, YESTERDAY, GAP, id="a gap is an answer"),
        pytest.param(DOWN, YESTERDAY, ("ada",), id="no answer: whoever was on duty last"),
        pytest.param(DOWN, None, DOWN, id="no answer ever"),
        pytest.param(DOWN, LastAnswer((), NOW - timedelta(days=1)), DOWN, id="nobody was on duty last"),
        pytest.param(DOWN, LastAnswer(("ada",), NOW - timedelta(days=7)), ("ada",), id="a week ago counts"),
        pytest.param(DOWN, LastAnswer(("ada",), NOW - timedelta(days=7, seconds=1)), DOWN, id="longer ago does not"),
    ],
)
def test_last_answer_counts_only_where_there_is_none_now(answer: OnDuty, last: LastAnswer | None, told: OnDuty) -> None:
    assert fall_back_to_last_answer(answer, last, NOW) == told
