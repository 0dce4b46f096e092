"""Vertex AI: `[publishers/<maker>/models/]name[@version][-maas]`."""

import re

from service.core.identity.respell import claude, spellings
from service.core.identity.spelling import Spelling, UnreadableIdError, maker_of, split_maker

_PUBLISHER = re.compile(r"(?:.*/)?publishers/(?P<maker>[a-z0-9-]+)/models/(?P<name>[^/]+)")
_REVISION = re.compile(r"(?:-|@)\d{3}$")


def vertex(text: str) -> Spelling:
    """Claude dates after `@`; PaLM's `@002` is the official name; for partners' models `@001` is Google's revision."""
    if match := _PUBLISHER.fullmatch(text):
        return Spelling(_names(match["name"]), maker_of(match["maker"]))
    if text.isdigit() or re.match(r"(projects|endpoints|models)/.*\d{6,}|projects/", text):
        raise UnreadableIdError("opaque")
    maker, name = split_maker(text.removeprefix("models/").removeprefix("google/"))
    return Spelling(_names(name), maker)


def _names(name: str) -> tuple[str, ...]:
    name = name.removesuffix("-maas")
    if name.startswith("claude-"):
        return (claude(name),)
    base, at, version = name.partition("@")
    if not at:
        return spellings(name)
    version = _REVISION.sub("", f"@{version}").lstrip("@")
    return (name, f"{base}-{version}" if version else base)
