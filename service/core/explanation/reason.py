"""Why this destination, why now: one line for lists of notifications."""

from service.core import words
from service.core.escalation.cause import in_words
from service.core.notification import Digest, Facts, News, Notice, Recipients, Trouble, Undeliverable
from service.core.ownership import Audience
from service.core.week import Week


def reason_of(facts: Facts | None, audience: Audience, *, failed: tuple[str, str | None] | None = None) -> str:
    """`failed`: the original destination and its error, if this one replaces it."""
    match facts:
        case _ if failed is not None:
            return "{} could not be told: {}".format(*failed)
        case Notice() | News():
            by = "by" if facts.owner.team else "as"
            aside = facts.recipients if isinstance(facts, Notice) else Recipients()
            why = in_words(facts.cause, spared=aside.spared, early=aside.early)
            return f"{why}; {audience} {by} {facts.owner.rule}"
        case Digest():
            return f"weekly digest of {facts.week}, due {words.moment(Week.parse(facts.week).due_at)}"
        case Trouble():
            return f"condition {facts.condition.kind} of {facts.condition.subject}"
        case Undeliverable():
            return f"{facts.destination} could not be told: {facts.error}"
        case _:
            return "another release wrote it, and this one cannot read why"
