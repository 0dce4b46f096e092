"""Whether a consume loop does its work."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from service.core.health import ConsumerHealth, trouble_of

NOW = datetime(2025, 7, 2, 12, tzinfo=UTC)
WELL = ConsumerHealth(running=True, last_poll_at=NOW - timedelta(seconds=2), lag={("a", 0): 3, ("a", 1): 4})


def test_a_loop_that_polls_is_well_however_far_behind() -> None:
    assert trouble_of(WELL, NOW) is None
    assert WELL.records_behind == 7


def test_a_loop_that_is_stuck_says_since_when() -> None:
    assert trouble_of(WELL, NOW + timedelta(seconds=88)) == "the consume loop has not asked Kafka for 90 s"


def test_a_loop_that_has_ended_is_no_loop() -> None:
    assert trouble_of(replace(WELL, running=False), NOW) == "the consume loop is not running"


def test_a_loop_that_stands_on_purpose_says_why() -> None:
    assert (
        trouble_of(replace(WELL, stopped="half of the records are rejected"), NOW) == "half of the records are rejected"
    )


def test_a_loop_that_has_just_begun_is_not_ready() -> None:
    assert trouble_of(replace(WELL, last_poll_at=None), NOW) == "the consume loop has not asked Kafka yet"
