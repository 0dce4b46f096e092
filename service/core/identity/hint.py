"""What a provider field says about an id: the platform, and the kind of field with the id."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.core.identity.platforms import Platforms
from service.core.identity.provider_words import LONGEST_WORD, read_word
from service.core.usage import FieldKind


@dataclass(frozen=True, slots=True)
class Hint:
    """Nothing, a platform, an unknown place, or the kind of field."""

    platform: str | None = None
    field: FieldKind = "model"
    path: bool = False
    """The "id" is the path of a request."""
    elsewhere: bool = False
    """The word names a place that lastcall does not know."""
    loose: bool = False
    """An id that proves another platform has precedence."""


_FREE_TEXT_FIELDS: Mapping[str, FieldKind] = {
    "deployment": "deployment",
    "endpoint": "deployment",
    "model_group": "alias",
    "alias": "alias",
    "route": "alias",
    "virtual_model": "alias",
}


def read_hint(platforms: Platforms, provider: str | None) -> Hint:
    """Parses the provider field of any tool; `<tool>.<kind of field>` marks the name of a deployment or an alias."""
    if provider is None or len(provider) <= LONGEST_WORD:
        word = (provider or "").strip().lower()
        if word in {"path", "url", "url.path"}:
            return Hint(path=True)
        tool, _, field = word.rpartition(".")
        if tool and field in _FREE_TEXT_FIELDS:
            return Hint(read_word(platforms, tool).platform, _FREE_TEXT_FIELDS[field])
    said = read_word(platforms, provider)
    return Hint(said.platform, elsewhere=not said.known, loose=said.loose)
