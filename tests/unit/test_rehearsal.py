"""What a rehearsal of a day says: who breaks, how many calls an hour, and what that hour is to the owner."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.core.calendar import Calendar
from service.core.escalation.case import Case
from service.core.ownership import NOBODY, Channels
from service.core.rehearsal import AtRisk, Duty, Rhythm, at_risk, duty_at, whole
from service.entrypoints.cli.rehearse import headline
from tests.builders import make_deprecation, make_exposure, make_owner

NOW = datetime(2025, 7, 2, 12, tzinfo=UTC)
MONDAY = date(2025, 7, 14)
CHANNELS = Channels("#lastcall", "#ops")
GERMAN = Calendar(ZoneInfo("Europe/Berlin"), country="DE")
OFFICE_HOURS = Rhythm({(day, hour): 40 + 4 * hour for day in range(5) for hour in range(8, 16)})


def rehearsed(*, on: date = MONDAY, rhythm: Rhythm = OFFICE_HOURS, **given: Any) -> tuple[AtRisk, ...]:
    """An owner in Berlin whose service has called each day since March."""
    values: dict[str, Any] = {"until": NOW.date(), "last_at": NOW}
    owner = given.pop("owner", make_owner(calendar=GERMAN))
    return at_risk([(Case(make_exposure(**(values | given)), owner, NOW), rhythm)], CHANNELS, on=on)


def test_calls_are_those_of_the_same_hours_of_the_weekday() -> None:
    (one,) = rehearsed()
    assert one.calls == (0,) * 8 + (18, 19, 20, 21, 22, 23, 24, 25) + (0,) * 8
    assert (one.calls_a_day, one.peak_hour) == (172, 15)
    assert one.breaks


def test_service_of_two_weeks_is_measured_by_two() -> None:
    (one,) = rehearsed(since=date(2025, 6, 20))
    assert one.calls[8] == 36


def test_few_calls_an_hour_add_up_before_they_are_rounded() -> None:
    """Two calls in four weeks at each of five hours: half a call an hour, and two and a half that day."""
    (one,) = rehearsed(rhythm=Rhythm({(0, hour): 2 if hour < 13 else 1 for hour in (9, 10, 11, 12, 19, 20)}))
    assert one.calls[9:13] == (0.5,) * 4
    assert one.calls[19] == 0.25
    assert (one.calls_a_day, one.peak_hour) == (3, 9)
    assert one.begins_at == datetime(2025, 7, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calls", "shown"),
    [
        pytest.param(0.0, 0, id="none"),
        pytest.param(0.25, 1, id="something is not nothing"),
        pytest.param(2.5, 3, id="half a call is one"),
        pytest.param(2.4, 2, id="less than half"),
    ],
)
def test_calls_are_shown_whole(calls: float, shown: int) -> None:
    assert whole(calls) == shown


def test_headline_says_which_hour_is_the_busiest_and_how_busy() -> None:
    rhythm = Rhythm({(0, hour): 20 if hour == 19 else 6 for hour in range(24)})
    shown = headline(rehearsed(rhythm=rhythm), MONDAY)
    assert shown == ("Mon 14 Jul 2025: 1 service would break, 40 calls, 5 in the busiest hour, 19:00 to 20:00 UTC.")


def test_no_call_is_to_be_expected_on_a_sunday() -> None:
    (one,) = rehearsed(on=date(2025, 7, 20))
    assert (one.calls_a_day, one.peak_hour) == (0, None)
    assert one.begins_at == datetime(2025, 7, 20, tzinfo=UTC)


def test_owner_hears_by_own_clock_when_the_first_call_fails() -> None:
    (one,) = rehearsed(owner=make_owner(calendar=Calendar(ZoneInfo("America/Los_Angeles"))))
    assert one.begins_at == datetime(2025, 7, 14, 8, tzinfo=UTC)
    assert (one.begins_local, one.duty) == ("Mon 01:00 America/Los_Angeles", "outside working hours")
    assert (one.team, one.on_call) == ("search", ("usergroup:search-oncall",))


def test_nobody_owns_it_so_the_fallback_hears() -> None:
    (one,) = rehearsed(owner=NOBODY)
    assert (one.team, one.on_call) == (None, ("#lastcall",))


@pytest.mark.parametrize(
    ("moment", "duty"),
    [
        pytest.param(datetime(2025, 7, 14, 7, tzinfo=UTC), "at work", id="nine in Berlin"),
        pytest.param(datetime(2025, 7, 14, 6, 59, tzinfo=UTC), "outside working hours", id="before work"),
        pytest.param(datetime(2025, 7, 14, 16, tzinfo=UTC), "outside working hours", id="after work"),
        pytest.param(datetime(2025, 7, 11, 22, tzinfo=UTC), "weekend", id="Saturday there, Friday in UTC"),
        pytest.param(datetime(2025, 10, 3, 9, tzinfo=UTC), "holiday", id="a holiday on a Friday"),
    ],
)
def test_hour_is_something_to_its_owner(moment: datetime, duty: Duty) -> None:
    assert duty_at(moment, GERMAN) == duty


@pytest.mark.parametrize(
    ("given", "found"),
    [
        pytest.param({"on": date(2025, 7, 13)}, 0, id="the day before the shutdown"),
        pytest.param({"on": date(2025, 12, 1)}, 1, id="gone long before that day"),
        pytest.param({"deprecation": make_deprecation(shutdown_on=date(2025, 6, 30))}, 1, id="past, and called still"),
        pytest.param({"deprecation": make_deprecation(precision="no_sooner_than")}, 0, id="a promise is no shutdown"),
        pytest.param({"until": date(2025, 6, 20), "last_at": datetime(2025, 6, 20, tzinfo=UTC)}, 0, id="migrated"),
    ],
)
def test_only_who_calls_what_is_gone_by_then_is_at_risk(given: dict[str, Any], found: int) -> None:
    assert len(rehearsed(**given)) == found


def test_redirected_model_is_listed_behind_and_breaks_nothing() -> None:
    owner, redirect = make_owner(calendar=GERMAN), make_deprecation(after_shutdown="redirect")
    exposures = [
        make_exposure(service=name, deprecation=deprecation, until=NOW.date(), last_at=NOW)
        for name, deprecation in [("a", redirect), ("b", make_deprecation()), ("c", make_deprecation())]
    ]
    rhythms = [OFFICE_HOURS, Rhythm({}), OFFICE_HOURS]
    cases = [(Case(each, owner, NOW), rhythm) for each, rhythm in zip(exposures, rhythms, strict=True)]
    found = at_risk(cases, CHANNELS, on=MONDAY)
    assert [(one.service, one.breaks) for one in found] == [("c", True), ("b", True), ("a", False)]


def test_forecast_is_told_where_there_is_one() -> None:
    (one,) = rehearsed()
    assert one.forecast == "at this pace the calls do not reach zero before the end"
