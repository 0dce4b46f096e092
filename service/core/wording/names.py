"""Names from logs and files, fit to be shown: bounded, on one line, without what nobody can see."""

import re
import unicodedata
from urllib.parse import urlsplit

from service.core import words
from service.core.wording.end import reported_by
from service.core.wording.spans import Code, Link, Span, Spans, say
from service.core.wording.to_slack import size

NAME = 240
"""Most characters that a name takes in Slack. A longer one ends in an ellipsis."""

_COMMAND_WORD = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:/@+=,-]{0,119}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Control, format (bidirectional overrides among them) and lone surrogate characters."""


def name(text: str, limit: int = NAME) -> str:
    visible = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    shown = " ".join(visible.split()) or "(no name)"
    if size(shown) <= limit:
        return shown
    kept, room = 0, limit - 1
    while (room := room - size(shown[kept])) >= 0:
        kept += 1
    return shown[:kept].rstrip() + "…"


def code(text: str, limit: int = NAME) -> Code:
    return Code(name(text, limit))


def caller(service: str, environment: str) -> Spans:
    """``checkout-api` (production)``"""
    return say(code(service), f" ({name(environment, 100)})" if environment else "")


def model_on(id_: str, platform: str) -> Spans:
    """``gpt-4.5-preview` on OpenAI API``"""
    return say(code(id_), f" on {name(words.platform_name(platform))}")


def link(url: str, label: str) -> Span:
    """The label alone where the address is none of the web, or too long."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return label
    is_web = parts.scheme in {"http", "https"} and parts.netloc
    return Link(url, label) if is_web and url.isprintable() and size(url) <= 1000 else label


def as_typed(service: str) -> str:
    """Its name in a command or an address that people paste; `SERVICE` where a shell would read the name otherwise."""
    return service if _COMMAND_WORD.fullmatch(service) else "SERVICE"


def source(address: str | None, *, second_hand: bool) -> str:
    """What a source is, as a label. A second-hand one is named by its host."""
    reported = name(reported_by(address))
    return reported[0].upper() + reported[1:] if second_hand else "The provider's notice"
