"""Calendars in lastcall.yaml: the calendar of an owner, from its own and the company's settings; and their checks."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from difflib import get_close_matches
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from service.config.located import Located, Problem, Where
from service.config.schema_problems import entries, meant, spelled
from service.core.calendar import MONDAY_TO_FRIDAY, Calendar, Freeze
from service.core.public_holidays import countries, five_day_week, regions

Settings = Mapping[str, Any]

_NAMES = ("timezone", "working_hours", "workdays", "country", "region")
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
_LONGEST_FREEZE = 366
_WHICH_YEAR = "Correct the year: a freeze over New Year ends in the next year; any other begins on the earlier day"


def calendar_of(owner: Settings, company: Settings) -> Calendar:
    """From valid settings: the owner's, else those of the company's `calendar`. Freezes of both apply."""
    settings = _merged(owner, company.get("calendar", {}))
    starts, ends = settings.get("working_hours", "09:00-18:00").split("-")
    country = settings.get("country")
    freezes = (*company.get("freezes", ()), *owner.get("freezes", ()))
    return Calendar(
        zone=ZoneInfo(settings.get("timezone", "UTC")),
        work_starts=time.fromisoformat(starts),
        work_ends=time.fromisoformat(ends),
        country=country,
        region=settings.get("region"),
        workdays=_workdays(settings.get("workdays"), country),
        freezes=tuple(Freeze(_day(one["from"]), _day(one["to"]), one["name"]) for one in freezes),
    )


def _merged(owner: Settings, company: Settings) -> dict[str, Any]:
    """An owner with a country of its own does not inherit the company's region."""
    kept = {name: value for name, value in company.items() if name != "region" or "country" not in owner}
    return kept | {name: owner[name] for name in _NAMES if name in owner}


def _workdays(named: Iterable[str] | None, country: str | None) -> frozenset[int]:
    if named is not None:
        return frozenset(map(_WEEK.index, named))
    return (five_day_week(country) if country else None) or MONDAY_TO_FRIDAY


def _day(text: str) -> date:
    return date.fromisoformat(text)


def problems_of_calendars(located: Located) -> Iterator[Problem]:
    company = located.value if isinstance(located.value, dict) else {}
    ours = company.get("calendar")
    defaults = ours if isinstance(ours, dict) else {}
    yield from _of_settings(located, ("calendar",), defaults, {})
    yield from _of_freezes(located, (), company)
    for index, owner in entries(company, "owners"):
        yield from _of_settings(located, ("owners", index), owner, defaults)
        yield from _of_freezes(located, ("owners", index), owner)


def _of_settings(located: Located, where: Where, own: Settings, company: Settings) -> Iterator[Problem]:
    """Ignores values of the wrong type: the schema reports them."""
    for name, problem in _problems(own, _merged(own, company)):
        what, remedy = problem
        yield Problem(located.line((*where, name)), f"{spelled((*where, name))}{what}", remedy)


@cache
def _zones() -> frozenset[str]:
    """Cached: the library reads hundreds of files on each call."""
    return frozenset(available_timezones())


def _problems(own: Settings, merged: Settings) -> Iterator[tuple[str, tuple[str, str]]]:
    zone, hours, country = (_text(own, name) for name in ("timezone", "working_hours", "country"))
    if zone is not None and zone not in _zones():
        remedy = meant(zone, sorted(_zones())) or "Write an IANA name such as Europe/Berlin"
        yield "timezone", (f"{zone!r} is not a time zone", remedy)
    if hours is not None and (span := _HOURS.fullmatch(hours)) and span[1] >= span[2]:
        remedy = "Write the start of work and its end on the same day: 09:00-18:00"
        yield "working_hours", (f"{hours!r} ends before it begins", remedy)
    if country is not None and country not in countries().values():
        remedy = _meant_code(country, countries()) or "Write the two letters of ISO 3166, such as DE or US"
        yield "country", (f"{country!r} is not a country with known holidays", remedy)
    elif (region := _text(own, "region")) is not None:
        yield from (("region", problem) for problem in _of_region(region, _text(merged, "country")))


def _of_region(region: str, country: str | None) -> Iterator[tuple[str, str]]:
    if country is None:
        yield f"{region!r} is a region without a country", "Add `country:`, such as DE"
    elif country in countries().values() and region not in (known := regions(country)).values():
        codes = ", ".join(dict.fromkeys(known.values()))
        remedy = _meant_code(region, known) or (
            f"Write one of: {codes}" if codes else "Remove the line: the country has no regions"
        )
        yield f"{region!r} is not a region of {country}", remedy


def _text(settings: Settings, name: str) -> str | None:
    value = settings.get(name)
    return value if isinstance(value, str) else None


def _meant_code(found: str, codes: Mapping[str, str]) -> str | None:
    """The code of the closest name, in any case. A short text must match exactly: similar codes are other places."""
    known = {name.casefold(): code for name, code in codes.items()}
    near = get_close_matches(found.casefold(), known, n=1, cutoff=0.6 if len(found) > 3 else 1)
    return f"Did you mean {known[near[0]]!r}?" if near else None


def _of_freezes(located: Located, where: Where, settings: Settings) -> Iterator[Problem]:
    for index, freeze in entries(settings, "freezes"):
        at: Where = (*where, "freezes", index)
        try:
            days = (_day(freeze["to"]) - _day(freeze["from"])).days + 1
        except (KeyError, TypeError, ValueError):
            continue
        if days < 1:
            what = f"the freeze ends on {freeze['to']}, before it begins on {freeze['from']}"
            yield Problem(located.line((*at, "to")), f"{spelled(at)}{what}", _WHICH_YEAR)
        elif days > _LONGEST_FREEZE:
            what = f"the freeze lasts {days} days, more than a year"
            yield Problem(located.line((*at, "to")), f"{spelled(at)}{what}", "Check the years of `from` and `to`")
