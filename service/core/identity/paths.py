"""Request paths that name a model: Azure, Bedrock, Gemini, Vertex, Databricks, OpenAI's old engines and its look-up."""

import re

from service.core.identity.answer import UnresolvedReason
from service.core.identity.spelling import UnreadableError
from service.core.identity.wrappers import Address

_VERSION = r"/v\d(?:beta|alpha)?\d*"
_NO_MODEL: tuple[tuple[re.Pattern[str], str, UnresolvedReason], ...] = (
    (re.compile(r".*/openai/deployments/[^/]+(/.*)?"), "azure-openai", "free_text"),
    (re.compile(r"/openai/(v1|responses)(/.*)?"), "azure-openai", "no_model_in_path"),
    (re.compile(r".*/projects/[^/]+/locations/[^/]+/endpoints/.+"), "vertex-ai", "opaque"),
)
_BEDROCK_VERBS = "invoke|invoke-with-response-stream|converse|converse-stream|count-tokens"
_PUBLISHED = r"(publishers/[^/]+/models/[^/:]+)"
_MODEL = (
    (re.compile(rf"/model/(.+)/(?:{_BEDROCK_VERBS})"), "aws-bedrock"),
    (re.compile(rf"{_VERSION}/(?:projects/[^/]+/locations/[^/]+/)?{_PUBLISHED}(?::[a-z]+)?"), "vertex-ai"),
    (re.compile(rf"{_VERSION}/((?:models|tunedmodels)/[^/:]+):[a-z]+"), "gemini-api"),
    (re.compile(r"/serving-endpoints/([^/]+)/(?:invocations|served-models/.+)"), "databricks"),
    (re.compile(r"/v1/engines/([^/]+)(?:/.*)?"), "openai-api"),
    (re.compile(r"/v1/models/([^/:]+|ft:[^/]+)"), "openai-api"),
)


def read_path(text: str, platform: str | None) -> Address:
    """The id in a path, and the platform whose path it is. Raises UnreadableError when it names none."""
    path = text.partition("?")[0]
    for pattern, owner, reason in _NO_MODEL:
        if pattern.fullmatch(path):
            raise UnreadableError(reason, owner)
    for pattern, owner in _MODEL:
        if match := pattern.fullmatch(path):
            return Address(owner, match[1])
    raise UnreadableError("no_model_in_path", platform)
