"""Reads `catalog/identity.yaml` and joins it with the catalog's records into `core.identity.Knowledge`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from service.core.identity import Knowledge, Maker, Model, Names, Resolver
from service.core.identity.resolver import spell

Record = tuple[str, str, Iterable[str]]
"""Platform, id and aliases of a catalog record, as the platform spells them."""
IDENTITY_FILE = Path(__file__).parents[2] / "catalog" / "identity.yaml"


def load_identity(path: Path = IDENTITY_FILE) -> dict[str, Any]:
    """`{makers: {name: {api, models, pinned, floating, short}}, platforms: {slug: {models, pinned, floating}}}`."""
    from service.config import yaml  # noqa: PLC0415  slow to import, and what is kept needs none

    loaded: dict[str, Any] = yaml.parse(path.read_bytes())
    return loaded


def build_knowledge(identity_yaml: Mapping[str, Any], records: Iterable[Record] = ()) -> Knowledge:
    """Knowledge of identity.yaml, and of each record's (platform, id, aliases) where identity.yaml says nothing.

    An id that is unknown so far becomes a model of its platform. An alias that is unknown so far is pinned to the
    record's model: identity.yaml wins, so that a floating alias is never folded into the snapshot of the day.
    """
    makers = {name: _maker(content) for name, content in identity_yaml["makers"].items()}
    platforms = {slug: _names(content) for slug, content in identity_yaml["platforms"].items()}
    given = list(records)
    return _learn_aliases(_learn_ids(Knowledge(makers, platforms), given), given)


def _learn_ids(knowledge: Knowledge, records: Iterable[Record]) -> Knowledge:
    resolver = Resolver(knowledge)
    platforms = dict(knowledge.platforms)
    for platform, record_id, _ in records:
        spelled = spell(platform, record_id)
        if spelled is None or spelled.fine_tune or _known(resolver, platform, record_id) is not None:
            continue
        names = platforms.get(platform, Names())
        platforms[platform] = replace(names, models=names.models | set(spelled.names[:1]))
    return replace(knowledge, platforms=platforms)


def _learn_aliases(knowledge: Knowledge, records: Iterable[Record]) -> Knowledge:
    resolver = Resolver(knowledge)
    platforms = dict(knowledge.platforms)
    for platform, record_id, aliases in records:
        model = _known(resolver, platform, record_id)
        if model is None or model.kind == "fine-tune":
            continue
        for alias in aliases:
            spelled = spell(platform, alias)
            if spelled is None or _known(resolver, platform, alias) is not None:
                continue
            names = platforms.get(platform, Names())
            platforms[platform] = replace(
                names, pinned={**dict.fromkeys(spelled.names[:1], model.model), **names.pinned}
            )
    return replace(knowledge, platforms=platforms)


def _known(resolver: Resolver, platform: str, record_id: str) -> Model | None:
    answer = resolver.resolve(record_id, provider=platform)
    return answer if isinstance(answer, Model) and answer.platform == platform else None


def _maker(content: Mapping[str, Any]) -> Maker:
    return Maker(_names(content), content.get("api"), _names(content.get("short", {})))


def _names(content: Mapping[str, Any]) -> Names:
    return Names(
        frozenset(content.get("models", ())), dict(content.get("pinned", {})), frozenset(content.get("floating", ()))
    )
