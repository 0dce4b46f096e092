"""decide(): what is to be done about one exposure as of `now`, and why. Pure and total.

Deciding again, with the campaign that a decision carries, at the same `now`, gives Wait: asking twice does nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decision import Close, Decision, Notify, Open, Reopen, Replan, Wait
from service.core.escalation.ladder import climb, held_until, waiting, wakes
from service.core.escalation.policy import Policy
from service.core.escalation.telling import tell, tell_held, tell_owner, tell_relapse
from service.core.exposure import Exposure, quiet_period
from service.core.ownership import Owner

UNTIL_MORE_IS_KNOWN = timedelta(minutes=5)
"""What cannot be said before records are read is asked again after so long."""


def decide(
    campaign: Campaign | None,
    exposure: Exposure,
    owner: Owner,
    policy: Policy,
    now: datetime,
    *,
    known_until: datetime | None = None,
) -> Decision:
    """`policy` is the one in force now: it counts when a campaign opens. An open campaign keeps its own.

    Calls after `known_until` may not be on record yet (None: all are). What needs silence to be certain, or calls to go
    on, waits until more is known; the steps of an open campaign do not.
    """
    case = Case(exposure, owner, now, known_until)
    if campaign is None:
        return _without_campaign(case, policy)
    if campaign.closed_at is not None:
        return _closed(campaign, campaign.closed_at, case)
    if not exposure.deprecation.is_deprecated:
        return _withdraw(campaign, case)
    if case.state == "quiet":
        return _migrate(campaign, case)
    if campaign.deadline != exposure.deadline:
        return _replan(campaign, case)
    return _advance(campaign, case)


def vanish(campaign: Campaign | None, now: datetime) -> Close | Wait:
    """What `decide` is where no call is left: those that were counted turned out to be of another model."""
    if campaign is None or not campaign.is_open:
        return Wait(None, wakes_on_call=True, reason="no call of the model")
    closed = replace(campaign, closed_at=now, close_reason="withdrawn")
    return Close(closed, (), "the calls turned out to be of another model")


def _without_campaign(case: Case, policy: Policy) -> Open | Wait:
    deprecation = case.exposure.deprecation
    if not deprecation.is_deprecated:
        return Wait(None, wakes_on_call=False, reason="the model is not deprecated")
    if deprecation.announced and not deprecation.known_on(case.now.date()):
        return Wait(utc_midnight(deprecation.announced), wakes_on_call=False, reason="the end is not announced yet")
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="the calls ended before anybody was to be told")
    if case.seems_quiet:
        return _until_more_is_known(case)
    ladder = climb(policy, case)
    if due := waiting(None, case, ladder):
        fresh = Campaign(policy, opened_at=case.now, deadline=case.exposure.deadline)
        opened, telling = tell(fresh, due, case)
        return Open(opened, (telling,), f"{case.exposure.service} calls a model that is going away")
    return Wait(wakes(None, case, ladder), _calls_count(case), "no step of the policy is due yet")


def _closed(campaign: Campaign, closed_at: datetime, case: Case) -> Reopen | Wait:
    if not case.exposure.deprecation.is_deprecated:
        return Wait(None, wakes_on_call=False, reason="the model is not deprecated any more")
    if case.exposure.last_at <= closed_at:
        return Wait(None, wakes_on_call=True, reason="no call since the campaign was closed")
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="called again, and has stopped since")
    if case.seems_quiet:
        return _until_more_is_known(case)
    revived = replace(
        _planned_anew(campaign, case), reopened_at=case.now, closed_at=None, close_reason=None, owner_told_at=None
    )
    reopened, tellings = tell_relapse(revived, climb(revived.policy, case), case)
    return Reopen(reopened, tellings, f"called again after the campaign was closed on {closed_at:%Y-%m-%d}")


def _withdraw(campaign: Campaign, case: Case) -> Close:
    reason = "the model is not deprecated any more"
    closed = replace(campaign, closed_at=case.now, close_reason="withdrawn")
    return Close(closed, (tell_owner("withdrawn", campaign, case, reason),), reason)


def _migrate(campaign: Campaign, case: Case) -> Close:
    days = quiet_period(case.exposure.days).days
    reason = f"no call since {case.exposure.last_at:%Y-%m-%d}, longer than this caller's quiet period of {days} days"
    closed = replace(campaign, closed_at=case.now, close_reason="migrated")
    return Close(closed, (tell_owner("migrated", campaign, case, reason),), reason)


def _replan(campaign: Campaign, case: Case) -> Replan:
    deadline = case.exposure.deadline
    reason = f"the shutdown moved from {campaign.deadline or 'no firm day'} to {deadline or 'no firm day'}"
    moved = _planned_anew(campaign, case)
    news = tell_owner("date_moved", moved, case, reason)
    after = _advance(moved, case)
    if isinstance(after, Wait):
        return Replan(moved, (news,), reason)
    return Replan(after.campaign, (news, *after.tellings), reason)


def _planned_anew(campaign: Campaign, case: Case) -> Campaign:
    """The campaign for the exposure's deadline of today. Steps that stand in the future again are armed again."""
    if campaign.deadline == case.exposure.deadline:
        return campaign
    behind = {rung.name for rung in climb(campaign.policy, case) if rung.nominal <= case.now}
    return replace(
        campaign,
        deadline=case.exposure.deadline,
        plan_version=campaign.plan_version + 1,
        done=tuple(done for done in campaign.done if done.step in behind),
    )


def _advance(campaign: Campaign, case: Case) -> Notify | Wait:
    ladder = climb(campaign.policy, case)
    if due := waiting(campaign, case, ladder):
        advanced, telling = tell(campaign, due, case)
        return Notify(advanced, (telling,), telling.reason)
    held = held_until(campaign, case)
    if campaign.holding and held and held <= case.now:
        advanced, telling = tell_held(campaign, campaign.holding, case)
        return Notify(advanced, (telling,), telling.reason)
    if case.seems_quiet:
        return _until_more_is_known(case)
    until = wakes(campaign, case, ladder)
    return Wait(until, _calls_count(case), f"nothing is due before {until:%Y-%m-%d %H:%M} UTC")


def _until_more_is_known(case: Case) -> Wait:
    """Whether the calls have ended is not known while records of them may wait to be read."""
    reason = f"no call since {case.exposure.last_at:%Y-%m-%d}, but not all records since then are read"
    return Wait(case.now + UNTIL_MORE_IS_KNOWN, wakes_on_call=True, reason=reason)


def _calls_count(case: Case) -> bool:
    """From the shutdown on, steps depend on the calls that are still made."""
    deadline = case.exposure.deadline
    return deadline is not None and case.now >= utc_midnight(deadline)
