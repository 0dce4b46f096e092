"""HTTP status and code that stand in the text of a provider's error, for logs that have no field for them.

The text is read and kept nowhere: some providers quote the request in it.
"""

import re

from service.core.values import text

UNNAMED = "_OTHER"
"""Error code of a call that failed without a word why: OpenTelemetry's fallback value of `error.type`."""
LONGEST_READ = 4096
"""Characters looked at."""

_STATUS = re.compile(
    r"\bError code: ([1-5]\d\d)\b"
    r"|['\"](?:code|status|status_code)['\"]: ?([1-5]\d\d)\b"
    r"|\bstatus[_ ]code:? ([1-5]\d\d)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"""['"](?:error_)?code['"]\s*:\s*['"](?P<openai>[\w.-]{1,64})['"]"""
    r"""|['"]error['"]\s*:\s*\{\s*['"]type['"]\s*:\s*['"](?P<anthropic>[\w.-]{1,64})['"]"""
    r"""|['"]status['"]\s*:\s*['"](?P<google>[A-Z_]{1,64})['"]"""
    r"""|An\ error\ occurred\ \((?P<aws>[A-Za-z]{1,64})\)"""
)


def status_in(message: str | None) -> int | None:
    """The HTTP status that SDKs put into an error's text, for logs that have none of their own."""
    found = _STATUS.search(message, 0, LONGEST_READ) if message else None
    return int(found[found.lastindex or 0]) if found else None


def code_in(message: str | None) -> str | None:
    """The provider's own code, where the text quotes its answer. None for one that looks like a key."""
    found = _CODE.search(message, 0, LONGEST_READ) if message else None
    return text(found[found.lastgroup or 0]) if found else None
