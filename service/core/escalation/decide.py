"""decide(): the action for one exposure as of `now`, with its reason. Pure and total.

A second decision at the same `now`, with the campaign of the first one, is always Wait.
"""

from dataclasses import replace
from datetime import datetime

from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign, CloseReason, NotifiedOwner
from service.core.escalation.case import UNTIL_MORE_IS_KNOWN, Case
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, NewOwner, StepCause, Withdrawn
from service.core.escalation.decision import (
    Change,
    Close,
    Decision,
    HandOver,
    Notify,
    Open,
    Reopen,
    Replan,
    Telling,
    Wait,
)
from service.core.escalation.hold import Promise, Snoozed
from service.core.escalation.holding import Quiet, active_hold, is_kept_open, with_promise_judged
from service.core.escalation.policy import Policy
from service.core.escalation.schedule import current_step, left_out, next_due, schedule, steps_to_send
from service.core.escalation.telling import (
    once_more,
    tell,
    tell_broken_promise,
    tell_held_back,
    tell_new_owner,
    tell_owner,
    tell_redirected,
    tell_relapse,
)
from service.core.exposure import quiet_at


def decide(campaign: Campaign | None, case: Case, policy: Policy) -> Decision:
    """`policy` is the current one: it is used if a campaign opens. An open campaign keeps its own.

    Calls after the case's `known_until` may not be recorded yet. Until they are, no campaign closes for silence, and
    none opens or reopens for a caller that seems silent. The steps of an open campaign are sent nevertheless.
    """
    if campaign is None:
        return _until_public(case) or _without_campaign(case, policy)
    if campaign.closed_at is not None:
        return _until_public(case) or _decide_closed(campaign, campaign.closed_at, case)
    if not case.exposure.deprecation.is_deprecated:
        return _close(campaign, Withdrawn(at=case.now, before=campaign.deadline), case)
    if case.state == "quiet" and not is_kept_open(campaign, case):
        use = case.exposure.use
        return _close(campaign, Migrated(at=case.now, last_at=use.last_at, quiet_days=use.quiet_period.days), case)
    return _decide_open(campaign, case)


def _decide_open(campaign: Campaign, case: Case) -> Change | Wait:
    """Commit and waive suppress steps only; date-moved, confirmed and new-owner notices still go out. Snooze suppresses
    everything."""
    quiet = active_hold(campaign, case)
    if quiet and isinstance(quiet.hold, Snoozed):
        return _wait_on_hold(quiet, case)
    if not _is_planned_for(campaign, case):
        return _replan(campaign, case)
    if quiet is None:
        return _advance(campaign, case)
    former = campaign.former_owner(case.owner)
    return _hand_over(campaign, former, case) if former else _wait_on_hold(quiet, case)


def _wait_on_hold(quiet: Quiet, case: Case) -> Wait:
    """Also evaluates again when the campaign may close: when the quiet period ends, and at the shutdown."""
    ends_at = case.now + UNTIL_MORE_IS_KNOWN if case.seems_quiet else quiet_at(case.exposure)
    until = min((at for at in (quiet.until, ends_at, case.shutdown_at) if at and at > case.now), default=None)
    return Wait(until, wakes_on_call=isinstance(quiet.hold, Promise), reason=quiet.reason)


def close_misattributed(campaign: Campaign | None, now: datetime) -> Close | Wait:
    """Close the campaign if all its calls were re-attributed to another model."""
    if campaign is None or not campaign.is_open:
        return Wait(None, wakes_on_call=True, reason="no call of the model")
    return Close(campaign.closed(now, "misattributed"), (), "the calls turned out to be of another model")


def _until_public(case: Case) -> Wait | None:
    deprecation = case.exposure.deprecation
    if not deprecation.is_deprecated:
        return Wait(None, wakes_on_call=False, reason="the model is not deprecated")
    if deprecation.announced and not deprecation.known_on(case.now.date()):
        return Wait(utc_midnight(deprecation.announced), wakes_on_call=False, reason="the end is not announced yet")
    return None


def _without_campaign(case: Case, policy: Policy) -> Open | Wait:
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="the calls ended before the first notice was due")
    if case.seems_quiet:
        return _until_more_is_known(case)
    fresh = Campaign.opened(policy, case)
    if due := steps_to_send(fresh, case):
        opened, telling = tell(fresh, due, case)
        return Open(opened, (telling,), f"{case.exposure.service} calls a model that is going away")
    return Wait(next_due(fresh, case), _calls_count(fresh, case), "no step of the policy is due yet")


def _decide_closed(campaign: Campaign, closed_at: datetime, case: Case) -> Reopen | Wait:
    if case.exposure.last_at <= closed_at and campaign.close_reason == "migrated":
        return Wait(None, wakes_on_call=True, reason="no call since the campaign was closed")
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="the calls have stopped")
    if quiet := active_hold(campaign, case):
        return Wait(quiet.until, wakes_on_call=False, reason=f"called again, but {quiet.reason}")
    return _until_more_is_known(case) if case.seems_quiet else _reopen(campaign, closed_at, case)


def _reopen(campaign: Campaign, closed_at: datetime, case: Case) -> Reopen:
    """Reopen after a relapse; or, if the calls continued, after a withdrawn deprecation was announced again, or after
    the calls were attributed to this model again."""
    planned = _replanned(campaign, case)
    revived = replace(planned, reopened_at=case.now, closed_at=None, close_reason=None, owner_told_at=None)
    reopened, tellings = tell_relapse(revived, campaign, case)
    if not tellings and not isinstance(went_on := _advance(reopened, case), Wait):
        reopened, tellings = went_on.campaign, went_on.tellings
    match campaign.close_reason:
        case "withdrawn":
            again = f"deprecated again, after a withdrawal by {closed_at:%Y-%m-%d}"
        case "misattributed":
            again = "the calls are of this model after all"
        case _:
            again = f"called again after the campaign was closed on {closed_at:%Y-%m-%d}"
    return Reopen(reopened, tellings, again)


def _close(campaign: Campaign, cause: Migrated | Withdrawn, case: Case) -> Close:
    """A snooze or a waiver delays good news as well; a kept promise is reported at once."""
    telling, quiet = tell_owner(cause, case), active_hold(campaign, case)
    if quiet and quiet.until and not isinstance(quiet.hold, Promise):
        telling = replace(telling, not_before=max(telling.not_before, quiet.until))
    reason: CloseReason = "migrated" if isinstance(cause, Migrated) else "withdrawn"
    return Close(campaign.closed(case.now, reason), (telling,), telling.reason)


def _replan(campaign: Campaign, case: Case) -> Replan:
    """A freeze that is added or removed, or an end that is only reported from now on, changes the plan without a
    notification. After a confirmation, the audiences above wait until the owner has had a business day since."""
    moved, news = _replanned(campaign, case), _news_of_plan(campaign, case)
    if news and isinstance(news.cause, Confirmed) and moved.owner_told_at:
        moved = replace(moved, owner_told_at=max(moved.owner_told_at, news.not_before))
    after = _decide_open(moved, case)
    went_on, tellings = (moved, ()) if isinstance(after, Wait) else (after.campaign, after.tellings)
    if news is None:
        return Replan(went_on, tellings, _why_replanned(campaign, case))
    return Replan(went_on, (news, *tellings), news.reason)


def _news_of_plan(campaign: Campaign, case: Case) -> Telling | None:
    """None: the owner is not notified of this change of the plan."""
    if campaign.is_reported and case.exposure.deprecation.standing == "provider":
        return tell_owner(Confirmed(before=campaign.deadline, after=case.deadline), case)
    if campaign.deadline != case.deadline:
        return tell_owner(DateMoved(before=campaign.deadline, after=case.deadline), case)
    return None


def _why_replanned(campaign: Campaign, case: Case) -> str:
    if campaign.frozen_from != case.frozen_from:
        return f"the last day for changes moved to {case.effective_deadline}"
    return f"the end is {'no longer' if campaign.is_reported else 'now'} only reported"


def _is_planned_for(campaign: Campaign, case: Case) -> bool:
    now = case.deadline, case.frozen_from, case.exposure.deprecation.is_reported
    return (campaign.deadline, campaign.frozen_from, campaign.is_reported) == now


def _replanned(campaign: Campaign, case: Case) -> Campaign:
    """The campaign for the current deadline, freeze and standing. Steps that are in the future again can be sent again.
    Steps without a day in the new plan stay past, and their held audiences are dropped. A snooze ends, because it was
    safe only for the old plan, and so does a promise that it replaced."""
    if _is_planned_for(campaign, case):
        return campaign
    steps = (*schedule(campaign.policy, case), *left_out(campaign.policy, case))
    begins = {scheduled.name: scheduled.nominal for scheduled in steps}
    past = (done for done in campaign.done if begins.get(done.step, case.now) <= case.now)
    was_snoozed = isinstance(campaign.hold, Snoozed)
    return replace(
        campaign,
        deadline=case.deadline,
        frozen_from=case.frozen_from,
        is_reported=case.exposure.deprecation.is_reported,
        plan_version=campaign.plan_version + 1,
        done=tuple(done if done.step in begins else replace(done, held=()) for done in past),
        hold=None if was_snoozed else campaign.hold,
        promise=campaign.promise.taken_back() if was_snoozed and campaign.promise else campaign.promise,
    )


def _advance(campaign: Campaign, case: Case) -> Change | Wait:
    """Everything that is due now, in one decision: so that asking again finds nothing."""
    former = campaign.former_owner(case.owner)
    settled = with_promise_judged(campaign.handed_over(case.owner) if former else campaign, case)
    went_on, tellings = _tell_what_is_due(settled, case, former)
    if case.state == "redirected" and went_on.redirect_told_at is None:
        went_on, telling = tell_redirected(went_on, case)
        tellings = (*tellings, telling)
    if went_on == campaign:
        return _wait(campaign, case)
    kind = HandOver if former else Notify
    return kind(went_on, tellings, "; ".join(telling.reason for telling in tellings) or "the promised day is past")


def _hand_over(campaign: Campaign, former: NotifiedOwner, case: Case) -> HandOver:
    """Notify a new owner during a promise or a waiver: the current step, and the promise or waiver in force."""
    told, telling = tell_new_owner(campaign.handed_over(case.owner), former, case)
    return HandOver(told, (telling,), telling.reason)


def _tell_what_is_due(
    campaign: Campaign, case: Case, former: NotifiedOwner | None
) -> tuple[Campaign, tuple[Telling, ...]]:
    """At most one message: the highest due step, or an event between two steps. `former`: the former owner after a
    hand-over."""
    current = current_step(campaign, case)
    if due := steps_to_send(campaign, case):
        campaign, telling = tell(campaign, due, case)
    elif current and campaign.promise and (broken_on := campaign.promise.untold_break):
        campaign, telling = tell_broken_promise(campaign, broken_on, current, case)
    elif former:
        campaign, telling = tell_new_owner(campaign, former, case)
        campaign, more = tell_held_back(campaign, case)  # in the last days there is no business day to wait for
        return campaign, (telling, *more)
    elif current and campaign.owner_told_at is None:  # reopened while no step had a day
        campaign, telling = tell(campaign, [once_more(current, campaign, case)], case)
    else:
        return tell_held_back(campaign, case)
    if former and isinstance(telling.cause, StepCause):
        telling = replace(telling, to_new_owner=NewOwner(step=telling.cause.step, at=case.now, former=former))
    return campaign, (telling,)


def _wait(campaign: Campaign, case: Case) -> Wait:
    if case.seems_quiet and not is_kept_open(campaign, case):
        return _until_more_is_known(case)
    until = next_due(campaign, case)
    reason = f"nothing is due before {until:%Y-%m-%d %H:%M} UTC" if until else "the policy has no more steps"
    return Wait(until, _calls_count(campaign, case), reason)


def _until_more_is_known(case: Case) -> Wait:
    """It is unknown whether the calls have ended, because not all records are read."""
    reason = f"no call since {case.exposure.last_at:%Y-%m-%d}, but not all records since then are read"
    return Wait(case.now + UNTIL_MORE_IS_KNOWN, wakes_on_call=True, reason=reason)


def _calls_count(campaign: Campaign, case: Case) -> bool:
    """Whether a new call may make something due: steps after the shutdown depend on calls, and so does an open promise,
    even if a snooze or a waiver replaces it."""
    return case.is_shut_down or campaign.promised_on is not None
