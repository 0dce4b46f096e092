"""decide(): what is to be done about one exposure as of `now`, and why. Pure and total.

Deciding again, with the campaign that a decision carries, at the same `now`, gives Wait: asking twice does nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.core.calendar import utc_midnight
from service.core.escalation.campaign import Answerable, Campaign, CloseReason
from service.core.escalation.case import UNTIL_MORE_IS_KNOWN, Case
from service.core.escalation.cause import DateMoved, Migrated, NewOwner, StepCause, Withdrawn
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
from service.core.escalation.holding import (
    Quiet,
    held_by,
    is_kept_open,
)
from service.core.escalation.ladder import Rung, climb, held_back, held_back_until, standing_at, waiting, wakes
from service.core.escalation.policy import Policy
from service.core.escalation.telling import (
    has_untold_promise,
    tell,
    tell_broken_promise,
    tell_held_back,
    tell_new_owner,
    tell_owner,
    tell_redirected,
    tell_relapse,
)
from service.core.escalation.turns import ended, is_handed_over, is_planned_for, judged, planned_anew, taken_over
from service.core.exposure import Exposure, quiet_at
from service.core.ownership import Owner


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
    return decide_case(campaign, Case(exposure, owner, now, known_until), policy)


def decide_case(campaign: Campaign | None, case: Case, policy: Policy) -> Decision:
    """`decide`, for those who ask again: the case remembers what was worked out."""
    if campaign is None:
        return _until_it_is_public(case) or _without_campaign(case, policy)
    if campaign.closed_at is not None:
        return _until_it_is_public(case) or _closed(campaign, campaign.closed_at, case)
    if not case.exposure.deprecation.is_deprecated:
        return _withdraw(campaign, case)
    if case.state == "quiet" and not is_kept_open(campaign, case):
        return _migrate(campaign, case)
    return _go_on(campaign, case)


def _go_on(campaign: Campaign, case: Case) -> Change | Wait:
    """A promise and an accepted risk hold the steps, and neither the news that the day has moved nor the first notice
    to a new owner; a snooze holds all of it."""
    quiet = held_by(campaign, case)
    if quiet and isinstance(quiet.hold, Snoozed):
        return _hold_still(quiet, case)
    if not is_planned_for(campaign, case):
        return _replan(campaign, case)
    if quiet is None:
        return _advance(campaign, case)
    return _hand_over(campaign, case) if is_handed_over(campaign, case) else _hold_still(quiet, case)


def _hold_still(quiet: Quiet, case: Case) -> Wait:
    """The calls may end meanwhile, which closes the campaign all the same; the shutdown, if it was kept open."""
    ends_at = case.now + UNTIL_MORE_IS_KNOWN if case.seems_quiet else quiet_at(case.exposure)
    shutdown = utc_midnight(case.deadline) if case.deadline else None
    until = min((at for at in (quiet.until, ends_at, shutdown) if at and at > case.now), default=None)
    return Wait(until, wakes_on_call=isinstance(quiet.hold, Promise), reason=quiet.reason)


def vanish(campaign: Campaign | None, now: datetime) -> Close | Wait:
    """What `decide` is where no call is left: those that were counted turned out to be of another model."""
    if campaign is None or not campaign.is_open:
        return Wait(None, wakes_on_call=True, reason="no call of the model")
    return Close(ended(campaign, now, "misread"), (), "the calls turned out to be of another model")


def _until_it_is_public(case: Case) -> Wait | None:
    deprecation = case.exposure.deprecation
    if not deprecation.is_deprecated:
        return Wait(None, wakes_on_call=False, reason="the model is not deprecated")
    if deprecation.announced and not deprecation.known_on(case.now.date()):
        return Wait(utc_midnight(deprecation.announced), wakes_on_call=False, reason="the end is not announced yet")
    return None


def _without_campaign(case: Case, policy: Policy) -> Open | Wait:
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="the calls ended before anybody was to be told")
    if case.seems_quiet:
        return _until_more_is_known(case)
    ladder = climb(policy, case)
    if due := waiting(None, case, ladder):
        fresh = Campaign(policy, case.now, case.deadline, case.frozen_from)
        opened, telling = tell(fresh, due, ladder, case)
        return Open(opened, (telling,), f"{case.exposure.service} calls a model that is going away")
    return Wait(wakes(None, case, ladder), _calls_count(None, case), "no step of the policy is due yet")


def _closed(campaign: Campaign, closed_at: datetime, case: Case) -> Reopen | Wait:
    if case.exposure.last_at <= closed_at and campaign.close_reason == "migrated":
        return Wait(None, wakes_on_call=True, reason="no call since the campaign was closed")
    if case.state == "quiet":
        return Wait(None, wakes_on_call=True, reason="the calls have stopped")
    if quiet := held_by(campaign, case):
        return Wait(quiet.until, wakes_on_call=False, reason=f"called again, but {quiet.reason}")
    return _until_more_is_known(case) if case.seems_quiet else _reopen(campaign, closed_at, case)


def _reopen(campaign: Campaign, closed_at: datetime, case: Case) -> Reopen:
    """After a relapse; or, while the calls went on, after a deprecation that was taken back has come again, or after
    calls that were taken for another model's."""
    planned = planned_anew(campaign, case)
    revived = replace(planned, reopened_at=case.now, closed_at=None, close_reason=None, owner_told_at=None)
    reopened, tellings = tell_relapse(revived, campaign, climb(revived.policy, case), case)
    if not tellings and not isinstance(went_on := _advance(reopened, case), Wait):
        reopened, tellings = went_on.campaign, went_on.tellings
    match campaign.close_reason:
        case "withdrawn":
            again = f"deprecated again, after that was taken back by {closed_at:%Y-%m-%d}"
        case "misread":
            again = "the calls are of this model after all"
        case _:
            again = f"called again after the campaign was closed on {closed_at:%Y-%m-%d}"
    return Reopen(reopened, tellings, again)


def _withdraw(campaign: Campaign, case: Case) -> Close:
    telling = tell_owner(Withdrawn(at=case.now, before=campaign.deadline), case)
    return _close(campaign, "withdrawn", telling, case)


def _migrate(campaign: Campaign, case: Case) -> Close:
    exposure = case.exposure
    cause = Migrated(at=case.now, last_at=exposure.last_at, quiet_days=exposure.quiet_period.days)
    return _close(campaign, "migrated", tell_owner(cause, case), case)


def _close(campaign: Campaign, reason: CloseReason, telling: Telling, case: Case) -> Close:
    return Close(ended(campaign, case.now, reason), (_after_the_hold(telling, campaign, case),), telling.reason)


def _after_the_hold(telling: Telling, campaign: Campaign, case: Case) -> Telling:
    """Good news wait as well while somebody wants quiet; a promise that is kept is told at once."""
    quiet = held_by(campaign, case)
    if quiet is None or quiet.until is None or isinstance(quiet.hold, Promise):
        return telling
    return replace(telling, not_before=max(telling.not_before, quiet.until))


def _replan(campaign: Campaign, case: Case) -> Replan:
    """Nobody is told of a freeze that came or went: it only moves the steps before it."""
    moved = planned_anew(campaign, case)
    after = _go_on(moved, case)
    if campaign.deadline == case.deadline:
        reason = f"the last day for changes moved to {case.effective_deadline}"
        return Replan(moved, (), reason) if isinstance(after, Wait) else Replan(after.campaign, after.tellings, reason)
    news = tell_owner(DateMoved(before=campaign.deadline, after=case.deadline), case)
    if isinstance(after, Wait):
        return Replan(moved, (news,), news.reason)
    return Replan(after.campaign, (news, *after.tellings), news.reason)


def _advance(campaign: Campaign, case: Case) -> Change | Wait:
    """Everything that is due now, in one decision: so that asking again finds nothing."""
    former = campaign.owner if is_handed_over(campaign, case) else None
    settled = judged(taken_over(campaign, case) if former else campaign, case)
    ladder = climb(campaign.policy, case)
    went_on, tellings = _tell_what_is_due(settled, ladder, case, former)
    if case.state == "redirected" and went_on.redirect_told_at is None:
        went_on, telling = tell_redirected(went_on, case)
        tellings = (*tellings, telling)
    if went_on == campaign:
        return _wait(campaign, ladder, case)
    kind = HandOver if former else Notify
    return kind(went_on, tellings, "; ".join(telling.reason for telling in tellings) or "the promised day is past")


def _hand_over(campaign: Campaign, case: Case) -> HandOver:
    """While the steps are held: the new owner hears what it owns, and what was promised or accepted."""
    taken, former = taken_over(campaign, case), campaign.owner or Answerable(None)
    standing = standing_at(taken, case, climb(campaign.policy, case))
    told, telling = tell_new_owner(taken, standing, former, case)
    return HandOver(told, (telling,), telling.reason)


def _tell_what_is_due(
    campaign: Campaign, ladder: Sequence[Rung], case: Case, former: Answerable | None
) -> tuple[Campaign, tuple[Telling, ...]]:
    """At most one message: the highest step that is due, else what has come up between two steps. `former`: who
    answered before, where somebody else does now."""
    standing = standing_at(campaign, case, ladder)
    if due := waiting(campaign, case, ladder):
        campaign, telling = tell(campaign, due, ladder, case)
    elif standing and has_untold_promise(campaign):
        campaign, telling = tell_broken_promise(campaign, standing, ladder, case)
    elif former:
        campaign, telling = tell_new_owner(campaign, standing, former, case)
        campaign, more = _tell_held_back(campaign, case)  # where the last days leave no business day to wait for
        return campaign, (telling, *more)
    else:
        return _tell_held_back(campaign, case)
    if former and isinstance(telling.cause, StepCause):
        telling = replace(telling, to_new_owner=NewOwner(step=telling.cause.step, at=case.now, former=former))
    return campaign, (telling,)


def _tell_held_back(campaign: Campaign, case: Case) -> tuple[Campaign, tuple[Telling, ...]]:
    until, held = held_back_until(campaign, case), held_back(campaign, case)
    if until is None or held is None or until > case.now:
        return campaign, ()
    campaign, telling = tell_held_back(campaign, held, case)
    return campaign, (telling,)


def _wait(campaign: Campaign, ladder: Sequence[Rung], case: Case) -> Wait:
    if case.seems_quiet and not is_kept_open(campaign, case):
        return _until_more_is_known(case)
    until = wakes(campaign, case, ladder)
    reason = f"nothing is due before {until:%Y-%m-%d %H:%M} UTC" if until else "the policy has no more steps"
    return Wait(until, _calls_count(campaign, case), reason)


def _until_more_is_known(case: Case) -> Wait:
    """Whether the calls have ended is not known while records of them may wait to be read."""
    reason = f"no call since {case.exposure.last_at:%Y-%m-%d}, but not all records since then are read"
    return Wait(case.now + UNTIL_MORE_IS_KNOWN, wakes_on_call=True, reason=reason)


def _calls_count(campaign: Campaign | None, case: Case) -> bool:
    """Steps after the shutdown depend on the calls that are still made. So does a promise, also one that a snooze or a
    waiver has taken the place of."""
    is_over = case.deadline is not None and case.now >= utc_midnight(case.deadline)
    return is_over or (campaign is not None and campaign.promised_on is not None)
