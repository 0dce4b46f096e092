"""Entities of a Backstage catalog: from its HTTP API, or from descriptor files."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from service.adapters.directory.http import JsonDirectory
from service.config import yaml
from service.core.directory.answer import MAX_TEXT, Unavailable
from service.core.directory.backstage import KINDS, Entities, Entity, SkippedFiles, read_entity

PAGE = 500
MAX_ENTITIES = 200_000
MAX_FILES = 20_000
MAX_FILE_BYTES = 8 * 1024 * 1024
_SUFFIXES = frozenset({".yaml", ".yml"})
"""Case does not matter."""
_MARK = "backstage.io/"
"""Part of the apiVersion of every entity."""
_FIELDS = (
    "kind",
    *(f"metadata.{name}" for name in ("name", "namespace", "annotations")),
    *(f"spec.{name}" for name in ("owner", "parent", "memberOf", "members", "profile")),
)
_TOKEN = "Set LASTCALL_BACKSTAGE_TOKEN to a token that may read the catalog."  # noqa: S105  advice
_ADDRESS = "Set the address of Backstage's backend in lastcall.yaml; it must be release 1.14 or newer."
_EMPTY = Unavailable("empty_catalog", "Check that the catalog has components, and that lastcall may read them.", True)
_TOO_MANY = Unavailable("too_many_entities", "Use a part of the catalog.", is_refusal=True)


_NO_YAML = (yaml.YAMLError, ValueError, LookupError, AttributeError)


class BackstageApi:
    """Components, groups and users, a page at a time."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: SecretStr | None) -> None:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._http = JsonDirectory(session, url, headers=headers, credentials=_TOKEN, missing=_ADDRESS)

    async def entities(self) -> Entities | Unavailable:
        found: list[Entity] = []
        filters = [("filter", f"kind={kind}") for kind in KINDS]
        common = [("limit", str(PAGE)), ("fields", ",".join(_FIELDS))]
        asked = [*filters, *common]
        while len(found) < MAX_ENTITIES:
            page = await self._http.get("/api/catalog/entities/by-query", asked)
            if isinstance(page, Unavailable):
                return page
            if not isinstance(page, dict) or not isinstance(items := page.get("items"), list):
                return Unavailable("unreadable_answer", _ADDRESS)
            found += _read(items)
            info = page.get("pageInfo")
            cursor = info.get("nextCursor") if isinstance(info, dict) else None
            if not cursor or not items:
                return Entities(found) if found else _EMPTY
            asked = [("cursor", str(cursor)), *common]
        return _TOO_MANY


class BackstageFiles:
    """A file of descriptors, or a folder of such files. Targets of a Location are not followed.

    A file that is not YAML, such as a template of descriptors, is skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def entities(self) -> Entities | Unavailable:
        return await asyncio.to_thread(self._entities)

    def _entities(self) -> Entities | Unavailable:
        found: list[Entity] = []
        unread: list[Path] = []
        try:
            for file in self._files():
                if file.stat().st_size > MAX_FILE_BYTES or _MARK not in (
                    text := file.read_text(encoding="utf-8", errors="replace")
                ):
                    continue
                try:
                    found += _read(yaml.parse_all(text))
                except _NO_YAML:
                    unread.append(file)
        except OSError as error:
            return Unavailable(type(error).__name__, f"Make {self._path} readable.", is_refusal=True)
        skipped = self._skipped(unread)
        if not found:
            return Unavailable("no_yaml", f"Correct {skipped.first}.", is_refusal=True) if skipped else _EMPTY
        return Entities(found, skipped)

    def _skipped(self, unread: Sequence[Path]) -> SkippedFiles | None:
        if not unread:
            return None
        below = self._path if self._path.is_dir() else self._path.parent
        return SkippedFiles(len(unread), _printable(f"{unread[0].relative_to(below)}"))

    def _files(self) -> Iterator[Path]:
        if not self._path.is_dir():
            yield self._path
            return
        files = (one for one in self._path.rglob("*.*") if one.suffix.lower() in _SUFFIXES and one.is_file())
        yield from sorted(files)[:MAX_FILES]


def _read(raw: Iterable[object]) -> list[Entity]:
    return [entity for one in raw if (entity := read_entity(one))]


def _printable(path: str) -> str:
    """Escapes unprintable characters, which file names may contain."""
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in path)
    return shown if len(shown) <= MAX_TEXT else f"{shown[: MAX_TEXT - 1]}…"
