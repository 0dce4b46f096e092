"""A provider's list of models, read page by page with a credential."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from yarl import URL

from service.adapters.sources.http import REACHABLE, Http
from service.adapters.sources.source import Answer, Failed, Unchanged, Version, answer_of, digest_of
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Standing

MAX_PAGES = 50
UNREADABLE = Failed("unreadable_answer", REACHABLE)
Authorize = Callable[[URL, datetime], Awaitable[Mapping[str, str] | Failed]]
"""Headers with the credential, for one request."""


@dataclass(frozen=True, slots=True)
class Page:
    findings: tuple[Finding, ...]
    following: str | None = None
    """Address of the next page, relative to this one. None: this is the last."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One list of models: where it is, and how it is read."""

    name: str
    url: str
    page: str
    """The documentation that people read: https."""
    credential: str
    """Remedy if the server refuses the credential."""
    read: Callable[[bytes, datetime], Page]
    """A page, as of the time. Raises msgspec.MsgspecError or ValueError. One invalid model makes the page invalid: a
    model that was skipped would seem to be gone."""
    whole: frozenset[str] = frozenset()


class ModelList:
    standing: Standing = "provider"

    def __init__(self, http: Http, provider: Provider, authorize: Authorize, *, url: str | None = None) -> None:
        self._http, self._provider, self._authorize = http, provider, authorize
        self._url = URL(url or provider.url, encoded=True)
        self.name = provider.name

    async def read(self, known: Version | None, now: datetime) -> Answer:
        provider, url = self._provider, self._url
        bodies: list[bytes] = []
        findings: list[Finding] = []
        for _ in range(MAX_PAGES):
            body = await self._body(url, now)
            if isinstance(body, Failed):
                return body
            try:
                page = provider.read(body, now)
            except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):  # Overflow: year 0 in UTC
                return UNREADABLE
            bodies.append(body)
            findings += page.findings
            if page.following is None:
                reading = Reading(provider.name, "provider", provider.page, tuple(findings), provider.whole)
                return answer_of(reading, Version(digest_of(bodies)), known)
            following = url.join(URL(page.following, encoded=True))
            if following.origin() != self._url.origin():
                return Failed("next_page_elsewhere", REACHABLE, is_refusal=True)
            url = following
        return Failed("too_many_pages", REACHABLE, is_refusal=True)

    async def _body(self, url: URL, now: datetime) -> bytes | Failed:
        headers = await self._authorize(url, now)
        if isinstance(headers, Failed):
            return headers
        document = await self._http.get(url, headers=headers, credential=self._provider.credential)
        if isinstance(document, Unchanged):
            return UNREADABLE
        return document if isinstance(document, Failed) else document.body


def with_headers(headers: Mapping[str, str]) -> Authorize:
    async def authorize(_url: URL, _now: datetime) -> Mapping[str, str]:
        return headers

    return authorize
