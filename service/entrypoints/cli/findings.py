"""What `lastcall doctor` finds in what was read: calls that it cannot place, lines of CODEOWNERS that name nobody."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.adapters.directory.codeowners import CodeownersFile
from service.adapters.queries.answers import UnknownId
from service.adapters.queries.unknown import read_unknown_ids
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
    """Known models on an unknown platform: their end is told to nobody."""
    async with app.database.connect() as connection:
        found = await read_unknown_ids(connection, now=now, unplaced=True)
    for each in found[:MAX_NAMED]:
        calls, by = plural(each.calls_28d, "call"), _callers(each)
        detail = f"{calls} of 28 days to {each.model} by {by}: the log says {_said(each)}, which names no platform"
        remedy = "each platform has dates of its own: let the log name the provider, or the host that is called"
        yield Finding("platform", "note", detail, f"{remedy}; docs/identity.md says in which fields")
    if len(found) > MAX_NAMED:
        more = plural(len(found) - MAX_NAMED, "more model")
        yield Finding("platform", "note", f"{more} on an unknown platform", "the page lists them")


def _said(each: UnknownId) -> str:
    said = [f"{what} {word}" for what, word in (("provider", each.provider), ("host", each.host)) if word]
    return " and ".join(said) or "nothing"


def _callers(each: UnknownId) -> str:
    more = each.service_count - len(each.services)
    return listed([*each.services, *([f"{more} more"] if more else [])])


async def unread_lines(app: App) -> list[UnreadLine] | None:
    """Of the CODEOWNERS file that lastcall.yaml names. None: there is none, or it cannot be read from here."""
    named = app.world.company.directories.codeowners
    parsed = await CodeownersFile(named.file).read() if named else None
    return None if parsed is None or isinstance(parsed, Unavailable) else parsed.unread


def find_unread(lines: Sequence[UnreadLine]) -> Iterator[Finding]:
    for one in lines[:MAX_NAMED]:
        yield Finding("codeowners", "bad", f"line {one.line} of CODEOWNERS is passed over: {one.why}", one.remedy)
    if len(lines) > MAX_NAMED:
        more = plural(len(lines) - MAX_NAMED, "more line")
        yield Finding("codeowners", "bad", f"{more} of CODEOWNERS passed over", "mend those above first")
