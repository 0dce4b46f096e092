"""Where reading starts, by watermark and log."""

import pytest

from service.core.position import ACCEPTED, Begin, Hold, LogState, Renew, Resume, Start, Watermark, where_to_start

OLD = Watermark("topic-a", 100)
GIVEN_UP = Watermark(ACCEPTED, 100)


@pytest.mark.parametrize(
    ("watermark", "log", "start"),
    [
        pytest.param(None, LogState("topic-a", 7, 50), Begin(7), id="never read: from the first record there is"),
        pytest.param(
            OLD, LogState("topic-a", 0, 150), Resume(100, OLD, gap=0), id="the same topic: from the watermark"
        ),
        pytest.param(OLD, LogState("topic-a", 0, 100), Resume(100, OLD, gap=0), id="all read"),
        pytest.param(OLD, LogState("topic-a", 130, 150), Resume(130, OLD, gap=30), id="deleted before it was read"),
        pytest.param(OLD, LogState("topic-a", 0, 99), Hold("log_truncated"), id="counted records are gone"),
        pytest.param(OLD, LogState("topic-b", 0, 99), Hold("topic_recreated"), id="another topic of that name"),
        pytest.param(OLD, LogState("topic-b", 0, 500), Hold("topic_recreated"), id="another topic, grown beyond"),
        pytest.param(OLD, LogState("topic-b", 0, 5, forgets=True), Renew(0, OLD), id="the embedded broker restarted"),
        pytest.param(GIVEN_UP, LogState("topic-b", 3, 9), Renew(3, GIVEN_UP), id="the operator accepted it"),
    ],
)
def test_reading_starts_where_nothing_is_swallowed_or_repeated(
    watermark: Watermark | None, log: LogState, start: Start
) -> None:
    assert where_to_start(watermark, log) == start
