"""The result of a grammar, before the look-up."""

from dataclasses import dataclass

from service.core.identity.answer import UnresolvedReason

_MAKER_WORDS = {
    "openai": "openai",
    "anthropic": "anthropic",
    "google": "google",
    "mistral": "mistral mistralai mistral-ai",
    "cohere": "cohere",
    "xai": "xai x-ai",
    "deepseek": "deepseek deepseek-ai",
    "ai21": "ai21 ai21labs",
    "amazon": "amazon stability",
    "perplexity": "perplexity",
    "voyage": "voyage voyageai",
}
_MAKER = {word: maker for maker, words in _MAKER_WORDS.items() for word in words.split()}
FINE_TUNE = "ft:"
OPEN = "open"
"""Makers whose own API is not in the catalog, or who have none: Meta, Qwen, Microsoft and many more."""


class UnreadableIdError(ValueError):
    """By the platform's grammar, the text names no model. `reason` says why."""

    def __init__(self, reason: UnresolvedReason, platform: str | None = None) -> None:
        super().__init__(reason)
        self.reason: UnresolvedReason = reason
        self.platform = platform


@dataclass(frozen=True, slots=True)
class Spelling:
    """Possible spellings of one id. Each is looked up as a whole; the first known one counts."""

    names: tuple[str, ...]
    maker: str | None = None
    """Maker named in the text."""
    prefix: str = ""
    """Of models with dates of their own, named after the model that is looked up: `ft:` for a fine-tune of it."""


def maker_of(segment: str) -> str:
    """Maker named by a path segment or the first dotted word of an id."""
    return _MAKER.get(segment, OPEN)


def split_maker(text: str) -> tuple[str | None, str]:
    """`maker/name` -> (maker, name); further segments stay in the name."""
    maker, slash, name = text.partition("/")
    return (maker_of(maker), name) if slash else (None, text)
