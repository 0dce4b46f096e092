"""Detects credentials in text from logs, which is then neither stored nor shown."""

import re
from urllib.parse import unquote

_KEYS = (
    r"[spr]k[-_](?=[\w-]*(?:\d|[a-z]{12}))[\w-]{12,}",
    r"(?:gsk|hf|r8|fw|gh[opsur]|github_pat|tgp_v1)_\w{16,}",
    r"(?:xai|pplx|csk)-[a-z0-9]{20,}",
    r"(?:glpat|nvapi)-[\w-]{16,}",
    r"(?:xapp|xox[a-z])-[\w-]{10,}",
    r"(?:akia|asia)[a-z0-9]{16}",
    r"aiza[\w-]{30,}",
    r"(?-i:AQ)\.[\w-]{30,}",
    r"(?-i:ABSK)[a-z0-9+/=]{30,}",
    r"lsv2_[a-z]{2}_\w{16,}",
    r"(?-i:pa-(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{30,})",
    r"ya29\.[\w-]{16,}",
    r"eyj[\w-]{17,}",
    r"dapi[0-9a-f]{32}",
    r"(?:api[-_ ]?)?key[-_ :=]+[a-z0-9]{16,}",
    r"(?:bearer|authorization)[\s:=+\"']+\S{8,}",
    r"basic[\s:=+]+(?-i:(?=\S*(?:[0-9=]|[a-z][A-Z])))\S{8,}",
)
"""Prefixes of the keys of model providers, clouds and forges, with the shortest rest. Names of models and services may
have such a prefix ("xai-org/grok-1", "pplx-70b-online", "Basic Assistant"), but not such a rest.
"""
SHORTEST_SECRET = 14
_FIRST, _SECOND = "AaBbCcDdEeFfGgHhKkLlNnPpRrSsTtXxYy", "AaBbEeFfGgHhIiKkLlOoPpQqSsUuVvWwYy8"
"""First and second letters of keys: a fast first check."""
_CLEAR = re.compile(
    rf"[^A-Za-z0-9]*+(?:(?!(?=[{_FIRST}][{_SECOND}])(?i:{'|'.join(_KEYS)}))[A-Za-z0-9]++[^A-Za-z0-9]*+)*+"
)
"""Text without a key. Hot path: possessive quantifiers skip whole words."""


def holds_secret(text: str) -> bool:
    """Searches the whole text, in any case, and through up to two layers of percent-encoding."""
    if _CLEAR.fullmatch(text) is None:
        return True
    return "%" in text and _CLEAR.fullmatch(unquote(unquote(text))) is None
