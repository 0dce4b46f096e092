"""What a notification is, its recipients and its outcome, in words."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from service.core import words
from service.core.escalation.plan import Status
from service.core.notification import OVERTAKEN, Recipients

LABELS: dict[Status, str] = {
    "foreseen": "foreseen",
    "pending": "pending",
    "leased": "being sent",
    "delivered": "delivered",
    "failed": "not delivered",
    "unknown": "perhaps delivered",
}

KINDS: Mapping[str, str] = {
    "notice": "notice",
    "migrated": "the calls have ended",
    "date_moved": "the shutdown moved",
    "confirmed": "the provider confirms the end",
    "withdrawn": "the end was taken back",
    "redirected": "another model answers",
    "digest": "digest",
    "operator": "problem of lastcall",
    "undeliverable": "undelivered message",
}


def kind(name: str) -> str:
    """A kind of notification. The name of a step stays as it is."""
    return KINDS.get(name, name)


def became(
    state: Status, at: datetime, now: datetime, *, outcome: str | None = None, attempts: int = 0, short: bool = False
) -> str:
    """A clause: `delivered on Mon 16 Jun 2025, 07:00 UTC`, `goes out with the next tick`, `not delivered:
    is_archived`.

    `at`: when it was delivered, or was given up; of one that is not sent, when it goes out; of one that was perhaps
    delivered, when it is looked up again. `outcome`: of the last of the `attempts`. `short`: `delivered 2 days ago`.
    """
    past = words.ago(at, now) if short else f"on {words.moment(at)}"
    future = "with the next tick" if at <= now else words.soon(at) if short else f"on {words.moment(at)}"
    because = f": {outcome_in_words(outcome)}" if outcome else ""
    match state:
        case "delivered":
            said = f"{LABELS[state]} {past}"
        case "leased":
            said = LABELS[state]
        case "pending" | "foreseen":
            tried = f"not sent after {words.plural(attempts, 'attempt')}{because}; " if attempts else ""
            said = f"{tried}goes out {future}"
        case "unknown":
            said = f"{LABELS[state]}{because}; looked up again {future}"
        case "failed":
            said = f"{LABELS[state]}{because or f' {past}'}"
    return said


def outcome_in_words(outcome: str) -> str:
    """Slack's errors stay as they are."""
    return "it was no longer true when it was due" if outcome == OVERTAKEN else outcome


def otherwise(recipients: Recipients) -> Iterator[tuple[str, str]]:
    """Audiences that the forecast removes or adds: `Spared`, `the manager, because at this pace ...`."""
    if recipients.spared:
        yield "Spared", f"{words.audiences(recipients.spared)}, because at this pace the calls end in time"
    if recipients.early:
        why = "because at this pace the calls do not reach zero before the end"
        yield "Notified early", f"{words.audiences(recipients.early)}, {why}"
