"""The author of an act, as given: an e-mail address or a name."""

import re
from typing import Any

from service.core.secret import holds_secret

LONGEST_AUTHOR = 200
ERASED = "(erased)"
"""Replaces the name of an erased person."""
TAGS = frozenset({"type", "kind"})
"""Keys of stored JSON whose values are words of lastcall, never names."""


def parse_author(text: str) -> str:
    """The stripped name. Raises ValueError: the name is stored and shown to others."""
    author = text.strip()
    if not author:
        raise ValueError("an act needs an author")
    if len(author) > LONGEST_AUTHOR:
        raise ValueError(f"an author has at most {LONGEST_AUTHOR} characters")
    if not author.isprintable():
        raise ValueError("an author is one line, without control characters")
    if holds_secret(author):
        raise ValueError("an author is a name, not a credential")
    return author


def erased(value: Any, person: str) -> Any:
    """The value, text or JSON, with ERASED in place of `person` as a whole word, in any case: `ann` is neither in
    `joann` nor in `ann@example.com`."""
    match value:
        case str():
            name = re.compile(rf"(?<![\w@.+-]){re.escape(person)}(?![\w@+-]|\.\w)", re.IGNORECASE)
            return name.sub(ERASED, value)
        case list():
            return [erased(one, person) for one in value]
        case dict():
            return {key: one if key in TAGS else erased(one, person) for key, one in value.items()}
        case _:
            return value
