"""Fetches documents over HTTP: conditional, with retries, bounded in time and size."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt, wait_random_exponential
from yarl import URL

from service.adapters.sources.source import RELEASE, Failed, Unchanged, Version

MAX_BYTES = 32 * 1024 * 1024
"""Per document, after decompression."""
ATTEMPTS = 3
LONGEST_PAUSE = 30.0
"""Seconds. If a server asks for a longer pause, the next run asks again."""
MAX_REDIRECTS = 5
REACHABLE = "Check its address, and the network between lastcall and it."
_DOWN = "lastcall retries by itself."
_OPEN = "Check its address; it must be readable without a password."
_FIRST_PAUSE = wait_random_exponential(multiplier=0.5, max=5)


@dataclass(frozen=True, slots=True)
class Document:
    body: bytes
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    remedy: str
    """For 401 and 403."""
    redirects: int = 0
    form: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Attempt:
    result: Document | Unchanged | Failed
    again: bool = False
    pause: float | None = None
    """Seconds that the server asks for."""


class Http:
    """Uses the proxies of the environment if the session does. Keeps no cookies and no credential."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(
        self,
        url: URL,
        *,
        headers: Mapping[str, str] | None = None,
        credential: str | None = None,
        known: Version | None = None,
        follow: bool = False,
    ) -> Document | Unchanged | Failed:
        """`credential` is the remedy for 401 and 403; a request with a credential must not `follow` redirects."""
        conditions = {} if known is None else _conditions(known)
        return await self._send(
            _Request("GET", url, {**(headers or {}), **conditions}, credential or _OPEN, MAX_REDIRECTS if follow else 0)
        )

    async def post(self, url: URL, form: Mapping[str, str], *, credential: str) -> Document | Failed:
        answer = await self._send(_Request("POST", url, {}, credential, form=form))
        return Failed("http_304", REACHABLE) if isinstance(answer, Unchanged) else answer

    async def _send(self, request: _Request) -> Document | Unchanged | Failed:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_result(lambda attempt: attempt.again),
            wait=_pause,
            retry_error_callback=_last_attempt,
        )
        attempt: _Attempt = await retrying(self._attempt, request)
        return attempt.result

    async def _attempt(self, asked: _Request) -> _Attempt:
        try:
            async with self._session.request(
                asked.method,
                asked.url,
                data=asked.form,
                headers=asked.headers,
                allow_redirects=asked.redirects > 0,
                max_redirects=asked.redirects or 1,
            ) as response:
                return await _read(response, asked)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _broken(error, asked)


def _broken(error: Exception, asked: _Request) -> _Attempt:
    match error:
        case TimeoutError():
            return _Attempt(Failed("timeout", REACHABLE))
        case aiohttp.TooManyRedirects():
            return _Attempt(Failed("too_many_redirects", REACHABLE, is_refusal=True))
        case aiohttp.InvalidURL():
            return _Attempt(Failed("no_url", REACHABLE, is_refusal=True))
        case aiohttp.ClientConnectorError():
            return _Attempt(Failed("no_connection", REACHABLE), again=True)
        case aiohttp.ClientError():
            return _Attempt(Failed("connection_broke", REACHABLE), again=True)
        case _:  # ValueError: a credential with a line break cannot be sent
            return _Attempt(Failed("invalid_request", asked.remedy, is_refusal=True))


async def _read(response: aiohttp.ClientResponse, asked: _Request) -> _Attempt:
    if response.status == 304 and {"If-None-Match", "If-Modified-Since"} & asked.headers.keys():
        return _Attempt(Unchanged())
    if response.status != 200:
        return _refused(response, asked.remedy)
    if asked.url.scheme == "https" and response.url.scheme != "https":
        return _Attempt(Failed("redirected_without_tls", REACHABLE, is_refusal=True))
    if response.content_type == "text/html":  # a login page or a proxy's error page, whatever its status
        return _Attempt(Failed("answer_is_html", REACHABLE, is_refusal=True))
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_BYTES:
            return _Attempt(Failed("answer_too_large", REACHABLE, is_refusal=True))
    found = response.headers
    return _Attempt(Document(bytes(body), found.get("ETag"), found.get("Last-Modified")))


def _refused(response: aiohttp.ClientResponse, remedy: str) -> _Attempt:
    status, reason = response.status, f"http_{response.status}"
    if status in {408, 429} or status >= 500:
        pause = _asked_pause(response.headers)
        again = pause is None or pause <= LONGEST_PAUSE
        return _Attempt(Failed(reason, _DOWN), again=again, pause=pause)
    if status in {401, 403}:
        return _Attempt(Failed(reason, remedy, is_refusal=True))
    return _Attempt(Failed("redirected" if "Location" in response.headers else reason, REACHABLE, is_refusal=True))


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds. A date counts from the server's own `Date`."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    until, since = _time(asked), _time(headers.get("Date", ""))
    return max(0.0, (until - since).total_seconds()) if until and since else None


def _time(text: str) -> datetime | None:
    try:
        given = parsedate_to_datetime(text)
    except ValueError:
        return None
    return given if given.tzinfo else None


def _pause(state: RetryCallState) -> float:
    asked: float | None = _last_attempt(state).pause
    return _FIRST_PAUSE(state) if asked is None else asked


def _last_attempt(state: RetryCallState) -> _Attempt:
    if state.outcome is None:
        raise RuntimeError("no attempt was made")
    attempt: _Attempt = state.outcome.result()
    return attempt


def _conditions(known: Version) -> dict[str, str]:
    if known.release != RELEASE:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}
