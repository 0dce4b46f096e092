"""What a grammar makes of an id, before anything is looked up."""

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
OPEN = "open"
"""The makers whose models have no API of their own that lastcall follows: Meta, Qwen, Microsoft and many more."""


class UnreadableError(ValueError):
    """By the platform's own grammar the text names no model. `reason` says why."""

    def __init__(self, reason: UnresolvedReason, platform: str | None = None) -> None:
        super().__init__(reason)
        self.reason: UnresolvedReason = reason
        self.platform = platform


@dataclass(frozen=True, slots=True)
class Spelling:
    """Spellings of one id, each to be looked up whole, the first that is known wins."""

    names: tuple[str, ...]
    maker: str | None = None
    """Maker that the text itself names."""
    fine_tune: bool = False
    """The names are those of the base."""


def maker_of(segment: str) -> str:
    """Maker named by a path segment or the first dotted word of an id."""
    return _MAKER.get(segment, OPEN)


def split_maker(text: str) -> tuple[str | None, str]:
    """`maker/name` -> (maker, name); further segments belong to nobody known and stay in the name."""
    maker, slash, name = text.partition("/")
    return (maker_of(maker), name) if slash else (None, text)
