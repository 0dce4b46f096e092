"""Distinguishes another model from a version of the requested model."""

import re

_VERSION = re.compile(r"-[0-9]{3,8}|-[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Suffix of a snapshot of an alias: a number (`-0613`, `-002`, `-20241022`) or a date."""


def served_is_another(requested: str | None, served: str | None) -> bool:
    """Whether `served` is another model than `requested`, and not a version of it. Both are canonical models of one
    platform; False if one of them is unknown.

    A version normally answers an alias: `gpt-4o-2024-08-06` answers `gpt-4o`, `mistral-large-2411` answers
    `mistral-large-latest`. `gpt-4.1` and `gpt-4-turbo` are other models than `gpt-4`. A gateway that logs the alias as
    the served model does not name another model.
    """
    if requested is None or served is None or requested == served:
        return False
    return not (_is_version(served, of=requested) or _is_version(requested, of=served))


def _is_version(snapshot: str, *, of: str) -> bool:
    stem = of.removesuffix("-latest")
    return snapshot.startswith(stem) and _VERSION.fullmatch(snapshot, len(stem)) is not None
