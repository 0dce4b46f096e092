"""Entities of a Backstage catalog: from its HTTP API, or from descriptor files."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import aiohttp
import yaml
from pydantic import SecretStr

from service.adapters.directory.http import JsonDirectory
from service.core.directory.answer import Unavailable
from service.core.directory.backstage import KINDS, Entity, read_entity

PAGE = 500
MAX_ENTITIES = 200_000
MAX_FILES = 20_000
MAX_FILE_BYTES = 8 * 1024 * 1024
_MARK = "backstage.io/"
"""Stands in the apiVersion of every entity."""
_FIELDS = (
    "kind",
    *(f"metadata.{name}" for name in ("name", "namespace", "annotations")),
    *(f"spec.{name}" for name in ("owner", "parent", "memberOf", "members", "profile")),
)
_TOKEN = "Put a token that may read the catalog into LASTCALL_BACKSTAGE_TOKEN."  # noqa: S105  advice
_ADDRESS = "Name the address of Backstage's backend in lastcall.yaml; it must be release 1.14 or newer."
_EMPTY = Unavailable("empty_catalog", "See that the catalog has components, and that lastcall may read them.", True)
_TOO_MANY = Unavailable("too_many_entities", "Name a part of the catalog.", is_refusal=True)


class BackstageApi:
    """Components, groups and users, a page at a time."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: SecretStr | None) -> None:
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._http = JsonDirectory(session, url, headers=headers, credentials=_TOKEN, missing=_ADDRESS)

    async def entities(self) -> list[Entity] | Unavailable:
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
                return found or _EMPTY
            asked = [("cursor", str(cursor)), *common]
        return _TOO_MANY


class BackstageFiles:
    """A file of descriptors, or a folder of such files. What a Location points to is not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def entities(self) -> list[Entity] | Unavailable:
        return await asyncio.to_thread(self._entities)

    def _entities(self) -> list[Entity] | Unavailable:
        found: list[Entity] = []
        try:
            for file in self._files():
                if file.stat().st_size > MAX_FILE_BYTES or _MARK not in (
                    text := file.read_text(encoding="utf-8", errors="replace")
                ):
                    continue
                found += _read(yaml.load_all(text, Loader=yaml.CSafeLoader))
        except OSError as error:
            return Unavailable(type(error).__name__, f"See that {self._path} can be read.", is_refusal=True)
        except (yaml.YAMLError, ValueError, RecursionError):
            return Unavailable("no_yaml", f"Mend {file}.", is_refusal=True)
        return found or _EMPTY

    def _files(self) -> Iterator[Path]:
        if not self._path.is_dir():
            yield self._path
            return
        files = (one for kind in ("*.yaml", "*.yml") for one in self._path.rglob(kind) if one.is_file())
        yield from sorted(files)[:MAX_FILES]


def _read(raw: Iterable[object]) -> list[Entity]:
    return [entity for one in raw if (entity := read_entity(one))]
