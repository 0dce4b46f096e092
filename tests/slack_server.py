"""The one fake: an HTTP Slack that behaves like Slack, limits and errors included, and records what it got.

As a fixture: `async with SlackServer(...) as slack`. By hand: `python -m tests.slack_server --port 8099`.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from tests.slack_workspace import Args, Channel, Posted, RateLimit, Refusal, Workspace

__all__ = ["Channel", "Fault", "Posted", "SlackServer"]


@dataclass(frozen=True)
class Call:
    method: str
    args: Args
    at: float
    """Seconds of a clock that only runs forward."""


@dataclass(frozen=True)
class Fault:
    """What a scripted call does instead of, or besides, its work. One of the fields is set."""

    error: str | None = None
    """ok: false with this error."""
    status: int | None = None
    """An HTTP status with a body that is no JSON."""
    body: bytes | None = None
    """Status 200, said to be JSON, and this."""
    retry_after: int | None = None
    """429 with this header."""
    cut: str | None = None
    """The connection ends "before" or "after" the work is done."""
    slow: float = 0
    """The work is done, the answer comes so many seconds later."""


@dataclass
class SlackServer(Workspace):
    """A workspace that answers on loopback."""

    token: str = "xoxb-test"
    token_error: str | None = None
    """invalid_auth, account_inactive ...: what every call with the right token is answered."""
    port: int = 0
    """0: any free one."""
    url: str = ""
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._stopping = asyncio.Event()

    def fail(self, method: str, *faults: Fault) -> None:
        """Script the next calls of `method`, one fault each."""
        self._faults[method] += faults

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/api/{method}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/"

    async def stop(self) -> None:
        self._stopping.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method, args = request.match_info["method"], await _arguments(request)
        self.calls.append(Call(method, args, time.monotonic()))
        faults = self._faults[method]
        fault = faults.popleft() if faults else Fault()
        if fault.cut == "before":
            return _cut(request)
        if (scripted := _scripted(fault)) is not None:
            return scripted
        try:
            self._admit(request, fault)
            body = {"ok": True, **self.work(method, args)}
        except RateLimit as limit:
            return _rate_limited(limit.seconds)
        except Refusal as refusal:
            body = {"ok": False, "error": refusal.error}
        if fault.cut == "after":
            return _cut(request)
        if fault.slow:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), fault.slow)
        return web.json_response(body)

    def _admit(self, request: web.Request, fault: Fault) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise Refusal("not_authed")
        if token != self.token:
            raise Refusal("invalid_auth")
        if error := self.token_error or fault.error:
            raise Refusal(error)


async def _arguments(request: web.Request) -> Args:
    """From the query, a form, or JSON; as Slack does, whatever the verb."""
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        args |= await request.json()
    elif request.can_read_body:
        args |= {name: _parsed(name, str(value)) for name, value in (await request.post()).items()}
    return args


def _parsed(name: str, value: str) -> Any:
    return json.loads(value) if name in {"blocks", "metadata"} else value


def _scripted(fault: Fault) -> web.Response | None:
    if fault.status:
        return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")
    if fault.body is not None:
        return web.Response(body=fault.body, content_type="application/json")
    return None if fault.retry_after is None else _rate_limited(fault.retry_after)


def _rate_limited(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _cut(request: web.Request) -> web.Response:
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()


async def _serve(port: int, channels: list[str], users: list[str]) -> None:
    def show(posted: Posted) -> None:
        sys.stdout.write(f"{posted.ts} {posted.where} {posted.text}\n")
        sys.stdout.flush()

    named = [Channel(f"C{i:08}", name) for i, name in enumerate(channels, 1)]
    known = {email: f"U{i:08}" for i, email in enumerate(users, 1)}
    async with SlackServer(channels=named, users=known, on_post=show, port=port) as slack:
        sys.stdout.write(f"LASTCALL_SLACK_API_URL={slack.url} LASTCALL_SLACK_TOKEN={slack.token}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="A Slack for trying things out. Prints what it is sent.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--channel", action="append", default=[], help="name without #; may be repeated")
    parser.add_argument("--user", action="append", default=[], help="e-mail address; may be repeated")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.channel or ["general"], given.user))


if __name__ == "__main__":
    main()
