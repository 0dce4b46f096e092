"""Reads `catalog/identity.yaml` and joins it with the catalog's records into `core.identity.Knowledge`."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from service.core.identity import Knowledge, Maker, Model, Names, Resolver
from service.core.identity.resolver import spell

IDENTITY_FILE = Path(__file__).parent.parent / "catalog" / "identity.yaml"


def load_identity(path: Path = IDENTITY_FILE) -> dict[str, Any]:
    """`{makers: {name: {api, models, pinned, floating, short}}, platforms: {slug: {models, pinned, floating}}}`."""
    loaded: dict[str, Any] = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    return loaded


def build_knowledge(
    identity_yaml: Mapping[str, Any], records: Iterable[tuple[str, str, Iterable[str]]] = ()
) -> Knowledge:
    """Knowledge of identity.yaml, and of each record's (platform, id, aliases) where identity.yaml says nothing.

    An id that is unknown so far becomes a model of its platform. An alias that is unknown so far is pinned to the
    record's model: identity.yaml wins, so that a floating alias is never folded into the snapshot of the day.
    """
    makers = {name: _maker(content) for name, content in identity_yaml["makers"].items()}
    platforms = {slug: _names(content) for slug, content in identity_yaml["platforms"].items()}
    given = list(records)
    for ids_only in (True, False):
        resolver = Resolver(Knowledge(makers, platforms))
        additions = [_addition(resolver, *record, ids_only=ids_only) for record in given]
        for platform, models, pinned in additions:
            platforms[platform] = _joined(platforms.get(platform, Names()), models, pinned)
    return Knowledge(makers, platforms)


def _addition(
    resolver: Resolver, platform: str, record_id: str, aliases: Iterable[str], *, ids_only: bool
) -> tuple[str, set[str], dict[str, str]]:
    known = _known(resolver, platform, record_id)
    if ids_only:
        spelled = spell(platform, record_id)
        if known is not None or spelled is None or spelled.fine_tune:
            return platform, set(), {}
        return platform, set(spelled.names[:1]), {}
    if known is None or known.kind == "fine-tune":
        return platform, set(), {}
    unpinned = (alias for alias in aliases if _known(resolver, platform, alias) is None)
    spelled_aliases = (spell(platform, alias) for alias in unpinned)
    return platform, set(), {s.names[0]: known.model for s in spelled_aliases if s is not None and s.names}


def _known(resolver: Resolver, platform: str, record_id: str) -> Model | None:
    answer = resolver.resolve(record_id, provider=platform)
    return answer if isinstance(answer, Model) and answer.platform == platform else None


def _joined(names: Names, models: set[str], pinned: Mapping[str, str]) -> Names:
    return Names(names.models | models, {**pinned, **names.pinned}, names.floating)


def _maker(content: Mapping[str, Any]) -> Maker:
    return Maker(_names(content), content.get("api"), _names(content.get("short", {})))


def _names(content: Mapping[str, Any]) -> Names:
    return Names(
        frozenset(content.get("models", ())), dict(content.get("pinned", {})), frozenset(content.get("floating", ()))
    )
