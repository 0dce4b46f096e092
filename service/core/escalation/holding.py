"""Which acts of people are in force. They end by the clock, never by a read or a new call."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec import structs

from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import ActInForce, Hold, Promise, Snoozed, Waived
from service.core.exposure import State


@dataclass(frozen=True, slots=True)
class Quiet:
    """A hold or a promise delays notifications now."""

    hold: Hold | Promise
    until: datetime | None
    """When to evaluate again; the hold may continue then. None: only a new call ends it."""

    @property
    def reason(self) -> str:
        return ActInForce.of(self.hold).in_words()


def active_hold(campaign: Campaign, case: Case) -> Quiet | None:
    """The hold or promise in force. None: there is none, it has ended, or the promise is not credible."""
    hold = campaign.in_force
    if hold is None or _is_over(hold, campaign, case):
        return None
    end = _end_of(hold, case)
    if not isinstance(hold, Promise):
        return Quiet(hold, end)
    if not _is_credible(hold, case):
        return None
    return Quiet(hold, min(filter(None, (_next_evaluation(hold, campaign, case), end)), default=None))


def waiver_in_force(campaign: Campaign | None, case: Case) -> Waived | None:
    quiet = active_hold(campaign, case) if campaign else None
    return quiet.hold if quiet and isinstance(quiet.hold, Waived) else None


def shown_state(campaign: Campaign | None, case: Case) -> State:
    """The state of the exposure; `waived` if a waiver is in force and the exposure is neither quiet nor broken."""
    if case.state in {"quiet", "broken"}:
        return case.state
    return "waived" if waiver_in_force(campaign, case) else case.state


def has_earlier_steps(campaign: Campaign, case: Case) -> bool:
    """Whether steps can be due sooner than in the plan: the effective deadline is earlier, or new, because the shutdown
    moved or a freeze was added; or the end is no longer only reported."""
    before, after = campaign.frozen_from or campaign.deadline, case.effective_deadline
    if campaign.is_reported and not case.exposure.deprecation.is_reported:
        return True
    return after is not None and (before is None or after < before)


def _is_over(hold: Hold | Promise, campaign: Campaign, case: Case) -> bool:
    """Whether the clock ended it, steps can be due sooner (snooze), or the shutdown moved before the promised day."""
    if (end := _end_of(hold, case)) and case.now >= end:
        return True
    if isinstance(hold, Snoozed):
        return has_earlier_steps(campaign, case)
    return isinstance(hold, Promise) and _is_too_late(hold, case)


def _is_too_late(promise: Promise, case: Case) -> bool:
    return case.deadline is not None and promise.on > case.deadline


def _is_credible(promise: Promise, case: Case) -> bool:
    """Whether a promise is credible: in the first half of its time always, then while the forecast agrees. After a
    broken promise only the forecast counts.

    After the promised day, it stays credible until it is judged on the next business day, by the calls since.
    """
    if case.today > promise.on:
        return case.now < judged_at(promise.on, case) or not _calls_after(promise.on, case)
    if case.now < trusted_until(promise, case):
        return True
    return case.forecast.is_believable(promise.on + timedelta(days=1))


def _calls_after(promised: date, case: Case) -> bool:
    return case.day_of(case.exposure.last_at) > promised


def judged_at(promised: date, case: Case) -> datetime:
    """The morning of the first business day after the promised day; in the last days, of the next day."""
    return case.send_time(case.morning(promised + timedelta(days=1)))


def breaks_at(campaign: Campaign, case: Case) -> datetime | None:
    """When the open promise counts as broken because of calls after its day. None: there are no such calls."""
    promised = campaign.promised_on
    return judged_at(promised, case) if promised is not None and _calls_after(promised, case) else None


def with_promise_judged(campaign: Campaign, case: Case) -> Campaign:
    """The campaign after its promise was judged, if the time has come."""
    breaks = breaks_at(campaign, case)
    return campaign.with_broken_promise() if breaks and case.now >= breaks else campaign


def _end_of(hold: Hold | Promise, case: Case) -> datetime | None:
    """Snoozes and promises end at the shutdown at the latest; waivers do not."""
    match hold:
        case Waived():
            return case.morning(hold.until)
        case Snoozed():
            return min(filter(None, (case.morning(hold.until), case.shutdown_at)))
        case Promise():
            return case.shutdown_at


def trusted_until(promise: Promise, case: Case) -> datetime:
    """The morning half-way to the promised day, at least the next morning. Never later than for an earlier promise;
    after a broken promise, the time of the new promise."""
    if promise.broken_on is not None:
        return promise.at
    begun = case.day_of(promise.at)
    half_way = case.morning(begun + max(timedelta(days=1), (promise.on - begun) / 2))
    return min(filter(None, (half_way, promise.trusted_until)))


def _next_evaluation(promise: Promise, campaign: Campaign, case: Case) -> datetime | None:
    """When to evaluate a promise again. None: only a new call can break it."""
    if case.today > promise.on:
        return breaks_at(campaign, case)
    if case.now < (half_way := trusted_until(promise, case)):
        return half_way
    return case.next_forecast


def acknowledged_until(campaign: Campaign, case: Case, step: str) -> datetime | None:
    """When the acknowledgement of `step` expires. None: none is in force."""
    by = campaign.acknowledged
    return by.until if by and step in (by.step, *by.with_it) and case.now < by.until else None


def act_in_force(campaign: Campaign, case: Case) -> ActInForce | None:
    """The act in force, including a promise that is not credible."""
    if quiet := active_hold(campaign, case):
        return ActInForce.of(quiet.hold)
    if doubted := _doubted(campaign, case):
        return doubted
    by = campaign.acknowledged
    if by and case.now < by.until:
        on, until = case.day_of(by.at), case.day_of(by.until)
        return ActInForce(what="acknowledged", by=by.by, on=on, until=until)
    if is_kept_open(campaign, case) and (kept := campaign.kept_open):
        return ActInForce(what="kept_open", by=kept.by, on=case.day_of(kept.at))
    return None


def asked_in_words(campaign: Campaign, case: Case) -> str | None:
    """A clause."""
    asked = act_in_force(campaign, case)
    return asked.in_words() if asked else None


def _doubted(campaign: Campaign, case: Case) -> ActInForce | None:
    """An open promise in the future that delays nothing."""
    promise = campaign.in_force
    if not isinstance(promise, Promise) or case.today > promise.on:
        return None
    said = ActInForce.of(promise)
    if _is_too_late(promise, case):
        return structs.replace(said, what="promised_too_late")
    end = _end_of(promise, case)
    return None if end and case.now >= end else structs.replace(said, what="doubted")


def is_kept_open(campaign: Campaign, case: Case) -> bool:
    """Whether silence does not close the campaign. This ends at the shutdown."""
    return campaign.kept_open is not None and not case.is_shut_down


def was_paused(campaign: Campaign, case: Case, moment: datetime) -> bool:
    """Whether an act delayed steps at that moment, as far as the campaign still knows."""
    asked, broken = campaign.in_force, campaign.promise_broken_on
    if broken is not None and case.day_of(moment) <= broken:
        return True
    if asked is None or moment < asked.at:
        return False
    return moment < (judged_at(asked.on, case) if isinstance(asked, Promise) else case.morning(asked.until))


def resumes_at(campaign: Campaign, case: Case) -> datetime | None:
    """When steps continue if nothing changes. None: nothing delays them."""
    quiet = active_hold(campaign, case)
    if quiet is None:
        return None
    judged = judged_at(quiet.hold.on, case) if isinstance(quiet.hold, Promise) else None
    return min(filter(None, (judged, _end_of(quiet.hold, case))), default=None)
