"""All facts of one destination at one tick -> one message."""

from collections.abc import Sequence

from service.core.messages.message import Block, Links, Message
from service.core.notification import Facts, Notice


def render(facts: Sequence[Facts], *, links: Links) -> Message:
    """One message for all facts of one destination at one tick. `facts` is not empty."""
    lines = [_line(fact) for fact in facts]
    blocks: list[Block] = [{"type": "section", "text": {"type": "mrkdwn", "text": line[:3000]}} for line in lines]
    return Message(lines[0], blocks[:50])


def _line(fact: Facts) -> str:
    if isinstance(fact, Notice):
        return (
            f"{fact.service} still calls {fact.model}, which goes on {fact.shutdown_on}: {fact.calls_7d} calls a week."
        )
    return type(fact).__name__
