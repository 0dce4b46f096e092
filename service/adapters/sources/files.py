"""Records in the form of the catalog's files: the operator's own, in YAML or CSV, and a bundle of all platforms."""

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import date
from io import StringIO
from typing import Any

import msgspec

from service.adapters.sources.document import AlteredBundleError, Kind
from service.config import yaml
from service.core.catalog.file import Entry, Https, PlatformFile, SourceKind, Text
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Precision, Shutdown
from service.core.identity.platform import Slug

BUNDLE = "lastcall-catalog/1"
_YAML = re.compile(rb"^platform:", re.MULTILINE)


class _Bundle(msgspec.Struct, forbid_unknown_fields=True):
    bundle: str
    """`BUNDLE`"""
    made: date
    sha256: str
    """Of `made` and `platforms`: JSON in UTF-8, without white space, keys sorted."""
    platforms: dict[str, Any]
    """Slug -> the file of the platform."""


class _Row(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A record in CSV. Lists are separated by spaces."""

    platform: Slug
    id: Text
    aliases: str = ""
    released: date | None = None
    announced: date | None = None
    day: date | None = None
    precision: Precision | None = None
    replacements: str = ""
    source: Https
    kind: SourceKind = "provider"


def own_file(name: str, page: str) -> Kind:
    """A file of the operator's own: a bundle, YAML of one platform, or CSV. The content tells which one it is."""
    return Kind(name, "provider", page, _read)


def _read(body: bytes) -> tuple[Finding, ...]:
    if body.lstrip().startswith(b"{"):
        return tuple(finding for file in read_bundle(body) for finding in findings_of(file))
    if _YAML.search(body):
        return tuple(findings_of(msgspec.convert(yaml.parse(body), PlatformFile)))
    return tuple(_rows(body.decode("utf-8-sig")))


def findings_of(file: PlatformFile) -> Iterator[Finding]:
    for entry in file.models:
        yield Finding(
            file.platform,
            entry.id,
            aliases=entry.aliases,
            released=entry.released,
            announced=entry.announced,
            shutdown=_shutdown(entry),
            replacements=tuple(replacement.id for replacement in entry.replacements),
            standing=entry.standing,
            url=entry.sources[0].url,
        )


def _shutdown(entry: Entry) -> Shutdown | None:
    plan = Shutdown(entry.shutdown.day, entry.shutdown.precision)
    return plan if plan.on or entry.announced else None


def _rows(text: str) -> Iterator[Finding]:
    table = csv.DictReader(StringIO(text), strict=True)
    if not {"platform", "id", "source"} <= set(table.fieldnames or ()) <= set(_Row.__struct_fields__):
        raise ValueError("not the columns of a record")
    for given in table:
        row = msgspec.convert({name: value for name, value in given.items() if value}, _Row)
        day = row.day
        plan = Shutdown(day, row.precision or ("exact" if day else "unknown"))
        yield Finding(
            row.platform,
            row.id,
            aliases=tuple(row.aliases.split()),
            released=row.released,
            announced=row.announced,
            shutdown=plan if day or row.announced else None,
            replacements=tuple(row.replacements.split()),
            standing="provider" if row.kind == "provider" else "reported",
            url=row.source,
        )


def write_bundle(files: Iterable[PlatformFile], *, made: date) -> bytes:
    """All platforms in one file, for an installation without internet."""
    platforms = {file.platform: _filled(msgspec.to_builtins(file)) for file in files}
    bundle = _Bundle(BUNDLE, made, _sha256(made, platforms), platforms)
    return msgspec.json.encode(bundle, order="deterministic") + b"\n"


def _filled(value: Any) -> Any:
    """Without keys that are left out in the files of the catalog: null, and empty lists and objects."""
    if isinstance(value, dict):
        filled = ((key, _filled(item)) for key, item in value.items())
        return {key: item for key, item in filled if item not in (None, [], {})}
    return [_filled(item) for item in value] if isinstance(value, list | tuple) else value


def read_bundle(body: bytes) -> tuple[PlatformFile, ...]:
    """Raises `AlteredBundleError`, and msgspec.MsgspecError for what is no bundle of this form."""
    bundle = msgspec.json.decode(body, type=_Bundle)
    if bundle.bundle != BUNDLE:
        raise msgspec.ValidationError(f"not a {BUNDLE}")
    if _sha256(bundle.made, bundle.platforms) != bundle.sha256:
        raise AlteredBundleError
    return tuple(msgspec.convert(file, PlatformFile) for file in bundle.platforms.values())


def _sha256(made: date, platforms: dict[str, Any]) -> str:
    content = msgspec.json.encode({"made": made, "platforms": platforms}, order="deterministic")
    return hashlib.sha256(content).hexdigest()
