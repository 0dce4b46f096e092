"""Turns due steps into one message: its step, recipients, held and spared audiences, and missed steps."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from msgspec import structs

from service.core.escalation.campaign import Campaign, Done, NotifiedOwner
from service.core.escalation.case import Case, ScheduledStep
from service.core.escalation.cause import (
    AtStep,
    BrokenPromise,
    FailsAgain,
    HeldBack,
    Migrated,
    NewOwner,
    NewsCause,
    Redirected,
    Relapse,
    Repeat,
    Resumed,
    StepCause,
    StepDue,
    Withdrawn,
)
from service.core.escalation.decision import Telling
from service.core.escalation.holding import was_paused
from service.core.escalation.policy import Step
from service.core.escalation.schedule import (
    StepToSend,
    current_step,
    held_back,
    held_back_until,
    left_out,
    next_above,
    schedule,
    step_to_resume,
    steps_to_send,
)
from service.core.exposure import redirection
from service.core.ownership import ABOVE_OWNER, Audience

EARLY_WITHIN = 30
"""Days before the end from which a late forecast notifies more audiences."""
TIME_TO_BEGIN = 5
"""Business days that the owner must have had before that."""


def tell(
    campaign: Campaign,
    due: Sequence[StepToSend],
    case: Case,
    cause: Callable[[AtStep], StepCause] | None = None,
) -> tuple[Campaign, Telling]:
    """One message at the highest due step, which names the steps that are passed over. `cause`: another cause at this
    step. Default: the step itself."""
    chosen = _highest(due)
    top = chosen[-1]
    unsent = _left_out(campaign, top.scheduled, case)
    chosen = [*(one for one in unsent if one.scheduled.nominal == top.scheduled.nominal), *chosen]
    passed = [*_late_announcement(campaign, top.scheduled, case), *(one for one in due if one not in chosen)]
    at = _at(top.scheduled.step, campaign, case)
    addressed = _addressed(cause(at) if cause else _own_cause(top, at), campaign, chosen, case)
    held = () if case.is_only_reported else addressed.held
    telling = replace(addressed, missed=_missed(campaign, passed, case), held=held)
    passed += [one for one in unsent if one not in chosen]
    entries = [Done(one.scheduled.name, case.now, one.day) for one in passed]
    entries += [Done(one.scheduled.name, case.now, one.day, told=telling.audiences) for one in chosen]
    entries[-1] = replace(entries[-1], held=addressed.held, spared=telling.spared)
    after = campaign.with_done(*entries)
    if after.promise and after.promise.untold_break:  # every notice names a broken promise
        after = replace(after, promise=structs.replace(after.promise, is_break_told=True))
    return _with_owner_notified(after, telling, case), telling


def _at(step: Step, campaign: Campaign, case: Case) -> AtStep:
    is_frozen = case.frozen_from is not None
    return AtStep(name=step.name, policy=campaign.policy.name, repeat_days=step.repeat, before_freeze=is_frozen)


def _own_cause(due: StepToSend, at: AtStep) -> StepCause:
    if due.day is None or due.why == "due":
        return StepDue(step=at, day=due.day)
    return (Repeat if due.why == "repeats" else FailsAgain)(step=at, day=due.day)


def _highest(due: Sequence[StepToSend]) -> list[StepToSend]:
    """The steps to tell: the highest one and the others of its time, and the highest one for failing calls, because it
    has other audiences."""
    calm = [one for one in due if not one.scheduled.step.at.while_failing]
    failing = [one for one in due if one.scheduled.step.at.while_failing]
    return [one for one in calm if one.scheduled.nominal == calm[-1].scheduled.nominal] + failing[-1:]


def _late_announcement(campaign: Campaign, top: ScheduledStep, case: Case) -> list[StepToSend]:
    """The announcement if it is still to come: a higher step that is sent earlier replaces it."""
    lowest = schedule(campaign.policy, case)[0]
    if lowest.step.at.anchor != "announced" or lowest.nominal <= top.nominal or top.step.at.while_failing:
        return []
    return [] if campaign.done_with(lowest.name) else [StepToSend(lowest, None)]


def _left_out(campaign: Campaign, top: ScheduledStep, case: Case) -> list[StepToSend]:
    """Steps up to `top` that an only reported end leaves out: `top` replaces them, like steps that were missed."""
    steps = (one for one in left_out(campaign.policy, case) if campaign.done_with(one.name) is None)
    return [StepToSend(one, None) for one in steps if one.nominal <= top.nominal or one.step.at.anchor == "announced"]


def _missed(campaign: Campaign, passed: Sequence[StepToSend], case: Case) -> tuple[str, ...]:
    """Steps of earlier days that were not sent, except those that an act of a person delayed."""
    earlier = (one.scheduled for one in passed if one.scheduled.nominal < case.morning(case.today))
    return tuple(scheduled.name for scheduled in earlier if not was_paused(campaign, case, scheduled.nominal))


def _with_owner_notified(campaign: Campaign, telling: Telling, case: Case) -> Campaign:
    """Records that the owner is notified of the current situation, including a redirection."""
    told_at = campaign.owner_told_at or telling.not_before
    redirect_told_at = campaign.redirect_told_at or (case.now if case.state == "redirected" else None)
    owner = NotifiedOwner.of(case.owner)
    return replace(campaign, owner_told_at=told_at, owner=owner, redirect_told_at=redirect_told_at)


def _addressed(cause: StepCause, campaign: Campaign, chosen: Sequence[StepToSend], case: Case) -> Telling:
    """To the audiences of the chosen steps. Those above the owner are held until the owner has had a business day, and
    the end is not only reported."""
    top, waits = chosen[-1].scheduled, held_back(campaign, case)
    steps = (campaign.policy.step(one.scheduled.name) for one in chosen)
    belong = [*(audience for step in steps for audience in step.tell), *(waits.held if waits else ())]
    wanted = tuple(dict.fromkeys(belong))
    spared, early = _by_forecast(campaign, top, wanted, case)
    everybody = tuple(audience for audience in (*wanted, *early) if audience not in spared)
    told_at = campaign.owner_told_at
    if (told_at is None or told_at > case.send_now_at) and "owner" not in everybody:
        everybody = ("owner", *everybody)
    owner_had_time = case.is_late or (told_at and case.business_day_after(told_at) <= case.now)
    goes_above = owner_had_time and not case.is_only_reported
    held = () if goes_above else tuple(audience for audience in everybody if audience in ABOVE_OWNER)
    first: tuple[Audience, ...] = tuple(audience for audience in everybody if audience not in held) or ("owner",)
    not_before = case.now if top.step.at.while_failing else case.send_now_at
    return Telling(cause, first, not_before, held=held, spared=spared, early=early)


def _by_forecast(
    campaign: Campaign, top: ScheduledStep, wanted: Sequence[Audience], case: Case
) -> tuple[tuple[Audience, ...], tuple[Audience, ...]]:
    """(spared, early): audiences removed because the calls end in time, and audiences added because they do not.

    The forecast counts only before the last days. It adds audiences only if the owner has had time to begin.
    """
    end, nobody = case.effective_deadline, ()
    if end is None or case.is_late or (top.step.at.days >= 0 and top.step.at.anchor != "announced"):
        return nobody, nobody
    match case.forecast.against(end):
        case "in_time":
            return tuple(audience for audience in wanted if audience in ABOVE_OWNER), nobody
        case "late" if _had_time(campaign, case) and (end - case.today).days <= EARLY_WITHIN:
            above = next_above(top, campaign.policy, case)
            return nobody, tuple(audience for audience in above.tell if audience not in wanted) if above else nobody
        case _:
            return nobody, nobody


def _had_time(campaign: Campaign, case: Case) -> bool:
    if campaign.owner_told_at is None:
        return False
    begun = case.owner.calendar.add_business_days(case.day_of(campaign.owner_told_at), TIME_TO_BEGIN)
    return begun <= case.today


def tell_held_back(campaign: Campaign, case: Case) -> tuple[Campaign, tuple[Telling, ...]]:
    """Tell held audiences if the time has come."""
    until, holding = held_back_until(campaign, case), held_back(campaign, case)
    if until is None or holding is None or until > case.now:
        return campaign, ()
    told = replace(holding, told=(*holding.told, *holding.held), held=())
    after = replace(campaign, done=tuple(told if one is holding else one for one in campaign.done))
    at = _at(campaign.policy.step(holding.step), campaign, case)
    owner_told_on = case.day_of(campaign.owner_told_at or holding.at)
    cause = HeldBack(step=at, day=holding.day, owner_told_on=owner_told_on)
    return after, (Telling(cause, holding.held, case.send_now_at, already_notified=holding.told),)


def tell_relapse(campaign: Campaign, closed: Campaign, case: Case) -> tuple[Campaign, tuple[Telling, ...]]:
    """Tell a relapse at the last step that was sent. A step that is due today, or that depends on calls after the
    shutdown, takes its place. If no step was sent before: at the highest due or past step; without one there is no
    message.

    Steps that became due while the campaign was closed do not count as missed. `closed`: the campaign before the
    reopening.
    """
    due = steps_to_send(campaign, case)
    level = step_to_resume(campaign, case) or (None if due else current_step(campaign, case))
    left = [once_more(level, campaign, case)] if level else []
    fresh = [
        one for one in due if one.scheduled.step.at.needs_calls or case.day_of(one.scheduled.nominal) == case.today
    ]
    if not (chosen := fresh or left or due):
        return campaign, ()
    skipped = [one for one in due if one not in chosen]
    passed = campaign.with_done(*(Done(one.scheduled.name, case.now, one.day) for one in skipped))
    reopened, telling = tell(passed, chosen, case, lambda at: _reopened(at, closed, case))
    unsent = dict.fromkeys((*(one.scheduled.name for one in skipped), *telling.missed))
    due_at = {scheduled.name: scheduled.due for scheduled in schedule(campaign.policy, case)}
    missed = tuple(name for name in unsent if closed.closed_at and due_at[name] < closed.closed_at)
    return reopened, (replace(telling, missed=missed),)


def once_more(scheduled: ScheduledStep, campaign: Campaign, case: Case) -> StepToSend:
    """The step again, today. Its day never goes back, even if the clock does: repeats count from it."""
    done = campaign.done_with(scheduled.name)
    return StepToSend(scheduled, max(case.today, done.day) if done and done.day else case.today)


def _reopened(at: AtStep, closed: Campaign, case: Case) -> Relapse | Resumed:
    if closed.close_reason in {"withdrawn", "misattributed"}:
        return Resumed(step=at, at=case.now, closed_as=closed.close_reason)
    closed_on, days = closed.closed_at.date() if closed.closed_at else case.today, case.exposure.days
    again = [use for use in days if use.day >= closed_on]  # at the close it had been silent for days
    return Relapse(
        step=at,
        at=case.now,
        silent_since=max((use.day for use in days if use.day < closed_on), default=None),
        back_since=again[0].day if again else None,
        calls=sum(use.calls for use in again) if again else None,
    )


def tell_broken_promise(campaign: Campaign, on: date, current: ScheduledStep, case: Case) -> tuple[Campaign, Telling]:
    """Repeats the current step, if no other step is due."""
    again = [once_more(current, campaign, case)]
    return tell(campaign, again, case, lambda at: BrokenPromise(step=at, promised_on=on))


def tell_new_owner(campaign: Campaign, former: NotifiedOwner, case: Case) -> tuple[Campaign, Telling]:
    """A first notice at the current step. Audiences above wait until the new owner has had a business day."""
    current = current_step(campaign, case)
    level = campaign.policy.step(campaign.level.step) if campaign.level else campaign.policy.steps[0]
    at = _at(current.step if current else level, campaign, case)
    cause = NewOwner(step=at, at=case.now, former=former)
    telling = Telling(cause, ("owner",), case.send_now_at, to_new_owner=cause)
    return _with_owner_notified(campaign, telling, case), telling


def tell_redirected(campaign: Campaign, case: Case) -> tuple[Campaign, Telling]:
    found = redirection(case.exposure)
    if found is None:
        raise ValueError(f"{case.exposure.key} is not redirected")
    cause = Redirected(day=found.day, answered=found.answered, redirected=found.redirected, since=found.since)
    return replace(campaign, redirect_told_at=case.now), tell_owner(cause, case)


def tell_owner(cause: NewsCause, case: Case) -> Telling:
    """A notification outside the steps. Good news waits for working hours, even in the last days."""
    is_good = isinstance(cause, Migrated | Withdrawn)
    send_now_at = case.owner.calendar.next_working(case.now) if is_good else case.send_now_at
    return Telling(cause, ("owner",), send_now_at)
