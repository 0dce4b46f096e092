"""The contract of a source: what it answers, and how to tell that nothing changed."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Protocol

import msgspec

from service.core.catalog.finding import Reading
from service.core.catalog.lifecycle import Standing

RELEASE = version("lastcall")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WRITTEN = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")


class Version(msgspec.Struct, frozen=True):
    """Which bytes a source gave. Stored with a reading, and passed to the next `read`."""

    digest: str
    """SHA-256 of the bytes."""
    release: str = RELEASE
    """Of lastcall, that read them: another release reads the same bytes again."""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    reading: Reading
    version: Version


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source gives the same bytes as at `known`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The source gave no valid answer. What it said before still holds."""

    reason: str
    """A word such as http_500 or timeout, never text from the other side."""
    remedy: str
    is_refusal: bool = False
    """It persists until a person acts."""


Answer = Read | Unchanged | Failed


class CatalogSource(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def standing(self) -> Standing: ...

    async def read(self, known: Version | None, now: datetime) -> Answer:
        """What the source says now. Raises nothing for what a server or a file contains. `now` is UTC."""


def answer_of(reading: Reading, version: Version, known: Version | None) -> Read | Unchanged:
    is_known = known is not None and (known.digest, known.release) == (version.digest, version.release)
    return Unchanged() if is_known else Read(reading, version)


def digest_of(bodies: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for body in bodies:
        digest.update(hashlib.sha256(body).digest())
    return digest.hexdigest()


def utc_day(given: str) -> date:
    """The day in UTC of a date, or of a time in ISO 8601: 00:00 at UTC+08 is the day before. A time without a zone is
    in UTC. Raises ValueError or OverflowError."""
    if len(given) == len("2027-01-14"):
        return date.fromisoformat(given)
    time = datetime.fromisoformat(given)
    return time.date() if time.tzinfo is None else time.astimezone(UTC).date()


def written_day(text: str) -> date:
    """2026-09-24; Jan 20, 2027; January 22nd, 2027. Raises ValueError."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        return date.fromisoformat(text)
    return date(int(written[3]), _MONTHS.index(written[1]) + 1, int(written[2]))
