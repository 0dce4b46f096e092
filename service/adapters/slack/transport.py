"""The only module that uses slack-sdk: posts messages and looks them up."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import msgspec
import structlog
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from service.adapters.slack import answers
from service.adapters.slack.addresses import Addresses, OnDutyLookup
from service.adapters.slack.errors import UNREADABLE, no_answer, no_connection, refused
from service.core.address import Address
from service.core.delivery import (
    PACE_SECONDS,
    Absent,
    Delivered,
    Failed,
    Outcome,
    Retry,
    Sent,
    Sought,
    Transport,
    Unknown,
)
from service.core.messages.message import Message
from service.core.wording import to_slack
from service.core.wording.blocks import Block

__all__ = ["LocalTransport", "SlackTransport", "Transport", "open_slack"]

T = TypeVar("T")
log = structlog.get_logger(__name__)

EVENT_TYPE = "lastcall_message"
"""Event type in the metadata of lastcall's messages; the payload has the id."""
TIMEOUT_SECONDS = 30.0
ERROR = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
"""Form of Slack's error strings. Other text does not come from Slack."""
CLOCK_DIFFERENCE = timedelta(minutes=5)
"""Possible delay of Slack's clock behind the database's, for look-ups."""


@asynccontextmanager
async def open_slack(
    token: SecretStr,
    *,
    api_url: str,
    timeout_seconds: float = TIMEOUT_SECONDS,
    pace_seconds: float = PACE_SECONDS,
    rota: OnDutyLookup | None = None,
) -> AsyncIterator["SlackTransport"]:
    """A transport to the workspace of `token`. `rota`: looks up people on duty outside Slack.

    It uses the proxies of the environment and respects `NO_PROXY`.
    """
    # slack-sdk logs payloads at debug level, and checks only its own logger's level.
    logger = logging.getLogger("slack_sdk")
    logger.setLevel(logging.WARNING)
    limit = aiohttp.ClientTimeout(total=timeout_seconds)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()) as session:
        client = AsyncWebClient(token.get_secret_value(), api_url, session=session, retry_handlers=[], logger=logger)
        client.proxy = None  # the session has the proxy; slack-sdk's own code ignores NO_PROXY
        yield SlackTransport(client, pace_seconds=pace_seconds, rota=rota)


class SlackTransport:
    """Posts through the Web API. The retries of slack-sdk are off: retrying a post that arrived would send it twice."""

    is_local = False

    def __init__(self, client: AsyncWebClient, *, pace_seconds: float, rota: OnDutyLookup | None = None) -> None:
        self._client = client
        self._addresses = Addresses(self._ask, rota)
        self._pace = Pace(pace_seconds)

    async def check(self) -> Retry | Failed | None:
        """Check the token. None: it is valid."""
        answer = await self._ask("auth.test", answers.Ok)
        return answer if isinstance(answer, (Retry, Failed)) else None

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Sent | None = None
    ) -> Outcome:
        channel = await self._addresses.to_post(destination, now)
        if isinstance(channel, (Retry, Failed)):
            return channel
        root = found.root if found else await self._post(channel, message.text, message.blocks, {"id": str(message_id)})
        if not isinstance(root, Delivered):
            if isinstance(root, Failed):
                self._addresses.forget(destination)
            return root
        for number, blocks in enumerate(message.replies, 1):
            if found and number <= found.replies:
                continue
            mark = {"id": str(message_id), "reply": number}
            reply = await self._post(channel, message.text, blocks, mark, thread=root)
            if not isinstance(reply, Delivered):
                return _in_part(reply)
        return root

    async def find(self, message_id: UUID, destination: Address, since: datetime, *, now: datetime) -> Sought:
        channel = await self._addresses.to_search(destination, now)
        if isinstance(channel, (Retry, Failed)):
            return channel
        oldest = str((since - CLOCK_DIFFERENCE).timestamp())
        marked = await self._marked(message_id, "conversations.history", channel=channel, oldest=oldest)
        if isinstance(marked, (Retry, Failed)):
            return marked
        if not marked:
            return Absent()
        root = Delivered(channel, marked[0].ts)
        replies = await self._marked(message_id, "conversations.replies", channel=channel, ts=root.ts)
        if isinstance(replies, (Retry, Failed)):
            return replies
        return Sent(root, max((_mark(one).get("reply", 0) for one in replies), default=0))

    async def _post(
        self, channel: str, text: str, blocks: Sequence[Block], mark: dict[str, Any], *, thread: Delivered | None = None
    ) -> Outcome:
        await self._pace.wait(channel)
        answer = await self._call(
            "chat.postMessage",
            answers.Posted,
            json={
                "channel": channel,
                "text": to_slack.escaped(text),
                "blocks": [to_slack.block(one) for one in blocks],
                "metadata": {"event_type": EVENT_TYPE, "event_payload": mark},
                "unfurl_links": False,
                "unfurl_media": False,
                **({"thread_ts": thread.ts} if thread else {}),
            },
        )
        self._pace.posted(channel)
        return Delivered(answer.channel, answer.ts) if isinstance(answer, answers.Posted) else answer

    async def _marked(self, message_id: UUID, method: str, **where: Any) -> list[answers.Listed] | Retry | Failed:
        """Messages with this id, over all pages."""
        found: list[answers.Listed] = []
        cursor = ""
        while True:
            answer = await self._ask(
                method, answers.Messages, **where, include_all_metadata=True, limit=200, cursor=cursor
            )
            if isinstance(answer, (Retry, Failed)):
                return answer
            found += [one for one in answer.messages if _mark(one).get("id") == str(message_id)]
            cursor = answers.cursor_of(answer)
            if not cursor:
                return found

    async def _ask(self, method: str, shape: type[T], **arguments: Any) -> T | Retry | Failed:
        """A call without side effects, so it can be repeated after an unknown outcome."""
        given = {name: ",".join(v) if isinstance(v, list) else v for name, v in arguments.items() if v != ""}
        verb = "POST" if method == "conversations.open" else "GET"
        answer = await self._call(method, shape, http_verb=verb, params=given)
        return Retry(answer.reason, answer.after_seconds) if isinstance(answer, Unknown) else answer

    async def _call(self, method: str, shape: type[T], **request: Any) -> T | Retry | Failed | Unknown:
        try:
            response = await self._client.api_call(method, **request)
            return msgspec.convert(response.data, shape)
        except SlackApiError as error:
            return _translate(method, error.response)
        except aiohttp.ClientConnectorError:
            return no_connection()
        except TimeoutError:
            return no_answer("timeout")
        except aiohttp.ClientError:
            return no_answer("connection_broke")
        except Exception as error:  # slack-sdk raises arbitrary errors for an unreadable body
            log.warning("unreadable answer", method=method, error=type(error).__name__)
            return no_answer(UNREADABLE)


class Pace:
    """Spaces this process's posts to one channel. The lease keeps other processes away from the destination."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next: dict[str, float] = {}

    async def wait(self, channel: str) -> None:
        clock = asyncio.get_running_loop().time
        self._next = {other: at for other, at in self._next.items() if at > clock()}
        await asyncio.sleep(self._next.get(channel, 0) - clock())

    def posted(self, channel: str) -> None:
        """Counts from Slack's answer, because the duration of a post varies."""
        self._next[channel] = asyncio.get_running_loop().time() + self._seconds


class LocalTransport:
    """Used without a Slack token: the outbox page shows the stored message, and `show` is called."""

    is_local = True

    def __init__(self, show: Callable[[str, Message], None]) -> None:
        self._show = show
        """Called with the destination and the message."""

    async def post(
        self, message: Message, destination: Address, message_id: UUID, *, now: datetime, found: Sent | None = None
    ) -> Outcome:
        self._show(str(destination), message)
        return Delivered(None, None)

    async def find(self, message_id: UUID, destination: Address, since: datetime, *, now: datetime) -> Sought:
        """Always absent: it is unknown whether `show` ran, and showing a message twice is better than never."""
        return Absent()


def _mark(message: answers.Listed) -> dict[str, Any]:
    metadata = message.metadata or {}
    payload = metadata.get("event_payload") if metadata.get("event_type") == EVENT_TYPE else None
    return payload if isinstance(payload, dict) else {}


def _in_part(outcome: Retry | Failed | Unknown) -> Unknown:
    """The root was posted, but not a reply: the next attempt must look up how far this one came."""
    return Unknown(outcome.reason, 0 if isinstance(outcome, Failed) else outcome.after_seconds)


def _translate(method: str, response: object) -> Retry | Failed | Unknown:
    """`response` is an aiohttp response if slack-sdk could not read the body."""
    if isinstance(response, AsyncSlackResponse):
        status, data = response.status_code, response.data
    elif isinstance(response, aiohttp.ClientResponse):
        status, data = response.status, None
    else:
        return no_answer(UNREADABLE)
    error = data.get("error") if isinstance(data, dict) else None
    after = str(response.headers.get("Retry-After", ""))
    return refused(
        method,
        status=status,
        error=error if isinstance(error, str) and ERROR.fullmatch(error) else None,
        after_seconds=float(after) if after.isdecimal() else 0,
    )
