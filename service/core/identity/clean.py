"""Text of a log -> an id in lower case, or the reason why it is not one."""

import re
from urllib.parse import unquote

from service.core.identity.answer import UnresolvedReason
from service.core.secret import holds_secret

LONGEST = 256
_LONGEST_RAW = 4 * LONGEST
PLACEHOLDERS = frozenset(
    {
        *("-", "--", "null", "nil", "none", "n/a", "na", "nan", "undefined", "unknown", "unspecified"),
        *("default", "auto", "test", "model", "string"),
    }
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.]*://")
_ID = re.compile(r"[a-z0-9][\w.:/@+~ ()?=&*-]*|[@/~][\w.:/@+~ ?=&-]+", re.ASCII)


class RefusedError(ValueError):
    """The text is not an id. `reason` says why."""

    def __init__(self, reason: UnresolvedReason) -> None:
        super().__init__(reason)
        self.reason: UnresolvedReason = reason


def clean(raw: str) -> str:
    """Percent-decode up to twice, trim white space and one pair of quotes, lower the case. Raises RefusedError."""
    if len(raw) > _LONGEST_RAW:
        raise RefusedError("not_an_id")
    text = _unquoted(_decoded(raw).strip()).strip()
    if not text:
        raise RefusedError("empty")
    if not text.isascii() or holds_secret(
        text
    ):  # before lower(), which turns look-alikes into ASCII (U+212A becomes k)
        raise RefusedError("not_an_id")
    text = text.lower()
    if text in PLACEHOLDERS:
        raise RefusedError("placeholder")
    if len(text) > LONGEST or _SCHEME.match(text) or not _ID.fullmatch(text):
        raise RefusedError("not_an_id")
    return text


def _decoded(raw: str) -> str:
    for _ in range(2):
        if "%" not in raw:
            break
        raw = unquote(raw)
    return raw


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`":
        return text[1:-1]
    return text
