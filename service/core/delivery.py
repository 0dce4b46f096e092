"""Delivery of one message: outcomes of an attempt, retries, and other destinations after a failure."""

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
"""Interval between two posts to one channel: Slack accepts about one per second."""
GIVE_UP_AFTER = 12
"""Attempts, over about six hours, before a destination counts as failed."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The message and all its replies are posted. Both fields None: without Slack, in the local outbox."""

    channel: str | None
    """Slack's id of the conversation."""
    ts: str | None
    """Slack's id of the message in it."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not sent; a later attempt may succeed."""

    reason: str
    after_seconds: float = 0
    """Minimum wait that the other side asked for."""
    scope: Literal["destination", "workspace"] = "destination"
    """workspace: all destinations are affected."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Not sent; no attempt will succeed until somebody acts."""

    reason: str
    scope: Literal["destination", "message", "workspace"]
    """destination: others work. message: its text may be accepted without blocks. workspace: no destination works."""
    remedy: str
    """Remedy for the operator."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The message may have been sent, at least in part. lastcall looks it up before it sends anything again."""

    reason: str
    after_seconds: float = 0


Outcome = Delivered | Retry | Failed | Unknown


@dataclass(frozen=True, slots=True)
class Sent:
    """A message with an unknown outcome was sent, with the first `replies` of its replies."""

    root: Delivered
    replies: int


@dataclass(frozen=True, slots=True)
class Absent:
    """A message with an unknown outcome was not sent."""


Sought = Sent | Absent | Retry | Failed


class Transport(Protocol):
    """Delivers messages. Errors of the other side are outcomes, not exceptions.

    `now`: time for which the people on duty are looked up.
    """

    @property
    def is_local(self) -> bool:
        """True: messages go to the local outbox only."""

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Sent | None = None
    ) -> Outcome:
        """Post the message and its replies, marked with `message_id`. With `found`: only missing replies."""

    async def find(self, message_id: UUID, destination: Address, since: datetime, *, now: datetime) -> Sought:
        """Look up a message with that id, posted at `since` or later by the real clock."""


Transports = Mapping[TransportName, Transport]


def next_attempt(attempts: int, outcome: Retry | Unknown, now: datetime) -> datetime | None:
    """When to retry after `attempts` attempts. None: give up."""
    if attempts >= GIVE_UP_AFTER:
        return None
    doublings: int = 2 ** (attempts - 1)
    return now + max(min(FIRST_WAIT * doublings, LONGEST_WAIT), timedelta(seconds=outcome.after_seconds))


def elsewhere(destination: str, came_from: Collection[str | None], channels: Channels) -> str | None:
    """The replacement of a failed destination: the fallback, then the operator. None: there is none left.

    `came_from`: the destinations that failed earlier.
    """
    others = (channels.fallback, channels.operator)
    return next((other for other in others if other != destination and other not in came_from), None)


def plain(message: Message) -> Message:
    """The message as text only, if Slack refuses the blocks."""
    return Message(message.text, (Section((name(message.text, MAX_TEXT),)),))
