"""Names from logs and files, prepared for display: bounded, on one line, without invisible characters."""

import re
import unicodedata
from urllib.parse import urlsplit

from service.core import words
from service.core.catalog.lifecycle import Standing
from service.core.wording.end import reported_by
from service.core.wording.spans import Code, Link, Span, Spans, say
from service.core.wording.to_slack import size

NAME = 240
"""Maximum length of a name in Slack; a longer one is cut and ends in an ellipsis."""

_COMMAND_WORD = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:/@+=,-]{0,119}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Control characters, format characters (such as bidirectional overrides) and lone surrogates."""


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


def and_team(team: str | None) -> str:
    """`, search`, `, no owner`"""
    return f", {name(team, 100)}" if team else ", no owner"


def model_on(id_: str, platform: str, dates_of: str | None = None) -> Spans:
    """``gpt-4.5-preview` on OpenAI API``; behind a router ``o3` (OpenAI API, through OpenRouter)``"""
    place = name(words.place(platform, dates_of))
    return say(code(id_), f" ({place})" if dates_of else f" on {place}")


def through(router: str, dates_of: str) -> str:
    """What the dates of a model behind a router mean."""
    maker, by = name(words.platform_name(dates_of)), name(words.platform_name(router))
    return f"The dates are those of {maker}; {by} may answer with another model."


def link(url: str, label: str) -> Span:
    """The label only, if the address is not http or https, or is too long."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return label
    is_web = parts.scheme in {"http", "https"} and parts.netloc
    return Link(url, label) if is_web and url.isprintable() and size(url) <= 1000 else label


def as_typed(service: str) -> str:
    """The name in a command or an address to paste; `SERVICE` if a shell would interpret the name."""
    return service if _COMMAND_WORD.fullmatch(service) else "SERVICE"


def source(address: str | None, standing: Standing) -> str:
    """Label of a source; one that only reports is named."""
    reported = name(reported_by(address))
    return reported[0].upper() + reported[1:] if standing == "reported" else "The provider's notice"
