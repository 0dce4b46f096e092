"""What identity answers."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["snapshot", "alias", "fine-tune"]
"""snapshot: names one model. alias: floats, so that only the served model says which snapshot answered.
fine-tune: `ft:` and its base, which providers date apart from the base."""

UnresolvedReason = Literal[
    "empty",  # nothing, or white space
    "placeholder",  # null, n/a, unknown, default ...
    "not_an_id",  # JSON, a URL, a list, a key, control or look-alike characters, longer than 256
    "free_text",  # a deployment's, endpoint's or gateway alias's name: needs a mapping by the user
    "opaque",  # an ARN or resource that names no model: needs a mapping by the user
    "router",  # somebody else chooses the model: only the response names it
    "no_model_in_path",  # a path of which no part is a model
    "unknown_model",  # well-formed, and no model that lastcall knows
]
"""Why there is no model. Public contract: `resolve --json` and the page carry it."""


@dataclass(frozen=True, slots=True)
class Model:
    platform: str | None
    """Where the call was served; None when a model that many hosts serve is named with no hint of which."""
    model: str
    """Canonical: the maker's own spelling, lower case."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unresolved:
    platform: str | None
    """Known even when the model is not, if the log says so."""
    reason: UnresolvedReason


class Identified(NamedTuple):
    """A call's ids resolved. None is "unknown"."""

    platform: str | None
    requested_model: str | None
    served_model: str | None
