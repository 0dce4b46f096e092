"""Catalog files -> deprecations by canonical model. Identity reads a record's id like an id in a log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import get_args

from service.core.catalog.file import Entry, Plan, PlatformFile, SourceEntry
from service.core.catalog.lifecycle import Deprecation, Replacement, Shutdown, Standing
from service.core.identity import Model, Resolver

Meaning = Callable[[str, str], str | None]
"""(platform, name) -> canonical model."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """Records by (platform, model), and errors in the files."""

    records: tuple[Deprecation, ...]
    unresolved: tuple[tuple[str, str], ...] = ()
    """(platform, id or alias) that is not a model of that platform for identity."""
    clashes: tuple[tuple[str, str, str], ...] = ()
    """(platform, id, other id) that are one model for identity, but have different dates."""


_STANDINGS: tuple[Standing, ...] = get_args(Standing)
"""Surest first."""


def assemble(files: Iterable[PlatformFile], resolver: Resolver) -> Assembled:
    """Ids of one platform that mean one model and have the same dates become one record. `derive` adds to the records
    those that follow from them."""
    meaning = meanings(resolver)
    records: dict[tuple[str, str], Deprecation] = {}
    unresolved: list[tuple[str, str]] = []
    clashes: list[tuple[str, str, str]] = []
    for file in files:
        for entry in file.models:
            unresolved += [(file.platform, n) for n in entry.names if meaning(file.platform, n) is None]
            record = _deprecation(entry, file, meaning)
            if record is None:
                continue
            known = records.setdefault(record.key, record)
            if _dates_agree(known, record):
                records[record.key] = _merged(known, record)
            else:
                clashes.append((file.platform, entry.id, known.id))
    return Assembled(tuple(records.values()), tuple(unresolved), tuple(clashes))


def canonical(resolver: Resolver, platform: str, name: str) -> str | None:
    """The model that `name` means on `platform`. None: it is not a model of the platform."""
    answer = resolver.resolve(name, provider=platform)
    return answer.model if isinstance(answer, Model) and answer.platform == platform else None


def meanings(resolver: Resolver) -> Meaning:
    """Cached `canonical`: a catalog needs each name several times."""
    return cache(partial(canonical, resolver))


def _deprecation(entry: Entry, file: PlatformFile, meaning: Meaning) -> Deprecation | None:
    model = meaning(file.platform, entry.id)
    if model is None:
        return None
    return Deprecation(
        platform=file.platform,
        model=model,
        id=entry.id,
        aliases=entry.aliases,
        maker_id=entry.maker_id,
        released=entry.released,
        announced=entry.announced,
        shutdown=_shutdown(entry.shutdown),
        replacements=tuple(Replacement(r.id, meaning(file.platform, r.id), r.recommended) for r in entry.replacements),
        after_shutdown=entry.after_shutdown or file.default_after_shutdown,
        redirect_to=entry.redirect_to,
        sources=tuple(source.url for source in sorted(entry.sources, key=partial(_is_other, entry.standing))),
        last_verified=entry.last_verified,
        standing=entry.standing,
        by_operator=any(source.kind == "operator" for source in entry.sources),
        superseded=tuple(_shutdown(plan) for plan in entry.superseded),
        notes=entry.notes,
        closed=file.closed if entry.closed is None else entry.closed,
    )


def _is_other(standing: Standing, source: SourceEntry) -> bool:
    """Whether the plan in force is from sources of another kind."""
    return source.is_sure == (standing == "reported")


def _shutdown(plan: Plan) -> Shutdown:
    return Shutdown(plan.day, plan.precision)


def _dates_agree(one: Deprecation, other: Deprecation) -> bool:
    """An announcement in only one of them is not a contradiction."""
    announced = {one.announced, other.announced} - {None}
    return one.shutdown == other.shutdown and len(announced) <= 1


def _merged(one: Deprecation, other: Deprecation) -> Deprecation:
    """The facts of the announced one, under both names."""
    if one is other:
        return one
    main, rest = (other, one) if one.announced is None and other.announced is not None else (one, other)
    return replace(
        main,
        aliases=tuple(sorted({*main.aliases, rest.id, *rest.aliases} - {main.id})),
        released=main.released or rest.released,
        replacements=main.replacements or rest.replacements,
        sources=tuple(dict.fromkeys((*main.sources, *rest.sources))),
        standing=min(main.standing, rest.standing, key=_STANDINGS.index),
    )
