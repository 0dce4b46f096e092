"""Changes of a campaign outside its steps: a moved date, a new owner, a broken promise, its end."""

from dataclasses import replace
from datetime import datetime

from service.core.escalation.campaign import Campaign, CloseReason, NotifiedOwner
from service.core.escalation.case import Case
from service.core.escalation.hold import Snoozed
from service.core.escalation.holding import breaks_at, with_broken_promise
from service.core.escalation.schedule import schedule


def is_planned_for(campaign: Campaign, case: Case) -> bool:
    return (campaign.deadline, campaign.frozen_from) == (case.deadline, case.frozen_from)


def replanned(campaign: Campaign, case: Case) -> Campaign:
    """The campaign for the current deadline and freeze. Steps that are in the future again can be sent again. Steps
    without a day in the new plan stay past, and their held audiences are dropped. A snooze ends, because it was safe
    only for the old plan, and so does a promise that it replaced."""
    if is_planned_for(campaign, case):
        return campaign
    begins = {scheduled.name: scheduled.nominal for scheduled in schedule(campaign.policy, case)}
    past = (done for done in campaign.done if begins.get(done.step, case.now) <= case.now)
    was_snoozed = isinstance(campaign.hold, Snoozed)
    return replace(
        campaign,
        deadline=case.deadline,
        frozen_from=case.frozen_from,
        plan_version=campaign.plan_version + 1,
        done=tuple(done if done.step in begins else replace(done, held=()) for done in past),
        hold=None if was_snoozed else campaign.hold,
        promise=campaign.promise.taken_back() if was_snoozed and campaign.promise else campaign.promise,
    )


def closed(campaign: Campaign, now: datetime, reason: CloseReason) -> Campaign:
    """The closed campaign. Acts of people end with it, except a snooze or a waiver, which also applies to a relapse."""
    return replace(
        campaign,
        closed_at=now,
        close_reason=reason,
        promise=None,
        acknowledged=None,
        kept_open=None,
    )


def with_promise_judged(campaign: Campaign, case: Case) -> Campaign:
    """The campaign after its promise was judged, if the time has come."""
    breaks = breaks_at(campaign, case)
    return with_broken_promise(campaign) if breaks and case.now >= breaks else campaign


def is_handed_over(campaign: Campaign, case: Case) -> bool:
    return campaign.owner is not None and campaign.owner.has_handed_over_to(case.owner)


def handed_over(campaign: Campaign, case: Case) -> Campaign:
    """The new owner is not notified yet, so the audiences above wait again."""
    return replace(campaign, owner_told_at=None, owner=NotifiedOwner.of(case.owner))
