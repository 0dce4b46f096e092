"""Headers of a provider's answer that announce an end, in each spelling, and what they are in the totals."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from service.core.cleaning import event_of
from service.core.end_notice import end_notice
from service.core.rollup import Rollup
from service.core.usage import EndNotice, EndWords, Words
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import make_call

DAY = date(2027, 1, 22)


@pytest.mark.parametrize(
    ("word", "day"),
    [
        pytest.param("Fri, 22 Jan 2027 10:00:00 GMT", DAY, id="HTTP date"),
        pytest.param("2027-01-22", DAY, id="ISO day"),
        pytest.param("2027-01-22T00:00:00Z", DAY, id="ISO time"),
        pytest.param("2027-01-23T00:00:00+08:00", DAY, id="midnight in China is the day before in UTC"),
        pytest.param("@1800612000", DAY, id="RFC 9745"),
        pytest.param(1800612000, DAY, id="seconds"),
        pytest.param(("", "2027-01-22"), DAY, id="the first usable of several"),
        pytest.param("soon", None, id="no date"),
        pytest.param("1970-01-01", None, id="before there were such models"),
        pytest.param("9999-12-31T23:59:59-12:00", None, id="beyond all years"),
        pytest.param("2" * 500, None, id="500 digits"),
        pytest.param(float("nan"), None, id="not a number"),
        pytest.param(True, None, id="true"),
    ],
)
def test_day_of_a_sunset_is_read_in_utc(word: Words, day: date | None) -> None:
    expected = EndNotice("sunset", None, day) if day else None
    assert end_notice(EndWords(sunset=word)) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            EndWords("2027-01-22", "@1795392000", "2027-02-01"),
            EndNotice("x-model-deprecation-timestamp", date(2026, 11, 23), date(2027, 2, 1)),
            id="the header about the model comes first",
        ),
        pytest.param(
            EndWords("2027-01-22", "@1795392000"), EndNotice("sunset", date(2026, 11, 23), DAY), id="both of the RFCs"
        ),
        pytest.param(EndWords(deprecation="true"), EndNotice("deprecation", None, None), id="a draft's true"),
        pytest.param(EndWords(deprecation="no"), None, id="neither true nor a date"),
    ],
)
def test_notice_is_of_the_header_that_says_most(words: EndWords, expected: EndNotice | None) -> None:
    assert end_notice(words) == expected


KONG = {
    "started_at": 1795392000000,
    "latencies": {"proxy": 5},
    "request": {"uri": "/chat", "headers": {}},
    "response": {"status": 200, "headers": {"sunset": "Fri, 22 Jan 2027 00:00:00 GMT"}},
    "ai": {"proxy": {"meta": {"provider_name": "mistral", "request_model": "m", "response_model": "m"}, "usage": {}}},
}
LITELLM = {
    "call_type": "acompletion",
    "model": "mistral-small-2503",
    "custom_llm_provider": "mistral",
    "startTime": 1795392000,
    "hidden_params": {"additional_headers": {"llm_provider-x-model-deprecation-timestamp": "2027-01-22T00:00:00Z"}},
    "metadata": {},
    "total_tokens": 3,
}


@pytest.mark.parametrize(
    ("record", "header"),
    [
        pytest.param(
            {"time": "2026-11-23T09:00:00Z", "service": "a", "model": "m", "sunset": "2027-01-22"}, "sunset", id="own"
        ),
        pytest.param(KONG, "sunset", id="kong"),
        pytest.param(LITELLM, "x-model-deprecation-timestamp", id="litellm"),
    ],
)
def test_dialect_reads_the_header(record: dict[str, Any], header: str) -> None:
    (call,) = decode(make_record(record)).calls
    notice = event_of(call).end_notice
    assert notice is not None
    assert (notice.header, notice.ends_on) == (header, DAY)


def rolled(*notices: tuple[datetime, str | None]) -> Rollup:
    rollup = Rollup()
    for at, sunset in notices:
        call = make_call(at=at)
        end = EndWords(sunset=sunset) if sunset else None
        rollup.add(msgspec.structs.replace(call, who=msgspec.structs.replace(call.who, end=end)))
    return rollup


def test_series_keeps_what_its_latest_call_says() -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    early, late = (at, "2027-01-22"), (at + timedelta(hours=2), "2027-02-01")
    expected = {"sunset": (late[0], EndNotice("sunset", None, date(2027, 2, 1)))}
    for order in ([early, late], [late, early], [late, early, (at + timedelta(days=1), None)]):
        assert list(rolled(*order).end_notices.values()) == [expected]
    apart = rolled(late)
    apart.merge(rolled(early))
    assert list(apart.end_notices.values()) == [expected]


def test_call_without_a_header_adds_no_notice() -> None:
    assert rolled((datetime(2026, 11, 23, tzinfo=UTC), None)).end_notices == {}
