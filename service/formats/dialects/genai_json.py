"""JSON texts in attributes: request parameters, and token counts with the names of Langfuse and MLflow."""

from collections.abc import Mapping
from typing import Any

import msgspec

from service.formats.rejecting import MSGSPEC_ERRORS


class Parameters(msgspec.Struct, gc=False):
    model: Any = None
    stream: Any = None


class _Request(Parameters, gc=False):
    """Parameters of a provider's API. One of these fields distinguishes them from a user's own JSON."""

    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    prompt: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    input: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    contents: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _CachedTokens(msgspec.Struct, gc=False):
    cached_tokens: Any = None


class Tokens(msgspec.Struct, gc=False):
    """Token counts: Langfuse's usage details, with its own names or OpenAI's, or MLflow's token usage."""

    input: Any = None
    output: Any = None
    input_cached_tokens: Any = None
    cache_read_input_tokens: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    prompt_tokens: Any = None
    completion_tokens: Any = None
    prompt_tokens_details: _CachedTokens | None = None

    @property
    def cached(self) -> Any:
        details = self.prompt_tokens_details
        return first_known(
            self.input_cached_tokens, self.cache_read_input_tokens, details.cached_tokens if details else None
        )


_NO_TOKENS = Tokens()
TOKENS = ("langfuse.observation.usage_details", "mlflow.chat.tokenUsage")
_DECODE_TOKENS = msgspec.json.Decoder(Tokens)
NO_PARAMETERS = Parameters()
INVOCATION = "llm.invocation_parameters"
NAMED = "llm.request.model_name"
"""If present, the model is known, and only `INVOCATION` is read, for streaming."""
PARAMETERS: Mapping[str, msgspec.json.Decoder[Any]] = {
    INVOCATION: msgspec.json.Decoder(Parameters),
    "embedding.invocation_parameters": msgspec.json.Decoder(Parameters),
    "input.value": msgspec.json.Decoder(_Request),
}
"""JSON texts with the requested model in `model` (OpenInference)."""


def first_known(*values: Any) -> Any:
    for value in values:
        if value is not None:
            return value
    return None


def tokens_of(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Tokens:
    said = next((attributes[key] for key in keys if isinstance(attributes[key], str)), "{}")
    try:
        return _DECODE_TOKENS.decode(said)
    except MSGSPEC_ERRORS:
        return _NO_TOKENS


def parameters_of(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Parameters:
    """From the request's JSON, reads the model and streaming only: the rest may be a prompt."""
    for key in keys:
        found = _read_parameters(attributes[key], PARAMETERS[key])
        if isinstance(found.model, str) or NAMED in attributes:
            return found
    return NO_PARAMETERS


def _read_parameters(json: Any, decoder: msgspec.json.Decoder[Any]) -> Parameters:
    if not isinstance(json, str):
        return NO_PARAMETERS
    try:
        found: Parameters = decoder.decode(json)
    except MSGSPEC_ERRORS:
        return NO_PARAMETERS
    if isinstance(found, _Request) and all(one is msgspec.UNSET for one in msgspec.structs.astuple(found)[2:]):
        return NO_PARAMETERS
    return found
