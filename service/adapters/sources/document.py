"""A source that is one document: at a URL, or a file."""

import asyncio
import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from yarl import URL

from service.adapters.sources.http import MAX_BYTES, REACHABLE, Document, Http
from service.adapters.sources.source import Answer, Failed, Unchanged, Version, answer_of, digest_of
from service.config import yaml
from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Standing

UNREADABLE = (
    *(yaml.YAMLError, msgspec.MsgspecError, csv.Error),
    *(ValueError, LookupError, OverflowError, RecursionError),
)
"""What a reader of documents may raise."""


class AlteredBundleError(Exception):
    """The content of a bundle does not match its sha256."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How a document is read, and what it is worth."""

    name: str
    standing: Standing
    page: str
    """What people read: https, or the name of a file."""
    read: Callable[[bytes], tuple[Finding, ...]]
    """Raises one of `UNREADABLE`."""
    proposes: bool = False


class DocumentSource:
    def __init__(self, http: Http, kind: Kind, place: URL | Path) -> None:
        self._http, self._kind, self._place = http, kind, place
        self.name, self.standing = kind.name, kind.standing

    async def read(self, known: Version | None, _now: datetime) -> Answer:
        place, kind = self._place, self._kind
        if isinstance(place, Path):
            document: Document | Unchanged | Failed = await asyncio.to_thread(_open, place)
        else:  # a redirect might lead away from the provider's own host
            document = await self._http.get(place, known=known, follow=kind.standing != "provider")
        if not isinstance(document, Document):
            return document
        try:
            findings = await asyncio.to_thread(kind.read, document.body)
        except AlteredBundleError:
            return Failed("bundle_altered", "Copy the bundle again: its sha256 does not match.", is_refusal=True)
        except UNREADABLE:
            return Failed("unreadable_answer", f"Check what {kind.name} contains.")
        version = Version(digest_of([document.body]), etag=document.etag, last_modified=document.last_modified)
        return answer_of(Reading(kind.name, kind.standing, kind.page, findings, proposes=kind.proposes), version, known)


def _open(path: Path) -> Document | Failed:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Failed(type(error).__name__, "Name a file that lastcall can read.", is_refusal=True)
    if len(body) > MAX_BYTES:
        return Failed("answer_too_large", REACHABLE, is_refusal=True)
    return Document(body, None, None)
