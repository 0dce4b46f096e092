"""What a body of an unknown format looks like: names of keys, never values. It tells an operator whose it is."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice

import msgspec

from service.core.secret import holds_secret

_MAX_NAMES = 8
_LOOKED_AT = 64
"""Keys at the start of an object. It may have a million."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NAME = re.compile(r"[A-Za-z_@$][A-Za-z0-9_@$-]{0,31}(?:\.[A-Za-z][A-Za-z0-9_-]{0,31}){0,3}")
"""Of a field. Objects that are keyed by ids, addresses or texts have keys that are values."""
_VALUE = re.compile(r"\d{3}|@.*\.|[0-9a-f]{8}")
"""Part of a name that looks made up for one record."""


def shape_of(body: bytes) -> str:
    """In words, bounded. The same for bodies with the same names."""
    try:
        return _object(_OBJECT.decode(body))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "JSON that is no object" if _is_json(body) else "text that is no JSON"


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return True


def _object(fields: Mapping[str, object]) -> str:
    if not fields:
        return "an empty object"
    names = _names(fields)
    more = len(fields) - len(names)
    if not names:
        return "an object without a key that looks like a field's name"
    beside = f" and {more} more" if more else ""
    return f"an object with {', '.join(names)}{beside}"


def _names(keys: Iterable[str]) -> list[str]:
    return sorted(key for key in islice(keys, _LOOKED_AT) if _is_name(key))[:_MAX_NAMES]


def _is_name(key: str) -> bool:
    return _NAME.fullmatch(key) is not None and _VALUE.search(key) is None and not holds_secret(key)
