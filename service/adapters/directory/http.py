"""Client of directories with JSON over HTTP: bounded in time and size, one attempt, no redirect."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from service.core.directory.answer import Unavailable

TIMEOUT_SECONDS = 20.0
MAX_BYTES = 32 * 1024 * 1024
"""Per answer."""
REACHABLE = "Check its address in lastcall.yaml, and the network between lastcall and it."
_DOWN = "lastcall retries by itself."


@asynccontextmanager
async def open_http(*, timeout_seconds: float = TIMEOUT_SECONDS) -> AsyncIterator[aiohttp.ClientSession]:
    """A session for all directories of a process. It uses the proxies of the environment."""
    limit = aiohttp.ClientTimeout(total=timeout_seconds)
    async with aiohttp.ClientSession(timeout=limit, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


class JsonDirectory:
    """A directory at one address, with one credential."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, *, headers: Mapping[str, str], credentials: str, missing: str
    ) -> None:
        """Remedies: `credentials` for 401 and 403, `missing` for 404."""
        self._session, self._url, self._headers = session, url.rstrip("/"), headers
        self._credentials, self._missing = credentials, missing

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> Any | Unavailable:
        """The JSON of an answer. Errors of the other side are returned, not raised."""
        try:
            async with self._session.get(
                self._url + path, params=list(params), headers=self._headers, allow_redirects=False
            ) as response:
                return await _json(response) if response.status == 200 else self._refused(response.status)
        except TimeoutError:
            return Unavailable("timeout", REACHABLE)
        except aiohttp.InvalidURL:
            return Unavailable("no_url", REACHABLE, is_refusal=True)
        except aiohttp.ClientConnectorError:
            return Unavailable("no_connection", REACHABLE)
        except aiohttp.ClientError:
            return Unavailable("connection_broke", REACHABLE)

    def _refused(self, status: int) -> Unavailable:
        reason = f"http_{status}"
        match status:
            case 401 | 403:
                return Unavailable(reason, self._credentials, is_refusal=True)
            case 404:
                return Unavailable(reason, self._missing, is_refusal=True)
            case _ if status in {408, 429} or status >= 500:
                return Unavailable(reason, _DOWN)
            case _:
                return Unavailable(reason, REACHABLE, is_refusal=True)


async def _json(response: aiohttp.ClientResponse) -> Any | Unavailable:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_BYTES:
            return Unavailable("answer_too_large", REACHABLE, is_refusal=True)
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):  # RecursionError: deeply nested brackets
        return Unavailable("unreadable_answer", REACHABLE)
