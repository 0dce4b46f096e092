"""Addresses of destinations: a closed set, with their text form and their transport.

lastcall.yaml, directories and the database store an address as text: `parse` reads it, `str` writes it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

TransportName = Literal["slack"]
_SLACK_ID = re.compile(r"[CGDUWS][A-Z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class Channel:
    """`#team-search`"""

    name: str

    def __str__(self) -> str:
        return f"#{self.name}"

    def in_words(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Person:
    """`user:ada@example.com`; in words, the e-mail address only."""

    email: str

    def __str__(self) -> str:
        return f"user:{self.email}"

    def in_words(self) -> str:
        return self.email


@dataclass(frozen=True, slots=True)
class UserGroup:
    """`usergroup:search`: its members when the message is sent."""

    handle: str

    def __str__(self) -> str:
        return f"usergroup:{self.handle}"

    def in_words(self) -> str:
        return f"@{self.handle}"


@dataclass(frozen=True, slots=True)
class SlackId:
    """`C0123456789`"""

    id: str

    def __str__(self) -> str:
        return self.id

    def in_words(self) -> str:
        return self.id

    @property
    def kind(self) -> Literal["conversation", "user", "group"]:
        return "group" if self.id[0] == "S" else "user" if self.id[0] in "UW" else "conversation"


@dataclass(frozen=True, slots=True)
class OnCall:
    """`pagerduty:PABC123`, `pagerduty:service/PABC123`: the people on duty when the message is sent."""

    of: Literal["schedule", "service"]
    id: str

    def __str__(self) -> str:
        return f"pagerduty:service/{self.id}" if self.of == "service" else f"pagerduty:{self.id}"

    def in_words(self) -> str:
        return f"on call by PagerDuty {self.of} {self.id}"


@dataclass(frozen=True, slots=True)
class NoAddress:
    """A text that is not an address: nothing can be delivered to it."""

    text: str

    def __str__(self) -> str:
        return self.text

    def in_words(self) -> str:
        return self.text


Address = Channel | Person | UserGroup | SlackId | OnCall | NoAddress
TRANSPORTS: Mapping[type[Address], TransportName] = dict.fromkeys(get_args(Address), "slack")
"""The transport of each kind of address. On-call people are looked up and notified on Slack."""


def parse(text: str) -> Address:
    """Total. A bare e-mail address means a person."""
    scheme, _, name = text.partition(":")
    if name and scheme in _SCHEMES:
        return _SCHEMES[scheme](name)
    if text.startswith("#"):
        return Channel(text[1:])
    if "@" in text:
        return Person(text)
    return SlackId(text) if _SLACK_ID.fullmatch(text) else NoAddress(text)


def _on_call(asked: str) -> OnCall:
    service = asked.removeprefix("service/")
    return OnCall("schedule" if service == asked else "service", service)


_SCHEMES: Mapping[str, Callable[[str], Address]] = {"user": Person, "usergroup": UserGroup, "pagerduty": _on_call}
