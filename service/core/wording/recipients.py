"""Audiences that the forecast adds or removes."""

from collections.abc import Iterator

from service.core import words
from service.core.notification import Recipients


def otherwise(recipients: Recipients) -> Iterator[tuple[str, str]]:
    """Label and clause: `Spared`, `the manager, because at this pace the calls end in time`."""
    if recipients.spared:
        yield "Spared", f"{words.audiences(recipients.spared)}, because at this pace the calls end in time"
    if recipients.early:
        why = "because at this pace the calls do not reach zero before the end"
        yield "Notified early", f"{words.audiences(recipients.early)}, {why}"
