"""Reads the shipped catalog, or a folder of the same form."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec.structs import replace

from service.adapters.catalog.identity import IDENTITY_FILE, build_knowledge, load_identity
from service.adapters.catalog.kept import kept
from service.core.catalog.build import Assembled, assemble
from service.core.catalog.derive import derive
from service.core.catalog.file import PlatformFile
from service.core.catalog.heads import broken_heads
from service.core.catalog.lifecycle import Catalog
from service.core.catalog.names import learn_names
from service.core.catalog.statement import Name
from service.core.identity import Platforms, Resolver

SHIPPED = Path(__file__).parents[2] / "catalog"


class CatalogError(Exception):
    """The catalog is invalid. The text is the first finding of `check_catalog`."""


@dataclass(frozen=True, slots=True)
class LoadedCatalog:
    catalog: Catalog
    resolver: Resolver
    """Knows the ids of the records. It also determined their keys, so an id in a log and its record give the same
    model."""

    @property
    def platforms(self) -> Platforms:
        return self.resolver.platforms


def load_catalog(folder: Path | None = None) -> LoadedCatalog:
    """Raises `CatalogError`. Unchanged files come from a cache."""
    paths = tuple(catalog_paths(folder))
    return _load(paths, _digest(paths), SHIPPED if folder is None else None)


def load_platforms() -> Platforms:
    """The heads of the files only, in a twentieth of the time. Raises `CatalogError`."""
    return _platforms([_read(path, _head) for path in catalog_paths(None)])


def load_files() -> tuple[PlatformFile, ...]:
    """The shipped files, with their records. Raises `CatalogError`. Unchanged files come from a cache."""
    paths = tuple(catalog_paths(None))
    return _load_files(paths, _digest(paths))


@lru_cache(maxsize=1)
def _load_files(paths: tuple[Path, ...], digest: str) -> tuple[PlatformFile, ...]:
    return kept(SHIPPED, digest, lambda: tuple(_read(path) for path in paths), name="files")


def load_judged(files: Sequence[PlatformFile], number: object) -> LoadedCatalog:
    """The catalog of these files, which are the shipped ones after judgement. `number` tells catalogs with equal files
    apart that were in force at different times. Takes seconds, unless it comes from a cache."""
    digest = hashlib.sha256(load_catalog().catalog.digest.encode() + repr(number).encode())
    digest.update(msgspec.json.encode(list(files)))
    key = digest.hexdigest()
    if _newest.get(key) is None:
        loaded = kept(SHIPPED, key, lambda: _build_judged(files, key), name="judged")
        _newest.clear()
        _newest[key] = loaded
    return _newest[key]


_newest: dict[str, LoadedCatalog] = {}
"""The judged catalog that was loaded last, by its digest."""


def _build_judged(files: Sequence[PlatformFile], digest: str) -> LoadedCatalog:
    shipped = load_catalog()
    resolver, assembled = _placed(files, shipped.platforms)
    names = resolver.knowledge.names_in_order()
    identity = shipped.catalog.identity
    if names != shipped.resolver.knowledge.names_in_order():
        identity = hashlib.sha256(identity.encode() + msgspec.json.encode(names)).hexdigest()
    records = derive(assembled.records, files, resolver)
    return LoadedCatalog(Catalog(records, digest=digest, identity=identity), resolver)


def _placed(files: Sequence[PlatformFile], platforms: Platforms) -> tuple[Resolver, Assembled]:
    """An entry with a name that identity cannot place stays as it is shipped; then its whole platform; then all."""
    shipped = load_files()
    known = {file.platform: file for file in shipped}
    for attempt in range(4):
        resolver = build_resolver(files, platforms)
        assembled = assemble(files, resolver)
        wrong = {*assembled.unresolved, *((platform, name) for platform, name, _ in assembled.clashes)}
        if not wrong:
            break
        if attempt == 0:
            files = [_without(file, wrong, known[file.platform]) for file in files]
        elif attempt == 1:
            files = [known[one.platform] if one.platform in {name[0] for name in wrong} else one for one in files]
        else:
            files = shipped
    return resolver, assembled


def _without(file: PlatformFile, wrong: Collection[Name], shipped: PlatformFile) -> PlatformFile:
    known = {entry.id: entry for entry in shipped.models}
    right = [
        known.get(entry.id) if any((file.platform, name) in wrong for name in entry.names) else entry
        for entry in file.models
    ]
    return replace(file, models=tuple(entry for entry in right if entry is not None))


@lru_cache(maxsize=4)
def _load(paths: tuple[Path, ...], digest: str, kept_in: Path | None) -> LoadedCatalog:
    if kept_in is None:
        return _read_all(paths, digest)
    return kept(kept_in, digest, lambda: _read_all(paths, digest))


def _read_all(paths: Sequence[Path], digest: str) -> LoadedCatalog:
    files = [_read(path) for path in paths]
    platforms = _platforms(files)
    resolver = build_resolver(files, platforms)
    assembled = assemble(files, resolver)
    for platform, name in assembled.unresolved:
        raise CatalogError(f"{platform}: {name} is no id of this platform")
    for platform, name, other in assembled.clashes:
        raise CatalogError(f"{platform}: {name} is the same model as {other}, with other dates")
    return LoadedCatalog(Catalog(derive(assembled.records, files, resolver), digest=digest), resolver)


def catalog_paths(folder: Path | None) -> list[Path]:
    """The files of a folder, one per platform, sorted by name. Raises `CatalogError` if there are none."""
    folder = folder or SHIPPED
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != IDENTITY_FILE.name)
    if not paths:
        raise CatalogError(f"{folder} holds no catalog file")
    return paths


def build_resolver(files: Sequence[PlatformFile], platforms: Platforms) -> Resolver:
    records = ((file.platform, entry.id, entry.aliases) for file in files for entry in file.models)
    return Resolver(learn_names(build_knowledge(load_identity(), platforms, records), files))


def _platforms(files: Sequence[PlatformFile]) -> Platforms:
    for platform, problem in broken_heads(files):
        if problem.severity == "error":
            raise CatalogError(f"{platform}: {problem.what}")
    return Platforms(files)


def _head(text: bytes) -> bytes:
    """The file without its records: `models` is the last key."""
    return text.partition(b"\nmodels:")[0]


def _read(path: Path, part: Callable[[bytes], bytes] = bytes) -> PlatformFile:
    from service.config import yaml  # noqa: PLC0415  slow to import, and what is kept needs none

    try:
        return msgspec.convert(yaml.parse(part(path.read_bytes())), PlatformFile)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise CatalogError(f"{path.name}: {error}") from error


def _digest(paths: Sequence[Path]) -> str:
    """Changes with each file, with identity's names, and with the release, whose grammars parse the ids.

    Each of them may assign a series to another record.
    """
    digest = hashlib.sha256(version("lastcall").encode())
    for path in (*paths, IDENTITY_FILE):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
