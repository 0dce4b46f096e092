"""A message: the rendered Slack payload, nothing else."""

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
"""One Block Kit block, as Slack's API takes it."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted to one destination: `blocks`, then each of `replies` in its thread."""

    text: str
    """Slack's fallback text: what a notification on a phone shows. mrkdwn, escaped."""
    blocks: list[Block]
    replies: tuple[list[Block], ...] = ()
    """What did not fit: each is the blocks of one reply in the thread, in this order."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where a message can point to. `page` is the address of lastcall's own page; None: it has no public address."""

    page: str | None = None
