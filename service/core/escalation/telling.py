"""From steps that are due to one message: which step, whom now, who is held back or spared, what was missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from service.core import words
from service.core.escalation.campaign import Answerable, Campaign, Done
from service.core.escalation.case import Case
from service.core.escalation.decision import News, Telling
from service.core.escalation.holding import was_to_wait
from service.core.escalation.ladder import Rung, Waiting, held_back, left_at, next_above, standing_at, waiting
from service.core.escalation.policy import Step
from service.core.ownership import ABOVE_OWNER, Audience

REDIRECTED: Final = "redirected"
BROKEN_PROMISE: Final = "promise"
"""Beside the steps of the policy in what is done: that people know of it; of a promise, of which day."""
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


def tell(campaign: Campaign, due: Sequence[Waiting], ladder: Sequence[Rung], case: Case) -> tuple[Campaign, Telling]:
    """One message at the highest step that is due, never a burst. It names those that are passed over."""
    chosen = _highest(due)
    top = chosen[-1]
    who = _hearers(campaign, [one.rung for one in chosen], ladder, case)
    passed = [*_late_announcement(campaign, top.rung, ladder), *(one for one in due if one not in chosen)]
    telling = Telling(
        "notice",
        top.rung.name,
        who.now,
        not_before=case.now if top.rung.step.at.while_failing else case.goes_out,
        reason=_why(campaign, top.rung.step, who, case),
        occurrence=top.day.isoformat() if top.day else "",
        missed=_missed(campaign, passed, case),
        held=who.held,
        spared=who.spared,
        early=who.early,
    )
    entries = [Done(one.rung.name, case.now, one.day) for one in passed]
    entries += [Done(one.rung.name, case.now, one.day, told=who.now) for one in chosen]
    entries[-1] = replace(entries[-1], held=who.held, spared=who.spared)
    after = _promise_named(campaign.with_done(*entries), telling, case)
    return _heard(after, telling, case), telling


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
    if case.state == REDIRECTED and not campaign.done_with(REDIRECTED):
        campaign = replace(campaign, done=(Done(REDIRECTED, case.now, told=("owner",)), *campaign.done))
    return replace(campaign, owner_told_at=told_at, owner=Answerable.of(case.owner))


def _promise_named(campaign: Campaign, telling: Telling, case: Case) -> Campaign:
    """Every notice names the promise that was not kept."""
    if not has_untold_promise(campaign):
        return campaign
    others = (done for done in campaign.done if done.step != BROKEN_PROMISE)
    named = Done(BROKEN_PROMISE, case.now, campaign.promise_broken_on, told=telling.audiences)
    return replace(campaign, done=(named, *others))


def has_untold_promise(campaign: Campaign) -> bool:
    """Whether a promise was not kept, and no notice has gone out since that names it."""
    named = campaign.done_with(BROKEN_PROMISE)
    return campaign.promise_broken_on is not None and (named is None or named.day != campaign.promise_broken_on)


def _why(campaign: Campaign, step: Step, who: _Hearers, case: Case) -> str:
    reason = f"{words.step_in_words(step.name, step.repeat, case.end_in_words)}, by policy {campaign.policy.name}"
    if who.spared:
        reason += f"; not to {words.audiences(who.spared)}, as the calls reach zero in time at this pace"
    if who.early:
        reason += f"; earlier than planned to {words.audiences(who.early)}, as at this pace they do not"
    return reason


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
    by_policy = _why(campaign, campaign.policy.step(holding.step), _Hearers(holding.held), case)
    return after, Telling(
        "notice",
        holding.step,
        holding.held,
        not_before=case.goes_out,
        reason=f"{by_policy}, held back until the owner had a business day",
        occurrence=holding.day.isoformat() if holding.day else "",
        heard_by=holding.told,
    )


def tell_relapse(
    campaign: Campaign, closed_at: datetime, ladder: Sequence[Rung], case: Case
) -> tuple[Campaign, tuple[Telling, ...]]:
    """At the level that was left, unless a step falls on this very day or speaks of calls after the end. At the highest
    step that is due, or is behind, where nobody was told before; and not at all where none is.

    What fell due while the campaign was closed was not missed: there was nothing to tell.
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
    reopened, telling = tell(passed, fresh or left, ladder, case)
    behind = dict.fromkeys((*(one.rung.name for one in slept), *telling.missed))
    due_at = {rung.name: rung.due for rung in ladder}
    missed = tuple(name for name in behind if due_at[name] < closed_at)
    occurrence = f"reopened {case.now:%Y-%m-%dT%H:%M}"
    return reopened, (replace(telling, reopened=True, missed=missed, occurrence=occurrence),)


def tell_broken_promise(
    campaign: Campaign, standing: Rung, ladder: Sequence[Rung], case: Case
) -> tuple[Campaign, Telling]:
    """Once more at the level where the ladder stands, where no step is due anyway."""
    told, telling = tell(campaign, [Waiting(standing, case.today)], ladder, case)
    reason = f"the promise to be done by {campaign.promise_broken_on} was not kept; {telling.reason}"
    return told, replace(telling, occurrence=f"promised {campaign.promise_broken_on}", reason=reason)


def tell_new_owner(campaign: Campaign, standing: Rung | None, case: Case) -> tuple[Campaign, Telling]:
    """A first notice, at the level where the ladder stands. Those above wait for the new owner's business day."""
    level = campaign.level.step if campaign.level else campaign.policy.steps[0].name
    step = standing.name if standing else level
    telling = Telling(
        "notice",
        step,
        ("owner",),
        case.goes_out,
        f"first notice to a new owner, {words.step(step, case.end_in_words)}",
        occurrence=f"handed over {case.now:%Y-%m-%dT%H:%M}",
        handed_over=True,
    )
    return _heard(campaign, telling, case), telling


def tell_redirected(campaign: Campaign, case: Case) -> tuple[Campaign, Telling]:
    told = replace(campaign, done=(Done(REDIRECTED, case.now, told=("owner",)), *campaign.done))
    return told, tell_owner(REDIRECTED, case, "another model answers than the one that is asked for")


def tell_owner(news: News, case: Case, reason: str) -> Telling:
    """News that belong to no step, and may come again; good ones wake nobody, not even in the last days."""
    is_good = news in {"migrated", "withdrawn"}
    goes_out = case.owner.calendar.next_working(case.now) if is_good else case.goes_out
    return Telling(news, news, ("owner",), goes_out, reason, occurrence=f"{case.now:%Y-%m-%dT%H:%M}")
