"""What the fakes of directories share: HTTP on loopback, scripted failures, a record of what was asked."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Fault:
    """What a scripted answer is instead. One of the fields is set."""

    status: int | None = None
    body: bytes | None = None
    """Status 200, and this."""
    slow: float = 0
    """Seconds before any answer."""


@dataclass
class DirectoryServer(ABC):
    faults: deque[Fault] = field(default_factory=deque)
    """Of the next requests, one each."""
    asked: list[web.Request] = field(default_factory=list)
    url: str = ""

    @abstractmethod
    def answer(self, request: web.Request) -> web.Response: ...

    async def __aenter__(self) -> Self:
        self._stopping = asyncio.Event()
        application = web.Application()
        application.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        fault = self.faults.popleft() if self.faults else Fault()
        if fault.slow:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), fault.slow)
        if fault.status:
            return web.Response(status=fault.status, text="<html>upstream error</html>", content_type="text/html")
        if fault.body is not None:
            return web.Response(body=fault.body, content_type="application/json")
        return self.answer(request)
