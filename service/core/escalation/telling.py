"""From steps that are due to one message: which step, whom now, who is held back or spared, what was missed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from service.core.escalation.campaign import Answerable, Campaign, Done
from service.core.escalation.case import Case
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
from service.core.escalation.holding import was_to_wait
from service.core.escalation.ladder import Rung, Waiting, held_back, left_at, next_above, standing_at, waiting
from service.core.escalation.policy import Step
from service.core.exposure import redirection
from service.core.ownership import ABOVE_OWNER, Audience

EARLY_WITHIN = 30
"""Days before the end from which calls that do not fall fast enough are told to more people."""
TIME_TO_BEGIN = 5
"""Business days that the owner has had by then."""


@dataclass(frozen=True, slots=True)
class _Hearers:
    now: tuple[Audience, ...]
    held: tuple[Audience, ...] = ()
    spared: tuple[Audience, ...] = ()
    early: tuple[Audience, ...] = ()


def tell(
    campaign: Campaign,
    due: Sequence[Waiting],
    ladder: Sequence[Rung],
    case: Case,
    cause: Callable[[AtStep], StepCause] | None = None,
) -> tuple[Campaign, Telling]:
    """One message at the highest step that is due, never a burst. It names those that are passed over. `cause`: what
    brings it at that step, where that is not the step itself."""
    chosen = _highest(due)
    top = chosen[-1]
    who = _hearers(campaign, [one.rung for one in chosen], ladder, case)
    passed = [*_late_announcement(campaign, top.rung, ladder), *(one for one in due if one not in chosen)]
    at = _at(top.rung.step, campaign, case)
    telling = Telling(
        cause(at) if cause else _its_own(top, at),
        who.now,
        not_before=case.now if top.rung.step.at.while_failing else case.goes_out,
        missed=_missed(campaign, passed, case),
        held=who.held,
        spared=who.spared,
        early=who.early,
    )
    entries = [Done(one.rung.name, case.now, one.day) for one in passed]
    entries += [Done(one.rung.name, case.now, one.day, told=who.now) for one in chosen]
    entries[-1] = replace(entries[-1], held=who.held, spared=who.spared)
    return _heard(_promise_named(campaign.with_done(*entries)), telling, case), telling


def _at(step: Step, campaign: Campaign, case: Case) -> AtStep:
    is_frozen = case.frozen_from is not None
    return AtStep(name=step.name, policy=campaign.policy.name, repeat_days=step.repeat, before_freeze=is_frozen)


def _its_own(waiting: Waiting, at: AtStep) -> StepCause:
    if waiting.day is None or waiting.why == "due":
        return StepDue(step=at, day=waiting.day)
    return (Repeat if waiting.why == "repeats" else FailsAgain)(step=at, day=waiting.day)


def _highest(due: Sequence[Waiting]) -> list[Waiting]:
    """The highest step, with others of the same moment; and the highest of those that speak of failing calls: these
    tell other people."""
    calm = [one for one in due if not one.rung.step.at.while_failing]
    failing = [one for one in due if one.rung.step.at.while_failing]
    return [one for one in calm if one.rung.nominal == calm[-1].rung.nominal] + failing[-1:]


def _late_announcement(campaign: Campaign, top: Rung, ladder: Sequence[Rung]) -> list[Waiting]:
    """One whose hour is still to come, on its day: a higher step that is told before it says all of it."""
    if top.step.at.while_failing or top.name == ladder[0].name:
        return []
    lowest = ladder[0]
    is_announcement = lowest.step.at.anchor == "announced" and lowest.nominal > top.nominal
    return [Waiting(lowest, None)] if is_announcement and not campaign.done_with(lowest.name) else []


def _missed(campaign: Campaign, passed: Sequence[Waiting], case: Case) -> tuple[str, ...]:
    """Steps of earlier days that were not told; those that somebody had asked to wait were not missed."""
    earlier = (one.rung for one in passed if one.rung.nominal < case.morning(case.today))
    return tuple(rung.name for rung in earlier if not was_to_wait(campaign, case, rung.nominal))


def _heard(campaign: Campaign, telling: Telling, case: Case) -> Campaign:
    """The owner has heard of it, as it stands: also, where that is so, that another model answers."""
    told_at = campaign.owner_told_at or telling.not_before
    redirect_told_at = campaign.redirect_told_at or (case.now if case.state == "redirected" else None)
    owner = Answerable.of(case.owner)
    return replace(campaign, owner_told_at=told_at, owner=owner, redirect_told_at=redirect_told_at)


def _promise_named(campaign: Campaign) -> Campaign:
    """Every notice names the promise that was not kept."""
    if campaign.promise is None or not has_untold_promise(campaign):
        return campaign
    return replace(campaign, promise=structs.replace(campaign.promise, is_break_told=True))


def has_untold_promise(campaign: Campaign) -> bool:
    """Whether a promise was not kept, and no notice has gone out since that names it."""
    promise = campaign.promise
    return promise is not None and promise.broken_on is not None and not promise.is_break_told


def _hearers(campaign: Campaign, chosen: Sequence[Rung], ladder: Sequence[Rung], case: Case) -> _Hearers:
    """Who hears now, and who is held back because the owner has not had a business day yet."""
    waits = held_back(campaign, case)
    belong = [*(audience for rung in chosen for audience in rung.step.tell), *(waits.held if waits else ())]
    wanted = tuple(dict.fromkeys(belong))
    spared, early = _by_forecast(campaign, chosen[-1], wanted, ladder, case)
    everybody = tuple(audience for audience in (*wanted, *early) if audience not in spared)
    told_at = campaign.owner_told_at
    if (told_at is None or told_at > case.goes_out) and "owner" not in everybody:
        everybody = ("owner", *everybody)
    if case.is_late or (told_at and case.business_day_after(told_at) <= case.now):
        return _Hearers(everybody or ("owner",), (), spared, early)
    first = tuple(audience for audience in everybody if audience not in ABOVE_OWNER)
    held = tuple(audience for audience in everybody if audience in ABOVE_OWNER)
    return _Hearers(first or ("owner",), held, spared, early)


def _by_forecast(
    campaign: Campaign, top: Rung, wanted: Sequence[Audience], ladder: Sequence[Rung], case: Case
) -> tuple[tuple[Audience, ...], tuple[Audience, ...]]:
    """Who is spared because the calls end in time, and who hears early because they do not.

    The forecast counts before the last days, and against those who have had the time to begin.
    """
    end, nobody = case.effective_deadline, ()
    if end is None or case.is_late or (top.step.at.days >= 0 and top.step.at.anchor != "announced"):
        return nobody, nobody
    match case.forecast.against(end):
        case "in_time":
            return tuple(audience for audience in wanted if audience in ABOVE_OWNER), nobody
        case "late" if _had_time(campaign, case) and (end - case.today).days <= EARLY_WITHIN:
            above = next_above(top, ladder)
            return nobody, tuple(audience for audience in above.tell if audience not in wanted) if above else nobody
        case _:
            return nobody, nobody


def _had_time(campaign: Campaign, case: Case) -> bool:
    if campaign.owner_told_at is None:
        return False
    begun = case.owner.calendar.add_business_days(case.day_of(campaign.owner_told_at), TIME_TO_BEGIN)
    return begun <= case.today


def tell_held_back(campaign: Campaign, holding: Done, case: Case) -> tuple[Campaign, Telling]:
    told = replace(holding, told=(*holding.told, *holding.held), held=())
    after = replace(campaign, done=tuple(told if one is holding else one for one in campaign.done))
    at = _at(campaign.policy.step(holding.step), campaign, case)
    owner_told_on = case.day_of(campaign.owner_told_at or holding.at)
    cause = HeldBack(step=at, day=holding.day, owner_told_on=owner_told_on)
    return after, Telling(cause, holding.held, not_before=case.goes_out, heard_by=holding.told)


def tell_relapse(
    campaign: Campaign, closed: Campaign, ladder: Sequence[Rung], case: Case
) -> tuple[Campaign, tuple[Telling, ...]]:
    """At the level that was left, unless a step falls on this very day or speaks of calls after the end. At the highest
    step that is due, or is behind, where nobody was told before; and not at all where none is.

    What fell due while the campaign was closed was not missed: there was nothing to tell. `closed`: as it was then.
    """
    due = waiting(campaign, case, ladder)
    level = left_at(campaign, case, ladder) or (None if due else standing_at(campaign, case, ladder))
    left = [Waiting(level, case.today)] if level else []
    fresh = [one for one in due if one.rung.step.at.needs_calls or case.day_of(one.rung.nominal) == case.today]
    if not fresh and not left:
        fresh = due
    if not fresh and not left:
        return campaign, ()
    slept = [one for one in due if one not in fresh]
    passed = campaign.with_done(*(Done(one.rung.name, case.now, one.day) for one in slept))
    reopened, telling = tell(passed, fresh or left, ladder, case, lambda at: _reopened(at, closed, case))
    behind = dict.fromkeys((*(one.rung.name for one in slept), *telling.missed))
    due_at = {rung.name: rung.due for rung in ladder}
    missed = tuple(name for name in behind if closed.closed_at and due_at[name] < closed.closed_at)
    return reopened, (replace(telling, missed=missed),)


def _reopened(at: AtStep, closed: Campaign, case: Case) -> Relapse | Resumed:
    if closed.close_reason in {"withdrawn", "misread"}:
        return Resumed(step=at, at=case.now, closed_as=closed.close_reason)
    closed_on, days = closed.closed_at.date() if closed.closed_at else case.today, case.exposure.days
    again = [use for use in days if use.day >= closed_on]  # it was silent for days when it was closed
    return Relapse(
        step=at,
        at=case.now,
        silent_since=max((use.day for use in days if use.day < closed_on), default=None),
        back_since=again[0].day if again else None,
        calls=sum(use.calls for use in again) if again else None,
    )


def tell_broken_promise(
    campaign: Campaign, standing: Rung, ladder: Sequence[Rung], case: Case
) -> tuple[Campaign, Telling]:
    """Once more at the level where the ladder stands, where no step is due anyway."""
    on = campaign.promise_broken_on or case.today
    once_more = [Waiting(standing, case.today)]
    return tell(campaign, once_more, ladder, case, lambda at: BrokenPromise(step=at, promised_on=on))


def tell_new_owner(
    campaign: Campaign, standing: Rung | None, former: Answerable, case: Case
) -> tuple[Campaign, Telling]:
    """A first notice, at the level where the ladder stands. Those above wait for the new owner's business day."""
    level = campaign.policy.step(campaign.level.step) if campaign.level else campaign.policy.steps[0]
    at = _at(standing.step if standing else level, campaign, case)
    cause = NewOwner(step=at, at=case.now, former=former)
    telling = Telling(cause, ("owner",), case.goes_out, to_new_owner=cause)
    return _heard(campaign, telling, case), telling


def tell_redirected(campaign: Campaign, case: Case) -> tuple[Campaign, Telling]:
    found = redirection(case.exposure)
    if found is None:
        raise ValueError(f"{case.exposure.key} is told to be redirected, and is not")
    cause = Redirected(day=found.day, answered=found.answered, redirected=found.redirected, since=found.since)
    return replace(campaign, redirect_told_at=case.now), tell_owner(cause, case)


def tell_owner(cause: NewsCause, case: Case) -> Telling:
    """News that belong to no step, and may come again; good ones wake nobody, not even in the last days."""
    is_good = isinstance(cause, Migrated | Withdrawn)
    goes_out = case.owner.calendar.next_working(case.now) if is_good else case.goes_out
    return Telling(cause, ("owner",), goes_out)
