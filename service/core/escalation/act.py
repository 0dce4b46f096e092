"""Acts of people on a campaign, and their effects. Pure: a refusal is a value with a remedy."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from msgspec import structs

from service.core import words
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import Case
from service.core.escalation.hold import Acknowledged, Hold, KeptOpen, Promise, Snoozed, Waived
from service.core.escalation.holding import (
    active_hold,
    asked_in_words,
    breaks_at,
    has_earlier_steps,
    is_kept_open,
    trusted_until,
)
from service.core.escalation.policy import Policy
from service.core.escalation.schedule import schedule, steps_to_send
from service.core.secret import holds_secret

ACKNOWLEDGED_DAYS = 5
"""Business days."""
LONGEST = timedelta(days=366)
"""Longest waiver, and longest promise without a firm shutdown."""
FARTHEST_SNOOZE = timedelta(days=30)
"""If no step and no shutdown is ahead."""
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
    """Withdraw the acts in force, or open a closed campaign, which silence then does not close."""

    by: str


Act = Acknowledge | Snooze | Commit | Waive | Reopen


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str
    remedy: str
    kind: Literal["not_now", "wrong_input"] = "not_now"
    """not_now: not possible at present. wrong_input: never valid."""


def perform(act: Act, campaign: Campaign | None, case: Case, policy: Policy) -> Campaign | Refused:
    """The campaign after the act; unchanged if the act was already in force. `policy` is used if there is no campaign
    yet: a promise may precede any notice."""
    if not case.exposure.deprecation.is_deprecated:
        return Refused("the model is not deprecated", "nothing needs to be done")
    if isinstance(act, Reopen):
        return _reopen(campaign, case, act)
    campaign = campaign or Campaign.opened(policy, case)
    if not campaign.is_open and not _prolongs(act, campaign, case):
        return Refused("the campaign is closed", "reopen it first if you expect further calls")
    if case.state == "quiet" and not is_kept_open(campaign, case):
        return Refused("the calls have ended", "nothing needs to be done: a new call opens the campaign again")
    if isinstance(act, Acknowledge):
        return _acknowledge(act, campaign, case)
    return _asked(act, _settled(campaign, case), case)


def _asked(act: Snooze | Commit | Waive, campaign: Campaign, case: Case) -> Campaign | Refused:
    if isinstance(act, Commit):
        promise = _commit(act, campaign, case)
        return promise if isinstance(promise, Refused) else replace(campaign, promise=promise, hold=None)
    hold = _snooze(act, campaign, case) if isinstance(act, Snooze) else _waive(act, case)
    return hold if isinstance(hold, Refused) else replace(campaign, hold=_begun_with(hold, campaign, case))


def _prolongs(act: Act, campaign: Campaign, case: Case) -> bool:
    """Whether the act prolongs a waiver of a closed campaign whose calls have resumed."""
    return isinstance(act, Waive) and case.state != "quiet" and active_hold(campaign, case) is not None


def _settled(campaign: Campaign, case: Case) -> Campaign:
    """The campaign after its promise is judged: calls after the promised day break it, before the time to tell it."""
    return campaign.with_broken_promise() if breaks_at(campaign, case) else campaign


def _begun_with(hold: Hold, campaign: Campaign, case: Case) -> Hold:
    """A hold that prolongs one in force keeps its start. Repeating a hold returns the same hold."""
    before = campaign.hold
    if before is None:
        return hold
    is_same = structs.replace(hold, at=before.at) == before
    return structs.replace(hold, at=before.at) if is_same or active_hold(campaign, case) else hold


def safe_days(campaign: Campaign | None, case: Case, policy: Policy) -> tuple[date, ...]:
    """Business days until which a snooze may last: up to the next step's day, never after the shutdown."""
    campaign = campaign or Campaign.opened(policy, case)
    if steps_to_send(campaign, case) or has_earlier_steps(campaign, case):
        return ()
    calm = (one for one in schedule(campaign.policy, case) if not one.step.at.while_failing)
    ends = [case.deadline, *(case.day_of(one.due) for one in calm if one.due > case.now)]
    last = min(filter(None, ends), default=case.today + FARTHEST_SNOOZE)
    ahead = (case.today + timedelta(days=n) for n in range(1, (last - case.today).days + 1))
    return tuple(day for day in ahead if case.owner.calendar.is_business_day(day))


def _acknowledge(act: Acknowledge, campaign: Campaign, case: Case) -> Campaign | Refused:
    if campaign.level is None:
        remedy = "there is nothing to acknowledge; commit to a day, or waive"
        return Refused("no step of the current plan has been sent yet", remedy)
    until = case.morning(case.owner.calendar.add_business_days(case.today, ACKNOWLEDGED_DAYS))
    level, before = campaign.level, campaign.acknowledged
    asked = Acknowledged(act.by, case.now, level.step, until, _sent_with(level, campaign))
    is_asked_again = before is not None and structs.replace(asked, at=before.at) == before
    return campaign if is_asked_again else replace(campaign, acknowledged=asked)


def _sent_with(level: Done, campaign: Campaign) -> tuple[str, ...]:
    """Steps of the same message: a step for failing calls with a step of the calendar, or vice versa."""
    is_failing = campaign.policy.step(level.step).at.while_failing
    others = (step.name for step in campaign.policy.steps if step.at.while_failing != is_failing)
    return tuple(name for name in others if (one := campaign.done_with(name)) and one.told and one.at == level.at)


def _snooze(act: Snooze, campaign: Campaign, case: Case) -> Snoozed | Refused:
    safe = safe_days(campaign, case, campaign.policy)
    if not safe:
        return Refused("no day is safe to snooze until", "the next step is near; commit to a day, or waive")
    if act.until not in safe:
        offered = words.day(safe[0]) if len(safe) == 1 else f"{words.day(safe[0])} to {words.day(safe[-1])}"
        return Refused(f"{words.day(act.until)} is not safe to snooze until", f"choose a business day: {offered}")
    return Snoozed(act.by, case.now, act.until)


def _commit(act: Commit, campaign: Campaign, case: Case) -> Promise | Refused:
    """Repeating a promise returns the same promise."""
    if act.on < case.today:
        return Refused(f"{words.day(act.on)} is past", "promise today or a later day", "wrong_input")
    last = case.deadline or case.today + LONGEST
    if case.is_shut_down:
        was = "was reported for" if case.exposure.deprecation.is_reported else "was on"
        return Refused(f"the shutdown {was} {words.day(last)}", "it is too late for a promise; migrate, or waive")
    if act.on > last and case.deadline:
        remedy = f"promise a day up to {words.day(last)}, or waive"
        return Refused(f"{words.day(act.on)} is after the shutdown", remedy)
    if act.on > last:
        remedy = f"promise a day up to {words.day(last)}"
        return Refused(f"{words.day(act.on)} is too far away", remedy, "wrong_input")
    before = campaign.promise or Promise(act.by, case.now, act.on)
    moves = before == campaign.in_force
    if moves and (before.by, before.on) == (act.by, act.on):
        return before
    promise = structs.replace(before, by=act.by, at=before.at if moves else case.now, on=act.on, is_open=True)
    return structs.replace(promise, trusted_until=trusted_until(promise, case))


def _waive(act: Waive, case: Case) -> Waived | Refused:
    reason = reason_in(act.reason)
    if not reason:
        return Refused("a waiver needs a reason", "give the reason for accepting the risk", "wrong_input")
    if len(reason) > MAX_REASON:
        shorter = "shorten it, or link to a longer text"
        return Refused(f"the reason is longer than {MAX_REASON} characters", shorter, "wrong_input")
    if holds_secret(reason):
        return Refused("the reason contains a credential", "remove it: the reason is stored and shown", "wrong_input")
    last = case.today + LONGEST
    if not case.today < act.until <= last:
        offered = f"choose a day from tomorrow to {words.day(last)}"
        return Refused(f"{words.day(act.until)} is not a possible end of a waiver", offered, "wrong_input")
    return Waived(act.by, case.now, act.until, reason)


def reason_in(text: str) -> str:
    """One line, without invisible characters."""
    return " ".join("".join(c for c in " ".join(text.split()) if c.isprintable()).split())


def _reopen(campaign: Campaign | None, case: Case, act: Reopen) -> Campaign | Refused:
    if campaign is None:
        return Refused("there is no campaign yet", "it opens by itself with the first due step")
    if campaign.is_open:
        return _withdraw_acts(campaign, case)
    kept = KeptOpen(act.by, case.now)
    opened = replace(campaign, reopened_at=case.now, closed_at=None, close_reason=None, hold=None, kept_open=kept)
    if case.state == "quiet" and not is_kept_open(opened, case):
        return Refused("the shutdown is past, and the calls have ended", "a new call opens the campaign by itself")
    return opened


def _withdraw_acts(campaign: Campaign, case: Case) -> Campaign | Refused:
    """Withdraws also a promise that is not credible, but not a broken one."""
    settled = _settled(campaign, case)
    acknowledged = settled.acknowledged is not None and case.now < settled.acknowledged.until
    promised = isinstance(settled.in_force, Promise)
    if not acknowledged and not promised and active_hold(settled, case) is None:
        if is_kept_open(settled, case) and (kept := asked_in_words(settled, case)):
            return Refused(f"it is {kept}", "silence closes it after the shutdown")
        return Refused("nothing is in force that could be withdrawn", "the campaign is open, and its steps are sent")
    promise = settled.promise and settled.promise.taken_back()
    return replace(settled, acknowledged=None, hold=None, promise=promise)
