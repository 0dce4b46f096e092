"""The kind of call in one vocabulary, from each log's word for it."""

from collections.abc import Callable
from typing import Any

from service.core.usage import Scalar
from service.core.values import memoised, text

_WORDS = {
    "completion": "chat",
    "acompletion": "chat",
    "responses": "chat",
    "aresponses": "chat",
    "anthropic_messages": "chat",
    "atext_completion": "text_completion",
    "embedding": "embeddings",
    "aembedding": "embeddings",
    "agenerate_content": "generate_content",
    "generate_content_stream": "generate_content",
    "agenerate_content_stream": "generate_content",
    "arerank": "rerank",
    "image_generation": "image",
    "aimage_generation": "image",
    "image_edit": "image",
    "aimage_edit": "image",
    "aspeech": "speech",
    "atranscription": "transcription",
    "amoderation": "moderation",
    "chat.completions": "chat",
    "chat.streaming_completions": "chat",
    "text.completions": "text_completion",
    "text.streaming_completions": "text_completion",
}
WORDS = frozenset(_WORDS) | frozenset(_WORDS.values())
"""Words for asking a model something: gateways and SDKs write them where the conventions have no word."""
_ENDINGS = (
    ("/chat/completions", "chat"),
    ("/completions", "text_completion"),
    ("/embeddings", "embeddings"),
    ("/messages", "chat"),
    ("/responses", "chat"),
    ("/rerank", "rerank"),
    ("/moderations", "moderation"),
    ("/images/generations", "image"),
    ("/images/edits", "image"),
    ("/audio/speech", "speech"),
    ("/audio/transcriptions", "transcription"),
    ("/converse", "chat"),
    ("/converse-stream", "chat"),
    (":generateContent", "generate_content"),
    (":streamGenerateContent", "generate_content"),
)


def _from_call_type(word: Any) -> str | None:
    found = text(word)
    return _WORDS.get(found, found) if found is not None else None


def _from_path(path: Any) -> str | None:
    if type(path) is not str:
        return None
    path = path.partition("?")[0].rstrip("/")
    return next((operation for ending, operation in _ENDINGS if path.endswith(ending)), None)


from_call_type: Callable[[Scalar], str | None] = memoised(_from_call_type)
"""LiteLLM's `call_type`. A word that is not known is kept."""
from_path: Callable[[Scalar], str | None] = memoised(_from_path)
"""The last segments of an endpoint's path."""
