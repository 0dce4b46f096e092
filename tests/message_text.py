"""Messages as people read them."""

from datetime import UTC, datetime

from service.core.messages.message import Message
from service.core.messages.render import render
from service.core.notification import Facts
from service.core.wording import to_slack
from service.core.wording.to_text import to_text

TODAY = datetime(2025, 6, 2, tzinfo=UTC)


def posted(message: Message) -> str:
    return str([to_slack.block(one) for one in message.blocks])


def read(*facts: Facts, today: str = "2025-06-02") -> str:
    """What a person reads, the thread included."""
    return as_text(render(facts, page=None, now=at(today)))


def as_text(message: Message) -> str:
    return "\n".join(to_text(blocks) for blocks in (message.blocks, *message.replies))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
