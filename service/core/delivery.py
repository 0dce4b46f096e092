"""Delivery of one message: what can come of an attempt, when to try again, when to give up, who hears instead."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from service.core.address import Address, TransportName
from service.core.messages.blocks import MAX_TEXT
from service.core.messages.message import Message
from service.core.ownership import Channels
from service.core.wording.blocks import Section
from service.core.wording.names import name

PACE_SECONDS = 1.0
"""Between two posts to one channel: Slack takes about one a second."""
GIVE_UP_AFTER = 12
"""Attempts, about six hours of them, before a destination counts as failed and somebody else hears."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message and all its replies are there. Both None: there is no Slack, the local outbox has it."""

    channel: str | None
    """Slack's id of the conversation."""
    ts: str | None
    """Slack's id of the message in it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not sent, and a later attempt may do."""

    reason: str
    after_seconds: float = 0
    """At least so long, from the attempt on, as the other side asked for."""
    scope: Literal["destination", "workspace"] = "destination"
    """workspace: no other destination would do better now."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Not sent, and no attempt will do until somebody acts."""

    reason: str
    scope: Literal["destination", "message", "workspace"]
    """destination: others can be told. message: its text may pass without blocks. workspace: nobody can be told."""
    remedy: str
    """What the operator can do about it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """All or some of it may have been sent: it is looked up before anything is sent again."""

    reason: str
    after_seconds: float = 0


Outcome = Delivered | Retry | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Found:
    """A message in doubt is there, with the first `replies` of its replies."""

    root: Delivered
    replies: int


@dataclass(frozen=True, slots=True)
class Absent:
    """A message in doubt is not there."""


Sought = Found | Absent | Retry | Failed


class Transport(Protocol):
    """Where messages go. Neither method raises for what the other side does; that is an outcome.

    `now`: as of when whoever is on duty is looked up.
    """

    @property
    def is_local(self) -> bool:
        """There is no Slack behind it: the local outbox is where a message ends."""

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Found | None = None
    ) -> Outcome:
        """Post the message and its replies, marked with `message_id`. `found`: only what is missing."""

    async def find(self, message_id: UUID, destination: Address, since: datetime, *, now: datetime) -> Sought:
        """Look for a message of that id, posted at `since` or later by the real clock."""


Transports = Mapping[TransportName, Transport]


def next_attempt(attempts: int, outcome: Retry | Unknown, now: datetime) -> datetime | None:
    """When to try again after `attempts` tries, the last one included. None: give up."""
    if attempts >= GIVE_UP_AFTER:
        return None
    doublings: int = 2 ** (attempts - 1)
    return now + max(min(FIRST_WAIT * doublings, LONGEST_WAIT), timedelta(seconds=outcome.after_seconds))


def elsewhere(destination: str, came_from: Collection[str | None], channels: Channels) -> str | None:
    """Who hears instead of a destination that failed: the fallback, then the operator. None: nobody is left.

    `came_from`: the destinations that failed before on the way here.
    """
    others = (channels.fallback, channels.operator)
    return next((other for other in others if other != destination and other not in came_from), None)


def plain(message: Message) -> Message:
    """What is left when Slack refuses the blocks: the text alone."""
    return Message(message.text, (Section((name(message.text, MAX_TEXT),)),))
