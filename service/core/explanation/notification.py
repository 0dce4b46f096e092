"""A notification -> why this recipient, why now: rule, step, delays, other recipients, outcome."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core import words
from service.core.condition import InWords
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, Redirected, Withdrawn, kind_of
from service.core.escalation.delay import in_words
from service.core.escalation.hold import broken_promise
from service.core.escalation.plan import Status
from service.core.explanation.answer import Explanation, Wrong, points, samples, sentence, use_of
from service.core.messages.late import late, upcoming
from service.core.notification import OVERTAKEN, Digest, Facts, News, Notice, Trouble, Undeliverable
from service.core.ownership import Audience
from service.core.wording.delivery import LABELS, became, kind, otherwise
from service.core.wording.end import confirmed, day_of_end, moved, reported_by
from service.core.wording.spans import say
from service.core.wording.state import state
from service.core.wording.to_text import plain

STUCK_AFTER = timedelta(minutes=15)
"""A notification that is later than this is blocked."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Another notification about the same facts."""

    id: str
    destination: str
    audience: Audience
    state: Status
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StoredNotification:
    id: str
    kind: str
    step: str | None
    audience: Audience
    destination: str
    reason: str
    facts: Facts | None
    """None: another release stored them, and this one cannot read them."""
    decided_at: datetime
    not_before: datetime
    """Time of the next attempt; None: no attempt was made."""
    state: Status
    attempts: int
    settled_at: datetime | None
    outcome: str | None
    """Outcome of the last attempt."""
    policy: str | None
    policy_since: datetime | None
    """When its campaign opened and froze it."""
    came_from: Recipient | None
    """The original notification, which could not be delivered."""
    instead: Recipient | None
    same_decision: tuple[Recipient, ...]
    """Other notifications of the same decision."""
    troubles: tuple[InWords, ...]
    """Open conditions that block its destination."""


def explain_notification(record: StoredNotification, now: datetime) -> Explanation[StoredNotification]:
    notice = record.facts if isinstance(record.facts, Notice) else None
    return Explanation(
        about=f"To {words.address(record.destination)}: {_what(record)}.",
        points=points(
            why_you=_why_you(record, notice),
            why_now=_why_now(record, notice),
            who_else=_who_else(record, notice),
            evidence=_evidence(record),
            what_became_of_it=_became(record, now),
            what_comes_next=_next(notice),
        ),
        wrong=_wrong(record, now),
        evidence=record,
    )


def _what(record: StoredNotification) -> str:
    match record.facts:
        case Notice() | News() as facts:
            use = facts.use
            named = use_of(use.service, use.environment, use.id, use.platform)
            return f"notice of {named}" if isinstance(facts, Notice) else f"{kind(kind_of(facts.cause))}: {named}"
        case Digest() as facts:
            return f"digest of week {facts.week} for {facts.audience}"
        case Trouble() as facts:
            return f"trouble of lastcall itself: {facts.condition.kind}, {facts.condition.subject}"
        case Undeliverable() as facts:
            return f"what could not be delivered to {words.address(facts.destination)}"
        case None:
            return f"{record.kind}, whose facts this release cannot read"


def _why_you(record: StoredNotification, notice: Notice | None) -> Iterator[str]:
    audience, who = record.audience, words.address(record.destination)
    if record.came_from:
        audience, who = record.came_from.audience, words.address(record.came_from.destination)
        why = record.came_from.outcome or "Slack refused it"
        yield f"{words.address(record.destination)} is notified in place of {who}, which could not be: {why}."
    if notice is None:
        yield f"{who} is notified as {words.audiences([audience])}."
        return
    team, rule = notice.owner.team, notice.owner.rule
    if team is None:
        yield f"Nobody is known to own {notice.use.service}: {rule}."
    of = f", team {team}, by {rule}" if team else ""
    yield f"{who} is notified as {words.audiences([audience])} of {notice.use.service}{of}."
    if stand_in := dict(notice.recipients.substitutes).get(audience):
        empty, other = words.audiences([audience]), words.audiences([stand_in])
        yield f"No address of {empty} is known, so {other} is notified instead."
    if audience in notice.recipients.early:
        yield "It is notified before its own step, because at this pace the calls do not end in time."
    if first := notice.new_owner:
        yield f"It is the first notice to a new owner, after {first.former.in_words() or 'nobody'}."


def _why_now(record: StoredNotification, notice: Notice | None) -> Iterator[str]:
    if notice is None or notice.planned_on is None:
        yield sentence(record.reason)
    if notice:
        yield from _of_the_step(record, notice)
        yield from map(sentence, map(in_words, notice.delays))
        if steps := late(notice):
            yield f"Not sent before: {steps}."
        if notice.act_in_force:
            yield f"In force then: {notice.act_in_force.in_words()}."
    yield f"Decided on {words.moment(record.decided_at)}."


def _of_the_step(record: StoredNotification, notice: Notice) -> Iterator[str]:
    step = notice.cause.step
    often = f", {words.repeat(step.repeat_days)}" if step.repeat_days else ""
    day = f": {words.day(notice.planned_on)}" if notice.planned_on else ""
    yield f"Step {step.name} of policy {step.policy} is {words.step(step.name, step.end)}{often}{day}."
    if record.policy_since:
        yield f"The campaign keeps the policy that was in force when it opened, on {words.moment(record.policy_since)}."
    if relapse := notice.relapse:
        stopped = f" on {words.day(relapse.silent_since)}" if relapse.silent_since else ""
        again = f" since {words.day(relapse.back_since)}" if relapse.back_since else " again"
        yield f"The calls had ended{stopped}, and go on{again}: escalation goes on at the step where it stopped."
    if on := notice.promise_broken_on:
        yield sentence(broken_promise(on))


def _who_else(record: StoredNotification, notice: Notice | None) -> Iterator[str]:
    if record.same_decision:
        others = words.listed(f"{words.address(one.destination)} ({one.audience})" for one in record.same_decision)
        yield f"The same is sent to {others}."
    if notice and notice.recipients.held:
        yield f"Held back until the owner has had a business day: {words.audiences(notice.recipients.held)}."
    if notice:
        yield from (f"{label}: {clause}." for label, clause in otherwise(notice.recipients))


def _evidence(record: StoredNotification) -> Iterator[str]:
    match record.facts:
        case Notice() as facts:
            yield from _calls(facts)
            if forecast := facts.forecast_in_words:
                yield sentence(forecast)
            yield _dates(facts)
        case News() as facts:
            yield _happened(facts)
        case Trouble() as facts:
            yield sentence(facts.condition.detail)
            yield sentence(facts.condition.remedy)
        case Digest() | Undeliverable() | None:
            return
    if isinstance(facts, Notice | News) and facts.end.source and not isinstance(facts.cause, Migrated):
        yield f"Source: {facts.end.source}"
        if facts.end.is_reported:
            yield sentence(reported_by(facts.end.source))


def _happened(news: News) -> str:
    match news.cause:
        case Redirected() as cause:
            other = news.served_id or "another model"
            much = f"{words.number(cause.redirected)} of {words.plural(cause.answered, 'answered call')}"
            return f"On {words.day(cause.day)} {other} answered {much}; so it is since {words.day(cause.since)}."
        case Migrated() as cause:
            quiet = words.plural(cause.quiet_days, "day")
            return f"The last call was on {words.moment(cause.last_at)}; its quiet period was {quiet}."
        case Confirmed() as cause:
            return plain(confirmed(say(news.use.model), cause.before, cause.after))
        case DateMoved() | Withdrawn() as cause:
            after = cause.after if isinstance(cause, DateMoved) else None
            return f"The shutdown {plain(moved(cause.before, after))}."


def _calls(notice: Notice) -> Iterator[str]:
    traffic = notice.traffic
    failed, then = words.and_failed(traffic.errors_7d), state(traffic.state, notice.end.standing)
    yield (
        f"State then: {then}; {words.plural(traffic.calls_7d, 'call')} in the last 7 days{failed};"
        f" first on {words.moment(traffic.first_at)}, last on {words.moment(traffic.last_at)}."
    )
    yield from samples(traffic.requested_ids, traffic.request_ids)


def _dates(notice: Notice) -> str:
    announced = f"announced on {words.day(notice.end.announced)}, " if notice.end.announced else ""
    end = day_of_end(notice.end.shutdown_on, notice.end.precision, notice.end.standing)
    place = words.place(notice.use.platform, notice.end.dates_of)
    return f"{notice.use.model} on {place}: {announced}shutdown: {end}."


def _became(record: StoredNotification, now: datetime) -> Iterator[str]:
    at = record.settled_at or record.not_before
    yield sentence(became(record.state, at, now, outcome=record.outcome, attempts=record.attempts))
    if record.state == "unknown":
        yield "It is looked up in Slack before anything is sent again."
    if other := record.instead:
        yield f"{words.address(other.destination)} is notified instead: {LABELS[other.state]}."
    if record.state != "delivered":
        yield from (f"{sentence(one.detail)} {sentence(one.remedy)}" for one in record.troubles)


def _next(notice: Notice | None) -> Iterator[str]:
    if notice and (clause := upcoming(notice)):
        yield f"As of then, if nothing changes, {clause}."
    elif notice:
        yield "As of then, no further step was planned."


def _wrong(record: StoredNotification, now: datetime) -> Wrong | None:
    if record.state == "delivered" or record.outcome == OVERTAKEN:
        return None
    who, remedy = words.address(record.destination), record.troubles[0].remedy if record.troubles else None
    if record.state == "failed":
        mend = "look at the destination in Slack, and at the owner's addresses"
        return Wrong.of(f"{who} could not be notified: {record.outcome or 'Slack refused it'}", remedy or mend)
    if record.troubles:
        return Wrong.of(record.troubles[0].detail, record.troubles[0].remedy)
    if now - record.not_before > STUCK_AFTER:
        was_to = "be looked up again" if record.state == "unknown" else "go out"
        due = words.moment(record.not_before)
        return Wrong.of(
            f"it was to {was_to} on {due}, and is {LABELS[record.state]}", "see that `lastcall schedule` runs"
        )
    return None
