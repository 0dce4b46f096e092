"""Addresses of lastcall.yaml -> Slack's ids of conversations."""

import re
from collections import OrderedDict
from datetime import datetime
from typing import Protocol, TypeVar

import structlog

from service.adapters.slack import answers
from service.adapters.slack.errors import NO_SUCH_PLACE
from service.core.delivery import Failed, Retry
from service.core.directory.answer import Unavailable
from service.core.directory.duty import Nobody, OnDuty

T = TypeVar("T")
log = structlog.get_logger(__name__)

CONVERSATION = re.compile(r"[CGD][A-Z0-9]{2,}")
USER = re.compile(r"[UW][A-Z0-9]{2,}")
GROUP = re.compile(r"S[A-Z0-9]{2,}")
PAGERDUTY = "pagerduty"
MOST_TOGETHER = 8
"""Whom Slack lets into one direct conversation beside the app."""
REMEMBERED = 10_000
"""Direct conversations whose ids are kept; the one not used for longest goes first."""


class Ask(Protocol):
    async def __call__(self, method: str, shape: type[T], **arguments: object) -> T | Retry | Failed:
        """One call that changes nothing, so that an unknown outcome, an answer of another shape too, is a retry."""


class Rota(Protocol):
    """Who is on duty, and who was, while nobody can say."""

    async def on_call(self, address: str, *, now: datetime) -> OnDuty:
        """E-mail addresses of those on duty by `pagerduty:...`."""

    async def believe(self, address: str, answer: OnDuty, *, now: datetime) -> OnDuty:
        """Whom to tell after Slack's `answer` on the members of a user group, by their ids."""


class Addresses:
    """`#channel`, `user:<email>`, `usergroup:<handle>`, `pagerduty:...` or a Slack id, as `core.ownership.Destination`
    has them.

    A user group, or whoever is on call, hears in one conversation with those of that moment; Slack allows eight.
    When nobody can say who they are, they are those of the last good answer, for a week. When nobody is, or was too
    long ago, the address fails.
    """

    def __init__(self, ask: Ask, rota: Rota | None = None) -> None:
        self._ask, self._rota = ask, rota
        self._direct: OrderedDict[str, str] = OrderedDict()

    async def to_post(self, address: str, now: datetime) -> str | Retry | Failed:
        """What `chat.postMessage` takes. A channel goes by its name: Slack knows it, and nothing can be stale."""
        if address.startswith("#") or CONVERSATION.fullmatch(address):
            return address
        if known := self._direct.get(address):
            self._direct.move_to_end(address)
            return known
        users = await self._users(address, now)
        return users if isinstance(users, (Retry, Failed)) else await self._open(address, users)

    async def to_search(self, address: str, now: datetime) -> str | Retry | Failed:
        """The id that `conversations.history` wants."""
        return await self._channel_id(address[1:]) if address.startswith("#") else await self.to_post(address, now)

    def forget(self, address: str) -> None:
        """The address failed: look it up anew the next time."""
        self._direct.pop(address, None)

    async def _users(self, address: str, now: datetime) -> list[str] | Retry | Failed:
        kind, _, name = address.partition(":")
        if USER.fullmatch(address):
            return [address]
        if kind == "user":
            answer = await self._ask("users.lookupByEmail", answers.User, email=name)
            return answer if isinstance(answer, (Retry, Failed)) else [answer.user.id]
        if kind == "usergroup" or GROUP.fullmatch(address):
            return await self._members(address, name or address, now)
        if kind == PAGERDUTY and self._rota is not None:
            return await self._on_call(await self._rota.on_call(address, now=now))
        return NO_SUCH_PLACE["unknown_address"]

    async def _on_call(self, emails: OnDuty) -> list[str] | Retry | Failed:
        """Those of whom Slack knows the e-mail address."""
        if isinstance(emails, Nobody | Unavailable):
            return Failed(emails.reason, "destination", emails.remedy)
        users: list[str] = []
        unknown = NO_SUCH_PLACE["not_enough_users"]
        for email in emails[:MOST_TOGETHER]:
            answer = await self._ask("users.lookupByEmail", answers.User, email=email)
            if isinstance(answer, Retry):
                return answer
            if isinstance(answer, Failed):
                unknown = answer
            else:
                users.append(answer.user.id)
        return users or unknown

    async def _members(self, address: str, group: str, now: datetime) -> list[str] | Retry | Failed:
        answer = await self._ask("usergroups.list", answers.Groups, include_users=True)
        if isinstance(answer, Retry) or (isinstance(answer, Failed) and answer.scope != "destination"):
            return answer
        said = _nothing_said(answer) if isinstance(answer, Failed) else _in_group(answer, group.lstrip("@"))
        people = said if self._rota is None else await self._rota.believe(address, said, now=now)
        if isinstance(people, Nobody | Unavailable):
            return Failed(people.reason, "destination", people.remedy)
        return list(people)

    async def _open(self, address: str, users: list[str]) -> str | Retry | Failed:
        answer = await self._ask("conversations.open", answers.Opened, users=users)
        if isinstance(answer, (Retry, Failed)):
            return answer
        conversation = answer.channel.id
        if address.startswith("user:") or USER.fullmatch(address):  # who is in a group, or on call, changes
            self._direct[address] = conversation
            if len(self._direct) > REMEMBERED:
                self._direct.popitem(last=False)
        return conversation

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
                return NO_SUCH_PLACE["not_in_channel"]


def _in_group(answer: answers.Groups, group: str) -> OnDuty:
    found = next((one for one in answer.usergroups if group in (one.id, one.handle)), None)
    if found is not None and found.users:
        return tuple(found.users)
    why = NO_SUCH_PLACE["no_such_subteam" if found is None else "not_enough_users"]
    return Nobody(why.reason, why.remedy)


def _nothing_said(refused: Failed) -> Unavailable:
    return Unavailable(refused.reason, refused.remedy, is_refusal=True)
