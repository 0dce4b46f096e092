"""When delivery tries again, when it gives up, and who is notified instead."""

from datetime import UTC, datetime, timedelta

import pytest

from service.core.delivery import GIVE_UP_AFTER, Retry, Unknown, elsewhere, next_attempt, plain
from service.core.messages.message import Message
from service.core.ownership import Channels
from service.core.wording.blocks import Divider, Section

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        pytest.param(1, 30, id="the first wait is the next beat"),
        pytest.param(2, 60, id="waits double"),
        pytest.param(5, 480, id="and double"),
        pytest.param(8, 3600, id="up to an hour"),
        pytest.param(11, 3600, id="and no more"),
    ],
)
def test_waits_grow_with_attempts(attempts: int, seconds: int) -> None:
    assert next_attempt(attempts, Retry("ratelimited"), NOON) == NOON + timedelta(seconds=seconds)


def test_longer_wait_that_slack_asks_for_is_kept() -> None:
    assert next_attempt(1, Retry("ratelimited", after_seconds=90), NOON) == NOON + timedelta(seconds=90)


def test_shorter_wait_that_slack_asks_for_changes_nothing() -> None:
    assert next_attempt(3, Unknown("timeout", after_seconds=1), NOON) == NOON + timedelta(seconds=120)


def test_last_attempt_gives_up_after_six_hours() -> None:
    waits = [next_attempt(n, Retry("ratelimited"), NOON) for n in range(1, GIVE_UP_AFTER)]
    total = sum((at - NOON for at in waits if at), timedelta())
    assert timedelta(hours=4) < total < timedelta(hours=7)
    assert next_attempt(GIVE_UP_AFTER, Retry("ratelimited"), NOON) is None


@pytest.mark.parametrize(
    ("destination", "came_from", "hears"),
    [
        pytest.param("#search", {None}, "#fallback", id="the fallback first"),
        pytest.param("#fallback", {None}, "#operator", id="its own failure goes to the operator"),
        pytest.param("#fallback", {None, "#search"}, "#operator", id="so does what it heard for others"),
        pytest.param("#operator", {None}, "#fallback", id="the operator's failure goes to the fallback"),
        pytest.param("#operator", {"#fallback"}, None, id="but not back to where it came from"),
        pytest.param("#fallback", {None, "#operator"}, None, id="nor to an operator who is known to fail"),
    ],
)
def test_next_to_hear(destination: str, came_from: set[str | None], hears: str | None) -> None:
    assert elsewhere(destination, came_from, Channels(fallback="#fallback", operator="#operator")) == hears


def test_one_channel_for_both_is_nobody_else() -> None:
    assert elsewhere("#ops", {None}, Channels(fallback="#ops", operator="#ops")) is None


def test_plain_message_fits_one_section() -> None:
    message = plain(Message("x" * 5000, (Divider(),), ((Divider(),),)))
    assert message.text == "x" * 5000
    assert message.blocks == (Section(("x" * 2999 + "…",)),)
    assert message.replies == ()
