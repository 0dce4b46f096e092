"""A forecast is total, ordered, and blind to what does not matter."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from service.core.exposure import DayOfUse
from service.core.forecast import forecast
from tests.builders import make_day

TODAY = date(2025, 6, 29)
COUNTS = st.one_of(st.integers(0, 50), st.integers(0, 2**63 - 1))
ANY_DAYS = st.lists(st.builds(make_day, st.dates(), calls=COUNTS), max_size=60)
LAST_WEEKS = st.lists(COUNTS, max_size=60).map(
    lambda counts: [make_day(TODAY - timedelta(days=age), calls=n) for age, n in enumerate(counts, 1) if n][::-1]
)


@given(days=ANY_DAYS, today=st.dates(), deadline=st.dates())
def test_any_days_have_an_answer(days: list[DayOfUse], today: date, deadline: date) -> None:
    found = forecast(days, today)
    assert found.against(deadline) in ("in_time", "late", "unclear")
    assert isinstance(found.in_words(deadline), str | None)


@given(days=LAST_WEEKS)
def test_zero_day_lies_within_its_interval_and_not_before_today(days: list[DayOfUse]) -> None:
    found = forecast(days, TODAY)
    if found.latest is not None:
        assert found.zero is not None
        assert found.zero <= found.latest
    if found.zero is not None:
        assert found.earliest is not None
        assert TODAY <= found.earliest <= found.zero


@given(days=LAST_WEEKS, deadline=st.dates(date(2025, 1, 1), date(2026, 12, 31)), later=st.integers(0, 400))
def test_later_deadline_is_never_harder_to_meet(days: list[DayOfUse], deadline: date, later: int) -> None:
    found, worth = forecast(days, TODAY), {"late": 0, "unclear": 1, "in_time": 2}
    assert worth[found.against(deadline + timedelta(days=later))] >= worth[found.against(deadline)]


@given(days=LAST_WEEKS, deadline=st.dates(date(2025, 6, 1), date(2026, 12, 31)))
def test_what_is_late_cannot_be_promised_for_before_the_deadline(days: list[DayOfUse], deadline: date) -> None:
    found = forecast(days, TODAY)
    if found.basis == "weeks" and found.against(deadline) == "late":
        assert not found.is_believable(deadline - timedelta(days=1))


@given(days=LAST_WEEKS, now=COUNTS, later=COUNTS)
def test_today_and_what_comes_after_it_do_not_count(days: list[DayOfUse], now: int, later: int) -> None:
    known = [make_day(TODAY - timedelta(days=70)), *days]
    more = [*known, make_day(TODAY, calls=now), make_day(TODAY + timedelta(days=1), calls=later)]
    assert forecast(more, TODAY) == forecast(known, TODAY)


@given(counts=st.lists(st.integers(0, 10**6), min_size=14, max_size=40), times=st.sampled_from([2, 64, 1_024]))
def test_zero_day_does_not_depend_on_the_volume(counts: list[int], times: int) -> None:
    days = [make_day(TODAY - timedelta(days=age), calls=n) for age, n in enumerate(counts, 1)][::-1]
    found, scaled = forecast(days, TODAY), forecast([structs.replace(d, calls=d.calls * times) for d in days], TODAY)
    assert (scaled.earliest, scaled.zero, scaled.latest) == (found.earliest, found.zero, found.latest)


@given(level=st.integers(1, 10**9), since=st.integers(14, 60), deadline=st.dates())
def test_flat_use_with_enough_history_is_late(level: int, since: int, deadline: date) -> None:
    days = [make_day(TODAY - timedelta(days=age), calls=level) for age in range(since, 0, -1)]
    assert forecast(days, TODAY).against(deadline) == "late"
