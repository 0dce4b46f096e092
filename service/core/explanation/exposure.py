"""An exposure -> who was notified and why, or why nobody was: state, owner, campaign, ladder, next step."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from service.core import words
from service.core.condition import Undecidable
from service.core.escalation.campaign import CloseReason
from service.core.escalation.case import Case
from service.core.escalation.decision import Wait
from service.core.escalation.hold import broken_promise
from service.core.escalation.holding import asked_in_words, waiver_in_force
from service.core.escalation.schedule import upcoming
from service.core.explanation.answer import Explanation, Wrong, points, sentence, use_of
from service.core.explanation.situation import ExposureEvidence, Situation, evidence_of
from service.core.explanation.state import why_state
from service.core.explanation.steps import Notification, step_sentence
from service.core.notification import OVERTAKEN
from service.core.ownership import recipients
from service.core.wording.delivery import became, kind
from service.core.wording.end import day_of_end, reported_by
from service.core.wording.names import through
from service.core.wording.state import state

TICKS_WITHIN = timedelta(minutes=5)
"""A running scheduler evaluates at least this often."""


def explain_exposure(situation: Situation) -> Explanation[ExposureEvidence]:
    case, evidence = situation.case, evidence_of(situation)
    exposure, deprecation = case.exposure, case.exposure.deprecation
    is_told = any(one.state == "delivered" for one in situation.notifications)
    is_written = any(one.state != "failed" for one in situation.notifications)
    return Explanation(
        about=f"{use_of(exposure.service, exposure.environment, deprecation.id, deprecation.platform)}.",
        points=points(
            why_nobody_was_told=() if is_written else _why_nobody(situation),
            why_nobody_was_told_yet=_why_nobody(situation) if is_written and not is_told else (),
            state=why_state(case, situation.campaign),
            dates=_dates(case),
            owner=_owner(situation),
            campaign=_campaign(situation),
            ladder=(step_sentence(scheduled, case.now) for scheduled in evidence.ladder),
            told_beside_the_steps=(f"{sentence(kind(one.step))} {_became(one, case.now)}" for one in evidence.news),
            what_comes_next=_next(situation) if is_told else (),
        ),
        wrong=_wrong(situation),
        evidence=evidence,
    )


def _why_nobody(situation: Situation) -> Iterator[str]:
    """Reasons, most direct first."""
    undelivered = [one for one in situation.notifications if one.state != "failed"]
    if situation.notifications and not undelivered:
        yield "Notifications were written, and none could be delivered; the ladder says to whom."
    elif situation.notifications:
        yield f"It is written, and not delivered yet. {_became(undelivered[-1], situation.case.now)}"
    for trouble in situation.troubles:
        yield f"{sentence(trouble.detail)} {sentence(trouble.remedy)}"
    if situation.superseded:
        yield f"Another process of lastcall, with a newer {situation.superseded}, decides about it; this one does not."
    yield from _next(situation)


def _became(one: Notification, now: datetime) -> str:
    return f"To {words.address(one.destination)}: {became(one.state, one.at, now, outcome=one.outcome)}."


def _dates(case: Case) -> Iterator[str]:
    record = case.exposure.deprecation
    if record.announced:
        yield f"Announced on {words.day(record.announced)}."
    shutdown = record.shutdown
    yield f"Shutdown: {day_of_end(shutdown.on, shutdown.precision, record.standing)}."
    if case.deadline is None:
        yield "That is no deadline, so only the announcement is notified."
    if freeze := case.freeze:
        yield f"Steps before it count from {words.day(freeze.begin)}, when changes are frozen ({freeze.name})."
    for before in record.superseded:
        yield f"Shutdown before that: {day_of_end(before.on, before.precision)}."
    yield from (f"Source: {source}" for source in record.sources)
    if record.is_reported:
        yield sentence(reported_by(next(iter(record.sources), None)))
    if record.versions:
        yield f"It is an alias without an end of its own; this is the last end of {words.listed(record.versions)}."
    if record.dates_of:
        yield through(record.platform, record.dates_of)


def _owner(situation: Situation) -> Iterator[str]:
    owner, ownership = situation.ownership.owner, situation.ownership
    if owner.team is None:
        yield f"Nobody is known: {owner.rule}. The fallback channel is notified."
        return
    known = [words.address(one) for one in (*owner.people, *filter(None, [owner.channel]))]
    addresses = words.listed(known) if known else "no address is known, so others are notified instead"
    yield f"Team {owner.team}, by {owner.rule}: {addresses}."
    if ownership.as_of and ownership.source != "assignment":
        yield f"What {ownership.source} says is as of {words.moment(ownership.as_of)}."


def _campaign(situation: Situation) -> Iterator[str]:
    campaign, case = situation.campaign, situation.case
    if campaign is None:
        yield f"None yet; policy {situation.policy.name} counts when one opens."
        return
    opened = f"opened on {words.moment(campaign.opened_at)}"
    if campaign.closed_at and campaign.close_reason:
        closed = f"closed on {words.moment(campaign.closed_at)}, as {_CLOSED[campaign.close_reason]}"
        yield sentence(f"{closed}; {opened}")
    else:
        again = f", again since {words.moment(campaign.reopened_at)}" if campaign.reopened_at else ""
        yield f"Open: {opened}{again}."
    yield f"It keeps policy {campaign.policy.name} as it was then."
    if campaign.plan_version > 1:
        yield f"The deadline has moved {words.plural(campaign.plan_version - 1, 'time')} since."
    if campaign.is_open and (in_force := asked_in_words(campaign, case)):
        yield f"In force: {in_force}."
    if campaign.promise_broken_on:
        yield sentence(broken_promise(campaign.promise_broken_on))


_CLOSED: dict[CloseReason, str] = {
    "migrated": "the calls had ended",
    "withdrawn": "the model is not deprecated any more",
    "misattributed": "the calls turned out to be of another model",
}


def _next(situation: Situation) -> Iterator[str]:
    decision, campaign, case = situation.decision, situation.campaign, situation.case
    if not isinstance(decision, Wait):
        yield f"With the next tick: {decision.reason}."
        return
    yield sentence(decision.reason)
    if campaign and campaign.is_open and (following := upcoming(campaign, case)):
        step = following.step
        who = words.audiences(recipients(case.owner, step.tell))
        condition = "the model is still called" if step.at.needs_calls else "nothing changes"
        yield f"If {condition}, step {step.name} is sent to {who} on {words.moment(following.at)}."
    elif decision.until:
        yield f"lastcall looks at it again on {words.moment(decision.until)}."
    if decision.wakes_on_call:
        yield "A new call is looked at at once."


def _wrong(situation: Situation) -> Wrong | None:
    for trouble in situation.troubles:
        if isinstance(trouble, Undecidable) or situation.case.seems_quiet:
            return Wrong.of(trouble.detail, trouble.remedy)
    return _not_looked(situation) or _not_delivered(situation) or _too_late(situation)


def _not_looked(situation: Situation) -> Wrong | None:
    """Something is due, and no tick evaluates it."""
    decision, looked = situation.decision, situation.looked_at
    if isinstance(decision, Wait) or not decision.tellings or situation.superseded:
        return None
    if looked and situation.case.now - looked <= TICKS_WITHIN:
        return None
    since = f"since {words.moment(looked)}" if looked else "yet"
    return Wrong.of(f"no tick has looked at it {since}, and it is due: {decision.reason}", "start `lastcall schedule`")


def _not_delivered(situation: Situation) -> Wrong | None:
    """No notification of the last decision was or will be delivered."""
    meant = [one for one in situation.notifications if one.outcome != OVERTAKEN]
    last = max((one.decided_at for one in meant), default=None)
    failed = [one for one in meant if one.decided_at == last]
    if not failed or any(one.state != "failed" for one in failed):
        return None
    who = words.listed(words.address(one.destination) for one in failed)
    return Wrong.of(f"{who} could not be notified", "`lastcall doctor` says why; correct the destination")


def _too_late(situation: Situation) -> Wrong | None:
    """The end has come, nobody was notified, and nobody will be."""
    case, campaign = situation.case, situation.campaign
    if case.state not in {"overdue", "broken"} or situation.notifications or waiver_in_force(campaign, case):
        return None
    if not isinstance(situation.decision, Wait):
        return None
    now = state(case.state, case.exposure.deprecation.standing)
    return Wrong.of(
        f"nobody was notified, and its state is now: {now}; {situation.decision.reason}",
        "give the policy a step after the shutdown, `+1d`, or tell the owner yourself",
    )
