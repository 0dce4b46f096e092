"""Reads HTTP status and code from the text of a provider's error, for logs without fields for them.

The text is never stored: some providers quote the request in it.
"""

import ast
import json
import re
from typing import Any

from service.core.values import text

UNNAMED = "_OTHER"
"""Error code of a call that failed without a reason: OpenTelemetry's fallback value of `error.type`."""
LONGEST_READ = 4096
"""Characters that are read."""

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
    """The HTTP status that SDKs write into the text of an error."""
    found = _STATUS.search(message, 0, LONGEST_READ) if message else None
    return int(found[found.lastindex or 0]) if found else None


def code_in(message: str | None) -> str | None:
    """The provider's code, if the text quotes its answer. None if it looks like a key."""
    if not message:
        return None
    answer, end = _answer_in(message[:LONGEST_READ]), LONGEST_READ
    if answer is not None:
        if (code := text(_code_of(answer))) is not None:
            return code
        end = message.find("{")  # the text that an SDK writes before the answer
    found = _CODE.search(message, 0, end)
    return text(found[found.lastgroup or 0]) if found else None


def _answer_in(message: str) -> dict[str, Any] | None:
    """The provider's answer as an SDK prints it, JSON or Python. A quoted request may contain other codes."""
    written = message[message.find("{") : message.rfind("}") + 1]
    for read in (json.loads, ast.literal_eval) if written else ():
        try:
            answer = read(written)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return answer if isinstance(answer, dict) else None
    return None


def _code_of(answer: dict[str, Any]) -> Any:
    """OpenAI and Azure, Databricks, Anthropic, Google."""
    error = answer.get("error")
    error = error if isinstance(error, dict) else answer
    codes = (error.get("code"), error.get("error_code"), error.get("status"))
    code = next((code for code in codes if isinstance(code, str)), None)
    return code if code is not None or "code" in error else error.get("type")
