"""What identity learns from the records, beyond their names."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from service.core.catalog.build import assemble, meanings
from service.core.catalog.file import PlatformFile
from service.core.identity import Knowledge, Model, Names, Resolver
from service.core.identity.resolver import spell


def learn_names(knowledge: Knowledge, files: Sequence[PlatformFile]) -> Knowledge:
    """`knowledge` with two additions, each for the record's platform only.

    Ids with different dates are different models there, whatever identity does with their spelling. An alias that is a
    model of its own elsewhere means the record's model here. Floating aliases stay as they are.
    """
    resolver = Resolver(knowledge)
    apart = _apart(files, resolver)
    pinned = _pinned(files, resolver)
    learned = dict(knowledge.names)
    for platform in {*apart, *pinned}:
        names = learned.get(platform, Names())
        learned[platform] = Names(names.models | apart[platform], {**names.pinned, **pinned[platform]}, names.floating)
    return replace(knowledge, names=learned)


def _apart(files: Sequence[PlatformFile], resolver: Resolver) -> dict[str, set[str]]:
    meaning = meanings(resolver)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for platform, *ids in assemble(files, resolver).clashes:
        spelled = {name for raw in ids if (name := _spelled(resolver, platform, raw)) is not None}
        names[platform] |= spelled - {meaning(platform, raw) or "" for raw in ids}
    return names


def _pinned(files: Sequence[PlatformFile], resolver: Resolver) -> dict[str, dict[str, str]]:
    meaning = meanings(resolver)
    pins: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        recorded = {meaning(file.platform, entry.id) for entry in file.models}
        for entry in file.models:
            model = meaning(file.platform, entry.id)
            for alias in entry.aliases:
                answer, name = resolver.resolve(alias, provider=file.platform), _spelled(resolver, file.platform, alias)
                if (
                    isinstance(answer, Model)
                    and answer.kind == "snapshot"
                    and answer.model not in recorded
                    and model is not None
                    and name is not None
                ):
                    pins[file.platform][name] = model
    return pins


def _spelled(resolver: Resolver, platform: str, raw: str) -> str | None:
    spelling = spell(resolver.platforms, platform, raw)
    return spelling.names[0] if spelling is not None and spelling.names else None
