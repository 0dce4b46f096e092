"""Untrusted names in Slack's mrkdwn: bounded, on one line, escaped. They mention nobody and end no code span."""

import re
import unicodedata
from urllib.parse import urlsplit

from service.core import words

NAME = 240
"""Most characters that a name takes, after escaping. A longer one ends in an ellipsis."""
_LOOKALIKE = str.maketrans({"`": "ˋ"})
"""Slack has no escape for a backtick, which would begin or end a code span."""

_COMMAND_WORD = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:/@+=,-]{0,119}")


def size(text: str) -> int:
    """Length as Slack counts it, in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def escape(text: str) -> str:
    """Slack's three control characters. After it, `<!channel>` is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(name: str, limit: int = NAME) -> str:
    """A name outside a code span: in a header, in the fallback text."""
    visible = "".join(" " if c.isspace() else c for c in name if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    return _fit(" ".join(visible.translate(_LOOKALIKE).split()) or "(no name)", limit)


def code(name: str, limit: int = NAME) -> str:
    """A name in a code span."""
    return f"`{plain(name, limit)}`"


def link(url: str, label: str) -> str:
    """`<url|label>` for an address of the web, else the label alone. `label` is our own words."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return label
    if parts.scheme not in {"http", "https"} or not parts.netloc or size(url) > 1000 or not url.isprintable():
        return label
    safe = url.replace("|", "%7C").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E").replace("&", "&amp;")
    return f"<{safe}|{label}>"


def origin(source: str | None, *, second_hand: bool) -> str:
    """What a source is, as a label; escaped, because a second-hand one is named by its host."""
    reported = plain(words.reported_by(source))
    return reported[0].upper() + reported[1:] if second_hand else "The provider's notice"


_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Control, format (bidirectional overrides among them) and lone surrogate characters."""


def _fit(text: str, limit: int) -> str:
    escaped = escape(text)
    if size(escaped) <= limit:
        return escaped
    kept: list[str] = []
    room = limit - 1
    for character in text:
        piece = escape(character)
        room -= size(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def as_typed(service: str) -> str:
    """Its name in a command or an address that people paste; `SERVICE` where a shell would read the name otherwise."""
    return service if _COMMAND_WORD.fullmatch(service) else "SERVICE"
