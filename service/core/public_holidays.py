"""Public holidays by country and region, from the `holidays` library."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

_EVERY_DAY = frozenset(range(7))


def _calendar(country: str, **narrowed: Any) -> Any:
    from holidays import country_holidays  # noqa: PLC0415  slow to import, and most owners have no country

    return country_holidays(country, **narrowed)


@cache
def public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """The holidays of one year, including substitute days. `country` and `region` are known codes."""
    return frozenset(_calendar(country, subdiv=region, years=year))


@cache
def countries() -> Mapping[str, str]:
    """Spelling -> two-letter code. A spelling is the code, the three-letter code, or the English name."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415  see above

    found: dict[str, str] = {}
    for module, (_, code, *codes) in COUNTRIES.items():
        found |= {module.replace("_", " ").title(): code} | dict.fromkeys(codes, code)
    return found | {code: code for _, code, *_ in COUNTRIES.values()}


@cache
def regions(country: str) -> Mapping[str, str]:
    """Code or name of a region -> code, for a known country. Empty if its holidays do not differ by region."""
    calendar = _calendar(country)
    return {**calendar.subdivisions_aliases, **{code: code for code in calendar.subdivisions}}


@cache
def five_day_week(country: str) -> frozenset[int] | None:
    """The working days of the country, Monday as 0. None: its law gives a single day off, which does not apply to
    offices."""
    days = _EVERY_DAY - frozenset(_calendar(country).weekend)
    return days if len(days) == 5 else None
