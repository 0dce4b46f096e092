"""Records that follow from those in the files: of aliases, by their versions; of closed models behind routers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from service.core.catalog.build import meanings
from service.core.catalog.file import PlatformFile
from service.core.catalog.lifecycle import Deprecation
from service.core.identity import Resolver


def derive(
    records: Iterable[Deprecation], files: Sequence[PlatformFile], resolver: Resolver
) -> tuple[Deprecation, ...]:
    """`records`, and what follows from them. A record in a file has precedence."""
    every = {record.key: record for record in records}

    def add(some: Iterable[Deprecation]) -> None:
        for record in [*some]:
            every.setdefault(record.key, record)

    add(_listed_aliases(every.values(), resolver))
    add(_by_versions(every, files))
    add(_behind_routers(every.values(), [file.platform for file in files if file.router]))
    add(_by_versions(every, files))  # routers have aliases too
    return tuple(every.values())


def _listed_aliases(records: Iterable[Deprecation], resolver: Resolver) -> Iterator[Deprecation]:
    """Floating aliases that a record lists: it is what they stand for now."""
    meaning = meanings(resolver)
    for record in records:
        for alias in record.aliases:
            model = meaning(record.platform, alias)
            if model is not None and model != record.model:
                yield _as_alias(record, model, alias, [record])


def _behind_routers(records: Iterable[Deprecation], routers: Sequence[str]) -> Iterator[Deprecation]:
    """Closed models that end at their makers."""
    for record in records:
        if record.closed and record.is_deprecated:
            yield from (replace(record, platform=router, dates_of=record.platform) for router in routers)


def _by_versions(records: dict[tuple[str, str], Deprecation], files: Iterable[PlatformFile]) -> Iterator[Deprecation]:
    """Aliases of which every version has an end."""
    for file in files:
        for alias, versions in file.names.versions.items():
            known = [records.get((file.platform, version)) for version in versions]
            ending = [one for one in known if one is not None and one.shutdown.deadline is not None]
            if len(ending) == len(versions):
                yield _as_alias(max(ending, key=_end), alias, alias, ending)


def _end(record: Deprecation) -> date:
    return record.shutdown.deadline or date.min


def _as_alias(record: Deprecation, model: str, alias: str, versions: Sequence[Deprecation]) -> Deprecation:
    """`record`, the last of `versions`, under the alias. What follows from a report is no surer than the report."""
    return replace(
        record,
        model=model,
        id=alias,
        aliases=(),
        released=None,
        standing="reported" if any(one.is_reported for one in versions) else "inferred",
        superseded=(),
        notes=None,
        versions=tuple(one.model for one in versions),
    )
