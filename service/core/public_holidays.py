"""Public holidays by country and region, as the `holidays` library knows them."""

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
    """The days off of one year, substitute days included. `country` and `region` are known codes."""
    return frozenset(_calendar(country, subdiv=region, years=year))


@cache
def countries() -> Mapping[str, str]:
    """Two-letter code by whatever a person may write: the code itself, the three-letter code, the English name."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415  see above

    found: dict[str, str] = {}
    for module, (_, code, *codes) in COUNTRIES.items():
        found |= {module.replace("_", " ").title(): code} | dict.fromkeys(codes, code)
    return found | {code: code for _, code, *_ in COUNTRIES.values()}


@cache
def regions(country: str) -> Mapping[str, str]:
    """Code of a region by its code or its name, for a known country; empty where its holidays know no regions."""
    calendar = _calendar(country)
    return {**calendar.subdivisions_aliases, **{code: code for code in calendar.subdivisions}}


@cache
def five_day_week(country: str) -> frozenset[int] | None:
    """The days on which people of the country work, Monday as 0; None where the law leaves them a single day off, which
    says nothing of offices."""
    days = _EVERY_DAY - frozenset(_calendar(country).weekend)
    return days if len(days) == 5 else None
