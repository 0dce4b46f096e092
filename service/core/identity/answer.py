"""Results of identity."""

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


class Identified(NamedTuple):
    """The resolved ids of a call. None: unknown."""

    platform: str | None
    requested_model: str | None
    served_model: str | None
