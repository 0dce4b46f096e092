"""Each step of an exposure's ladder, with its day and its status."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from service.core import words
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case, ScheduledStep
from service.core.escalation.decision import Decision, Wait
from service.core.escalation.plan import Status
from service.core.escalation.policy import Policy, Step, parse_offset
from service.core.escalation.schedule import held_back_until, left_out, lowest_first, schedule, steps_to_send
from service.core.ownership import Audience
from service.core.wording.delivery import became

StepStatus = Literal[
    "told",
    "passed_over",
    "due",
    "waits",
    "not_open",
    "ahead",
    "if_called",
    "if_failing",
    "if_reopened",
    "if_confirmed",
    "no_day",
]
"""passed_over: a higher step was, or is, due with it. waits: due but not sent now, by `decide`. not_open: its day has
come, and no campaign is open. if_called, if_failing: its day has come, and it is sent only if calls are made, or fail,
after the shutdown. if_reopened: the campaign is closed, or the calls ended before one was opened. if_confirmed: the end
is only reported, and the step notifies nobody but those above the owner. no_day: the provider has set no firm date."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification of a step, or of other news: recipient and outcome."""

    id: str
    step: str
    destination: str
    audience: Audience
    state: Status
    decided_at: datetime
    at: datetime
    """Time of delivery, or planned time."""
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StepEvidence:
    step: str
    repeat_days: int | None
    tell: tuple[Audience, ...]
    on: date | None
    """Day by the policy, in the owner's time zone. None: it has no day."""
    due_at: datetime | None
    status: StepStatus
    done_at: datetime | None
    """When it was last sent or passed over."""
    held: tuple[Audience, ...]
    """Notified after the owner has had a business day."""
    held_until: datetime | None
    waits_for_word: bool
    """Held until the provider confirms the end, or calls fail."""
    spared: tuple[Audience, ...]
    notified: tuple[Notification, ...]
    """Oldest first; of a step that repeats, the latest."""
    sent_with: str | None
    """Step whose message last included this one. None: its own message."""
    times: int
    """Number of decisions about the step."""


def scheduled_steps(
    policy: Policy, campaign: Campaign | None, case: Case, decision: Decision, notifications: Sequence[Notification]
) -> tuple[StepEvidence, ...]:
    """Steps by day; those without one are last. `policy`: counts if there is no campaign. `decision`: as of now."""
    known = campaign or Campaign.opened(policy, case)
    policy = known.policy
    unsent = left_out(policy, case)
    ladder = {scheduled.name: scheduled for scheduled in lowest_first((*schedule(policy, case), *unsent))}
    due = {one.scheduled.name for one in steps_to_send(known, case)}
    statuses: dict[str, StepStatus] = {
        name: _due(one, decision, campaign) if name in due else _status(one, campaign, case)
        for name, one in ladder.items()
    }
    statuses |= {scheduled.name: _past(scheduled.name, campaign) or "if_confirmed" for scheduled in unsent}
    statuses |= {step.name: "no_day" for step in policy.steps if step.name not in ladder}
    told = [one for one in notifications if one.step in statuses]
    return tuple(
        _step_evidence(
            ladder[name].step if name in ladder else policy.step(name),
            ladder.get(name),
            status,
            known,
            case,
            notifications=told,
        )
        for name, status in statuses.items()
    )


def _due(scheduled: ScheduledStep, decision: Decision, campaign: Campaign | None) -> StepStatus:
    if isinstance(decision, Wait):
        return "waits" if campaign and campaign.is_open else "not_open"
    done = decision.campaign.done_with(scheduled.name)
    return "due" if done and done.told else "passed_over"


def _status(scheduled: ScheduledStep, campaign: Campaign | None, case: Case) -> StepStatus:
    if past := _past(scheduled.name, campaign):
        return past
    if (campaign and not campaign.is_open) or (campaign is None and case.state == "quiet"):
        return "if_reopened"
    if scheduled.due > case.now:
        return "ahead"
    return "if_failing" if scheduled.step.at.while_failing else "if_called"


def _past(step: str, campaign: Campaign | None) -> StepStatus | None:
    done = campaign.done_with(step) if campaign else None
    if done is None:
        return None
    return "told" if done.told else "passed_over"


def _step_evidence(
    step: Step,
    scheduled: ScheduledStep | None,
    status: StepStatus,
    campaign: Campaign,
    case: Case,
    *,
    notifications: Sequence[Notification],
) -> StepEvidence:
    done = campaign.done_with(step.name)
    together = [one for one in notifications if done and done.told and one.decided_at == done.at]
    of_step = [one for one in notifications if one.step == step.name or one in together]
    decided = {one.decided_at for one in of_step}
    shown = {max(decided)} if step.repeat and decided else decided
    return StepEvidence(
        step=step.name,
        repeat_days=step.repeat,
        tell=step.tell,
        on=case.day_of(scheduled.nominal) if scheduled else None,
        due_at=scheduled.due if scheduled else None,
        status=status,
        done_at=done.at if done else None,
        held=done.held if done else (),
        held_until=held_back_until(campaign, case) if done and done.held else None,
        waits_for_word=case.is_only_reported,
        spared=done.spared if done else (),
        notified=tuple(sorted((one for one in of_step if one.decided_at in shown), key=lambda one: one.decided_at)),
        sent_with=min((one.step for one in together if one.step != step.name), default=None),
        times=len(decided),
    )


def step_sentence(scheduled: StepEvidence, now: datetime) -> str:
    """`-30d, Sat 14 Jun 2025: to ada@example.com (owner), delivered on Mon 16 Jun 2025, 07:00 UTC.`"""
    day = f", {words.day(scheduled.on)}" if scheduled.on else ""
    return f"{scheduled.step}{day}: {'; '.join(_said(scheduled, now))}."


def _said(scheduled: StepEvidence, now: datetime) -> Iterator[str]:
    match scheduled.status:
        case "told":
            together = f", in one message with step {scheduled.sent_with}" if scheduled.sent_with else ""
            yield _told(scheduled.notified, scheduled.done_at, now) + together
            if scheduled.repeat_days and scheduled.times > 1:
                yield f"the last of {scheduled.times} times"
        case "ahead":
            yield f"to come on {words.moment(scheduled.due_at)}" if scheduled.due_at else "to come"
            if parse_offset(scheduled.step).while_failing:
                yield _SAID["if_failing"]
        case "passed_over" if scheduled.done_at is None:
            yield "passed over with the next tick, as a higher step is due"
        case status:
            yield _SAID[status]
    if scheduled.repeat_days:
        yield words.repeat(scheduled.repeat_days)
    if scheduled.held and scheduled.waits_for_word:
        yield f"{words.audiences(scheduled.held)} {_SAID['if_confirmed']}"
    elif scheduled.held:
        until = f" until {words.moment(scheduled.held_until)}" if scheduled.held_until else ""
        yield f"{words.audiences(scheduled.held)} held back{until}, so that the owner has a business day"
    if scheduled.spared:
        yield f"{words.audiences(scheduled.spared)} spared, as the calls were to end in time at their pace"


_SAID: Mapping[StepStatus, str] = {
    "passed_over": "passed over, as a higher step was due with it",
    "due": "due now",
    "waits": "its day has come, and it waits",
    "not_open": "its day has come, and no campaign is open",
    "if_called": "only for calls after the shutdown",
    "if_failing": "only while calls fail",
    "if_reopened": "only if it calls again",
    "if_confirmed": "only once the provider says so, or while calls fail",
    "no_day": "no day, as none is set",
}


def _told(notified: Sequence[Notification], done_at: datetime | None, now: datetime) -> str:
    """Outcome of each notification; `sent on ...` if none is stored any more."""
    if not notified:
        return f"sent on {words.moment(done_at)}" if done_at else "sent"
    by_fate: dict[str, list[str]] = {}
    for one in notified:
        fate = became(one.state, one.at, now, outcome=one.outcome)
        by_fate.setdefault(fate, []).append(f"{words.address(one.destination)} ({one.audience})")
    return "; ".join(f"to {words.listed(who)}, {fate}" for fate, who in by_fate.items())
