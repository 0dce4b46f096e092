"""What the text of a provider's error says: HTTP status, the provider's code, and whether the model is gone.

The text is read here and kept nowhere: some providers quote the request in it.
"""

import re
from typing import NamedTuple

UNNAMED = "_OTHER"
"""Error code of a call that failed without a word why: OpenTelemetry's fallback value of `error.type`."""
_READ = 4096
"""Characters looked at."""

_STATUS = re.compile(r"\bError code: ([1-5]\d\d)\b|['\"]code['\"]: ?([1-5]\d\d)\b")
_CODE = re.compile(
    r"""['"]code['"]\s*:\s*['"](?P<openai>[\w.-]{1,64})['"]"""
    r"""|['"]error['"]\s*:\s*\{\s*['"]type['"]\s*:\s*['"](?P<anthropic>[\w.-]{1,64})['"]"""
    r"""|['"]status['"]\s*:\s*['"](?P<google>[A-Z_]{1,64})['"]"""
    r"""|An\ error\ occurred\ \((?P<aws>[A-Za-z]{1,64})\)"""
)


class EndOfLife(NamedTuple):
    """One platform's way to say that a model is gone: by a code, by words, or by words that need a status as well."""

    platform: str
    code: str | None = None
    words: str | None = None
    status: int | None = None


END_OF_LIFE = (
    EndOfLife("openai-api", code="model_not_found"),
    EndOfLife("openai-api", words=r"\bmodel \S+ has been deprecated\b"),
    EndOfLife("openai-api", words=r"\bdoes not exist or you do not have access to it\b"),
    EndOfLife("azure-openai", code="DeploymentNotFound"),
    EndOfLife("azure-openai", code="ServiceModelDeprecated"),
    EndOfLife("azure-openai", code="ServiceModelDeprecating"),
    EndOfLife("azure-openai", status=404, words=r"\bResource not found\b"),
    EndOfLife("azure-openai", words=r"\bdoes not work with the specified model\b"),
    EndOfLife("anthropic-api", code="not_found_error"),
    EndOfLife("anthropic-api", words=r"^model: \S+$"),
    EndOfLife("aws-bedrock", words=r"\bhas reached the end of its life\b"),
    EndOfLife("aws-bedrock", words=r"\bmarked by provider as Legacy\b"),
    EndOfLife("vertex-ai", words=r"\bPublisher Model \S+ (?:was )?not found\b"),
    EndOfLife("gemini-api", words=r"\bis not found for API version\b"),
    EndOfLife("gemini-api", words=r"\bmodel models/\S+ is no longer available\b"),
    EndOfLife("groq", code="model_decommissioned"),
    EndOfLife("groq", words=r"\bhas been decommissioned\b"),
    EndOfLife("openrouter", words=r"\bNo endpoints found for\b"),
    EndOfLife("mistral-api", words=r"\bInvalid model: \S"),
    EndOfLife("cohere-api", words=r"\bmodel '\S+' was removed on\b"),
    EndOfLife("xai-api", words=r"\bmodel \S+ was deprecated on\b"),
    EndOfLife("fireworks-serverless", words=r"\bModel not found, inaccessible, and/or not deployed\b"),
)
"""Several of these also answer a misspelt model or a missing permission, and say so in no other way. The catalog tells
them apart: the flag counts only for a model that it knows to be going. Bedrock says Legacy before the end, to those who
have not called for weeks: for them the model is gone already."""

_CODES = frozenset(row.code for row in END_OF_LIFE if row.code)
_WORDS = re.compile("|".join(row.words for row in END_OF_LIFE if row.words and row.status is None))
_WITH_STATUS = tuple((row.status, re.compile(row.words)) for row in END_OF_LIFE if row.words and row.status)
_BARE_STATUS = frozenset({404, 410})
_BARE_CODES = frozenset({None, "404", "410", "NOT_FOUND", "NotFound", "NotFoundError"})
"""What a "not found" without a word about what is called: gateways log no more, where they do not keep bodies."""


def status_in(message: str | None) -> int | None:
    """The HTTP status that SDKs put into an error's text, for logs that have none of their own."""
    found = _STATUS.search(message, 0, _READ) if message else None
    return int(found[1] or found[2]) if found else None


def code_in(message: str | None) -> str | None:
    """The provider's own code, where the text quotes its answer."""
    found = _CODE.search(message, 0, _READ) if message else None
    return found[found.lastgroup or 0] if found else None


def says_end_of_life(code: str | None, message: str | None, status: int | None = None) -> bool:
    """Of a failed call. A "not found" that says nothing else is the model's: the path of a call names little more."""
    if code in _CODES:
        return True
    if not message:
        return code in _BARE_CODES and (status in _BARE_STATUS or (status is None and code is not None))
    if _WORDS.search(message, 0, _READ):
        return True
    return any(status == needed and words.search(message, 0, _READ) for needed, words in _WITH_STATUS)
