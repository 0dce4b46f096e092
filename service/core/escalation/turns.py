"""What becomes of a campaign beside its steps: another day, another owner, a broken promise, its end."""

from dataclasses import replace
from datetime import datetime

from service.core.escalation.campaign import Answerable, Campaign, CloseReason
from service.core.escalation.case import Case
from service.core.escalation.hold import Snoozed
from service.core.escalation.holding import after_the_promise, breaks_at
from service.core.escalation.ladder import climb


def is_planned_for(campaign: Campaign, case: Case) -> bool:
    return (campaign.deadline, campaign.frozen_from) == (case.deadline, case.frozen_from)


def planned_anew(campaign: Campaign, case: Case) -> Campaign:
    """The campaign for the deadline of today, and the freeze before it. Steps that stand in the future again are armed
    again; those that have no day now, as nobody knows when it will be, stay behind, and nobody hears of them any more.
    A snooze was safe for the other day, and is over, with a promise that it took the place of."""
    if is_planned_for(campaign, case):
        return campaign
    begins = {rung.name: rung.nominal for rung in climb(campaign.policy, case)}
    behind = (done for done in campaign.done if begins.get(done.step, case.now) <= case.now)
    was_snoozed = isinstance(campaign.hold, Snoozed)
    return replace(
        campaign,
        deadline=case.deadline,
        frozen_from=case.frozen_from,
        plan_version=campaign.plan_version + 1,
        done=tuple(done if done.step in begins else replace(done, held=()) for done in behind),
        hold=None if was_snoozed else campaign.hold,
        promise=campaign.promise.taken_back() if was_snoozed and campaign.promise else campaign.promise,
    )


def ended(campaign: Campaign, now: datetime, reason: CloseReason) -> Campaign:
    """Closed. What people asked of it ends with it, but for a snooze and an accepted risk, which hold a relapse too."""
    return replace(
        campaign,
        closed_at=now,
        close_reason=reason,
        promise=None,
        acknowledged=None,
        kept_open=None,
    )


def judged(campaign: Campaign, case: Case) -> Campaign:
    """A promise whose day is past, and that was not kept, is none any more."""
    breaks = breaks_at(campaign, case)
    return after_the_promise(campaign) if breaks and case.now >= breaks else campaign


def is_handed_over(campaign: Campaign, case: Case) -> bool:
    return campaign.owner is not None and campaign.owner.has_handed_over_to(case.owner)


def taken_over(campaign: Campaign, case: Case) -> Campaign:
    """The new owner has not heard yet, so those above wait once more."""
    return replace(campaign, owner_told_at=None, owner=Answerable.of(case.owner))
