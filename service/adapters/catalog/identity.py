"""Reads `catalog/identity.yaml` and combines it with the catalog's records into `core.identity.Knowledge`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from service.core.identity import Knowledge, Maker, Model, Names, Platforms, Resolver
from service.core.identity.resolver import spell

Record = tuple[str, str, Iterable[str]]
"""Platform, id and aliases of a catalog record, in the platform's spelling."""
IDENTITY_FILE = Path(__file__).parents[2] / "catalog" / "identity.yaml"


def load_identity(path: Path = IDENTITY_FILE) -> dict[str, Any]:
    """`{makers: {name: {api, second_api, models, pinned, floating, short}}}`."""
    from service.config import yaml  # noqa: PLC0415  slow to import, and what is kept needs none

    loaded: dict[str, Any] = yaml.parse(path.read_bytes())
    return loaded


def build_knowledge(identity_yaml: Mapping[str, Any], platforms: Platforms, records: Iterable[Record]) -> Knowledge:
    """Knowledge from identity.yaml, the platforms' own names, and each record's (platform, id, aliases), in this
    precedence.

    An unknown id becomes a model of its platform. An unknown alias is pinned to the record's model. Names in the files
    have precedence, so a floating alias is never pinned to the current snapshot.
    """
    makers = {name: _maker(content) for name, content in identity_yaml["makers"].items()}
    names = {each.platform: _names(msgspec.to_builtins(each.names)) for each in platforms}
    given = list(records)
    return _learn_aliases(_learn_ids(Knowledge(makers, names, platforms), given), given)


def _learn_ids(knowledge: Knowledge, records: Iterable[Record]) -> Knowledge:
    resolver = Resolver(knowledge)
    learned = dict(knowledge.names)
    for platform, record_id, _ in records:
        spelled = spell(knowledge.platforms, platform, record_id)
        if spelled is None or spelled.prefix or _known(resolver, platform, record_id) is not None:
            continue
        names = learned.get(platform, Names())
        learned[platform] = replace(names, models=names.models | set(spelled.names[:1]))
    return replace(knowledge, names=learned)


def _learn_aliases(knowledge: Knowledge, records: Iterable[Record]) -> Knowledge:
    resolver = Resolver(knowledge)
    learned = dict(knowledge.names)
    for platform, record_id, aliases in records:
        model = _known(resolver, platform, record_id)
        if model is None or model.kind == "fine-tune":
            continue
        for alias in aliases:
            spelled = spell(knowledge.platforms, platform, alias)
            if spelled is None or _known(resolver, platform, alias) is not None:
                continue
            names = learned.get(platform, Names())
            learned[platform] = replace(names, pinned={**dict.fromkeys(spelled.names[:1], model.model), **names.pinned})
    return replace(knowledge, names=learned)


def _known(resolver: Resolver, platform: str, record_id: str) -> Model | None:
    answer = resolver.resolve(record_id, provider=platform)
    return answer if isinstance(answer, Model) and answer.platform == platform else None


def _maker(content: Mapping[str, Any]) -> Maker:
    return Maker(_names(content), content.get("api"), _names(content.get("short", {})), content.get("second_api"))


def _names(content: Mapping[str, Any]) -> Names:
    return Names(
        frozenset(content.get("models", ())), dict(content.get("pinned", {})), frozenset(content.get("floating", ()))
    )
