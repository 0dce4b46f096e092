"""The state of a Slack workspace and what its methods do to it: the fake's inside, without HTTP."""

import itertools
import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.slack_blocks import fault_of_blocks, fault_of_metadata

Args = dict[str, Any]
PINGS = re.compile(r"<(?:!(?:channel|here|everyone)|!subteam\^\w+|@\w+)(?:\|[^>]*)?>")
TEXT_LIMIT = 40_000


@dataclass
class Channel:
    """`direct`: the users of a direct conversation. `member`: whether the bot is in it."""

    id: str
    name: str = ""
    archived: bool = False
    member: bool = True
    direct: tuple[str, ...] = ()


@dataclass(frozen=True)
class Posted:
    """A message that Slack took."""

    channel: Channel
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]
    thread_ts: str | None

    @property
    def pings(self) -> list[str]:
        """Everybody whom the message would notify."""
        return PINGS.findall(json.dumps([self.text, self.blocks], ensure_ascii=False))

    @property
    def where(self) -> str:
        return f"#{self.channel.name}" if self.channel.name else ",".join(self.channel.direct)


class Refusal(Exception):
    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class RateLimit(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Workspace:
    """`users` maps e-mail addresses to ids, `groups` handles to ids of users."""

    channels: list[Channel] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    posts_a_second: float | None = 1.0
    """By channel, as Slack has it. None: no limit."""
    on_post: Callable[[Posted], None] = lambda posted: None
    posts: list[Posted] = field(default_factory=list)
    """What Slack took, in that order."""

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._last_ts = 0
        self._free_at: dict[str, float] = {}

    def work(self, method: str, args: Args) -> Args:
        """Raises `Refusal` and `RateLimit`."""
        works = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.open": self._open,
            "users.lookupByEmail": self._lookup,
            "users.conversations": self._conversations,
            "usergroups.list": self._usergroups,
        }
        if method not in works:
            raise Refusal("unknown_method")
        return works[method](args)

    def _auth_test(self, args: Args) -> Args:
        return {
            "url": "https://test.slack.com/",
            "team": "Test",
            "user": "lastcall",
            "team_id": "T1",
            "user_id": "UBOT",
            "bot_id": "B1",
        }

    def _post(self, args: Args) -> Args:
        channel = self._channel(args)
        self._check_may_post(channel)
        self._check_content(args)
        thread = args.get("thread_ts")
        if thread and not any(p.ts == thread and p.channel is channel for p in self.posts):
            raise Refusal("thread_not_found")
        self._check_pace(channel)
        posted = Posted(
            channel, self._ts(), args.get("text", ""), args.get("blocks") or [], args.get("metadata") or {}, thread
        )
        self.posts.append(posted)
        self.on_post(posted)
        return {"channel": channel.id, "ts": posted.ts, "message": _shown(posted, metadata=False)}

    def _update(self, args: Args) -> Args:
        channel = self._channel(args)
        self._check_content(args)
        for index, old in enumerate(self.posts):
            if old.channel is channel and old.ts == args.get("ts"):
                text, blocks = args.get("text", ""), args.get("blocks") or []  # without blocks, they are removed
                self.posts[index] = Posted(channel, old.ts, text, blocks, old.metadata, old.thread_ts)
                return {"channel": channel.id, "ts": old.ts, "text": text}
        raise Refusal("message_not_found")

    def _history(self, args: Args) -> Args:
        channel = self._by_id(args)
        oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or math.inf)
        there = [p for p in self.posts if p.channel is channel and p.thread_ts is None]
        return self._page(args, [p for p in reversed(there) if oldest < float(p.ts) < latest])

    def _replies(self, args: Args) -> Args:
        channel = self._by_id(args)
        thread = [p for p in self.posts if p.channel is channel and args.get("ts") in (p.ts, p.thread_ts)]
        if not thread:
            raise Refusal("thread_not_found")
        return self._page(args, thread)

    def _page(self, args: Args, found: list[Posted]) -> Args:
        first, limit = int(args.get("cursor") or 0), int(args.get("limit") or 100)
        metadata = str(args.get("include_all_metadata", "")).lower() in ("1", "true")
        page = [_shown(p, metadata=metadata, replies=self._reply_count(p)) for p in found[first : first + limit]]
        more = first + limit < len(found)
        cursor = str(first + limit) if more else ""
        return {"messages": page, "has_more": more, "response_metadata": {"next_cursor": cursor}}

    def _reply_count(self, posted: Posted) -> int:
        return sum(p.thread_ts == posted.ts and p.channel is posted.channel for p in self.posts)

    def _open(self, args: Args) -> Args:
        users = tuple(sorted(filter(None, str(args.get("users", "")).split(","))))
        if not users:
            raise Refusal("not_enough_users")
        if len(users) > 8:
            raise Refusal("too_many_users")
        known = {*self.users.values(), *itertools.chain(*self.groups.values())}
        if not known.issuperset(users):
            raise Refusal("user_not_found")
        for channel in self.channels:
            if channel.direct == users:
                return {"channel": {"id": channel.id}}
        self.channels.append(Channel(f"D{next(self._ids):08}", direct=users))
        return {"channel": {"id": self.channels[-1].id}}

    def _lookup(self, args: Args) -> Args:
        if args.get("email") not in self.users:
            raise Refusal("users_not_found")
        return {"user": {"id": self.users[args["email"]], "profile": {"email": args["email"]}}}

    def _conversations(self, args: Args) -> Args:
        named = [c for c in self.channels if c.name and c.member]
        first, limit = int(args.get("cursor") or 0), int(args.get("limit") or 100)
        page = [{"id": c.id, "name": c.name, "is_archived": c.archived} for c in named[first : first + limit]]
        cursor = str(first + limit) if first + limit < len(named) else ""
        return {"channels": page, "response_metadata": {"next_cursor": cursor}}

    def _usergroups(self, args: Args) -> Args:
        groups = [{"id": f"S{i:08}", "handle": h, "users": u} for i, (h, u) in enumerate(self.groups.items(), 1)]
        return {"usergroups": groups}

    def _channel(self, args: Args) -> Channel:
        """By id or by name: `chat.postMessage` takes both."""
        wanted = str(args.get("channel", ""))
        for channel in self.channels:
            if wanted in (channel.id, channel.name, f"#{channel.name}") and wanted not in ("", "#"):
                return channel
        raise Refusal("channel_not_found")

    def _by_id(self, args: Args) -> Channel:
        """Reading takes ids only, and of conversations that the bot is in."""
        for channel in self.channels:
            if channel.id == args.get("channel"):
                if not channel.member:
                    raise Refusal("not_in_channel")
                return channel
        raise Refusal("channel_not_found")

    @staticmethod
    def _check_may_post(channel: Channel) -> None:
        if channel.archived:
            raise Refusal("is_archived")
        if not channel.member:
            raise Refusal("not_in_channel")

    @staticmethod
    def _check_content(args: Args) -> None:
        if not args.get("text") and not args.get("blocks"):
            raise Refusal("no_text")
        if len(args.get("text") or "") > TEXT_LIMIT:
            raise Refusal("msg_too_long")
        if fault_of_blocks(args.get("blocks") or []):
            raise Refusal("invalid_blocks")
        if args.get("metadata") and (fault := fault_of_metadata(args["metadata"])):
            raise Refusal(fault)

    def _check_pace(self, channel: Channel) -> None:
        if self.posts_a_second is None:
            return
        now, free_at = time.monotonic(), self._free_at.get(channel.id, 0)
        if now < free_at - 0.05:  # Slack allows a little burst
            raise RateLimit(math.ceil(free_at - now))
        self._free_at[channel.id] = now + 1 / self.posts_a_second

    def _ts(self) -> str:
        """Microseconds, always later than the last."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06}"


def _shown(posted: Posted, *, metadata: bool, replies: int = 0) -> Args:
    shown: Args = {"type": "message", "bot_id": "B1", "ts": posted.ts, "text": posted.text, "blocks": posted.blocks}
    if metadata and posted.metadata:
        shown["metadata"] = posted.metadata
    if posted.thread_ts or replies:
        shown["thread_ts"] = posted.thread_ts or posted.ts
    if replies:
        shown["reply_count"] = replies
    return shown
