"""From steps that are due to one message: which step, whom now, who is held back, what was missed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.core import words
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import Case
from service.core.escalation.decision import News, Telling
from service.core.escalation.ladder import Rung, Waiting, waiting
from service.core.escalation.policy import Step
from service.core.ownership import ABOVE_OWNER, Audience


def tell(campaign: Campaign, due: Sequence[Waiting], case: Case) -> tuple[Campaign, Telling]:
    """One message at the highest step that is due, never a burst. It names those that are passed over."""
    chosen = _highest(due)
    top = chosen[-1]
    first, held = _owner_first(campaign, (audience for one in chosen for audience in one.rung.step.tell), case)
    passed = [one for one in due if one not in chosen]
    telling = Telling(
        "notice",
        top.rung.name,
        first,
        not_before=case.goes_out,
        reason=_by_policy(campaign, top.rung.step),
        occurrence=top.day.isoformat() if top.day else "",
        missed=tuple(one.rung.name for one in passed if one.rung.nominal < case.morning(case.today)),
    )
    entries = [Done(one.rung.name, case.now, one.day) for one in passed]
    entries += [Done(one.rung.name, case.now, one.day, told=first) for one in chosen]
    entries[-1] = replace(entries[-1], held=held)
    told_at = campaign.owner_told_at or telling.not_before
    return replace(campaign.with_done(*entries), owner_told_at=told_at), telling


def _by_policy(campaign: Campaign, step: Step) -> str:
    return f"{words.step_in_words(step.name, step.repeat)}, by policy {campaign.policy.name}"


def _highest(due: Sequence[Waiting]) -> list[Waiting]:
    """The highest step, and with it the highest of those that speak of failing calls: these tell other people."""
    calm = [one for one in due if not one.rung.step.at.while_failing]
    failing = [one for one in due if one.rung.step.at.while_failing]
    return calm[-1:] + failing[-1:]


def _owner_first(
    campaign: Campaign, audiences: Iterable[Audience], case: Case
) -> tuple[tuple[Audience, ...], tuple[Audience, ...]]:
    """Who hears now, and who is held back because the owner has not had a business day yet."""
    everybody = tuple(dict.fromkeys(audiences))
    told_at = campaign.owner_told_at
    if told_at is None and "owner" not in everybody:
        everybody = ("owner", *everybody)
    if case.is_late or (told_at and case.business_day_after(told_at) <= case.now):
        return everybody, ()
    first = tuple(audience for audience in everybody if audience not in ABOVE_OWNER)
    held = tuple(audience for audience in everybody if audience in ABOVE_OWNER)
    return first or ("owner",), held


def tell_held(campaign: Campaign, holding: Done, case: Case) -> tuple[Campaign, Telling]:
    told = replace(holding, told=(*holding.told, *holding.held), held=())
    after = replace(campaign, done=tuple(told if one is holding else one for one in campaign.done))
    by_policy = _by_policy(campaign, campaign.policy.step(holding.step))
    return after, Telling(
        "notice",
        holding.step,
        holding.held,
        not_before=case.goes_out,
        reason=f"{by_policy}, held back until the owner had a business day",
        occurrence=holding.day.isoformat() if holding.day else "",
    )


def tell_relapse(campaign: Campaign, ladder: Sequence[Rung], case: Case) -> tuple[Campaign, tuple[Telling, ...]]:
    """At the level that was left, unless a step falls on this very day or speaks of calls after the end.

    Nothing is told where the plan has no step behind it any more, because the deadline moved meanwhile.
    """
    due = waiting(campaign, case, ladder)
    fresh = [one for one in due if one.rung.step.at.needs_calls or case.day_of(one.rung.nominal) == case.today]
    slept = [one for one in due if one not in fresh]
    passed = campaign.with_done(*(Done(one.rung.name, case.now, one.day) for one in slept))
    level = campaign.level.step if campaign.level else None
    left = [Waiting(rung, case.today) for rung in ladder if rung.name == level]
    if not fresh and not left:
        return passed, ()
    reopened, telling = tell(passed, fresh or left, case)
    missed = (*(one.rung.name for one in slept), *telling.missed)
    occurrence = f"reopened {case.now:%Y-%m-%dT%H:%M}"
    return reopened, (replace(telling, reopened=True, missed=missed, occurrence=occurrence),)


def tell_owner(news: News, campaign: Campaign, case: Case, reason: str) -> Telling:
    """News that belong to no step. A second life of the campaign is another occurrence."""
    since = campaign.reopened_at or campaign.opened_at
    return Telling(news, news, ("owner",), case.goes_out, reason, occurrence=f"{since:%Y-%m-%dT%H:%M}")
