"""Whether the model that answered is another one than was asked for, or a version of it."""

import re

_VERSION = re.compile(r"-[0-9]{3,8}|-[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""What a provider puts behind an alias to name a snapshot of it: a number (`-0613`, `-002`, `-20241022`) or a date."""


def served_is_another(requested: str | None, served: str | None) -> bool:
    """Whether `served` is another model than `requested`, and not a version of it. Both are canonical models of one
    platform; False where one of them is unknown.

    An alias is there to be answered by a version: `gpt-4o` by `gpt-4o-2024-08-06`, `mistral-large-latest` by
    `mistral-large-2411`. `gpt-4.1` and `gpt-4-turbo` are other models than `gpt-4`. A gateway that writes the alias
    down for what answered names no other model either.
    """
    if requested is None or served is None or requested == served:
        return False
    return not (_is_version(served, of=requested) or _is_version(requested, of=served))


def _is_version(snapshot: str, *, of: str) -> bool:
    stem = of.removesuffix("-latest")
    return snapshot.startswith(stem) and _VERSION.fullmatch(snapshot, len(stem)) is not None
