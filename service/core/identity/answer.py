"""Results of identity."""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["snapshot", "alias", "fine-tune"]
"""snapshot: names one model. alias: floats, so only the served model names the snapshot that answered. fine-tune: `ft:`
and its base, for which providers have separate dates."""

UnresolvedReason = Literal[
    "empty",  # nothing, or white space
    "placeholder",  # null, n/a, unknown, default ...
    "not_an_id",  # JSON, a URL, a list, a key, control or look-alike characters, longer than 256
    "free_text",  # a deployment's, endpoint's or gateway alias's name: needs a mapping by the user
    "opaque",  # an ARN or resource that names no model: needs a mapping by the user
    "router",  # a router chooses the model: only the response names it
    "no_model_in_path",  # a path without a model
    "unknown_model",  # well-formed, but unknown to lastcall
]
"""Why there is no model. Public contract: in `resolve --json` and on the page."""


@dataclass(frozen=True, slots=True)
class Model:
    platform: str | None
    """The platform of the call. None: several platforms serve the model, and nothing tells which."""
    model: str
    """Canonical: the maker's own spelling, lower case."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unresolved:
    platform: str | None
    """Known even if the model is not, if the log identifies it."""
    reason: UnresolvedReason


_VERSION = re.compile(r"-[0-9]{3,8}|-[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What a provider appends to an alias to name a snapshot: a number (`-0613`, `-002`, `-20241022`) or a date."""
_GENERATION = re.compile(r"-(?:[0-9][0-9.]*|preview|exp)(?=-|$)")
"""What `gemini-3.5-flash` and `mistral-medium-3-5` have beyond `gemini-flash-latest` and `mistral-medium-latest`."""


class Identified(NamedTuple):
    """The resolved ids of a call. None: unknown."""

    platform: str | None
    requested_model: str | None
    served_model: str | None

    @property
    def served_is_another(self) -> bool:
        """Whether another model than the requested one answered, and not a version of it. False if one is unknown.

        Aliases are answered by versions: `gpt-4o` by `gpt-4o-2024-08-06`, `mistral-large-latest` by
        `mistral-large-2411`, `gemini-flash-latest`, which names no generation, by `gemini-3.5-flash`. `gpt-4.1` and
        `gpt-4-turbo` are other models than `gpt-4`. A gateway that logs the alias as the model that answered names no
        other model either.
        """
        requested, served = self.requested_model, self.served_model
        if requested is None or served is None or requested == served:
            return False
        return not (_is_version(served, of=requested) or _is_version(requested, of=served))


def _is_version(snapshot: str, *, of: str) -> bool:
    stem = of.removesuffix("-latest")
    if snapshot.startswith(stem) and _VERSION.fullmatch(snapshot, len(stem)):
        return True
    return stem != of and _GENERATION.sub("", snapshot) == stem
