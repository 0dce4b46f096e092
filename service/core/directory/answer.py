"""A directory's answer about an owner, in the form of an owner of lastcall.yaml; or why there is none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from service.core.calendar import DEFAULT_CALENDAR, Calendar
from service.core.ownership import Owner

MAX_TEXT = 200
MAX_ADDRESSES = 50
_ADDRESS = re.compile(
    r"#[^\s#<>&]{1,80}"
    r"|[^\s@<>&:,]{1,64}@[^\s@<>&:,]{1,190}"
    r"|usergroup:[\w.-]{1,80}"
    r"|pagerduty:(?:service/)?[A-Z0-9]{4,40}"
    r"|[CGUWS][A-Z0-9]{5,40}"
)
_CHANNEL_NAME = re.compile(r"[a-z0-9][\w-]{0,79}")


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A directory gave no valid answer."""

    reason: str
    """A word such as http_500 or timeout, never text from the other side."""
    remedy: str
    is_refusal: bool = False
    """It persists until somebody acts."""


def address_in(text: object) -> str | None:
    """An address in the form of lastcall.yaml, from text of a directory. A bare name means a channel."""
    if not isinstance(text, str) or not text.isprintable():
        return None
    given = text.strip()
    if _ADDRESS.fullmatch(given):
        return given
    return f"#{given}" if _CHANNEL_NAME.fullmatch(given) else None


def email_in(text: object) -> str | None:
    found = address_in(text)
    return found if found and "@" in found else None


def owner_from_json(stored: Mapping[str, Any], rule: str, calendar: Calendar = DEFAULT_CALENDAR) -> Owner | None:
    """Ignores unknown keys and invalid addresses. None: there is no team. `calendar`: the company's."""
    team = stored.get("team")
    if not isinstance(team, str) or not team.strip():
        return None
    tier = stored.get("tier")
    return Owner(
        team=team.strip()[:MAX_TEXT],
        people=_addresses(stored.get("people")),
        channel=address_in(stored.get("channel")),
        oncall=_addresses(stored.get("oncall")),
        manager=_addresses(stored.get("manager")),
        director=_addresses(stored.get("director")),
        incident=address_in(stored.get("incident")),
        tier=tier if isinstance(tier, str) else None,
        calendar=_in_zone(calendar, stored.get("timezone")),
        rule=rule,
    )


def owner_to_json(owner: Owner) -> dict[str, Any]:
    """In the form of an owner of lastcall.yaml, without empty fields. Directories have no calendars."""
    found: dict[str, Any] = {"team": owner.team}
    lists = {name: list(getattr(owner, name)) for name in ("people", "oncall", "manager", "director")}
    single = {"channel": owner.channel, "incident": owner.incident, "tier": owner.tier}
    return found | {name: value for name, value in (lists | single).items() if value}


def completed(owner: Owner, team: Owner | None) -> Owner:
    """`owner` with its empty fields filled from `team`."""
    if team is None:
        return owner
    contacts = ("people", "channel") if not owner.people and not owner.channel else ()
    names = (*contacts, "oncall", "manager", "director", "incident", "tier")
    fill = {name: getattr(team, name) for name in names if not getattr(owner, name)}
    return replace(owner, **fill)


def _addresses(value: object) -> tuple[str, ...]:
    given = value[:MAX_ADDRESSES] if isinstance(value, list | tuple) else ()
    return tuple(found for one in given if (found := address_in(one)))


def _in_zone(calendar: Calendar, zone: object) -> Calendar:
    try:
        return replace(calendar, zone=ZoneInfo(zone)) if isinstance(zone, str) else calendar
    except (KeyError, ValueError, OSError):  # raised by `ZoneInfo` for invalid names
        return calendar
