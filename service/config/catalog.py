"""The `catalog:` of lastcall.yaml: sources to ask, and the company's own records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from service.config.located import Located, Problem, Where
from service.config.schema_problems import entries
from service.core.catalog.file import Entry, PlatformFile
from service.core.catalog.judgement import Record
from service.core.catalog.rules import broken_rules
from service.core.catalog.traffic import ANSWER_SOURCES
from service.core.identity import known_platforms

OwnKind = Literal["file", "feed"]
_FAR = date.max


@dataclass(frozen=True, slots=True)
class OwnSource:
    """A file of the company's own, or a feed in the format model-eol."""

    name: str
    kind: OwnKind
    place: str
    """URL; of a file also a path; of a feed also a host."""


@dataclass(frozen=True, slots=True)
class CatalogSettings:
    sources: tuple[str, ...] = ()
    """Sources that lastcall knows by name, to ask once a day."""
    own: tuple[OwnSource, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All sources: those to ask, and the company's own logs."""
        return (*self.sources, *(one.name for one in self.own), *ANSWER_SOURCES)


NOTHING_ASKED = CatalogSettings()


def read_catalog(raw: Mapping[str, Any], folder: Path) -> CatalogSettings:
    """`raw` is valid. Paths are relative to the folder of lastcall.yaml."""
    files = [OwnSource(one["name"], "file", _placed(one["place"], folder)) for one in raw.get("files", ())]
    feeds = [OwnSource(one["name"], "feed", one["place"]) for one in raw.get("feeds", ())]
    records = tuple(_record(one) for one in raw.get("records", ()))
    return CatalogSettings(tuple(raw.get("sources", ())), (*files, *feeds), records)


def _placed(place: str, folder: Path) -> str:
    return place if _is_url(place) else str(folder / place)


def _is_url(place: str) -> bool:
    return place.startswith(("https://", "http://"))


def _record(raw: Mapping[str, Any]) -> Record:
    """Raises msgspec.ValidationError."""
    entry = msgspec.convert({name: value for name, value in raw.items() if name != "platform"}, Entry)
    return Record(str(raw.get("platform")), entry)


def problems_of_catalog(located: Located) -> Iterator[Problem]:
    """Checks that the schema cannot express. Ignores values of the wrong type: the schema reports them."""
    raw = located.value.get("catalog") if isinstance(located.value, dict) else None
    catalog = raw if isinstance(raw, dict) else {}
    yield from _of_names(located, catalog)
    seen: set[tuple[str, str]] = set()
    for index, given in entries(catalog, "records"):
        where: Where = ("catalog", "records", index)
        at, line = f"catalog.records[{index}]: ", located.line(where)
        try:
            record = _record(given)
        except msgspec.ValidationError as error:
            yield Problem(line, f"{at}{error}", "See docs/catalog.md for the fields of a record")
            continue
        if known_platforms().get(record.platform) is None:
            remedy = "Write the platform of a file in the catalog: `lastcall catalog list` shows them"
            yield Problem(line, f"{at}there is no platform {record.platform!r}", remedy)
        if (key := (record.platform, record.entry.id)) in seen:
            yield Problem(line, f"{at}there is a record of {record.entry.id} before", "Keep one of the two")
        seen.add(key)
        alone = PlatformFile(platform=record.platform, provider=record.platform, models=(record.entry,))
        for breach in broken_rules(alone, today=_FAR):
            if breach.path[2:3] != ("replacements",):  # the other models are in the catalog, not here
                place: Where = (*where, *breach.path[2:])
                yield Problem(
                    located.line(place), f"{at}{breach.what}", f"{breach.remedy[:1].upper()}{breach.remedy[1:]}"
                )


def _of_names(located: Located, catalog: Mapping[str, Any]) -> Iterator[Problem]:
    sources = catalog.get("sources")
    seen = {one for one in sources if isinstance(one, str)} if isinstance(sources, list) else set()
    for key in ("files", "feeds"):
        for index, one in entries(catalog, key):
            name, place = one.get("name"), one.get("place")
            where: Where = ("catalog", key, index)
            if isinstance(name, str) and name in seen:
                what = f"catalog.{key}[{index}]: {name!r} is used twice"
                yield Problem(located.line((*where, "name")), what, "Rename one of them")
            seen.add(str(name))
            if isinstance(place, str) and _is_url(place) and "@" in place.split("/")[2]:
                what = f"catalog.{key}[{index}].place: the address contains a user or password"
                yield Problem(
                    located.line((*where, "place")), what, "Write https://host/path; secrets do not belong here"
                )
