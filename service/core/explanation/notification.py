"""A notification -> why you, why now: the rule, the step, what it waited for, who else, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core import words
from service.core.delivery import OVERTAKEN
from service.core.escalation.plan import Status
from service.core.explanation.answer import Explanation, Wrong, named, points, sentence
from service.core.messages.late import late, upcoming
from service.core.notification import (
    DateMoved,
    Digest,
    Facts,
    Happened,
    Migrated,
    Notice,
    Redirected,
    Trouble,
    Undeliverable,
    Withdrawn,
)
from service.core.ownership import Audience

STUCK_AFTER = timedelta(minutes=15)
"""So long after it was to go out, something stands in its way."""


@dataclass(frozen=True, slots=True)
class Hearer:
    """Another notification: who hears of the same thing."""

    id: str
    destination: str
    audience: Audience
    state: Status
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A notification as it is stored, and what became of it."""

    id: str
    kind: str
    step: str | None
    audience: Audience
    destination: str
    reason: str
    facts: Facts | None
    """None: another release wrote them, and this one cannot read them."""
    decided_at: datetime
    not_before: datetime
    """Of the next attempt, once one was made."""
    state: Status
    attempts: int
    settled_at: datetime | None
    outcome: str | None
    """Of the last attempt."""
    policy: str | None
    policy_since: datetime | None
    """When its campaign opened and froze it."""
    came_from: Hearer | None
    """Whom it was meant for, and who could not be told."""
    instead: Hearer | None
    told_with: tuple[Hearer, ...]
    """Who hears of the same decision."""
    troubles: tuple[Trouble, ...]
    """What stands in the way of its destination now."""


def explain_notification(record: Record, now: datetime) -> Explanation[Record]:
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


def _what(record: Record) -> str:
    match record.facts:
        case Notice() | Migrated() | DateMoved() | Withdrawn() | Redirected() as facts:
            use = f"{named(facts.service, facts.environment)}, {facts.id} on {words.platform_name(facts.platform)}"
            return f"{_NEWS[type(facts)]} {use}"
        case Digest() as facts:
            return f"digest of week {facts.week} for {facts.audience}"
        case Trouble() as facts:
            return f"trouble of lastcall itself, {facts.condition} of {facts.subject}"
        case Undeliverable() as facts:
            return f"what {words.address(facts.destination)} could not be told"
        case None:
            return f"{record.kind}, whose facts this release cannot read"


_NEWS: Mapping[type[Notice | Happened], str] = {
    Notice: "notice of",
    Migrated: "the calls have ended of",
    DateMoved: "the shutdown was moved of",
    Withdrawn: "the end was taken back of",
    Redirected: "another model answers",
}


def _why_you(record: Record, notice: Notice | None) -> Iterator[str]:
    audience, who = record.audience, words.address(record.destination)
    if record.came_from:
        audience, who = record.came_from.audience, words.address(record.came_from.destination)
        why = record.came_from.outcome or "Slack refused it"
        yield f"{words.address(record.destination)} hears in place of {who}, who could not be told: {why}."
    if notice is None:
        yield f"{who} hears as {words.audiences([audience])}."
        return
    if notice.team is None:
        yield f"Nobody is known to own {notice.service}: {notice.owner_rule or record.reason}."
    by = f", by {notice.owner_rule}" if notice.owner_rule and notice.team else ""
    team = f", team {notice.team}" if notice.team else ""
    yield f"{who} hears as {words.audiences([audience])} of {notice.service}{team}{by}."
    if stand_in := dict(notice.stand_ins).get(audience):
        empty, hears = words.audiences([audience]), words.audiences([stand_in])
        yield f"No address of {empty} is known, so {hears} stands in."
    if audience in notice.early:
        yield "It hears before its own step, because at this pace the calls do not end in time."
    if notice.handed_over_from:
        yield f"It is the first notice to a new owner, after {notice.handed_over_from}."


def _why_now(record: Record, notice: Notice | None) -> Iterator[str]:
    if notice is None or notice.planned_on is None:
        yield sentence(record.reason)
    if notice:
        yield from _of_the_step(record, notice)
        yield from map(sentence, notice.waited)
        if steps := late(notice):
            yield f"Not told before: {steps}."
        if notice.standing:
            yield f"In force then: {notice.standing}."
    yield f"Decided on {words.moment(record.decided_at)}."


def _of_the_step(record: Record, notice: Notice) -> Iterator[str]:
    policy = f" of policy {record.policy}" if record.policy else ""
    end = words.FREEZE if notice.frozen_from else words.SHUTDOWN
    often = f", {words.repeat(notice.repeat_days)}" if notice.repeat_days else ""
    day = f": {words.day(notice.planned_on)}" if notice.planned_on else ""
    yield f"Step {notice.step}{policy} is {words.step(notice.step, end)}{often}{day}."
    if record.policy_since:
        yield f"The campaign keeps the policy that was in force when it opened, on {words.moment(record.policy_since)}."
    if notice.reopened:
        stopped = f" on {words.day(notice.silent_since)}" if notice.silent_since else ""
        again = f" since {words.day(notice.back_since)}" if notice.back_since else " again"
        yield f"The calls had ended{stopped}, and go on{again}: it is told at the level that was left."
    if notice.promised_on:
        yield f"The team had promised to be done by {words.day(notice.promised_on)}, and calls go on."


def _who_else(record: Record, notice: Notice | None) -> Iterator[str]:
    if record.told_with:
        others = words.listed(f"{words.address(one.destination)} ({one.audience})" for one in record.told_with)
        yield f"The same is told to {others}."
    if notice is None:
        return
    if notice.held:
        yield f"Held back until the owner has had a business day: {words.audiences(notice.held)}."
    if notice.spared:
        yield f"Spared, because at this pace the calls end in time: {words.audiences(notice.spared)}."
    if notice.early:
        yield f"Told early, because at this pace they do not: {words.audiences(notice.early)}."


def _evidence(record: Record) -> Iterator[str]:
    match record.facts:
        case Notice() as facts:
            yield from _calls(facts)
            if facts.forecast:
                yield sentence(facts.forecast)
            yield _dates(facts)
        case Redirected() as facts:
            other = facts.served_id or "another model"
            yield (
                f"On {words.day(facts.day)} {other} answered {words.number(facts.redirected)} of"
                f" {words.plural(facts.answered, 'answered call')}; so it is since {words.day(facts.since)}."
            )
        case Migrated() as facts:
            quiet = words.plural(facts.quiet_days, "day")
            yield f"The last call was on {words.moment(facts.last_at)}; its quiet period was {quiet}."
        case DateMoved() | Withdrawn() as facts:
            before = words.day(facts.before) if facts.before else "no firm day"
            after = words.day(facts.after) if isinstance(facts, DateMoved) and facts.after else "no firm day"
            yield f"The shutdown was {before}, and is {after}."
        case Trouble() as facts:
            yield sentence(facts.detail)
            yield sentence(facts.remedy)
        case Digest() | Undeliverable() | None:
            return
    if isinstance(facts := record.facts, Notice | Redirected | DateMoved | Withdrawn) and facts.source:
        yield f"Source: {facts.source}"
        if facts.second_hand:
            yield sentence(words.reported_by(facts.source))


def _calls(notice: Notice) -> Iterator[str]:
    failed = f", {words.number(notice.errors_7d)} failed" if notice.errors_7d else ""
    yield (
        f"The use was {notice.state}: {words.plural(notice.calls_7d, 'call')} in the last 7 days{failed};"
        f" first on {words.moment(notice.first_at)}, last on {words.moment(notice.last_at)}."
    )
    if notice.requested_ids:
        yield f"Requested as {words.listed(notice.requested_ids)}."
    if notice.request_ids:
        yield f"Sample requests: {words.listed(notice.request_ids)}."


def _dates(notice: Notice) -> str:
    announced = f"announced on {words.day(notice.announced)}, " if notice.announced else ""
    how_sure = f"{notice.precision}, not confirmed" if notice.second_hand else notice.precision
    end = f"shutdown on {words.day(notice.shutdown_on)} ({how_sure})" if notice.shutdown_on else "no day set"
    where = words.platform_name(notice.platform)
    return f"{notice.model} on {where}: {announced}{end}."


def _became(record: Record, now: datetime) -> Iterator[str]:
    outcome = record.outcome or "no answer yet"
    match record.state:
        case "delivered":
            yield f"Delivered on {words.moment(record.settled_at or record.not_before)}."
        case "pending" | "foreseen" if record.attempts:
            tries = words.plural(record.attempts, "attempt")
            yield f"Not sent after {tries}: {outcome}. The next is on {words.moment(record.not_before)}."
        case "pending" | "foreseen" if record.not_before > now:
            yield f"It goes out on {words.moment(record.not_before)}."
        case "pending" | "foreseen":
            yield "It goes out with the next tick."
        case "leased":
            yield "It is being sent."
        case "unknown":
            yield f"It may have been sent: {outcome}. It is looked up in Slack before anything is sent again."
        case "failed" if record.outcome == OVERTAKEN:
            yield f"It was not told: {OVERTAKEN}."
        case "failed":
            yield f"It could not be told: {outcome}."
    if record.instead:
        yield f"{words.address(record.instead.destination)} hears instead: {record.instead.state}."
    if record.state != "delivered":
        yield from (f"{sentence(one.detail)} {sentence(one.remedy)}" for one in record.troubles)


def _next(notice: Notice | None) -> Iterator[str]:
    if notice and (clause := upcoming(notice)):
        yield f"As of then, if nothing changes, {clause}."
    elif notice:
        yield "As of then, no further step was planned."


def _wrong(record: Record, now: datetime) -> Wrong | None:
    if record.state == "delivered" or record.outcome == OVERTAKEN:
        return None
    who, remedy = words.address(record.destination), record.troubles[0].remedy if record.troubles else None
    if record.state == "failed":
        mend = "look at the destination in Slack, and at the owner's addresses"
        return Wrong.of(f"{who} could not be told: {record.outcome or 'Slack refused it'}", remedy or mend)
    if record.troubles:
        return Wrong.of(record.troubles[0].detail, record.troubles[0].remedy)
    if now - record.not_before > STUCK_AFTER:
        due = words.moment(record.not_before)
        return Wrong.of(f"it was to go out on {due}, and is {record.state}", "see that `lastcall schedule` runs")
    return None
