"""An HTTP server on loopback that answers as a provider, a feed or a broken network does, and records requests."""

import asyncio
import gzip
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import web
from yarl import URL

from service.adapters.sources.listing import Authorize, ModelList, Provider, with_headers
from service.adapters.sources.source import Answer, CatalogSource, Failed, Read, Version
from service.core.catalog.finding import Finding, Reading

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class SourceServer:
    handler: Handler | None = None
    """Answers what is not scripted."""
    scripted: deque[Handler] = field(default_factory=deque)
    """Of the next requests, one each."""
    asked: list[web.Request] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.stopping = asyncio.Event()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = URL(f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1/models")
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stopping.set()
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        handler = self.scripted.popleft() if self.scripted else self.handler
        assert handler is not None, f"nobody expected {request.path_qs}"
        return await handler(request)

    def model_list(self, provider: Provider, authorize: Authorize | None = None) -> ModelList:
        """The provider's list of models, asked of this server in the provider's place."""
        url = self.url.with_query(URL(provider.url).query)
        return ModelList(self.http, provider, authorize or with_headers({"Authorization": "Bearer test"}), url=str(url))

    def use(self, http: Any) -> Self:
        self.http = http
        return self


def answer(
    content: Any, *, status: int = 200, headers: dict[str, str] | None = None, content_type: str = "application/json"
) -> Handler:
    """Bytes as they are; anything else as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()

    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers, content_type=content_type)

    return handle


def pages(*contents: Any) -> deque[Handler]:
    return deque(answer(content) for content in contents)


def conditional(content: bytes, *, etag: str) -> Handler:
    """200 with an ETag, then 304 to those who send it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {"ETag": etag, "Last-Modified": "Tue, 01 Dec 2026 00:00:00 GMT"}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=content, headers=headers)

    return handle


async def cut(request: web.Request) -> web.StreamResponse:
    """Half an answer: the connection breaks before the announced length."""
    response = web.StreamResponse(headers={"Content-Length": "5000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"data": [{"id": "gpt-4o"')
    assert request.transport is not None
    request.transport.close()
    return response


def slow(server: SourceServer) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        with suppress(TimeoutError):
            await asyncio.wait_for(server.stopping.wait(), 60)
        return web.Response()

    return handle


def redirect(to: URL, *, status: int = 302) -> Handler:
    async def handle(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": str(to)})

    return handle


def gzip_of(size: int) -> Handler:
    """Zeros, compressed a thousand to one."""
    return answer(gzip.compress(b"0" * size), headers={"Content-Encoding": "gzip"})


async def reading(source: CatalogSource, known: Version | None = None) -> Reading:
    answered = await source.read(known, NOW)
    assert isinstance(answered, Read), answered
    return answered.reading


async def failure(source: CatalogSource) -> Failed:
    answered: Answer = await source.read(None, NOW)
    assert isinstance(answered, Failed), answered
    return answered


def by_id(read: Reading) -> dict[str, Finding]:
    return {finding.id: finding for finding in read.findings}
