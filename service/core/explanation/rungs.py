"""Each step of an exposure's ladder: its day, and whether it was told, passed over, is due or still to come."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from service.core import words
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decision import Decision, Wait
from service.core.escalation.ladder import Rung, climb, held_back_until, waiting
from service.core.escalation.plan import Status
from service.core.escalation.policy import Policy, Step, parse_offset
from service.core.ownership import Audience
from service.core.wording.delivery import became

RungStatus = Literal[
    "told", "passed_over", "due", "waits", "not_open", "ahead", "if_called", "if_failing", "if_reopened", "no_day"
]
"""passed_over: a higher step was, or is, due with it. waits: due, and not told now, as `decide` says. not_open: its day
has come, and no campaign is open. if_called, if_failing: its day has begun, and it speaks only of calls that are made,
or fail, after the shutdown. if_reopened: the campaign is closed, or the calls ended before one was opened. no_day: the
provider has set no firm day."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A notification of a step, or of news that belong to none: whom, and what became of it."""

    id: str
    step: str
    destination: str
    audience: Audience
    state: Status
    decided_at: datetime
    at: datetime
    """When it was delivered; else when it goes out."""
    outcome: str | None


@dataclass(frozen=True, slots=True)
class RungEvidence:
    step: str
    repeat_days: int | None
    tell: tuple[Audience, ...]
    on: date | None
    """By the policy, in the owner's zone. None: it has no day."""
    due_at: datetime | None
    status: RungStatus
    done_at: datetime | None
    """When it was told or passed over, the last time."""
    held: tuple[Audience, ...]
    held_until: datetime | None
    spared: tuple[Audience, ...]
    hears: tuple[Heard, ...]
    """Oldest first; of a step that repeats, the last time."""
    told_with: str | None
    """The step in whose message it was told the last time. None: in its own."""
    times: int
    """How often something of it was decided."""


def rungs(
    policy: Policy, campaign: Campaign | None, case: Case, decision: Decision, heard: Sequence[Heard]
) -> tuple[RungEvidence, ...]:
    """By day; those without one last. `policy` is the campaign's, where there is one; `decision` is as of now."""
    ladder = climb(policy, case)
    steps = {step.name for step in policy.steps}
    heard = [one for one in heard if one.step in steps]
    due = {one.rung.name for one in waiting(campaign, case, ladder)}
    found = []
    for rung in ladder:
        status = _due(rung, decision, campaign) if rung.name in due else _status(rung, campaign, case)
        found.append(_rung(rung.step, rung, status, campaign, case, heard=heard))
    names = {rung.name for rung in ladder}
    without = (step for step in policy.steps if step.name not in names)
    return (*found, *(_rung(step, None, "no_day", campaign, case, heard=heard) for step in without))


def _due(rung: Rung, decision: Decision, campaign: Campaign | None) -> RungStatus:
    if isinstance(decision, Wait):
        return "waits" if campaign and campaign.is_open else "not_open"
    done = decision.campaign.done_with(rung.name)
    return "due" if done and done.told else "passed_over"


def _status(rung: Rung, campaign: Campaign | None, case: Case) -> RungStatus:
    if campaign and (done := campaign.done_with(rung.name)):
        return "told" if done.told else "passed_over"
    if (campaign and not campaign.is_open) or (campaign is None and case.state == "quiet"):
        return "if_reopened"
    if rung.due > case.now:
        return "ahead"
    return "if_failing" if rung.step.at.while_failing else "if_called"


def _rung(
    step: Step, rung: Rung | None, status: RungStatus, campaign: Campaign | None, case: Case, *, heard: Sequence[Heard]
) -> RungEvidence:
    done = campaign.done_with(step.name) if campaign else None
    with_it = {one.step for one in heard if done and done.told and one.decided_at == done.at} - {step.name}
    of_step = [
        one for one in heard if one.step == step.name or (one.step in with_it and done and one.decided_at == done.at)
    ]
    decided = {one.decided_at for one in of_step}
    shown = {max(decided)} if step.repeat and decided else decided
    return RungEvidence(
        step=step.name,
        repeat_days=step.repeat,
        tell=step.tell,
        on=case.day_of(rung.nominal) if rung else None,
        due_at=rung.due if rung else None,
        status=status,
        done_at=done.at if done else None,
        held=done.held if done else (),
        held_until=held_back_until(campaign, case) if campaign and done and done.held else None,
        spared=done.spared if done else (),
        hears=tuple(sorted((one for one in of_step if one.decided_at in shown), key=lambda one: one.decided_at)),
        told_with=min(with_it, default=None),
        times=len(decided),
    )


def rung_sentence(rung: RungEvidence, now: datetime) -> str:
    """`-30d, Sat 14 Jun 2025: to ada@example.com (owner), delivered on Mon 16 Jun 2025, 07:00 UTC.`"""
    day = f", {words.day(rung.on)}" if rung.on else ""
    return f"{rung.step}{day}: {'; '.join(_said(rung, now))}."


def _said(rung: RungEvidence, now: datetime) -> Iterator[str]:
    match rung.status:
        case "told":
            together = f", in one message with step {rung.told_with}" if rung.told_with else ""
            yield _told(rung.hears, rung.done_at, now) + together
            if rung.repeat_days and rung.times > 1:
                yield f"the last of {rung.times} times"
        case "ahead":
            yield f"to come on {words.moment(rung.due_at)}" if rung.due_at else "to come"
            if parse_offset(rung.step).while_failing:
                yield _SAID["if_failing"]
        case "passed_over" if rung.done_at is None:
            yield "passed over with the next tick, as a higher step is due"
        case status:
            yield _SAID[status]
    if rung.repeat_days:
        yield words.repeat(rung.repeat_days)
    if rung.held:
        until = f" until {words.moment(rung.held_until)}" if rung.held_until else ""
        yield f"{words.audiences(rung.held)} held back{until}, so that the owner has a business day"
    if rung.spared:
        yield f"{words.audiences(rung.spared)} spared, as the calls were to end in time at their pace"


_SAID: Mapping[RungStatus, str] = {
    "passed_over": "passed over, as a higher step was due with it",
    "due": "due now",
    "waits": "its day has come, and it waits",
    "not_open": "its day has come, and no campaign is open",
    "if_called": "only for calls after the shutdown",
    "if_failing": "only while calls fail",
    "if_reopened": "only if it calls again",
    "no_day": "no day, as the provider has set none",
}


def _told(hears: Sequence[Heard], done_at: datetime | None, now: datetime) -> str:
    """What became of each; `sent on ...` where nothing is written of it any more."""
    if not hears:
        return f"sent on {words.moment(done_at)}" if done_at else "sent"
    by_fate: dict[str, list[str]] = {}
    for one in hears:
        fate = became(one.state, one.at, now, outcome=one.outcome)
        by_fate.setdefault(fate, []).append(f"{words.address(one.destination)} ({one.audience})")
    return "; ".join(f"to {words.listed(who)}, {fate}" for fate, who in by_fate.items())
