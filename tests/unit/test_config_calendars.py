"""Calendars in lastcall.yaml: what they come to, and what is refused."""

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.config.company import Company, ConfigError, load_company
from service.core.calendar import MONDAY_TO_FRIDAY, Calendar, Freeze

SUNDAY_TO_THURSDAY = frozenset({6, 0, 1, 2, 3})


def load(folder: Path, text: str) -> Company:
    file = folder / "lastcall.yaml"
    file.write_text(text)
    return load_company(file)


def calendar_of(folder: Path, company: str, owner: str) -> Calendar:
    rule = f"owners:\n  - {{services: [a], team: t{', ' if owner else ''}{owner}}}\n"
    return load(folder, company + rule).owner_of("a").calendar


def test_without_a_word_work_is_from_nine_to_six_utc_monday_to_friday(tmp_path: Path) -> None:
    assert calendar_of(tmp_path, "", "") == Calendar(ZoneInfo("UTC"), time(9), time(18), workdays=MONDAY_TO_FRIDAY)


def test_company_gives_what_an_owner_leaves_out(tmp_path: Path) -> None:
    company = "calendar: {timezone: Europe/Berlin, country: DE, region: BY, working_hours: 10:00-16:00}\n"
    ours = Calendar(ZoneInfo("Europe/Berlin"), time(10), time(16), "DE", "BY")
    assert calendar_of(tmp_path, company, "") == ours
    assert calendar_of(tmp_path, company, "region: HH") == Calendar(ours.zone, time(10), time(16), "DE", "HH")


def test_another_country_leaves_the_companys_region_behind(tmp_path: Path) -> None:
    calendar = calendar_of(tmp_path, "calendar: {country: DE, region: BY}\n", "country: US")
    assert (calendar.country, calendar.region) == ("US", None)


def test_services_without_an_owner_go_by_the_companys_calendar(tmp_path: Path) -> None:
    owner = load(tmp_path, "calendar: {timezone: Asia/Tokyo, country: JP}").owner_of("a")
    assert owner.team is None
    assert owner.calendar == Calendar(ZoneInfo("Asia/Tokyo"), country="JP")


@pytest.mark.parametrize(
    ("owner", "workdays"),
    [
        pytest.param("country: DE", MONDAY_TO_FRIDAY, id="free on Saturday and Sunday"),
        pytest.param("country: IL", SUNDAY_TO_THURSDAY, id="free on Friday and Saturday"),
        pytest.param("country: HK", MONDAY_TO_FRIDAY, id="one free day by law says nothing of offices"),
        pytest.param("country: IL, workdays: [mon, tue]", frozenset({0, 1}), id="what is written counts"),
        pytest.param("workdays: [sun, mon, tue, wed, thu]", SUNDAY_TO_THURSDAY, id="no country"),
    ],
)
def test_week_is_the_countrys_unless_written(tmp_path: Path, owner: str, workdays: frozenset[int]) -> None:
    assert calendar_of(tmp_path, "", owner).workdays == workdays


def test_freezes_of_company_and_owner_both_count(tmp_path: Path) -> None:
    company = "freezes: [{name: year's end, from: 2026-12-19, to: 2027-01-06}]\n"
    calendar = calendar_of(tmp_path, company, 'freezes: [{name: audit, from: "2026-10-01", to: 2026-10-01}]')
    assert calendar.freezes == (
        Freeze(date(2026, 12, 19), date(2027, 1, 6), "year's end"),
        Freeze(date(2026, 10, 1), date(2026, 10, 1), "audit"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            "calendar:\n  country: Germany",
            r":2: calendar\.country: 'Germany' is not a country .*\. Did you mean 'DE'\?",
            id="a name",
        ),
        pytest.param(
            "calendar: {country: de}", r":1: .*'de' is not a country .* Did you mean 'DE'\?", id="small letters"
        ),
        pytest.param("calendar: {country: UK}", r":1: .*'UK' is not a country .* Did you mean 'GB'\?", id="habit"),
        pytest.param(
            "calendar: {country: XX}", r":1: .*'XX' is not a country .* Write the two letters", id="no country"
        ),
        pytest.param("calendar: {country: NO}", r":1: calendar.country: False is not text\. Put it in quotes", id="no"),
        pytest.param(
            "calendar: {country: DE, region: Bayern}",
            r"'Bayern' is not a region of DE\. Did you mean 'BY'\?",
            id="region",
        ),
        pytest.param("calendar: {country: DE, region: XY}", r"Write one of: BB, BE, BW, BY,", id="no such region"),
        pytest.param("calendar: {country: IL, region: XY}", r"not a region of IL\. Remove the line", id="no regions"),
        pytest.param("calendar: {region: BY}", r"region without a country\. Add `country:`", id="region alone"),
        pytest.param(
            "calendar: {country: DE}\nowners:\n  - services: [a]\n    team: t\n    region: TX",
            r":5: owners\[0\]\.region: 'TX' is not a region of DE",
            id="region of another country",
        ),
        pytest.param(
            "calendar:\n  working_hours: 22:00-06:00",
            r":2: calendar\.working_hours: '22:00-06:00' ends before it begins\. Write the start of work",
            id="over midnight",
        ),
        pytest.param(
            "calendar: {working_hours: 9-17}", r"'9-17' is not a valid span of hours\. Write the start", id="no hours"
        ),
        pytest.param(
            "calendar: {working_hours: 09:00-25:00}", r"'09:00-25:00' is not a valid span of hours", id="no such hour"
        ),
        pytest.param("calendar: {workdays: []}", r"calendar\.workdays: the list is empty", id="nobody ever works"),
        pytest.param("calendar: {workdays: [sunday]}", r"'sunday' is unknown\. Did you mean 'sun'\?", id="no day"),
        pytest.param("calendar: {zone: UTC}", r"'zone' is not a setting here", id="no setting"),
        pytest.param(
            "freezes:\n  - name: x\n    from: 2027-01-06\n    to: 2026-12-19",
            r":4: freezes\[0\]: the freeze ends on 2026-12-19, before it begins on 2027-01-06\. Correct the year",
            id="wrong way round",
        ),
        pytest.param(
            "freezes: [{name: x, from: 2026-12-19, to: 2029-01-06}]", r"lasts 750 days, .*\. Check the", id="a typo"
        ),
        pytest.param(
            "freezes: [{name: x, from: 2026-02-30, to: 2026-12-19}]",
            r":1: freezes\[0\]\.from: '2026-02-30' is not a day\. Write a day as 2025-07-14",
            id="no such day",
        ),
        pytest.param("freezes: [{name: x, from: tomorrow, to: 2026-12-19}]", r"'tomorrow' is not a day", id="a word"),
        pytest.param("freezes: [{from: 2026-12-19, to: 2026-12-19}]", r"'name' is missing", id="no name"),
        pytest.param(
            "owners:\n  - services: [a]\n    team: t\n    freezes: [{name: x, from: 2026-02-02, to: 2026-01-31}]",
            r":4: owners\[0\].freezes\[0\]: the freeze ends",
            id="an owner's freeze",
        ),
    ],
)
def test_wrong_calendar_names_line_what_and_remedy(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)


def test_day_without_quotes_is_text_where_text_is_wanted(tmp_path: Path) -> None:
    assert load(tmp_path, "organisation: 2025-07-14").organisation == "2025-07-14"
