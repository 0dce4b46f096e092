"""The end that counts for an owner: the shutdown, and the freeze before it. GPT-4.5 went on Mon 14 Jul 2025."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from service.core.calendar import Calendar, Freeze
from service.core.escalation.case import Case
from service.core.escalation.policy import parse_offset
from tests.builders import make_deprecation, make_exposure, make_owner

SHUTDOWN = date(2025, 7, 14)
FREEZE = Freeze(date(2025, 6, 23), date(2025, 7, 20), "summer sale")
FROZEN = Calendar(ZoneInfo("Europe/Berlin"), freezes=(FREEZE,))


def case(now: str, calendar: Calendar = FROZEN) -> Case:
    return Case(make_exposure(), make_owner(calendar=calendar), datetime.fromisoformat(now).replace(tzinfo=UTC))


def test_freeze_up_to_the_shutdown_is_the_end_that_counts() -> None:
    assert (case("2025-06-01T10:00").deadline, case("2025-06-01T10:00").effective_deadline) == (SHUTDOWN, FREEZE.begin)


def test_without_a_firm_day_there_is_no_end() -> None:
    open_end = make_exposure(deprecation=make_deprecation(precision="not_before"))
    unsure = Case(open_end, make_owner(calendar=FROZEN), datetime(2025, 6, 22, tzinfo=UTC))
    assert (unsure.deadline, unsure.effective_deadline, unsure.is_late) == (None, None, False)


@pytest.mark.parametrize(
    ("offset", "day"),
    [
        pytest.param("announced", "2025-04-14", id="the announcement is not moved"),
        pytest.param("-14d", "2025-06-09", id="two weeks before the freeze"),
        pytest.param("-5bd", "2025-06-16", id="a working week before the freeze"),
        pytest.param("0d", "2025-07-14", id="the day itself is not moved"),
        pytest.param("+1d", "2025-07-15", id="the day after is not moved"),
        pytest.param("+0d while failing", "2025-07-14", id="failing calls are not moved"),
    ],
)
def test_steps_before_the_shutdown_stand_before_the_freeze(offset: str, day: str) -> None:
    found = parse_offset(offset).day(FROZEN, announced=date(2025, 4, 14), deadline=SHUTDOWN)
    assert found == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        pytest.param("2025-06-19T10:00", False, id="four days before the freeze"),
        pytest.param("2025-06-20T10:00", True, id="three days before the freeze"),
        pytest.param("2025-06-23T10:00", True, id="its first day"),
        pytest.param("2025-06-24T10:00", False, id="in the freeze nothing is won at night"),
        pytest.param("2025-07-11T10:00", True, id="three days before the shutdown"),
        pytest.param("2025-07-20T10:00", True, id="after it"),
    ],
)
def test_last_days_come_before_the_freeze_and_before_the_shutdown(now: str, late: bool) -> None:
    assert case(now).is_late is late


def test_message_waits_for_the_owners_holiday_to_end() -> None:
    """Whit Monday, 9 June 2025, is a holiday in Berlin; the week goes on on Tuesday at 9:00."""
    german = Calendar(ZoneInfo("Europe/Berlin"), country="DE")
    assert case("2025-06-06T17:00", german).send_now_at == datetime(2025, 6, 10, 7, tzinfo=UTC)
