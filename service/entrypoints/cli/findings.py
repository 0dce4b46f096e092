"""Findings of `lastcall doctor` about calls without a known platform, and invalid lines of CODEOWNERS."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.adapters.directory.codeowners import CodeownersFile
from service.adapters.queries.unknown import UnknownId, read_unknown_ids
from service.app import App
from service.core.directory.answer import Unavailable
from service.core.directory.codeowners import UnreadLine
from service.core.words import listed, plural

Verdict = Literal["good", "note", "bad"]
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    verdict: Verdict
    detail: str
    remedy: str | None = None


async def find_unplaced(app: App, now: datetime) -> AsyncIterator[Finding]:
    """Known models on an unknown platform: nobody is notified of their end."""
    async with app.database.connect() as connection:
        found = await read_unknown_ids(connection, now=now, unplaced=True)
    for each in found[:MAX_NAMED]:
        calls, by = plural(each.calls_28d, "call"), _callers(each)
        detail = f"{calls} to {each.model} in 28 days, by {by}: no platform is known for {_words(each)}"
        remedy = "each platform has its own dates: make the log contain the provider, or the host of the call"
        yield Finding("platform", "note", detail, f"{remedy}; docs/identity.md lists the fields")
    if len(found) > MAX_NAMED:
        more = plural(len(found) - MAX_NAMED, "more model")
        yield Finding("platform", "note", f"{more} on an unknown platform", "the page lists them")


def _words(each: UnknownId) -> str:
    words = [f"{what} {word}" for what, word in (("provider", each.provider), ("host", each.host)) if word]
    return " and ".join(words) or "a log without provider and host"


def _callers(each: UnknownId) -> str:
    more = each.service_count - len(each.services)
    return listed([*each.services, *([f"{more} more"] if more else [])])


async def unread_lines(app: App) -> list[UnreadLine] | None:
    """Invalid lines of the CODEOWNERS file in lastcall.yaml. None: there is no file, or this process cannot read it."""
    named = app.world.company.directories.codeowners
    parsed = await CodeownersFile(named.file).read() if named else None
    return None if parsed is None or isinstance(parsed, Unavailable) else parsed.unread


def find_unread(lines: Sequence[UnreadLine]) -> Iterator[Finding]:
    for one in lines[:MAX_NAMED]:
        yield Finding("codeowners", "bad", f"line {one.line} of CODEOWNERS is skipped: {one.why}", one.remedy)
    if len(lines) > MAX_NAMED:
        more = plural(len(lines) - MAX_NAMED, "more line")
        yield Finding("codeowners", "bad", f"{more} of CODEOWNERS skipped", "correct those above first")
