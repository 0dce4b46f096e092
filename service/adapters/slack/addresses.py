"""Addresses of lastcall.yaml -> ids of Slack conversations."""

from collections import OrderedDict
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from service.adapters.slack import answers
from service.adapters.slack.errors import LOOKUP_ERRORS
from service.core.address import Address, Channel, NoAddress, OnCall, Person, SlackId, UserGroup
from service.core.delivery import Failed, Retry
from service.core.directory.answer import Unavailable
from service.core.directory.duty import Nobody, OnDuty

T = TypeVar("T")
log = structlog.get_logger(__name__)

MOST_TOGETHER = 8
"""Slack's limit of people in one direct conversation, besides the app."""
REMEMBERED = 10_000
"""Size of the cache of direct conversations, least recently used first out."""


class Ask(Protocol):
    async def __call__(self, method: str, shape: type[T], **arguments: object) -> T | Retry | Failed:
        """A call without side effects: an unknown outcome or an invalid answer is a retry."""


class OnDutyLookup(Protocol):
    """The people on duty, and the last answer as a fallback."""

    async def on_call(self, address: OnCall, *, now: datetime) -> OnDuty:
        """E-mail addresses of the people on duty."""

    async def believe(self, address: Address, answer: OnDuty, *, now: datetime) -> OnDuty:
        """The member ids to use after Slack's `answer` about a user group."""


class Addresses:
    """The members of a user group, or the people on call, are notified in one conversation; Slack allows eight.

    If the look-up fails, the last valid answer counts for a week. If nobody is on duty, or the last answer is too old,
    the address fails.
    """

    def __init__(self, ask: Ask, rota: OnDutyLookup | None = None) -> None:
        self._ask, self._rota = ask, rota
        self._direct: OrderedDict[Address, str] = OrderedDict()

    async def to_post(self, address: Address, now: datetime) -> str | Retry | Failed:
        """The `channel` argument of `chat.postMessage`. A channel is addressed by name, which is never stale."""
        match address:
            case Channel() | SlackId(kind="conversation"):
                return str(address)
            case Person() | SlackId(kind="user"):
                return await self._to_person(address)
            case UserGroup() | SlackId():
                return await self._open(await self._members(address, now))
            case OnCall() if self._rota is not None:
                return await self._open(await self._on_call(await self._rota.on_call(address, now=now)))
            case OnCall() | NoAddress():
                return LOOKUP_ERRORS["unknown_address"]

    async def to_search(self, address: Address, now: datetime) -> str | Retry | Failed:
        """The id for `conversations.history`."""
        if isinstance(address, Channel):
            return await self._channel_id(address.name)
        return await self.to_post(address, now)

    def forget(self, address: Address) -> None:
        """Drop the cached id after a failure."""
        self._direct.pop(address, None)

    async def _to_person(self, address: Person | SlackId) -> str | Retry | Failed:
        """Cached, because the conversation with a person never changes; members of groups do."""
        if known := self._direct.get(address):
            self._direct.move_to_end(address)
            return known
        conversation = await self._open(await self._user(address))
        if isinstance(conversation, str):
            self._direct[address] = conversation
            if len(self._direct) > REMEMBERED:
                self._direct.popitem(last=False)
        return conversation

    async def _user(self, address: Person | SlackId) -> list[str] | Retry | Failed:
        if isinstance(address, SlackId):
            return [address.id]
        answer = await self._ask("users.lookupByEmail", answers.User, email=address.email)
        return answer if isinstance(answer, (Retry, Failed)) else [answer.user.id]

    async def _on_call(self, emails: OnDuty) -> list[str] | Retry | Failed:
        """The people whose e-mail address Slack knows."""
        if isinstance(emails, Nobody | Unavailable):
            return Failed(emails.reason, "destination", emails.remedy)
        users: list[str] = []
        unknown = LOOKUP_ERRORS["not_enough_users"]
        for email in emails[:MOST_TOGETHER]:
            answer = await self._ask("users.lookupByEmail", answers.User, email=email)
            if isinstance(answer, Retry):
                return answer
            if isinstance(answer, Failed):
                unknown = answer
            else:
                users.append(answer.user.id)
        return users or unknown

    async def _members(self, address: UserGroup | SlackId, now: datetime) -> list[str] | Retry | Failed:
        group = address.handle if isinstance(address, UserGroup) else address.id
        answer = await self._ask("usergroups.list", answers.Groups, include_users=True)
        if isinstance(answer, Retry) or (isinstance(answer, Failed) and answer.scope != "destination"):
            return answer
        said = _nothing_said(answer) if isinstance(answer, Failed) else _in_group(answer, group.lstrip("@"))
        people = said if self._rota is None else await self._rota.believe(address, said, now=now)
        if isinstance(people, Nobody | Unavailable):
            return Failed(people.reason, "destination", people.remedy)
        return list(people)

    async def _open(self, users: list[str] | Retry | Failed) -> str | Retry | Failed:
        """The direct conversation with all of these people."""
        if isinstance(users, (Retry, Failed)):
            return users
        answer = await self._ask("conversations.open", answers.OpenedChannel, users=users)
        return answer if isinstance(answer, (Retry, Failed)) else answer.channel.id

    async def _channel_id(self, name: str) -> str | Retry | Failed:
        cursor = ""
        while True:
            answer = await self._ask(
                "users.conversations",
                answers.Conversations,
                types="public_channel,private_channel",
                limit=500,
                cursor=cursor,
            )
            if isinstance(answer, (Retry, Failed)):
                return answer
            for channel in answer.channels:
                if channel.name == name:
                    return channel.id
            cursor = answers.cursor_of(answer)
            if not cursor:
                return LOOKUP_ERRORS["not_in_channel"]


def _in_group(answer: answers.Groups, group: str) -> OnDuty:
    found = next((one for one in answer.usergroups if group in (one.id, one.handle)), None)
    if found is not None and found.users:
        return tuple(found.users)
    why = LOOKUP_ERRORS["no_such_subteam" if found is None else "not_enough_users"]
    return Nobody(why.reason, why.remedy)


def _nothing_said(refused: Failed) -> Unavailable:
    return Unavailable(refused.reason, refused.remedy, is_refusal=True)
