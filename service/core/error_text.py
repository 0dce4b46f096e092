"""HTTP status and code that stand in the text of a provider's error, for logs that have no field for them.

The text is read and kept nowhere: some providers quote the request in it.
"""

import ast
import json
import re
from typing import Any

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
    if not message:
        return None
    answer, end = _answer_in(message[:LONGEST_READ]), LONGEST_READ
    if answer is not None:
        if (code := text(_code_of(answer))) is not None:
            return code
        end = message.find("{")  # what an SDK says before the answer
    found = _CODE.search(message, 0, end)
    return text(found[found.lastgroup or 0]) if found else None


def _answer_in(message: str) -> dict[str, Any] | None:
    """The provider's answer as an SDK prints it, JSON or Python. What it quotes of the request has codes as well."""
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
