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
    assert trouble_of(WELL, NOW + timedelta(seconds=88)) == "the consume loop has not polled Kafka for 90 s"


def test_records_that_are_not_written_are_a_stuck_flush() -> None:
    held = replace(WELL, held_since=NOW - timedelta(seconds=61), flush_failures=7, flush_trouble="DiskFullError")

    assert trouble_of(held, NOW) == (
        "records read 61 s ago are not written yet: 7 attempts failed, the last with DiskFullError"
    )
    assert trouble_of(replace(held, held_since=NOW - timedelta(seconds=60)), NOW) is None


def test_fetches_that_fail_in_a_row_are_told_at_once() -> None:
    failing = replace(WELL, fetch_failures=3, fetch_trouble="calls/0 from offset 7 on: the checksum is wrong")

    assert trouble_of(failing, NOW) == (
        "records cannot be fetched, 3 attempts failed: calls/0 from offset 7 on: the checksum is wrong"
    )
    assert trouble_of(replace(failing, fetch_failures=2), NOW) is None


def test_silence_of_a_dead_broker_is_not_taken_for_an_empty_topic() -> None:
    silent = replace(WELL, answered_at=NOW - timedelta(seconds=75))

    assert trouble_of(silent, NOW) == "Kafka has not answered for 75 s"


def test_a_loop_that_has_ended_is_no_loop() -> None:
    assert trouble_of(replace(WELL, running=False), NOW) == "the consume loop is not running"


def test_a_loop_that_stands_on_purpose_says_why() -> None:
    assert (
        trouble_of(replace(WELL, stopped="half of the records are rejected"), NOW) == "half of the records are rejected"
    )


def test_a_loop_whose_topics_are_all_missing_names_them() -> None:
    waiting = replace(WELL, last_poll_at=None, missing_topics=("calls", "others"), subscribed=False)

    assert trouble_of(waiting, NOW) == "no configured topic exists: calls, others"


def test_a_loop_that_reads_one_topic_and_waits_for_another_is_well() -> None:
    assert trouble_of(replace(WELL, missing_topics=("others",)), NOW) is None


def test_a_loop_that_has_just_begun_is_not_ready() -> None:
    assert trouble_of(replace(WELL, last_poll_at=None), NOW) == "the consume loop has not polled Kafka yet"
