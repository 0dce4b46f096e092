"""service -> Owner; owner x audience -> destinations."""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

Audience = Literal["owner", "team", "oncall", "manager", "director", "incident", "fallback", "operator", "organisation"]
"""Who a step tells. `owner`: the people named for the service, else the team's channel. `fallback`: the channel that is never
empty. `operator`: whoever runs lastcall."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where somebody hears: `#channel`, `user:<email>`, `usergroup:<handle>`, or a Slack id (C..., U..., S...)."""

    address: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a service. `team is None`: nobody is known, so the fallback hears and is asked."""

    team: str | None
    people: tuple[str, ...] = ()
    channel: str | None = None
    oncall: tuple[str, ...] = ()
    manager: tuple[str, ...] = ()
    director: tuple[str, ...] = ()
    incident: str | None = None
    zone: ZoneInfo = ZoneInfo("UTC")
    rule: str = ""
    """Which line of lastcall.yaml said so, for "why you"."""
