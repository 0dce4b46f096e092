"""Acts: what people do about a campaign, and what becomes of it. Pure: refusals are values, with what to do instead."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from service.core import words
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import Acknowledged, Committed, KeptOpen, Snoozed, Waived
from service.core.escalation.holding import standing
from service.core.escalation.ladder import climb, waiting
from service.core.escalation.policy import Policy

ACKNOWLEDGED_DAYS = 5
"""Business days."""
LONGEST_WAIVER = timedelta(days=366)
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """I am on it."""

    by: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """Not before the morning of `until`."""

    by: str
    until: date


@dataclass(frozen=True, slots=True)
class Commit:
    """Done by the end of `on`."""

    by: str
    on: date


@dataclass(frozen=True, slots=True)
class Waive:
    """The risk is accepted until the morning of `until`."""

    by: str
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """What was asked is taken back; a closed campaign is open again, and silence does not close it."""

    by: str


Act = Acknowledge | Snooze | Commit | Waive | Reopen


@dataclass(frozen=True, slots=True)
class Refused:
    """The act cannot be done now."""

    reason: str
    remedy: str


def perform(act: Act, campaign: Campaign | None, case: Case, policy: Policy) -> Campaign | Refused:
    """The campaign after the act. `policy` counts where there is none yet: a promise can come before any notice."""
    if not case.exposure.deprecation.is_deprecated:
        return Refused("the model is not deprecated", "nothing is to be done")
    if isinstance(act, Reopen):
        return _reopen(act, campaign, case)
    if campaign is not None and not campaign.is_open:
        return Refused("the campaign is closed", "reopen it first, if calls are still to come")
    if isinstance(act, Acknowledge):
        return _acknowledge(act, campaign, case)
    return _hold(act, campaign, case, policy)


def _hold(act: Snooze | Commit | Waive, campaign: Campaign | None, case: Case, policy: Policy) -> Campaign | Refused:
    opened = campaign or Campaign(policy, opened_at=case.now, deadline=case.deadline)
    match act:
        case Snooze():
            return _snooze(act, campaign, opened, case)
        case Commit():
            return _commit(act, opened, case)
        case Waive():
            return _waive(act, opened, case)


def safe_days(campaign: Campaign | None, case: Case, policy: Policy) -> tuple[date, ...]:
    """The business days that a snooze may last until: up to the next step's day, and never past the shutdown."""
    ladder = climb(campaign.policy if campaign else policy, case)
    if waiting(campaign, case, ladder):
        return ()
    steps = [case.day_of(rung.due) for rung in ladder if rung.due > case.now and not rung.step.at.while_failing]
    last = min([*steps, *([case.deadline] if case.deadline else [])], default=case.today + timedelta(days=30))
    ahead = (case.today + timedelta(days=n) for n in range(1, (last - case.today).days + 1))
    return tuple(day for day in ahead if case.owner.calendar.is_business_day(day))


def _acknowledge(act: Acknowledge, campaign: Campaign | None, case: Case) -> Campaign | Refused:
    if campaign is None or campaign.level is None:
        return Refused("nobody was told of it yet", "there is nothing to acknowledge; commit to a day or waive it")
    local = case.owner.calendar
    until = case.morning(local.add_business_days(case.today, ACKNOWLEDGED_DAYS))
    return replace(campaign, acknowledged=Acknowledged(act.by, case.now, campaign.level.step, until))


def _snooze(act: Snooze, campaign: Campaign | None, opened: Campaign, case: Case) -> Campaign | Refused:
    safe = safe_days(campaign, case, opened.policy)
    if not safe:
        return Refused("no day is safe to snooze until", "the next step is due; commit to a day, or waive it")
    if act.until not in safe:
        offered = words.day(safe[0]) if len(safe) == 1 else f"{words.day(safe[0])} to {words.day(safe[-1])}"
        return Refused(f"{words.day(act.until)} is not safe", f"choose a business day: {offered}")
    return replace(opened, hold=Snoozed(act.by, case.now, act.until))


def _commit(act: Commit, opened: Campaign, case: Case) -> Campaign | Refused:
    if act.on < case.today:
        return Refused(f"{words.day(act.on)} is past", "promise a day from today on")
    if case.deadline is not None and act.on > case.deadline:
        end = words.day(case.deadline)
        return Refused(f"{words.day(act.on)} is after the shutdown", f"promise a day up to {end}, or waive it")
    return replace(opened, hold=Committed(act.by, case.now, act.on), promise_broken_on=None)


def _waive(act: Waive, opened: Campaign, case: Case) -> Campaign | Refused:
    reason = act.reason.strip()
    if not reason:
        return Refused("a waiver needs a reason", "say why the risk is accepted")
    if len(reason) > MAX_REASON:
        return Refused(f"the reason is longer than {MAX_REASON} characters", "shorten it, or link to the long one")
    last = case.today + LONGEST_WAIVER
    if not case.today < act.until <= last:
        return Refused(f"{words.day(act.until)} is no end for a waiver", f"choose a day up to {words.day(last)}")
    return replace(opened, hold=Waived(act.by, case.now, act.until, reason))


def _reopen(act: Reopen, campaign: Campaign | None, case: Case) -> Campaign | Refused:
    if campaign is None:
        return Refused("there is no campaign yet", "it opens by itself with the first step that is due")
    if not campaign.is_open:
        kept = KeptOpen(act.by, case.now)
        return replace(campaign, reopened_at=case.now, closed_at=None, close_reason=None, hold=None, kept_open=kept)
    if standing(campaign, case) is None:
        return Refused("nothing is in force that could be taken back", "the campaign is open, and its steps come")
    return replace(campaign, acknowledged=None, hold=None)
