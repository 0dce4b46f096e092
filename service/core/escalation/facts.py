"""A telling and its exposure -> the facts of the notification, frozen as of the decision."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from service.core import words
from service.core.checklist import Checklist
from service.core.escalation.campaign import Answerable, Campaign
from service.core.escalation.case import Case
from service.core.escalation.decision import Telling
from service.core.escalation.holding import asked_in_words
from service.core.escalation.ladder import Rung, climb, upcoming
from service.core.escalation.why_now import planned_day, waited
from service.core.exposure import DayOfUse, Exposure, last_week, redirection
from service.core.notification import DateMoved, Happened, Migrated, Notice, Redirected, Withdrawn
from service.core.ownership import Audience, Owner, hearers


def facts_of(
    telling: Telling, before: Campaign | None, campaign: Campaign, case: Case, checklist: Checklist
) -> Notice | Happened:
    """`before` and `campaign`: without and with the decision that tells it."""
    match telling.news:
        case "notice":
            return _notice(telling, before, campaign, case, checklist)
        case "redirected":
            return _redirected(case.exposure)
        case "migrated":
            return _migrated(case.exposure)
        case "date_moved":
            return _date_moved(before, case.exposure)
        case "withdrawn":
            return _withdrawn(before, case.exposure)


def _notice(telling: Telling, before: Campaign | None, campaign: Campaign, case: Case, checklist: Checklist) -> Notice:
    exposure = case.exposure
    deprecation = exposure.deprecation
    following = upcoming(campaign, case)
    ladder = {rung.name: rung for rung in climb(campaign.policy, case)}
    rung = ladder.get(telling.step)
    missed = [ladder[name] for name in telling.missed if _could_be_told_before(ladder[name], case)]
    back = _back(before, exposure.days) if telling.reopened else _Back()
    return Notice(
        **_named(exposure),
        **_use(exposure, case.now.date()),
        team=case.owner.team,
        requested_ids=exposure.requested_ids,
        announced=deprecation.announced,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        after_shutdown=deprecation.after_shutdown,
        replacements=tuple(replacement.id for replacement in deprecation.replacements),
        **_source(exposure),
        state=case.state,
        step=telling.step,
        repeat_days=campaign.policy.step(telling.step).repeat,
        **_freeze(case),
        known_since=campaign.opened_at.date(),
        missed=tuple(one.name for one in missed),
        last_due=max((case.day_of(one.nominal) for one in missed), default=None),
        moved_on=case.today if before and before.is_open and before.plan_version != campaign.plan_version else None,
        next_step=following.step.name if following else None,
        next_repeat_days=following.step.repeat if following else None,
        next_at=following.on if following else None,
        next_audiences=hearers(case.owner, following.step.tell) if following else (),
        reopened=telling.reopened,
        silent_since=back.silent_since,
        back_since=back.since,
        calls_since_back=back.calls,
        served_id=_served_id(exposure),
        handed_over_from=_former(before) if telling.handed_over else None,
        promised_on=campaign.promise_broken_on,
        standing=asked_in_words(campaign, case),
        forecast=_outlook(case),
        spared=telling.spared,
        early=telling.early,
        checklist_open=checklist.pressing(exposure.deadline, case.now.date()),
        planned_on=planned_day(campaign, rung, case) if rung else None,
        waited=tuple(waited(telling, before, campaign, rung, case)),
        held=telling.held,
        stand_ins=_stand_ins(telling.audiences, case.owner),
        owner_rule=case.owner.rule,
        request_ids=exposure.request_ids,
    )


def _could_be_told_before(missed: Rung, case: Case) -> bool:
    """A step of days off comes on the next working day: where a higher one is due then too, it was not missed."""
    return case.go_out_at(missed.nominal) < case.morning(case.today)


def _stand_ins(audiences: Sequence[Audience], owner: Owner) -> tuple[tuple[Audience, Audience], ...]:
    hearing = ((audience, hearers(owner, [audience])[0]) for audience in audiences)
    return tuple((audience, hearer) for audience, hearer in hearing if hearer != audience)


def _named(exposure: Exposure) -> dict[str, Any]:
    """What every fact about an exposure begins with."""
    return exposure.key._asdict() | {"id": exposure.deprecation.id}


def _use(exposure: Exposure, today: date) -> dict[str, Any]:
    week = last_week(exposure.days, today)
    says_tokens = any(day.tokens_known for day in week)
    return {
        "first_at": exposure.first_at,
        "last_at": exposure.last_at,
        "calls_7d": sum(day.calls for day in week),
        "errors_7d": sum(day.errors for day in week),
        "tokens_7d": sum(day.input_tokens + day.output_tokens for day in week) if says_tokens else None,
        "calls_total": exposure.use.calls,
    }


def _freeze(case: Case) -> dict[str, Any]:
    freeze = case.owner.calendar.freeze_before(case.deadline) if case.deadline else None
    return {"frozen_from": freeze.begin, "freeze": freeze.name} if freeze else {}


class _Back(NamedTuple):
    silent_since: date | None = None
    since: date | None = None
    calls: int | None = None


def _back(before: Campaign | None, days: Sequence[DayOfUse]) -> _Back:
    """Of a relapse: when the calls had ended, since when there are some again, and how many."""
    if before is None or before.closed_at is None:
        return _Back()
    closed_on = before.closed_at.date()
    ended = max((use.day for use in days if use.day < closed_on), default=None)
    again = [use for use in days if use.day >= closed_on]  # it was silent for days when it was closed
    return _Back(ended, again[0].day, sum(use.calls for use in again)) if again else _Back(ended)


def _former(before: Campaign | None) -> str | None:
    owner = before.owner if before else None
    if owner is None or owner == Answerable(None):
        return "nobody"
    people = words.listed(words.address(address) for address in owner.addresses)
    return " of ".join(filter(None, (people, owner.team)))


def _outlook(case: Case) -> str | None:
    """Only before the end: after it, the calls themselves say how it stands."""
    end = case.effective_deadline
    return case.forecast.in_words(end) if end and case.today < end else None


def _redirected(exposure: Exposure) -> Redirected:
    now = redirection(exposure)
    if now is None:
        raise ValueError(f"{exposure.key} is told to be redirected, and is not")
    deprecation = exposure.deprecation
    return Redirected(
        **_named(exposure),
        served_id=_served_id(exposure),
        day=now.day,
        answered=now.answered,
        redirected=now.redirected,
        since=now.since,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        **_source(exposure),
    )


def _migrated(exposure: Exposure) -> Migrated:
    return Migrated(
        **_named(exposure),
        last_at=exposure.last_at,
        quiet_days=exposure.quiet_period.days,
        shutdown_on=exposure.deprecation.shutdown.on,
        second_hand=exposure.deprecation.second_hand,
    )


def _date_moved(before: Campaign | None, exposure: Exposure) -> DateMoved:
    return DateMoved(
        **_named(exposure),
        before=before.deadline if before else None,
        after=exposure.deadline,
        **_source(exposure),
    )


def _withdrawn(before: Campaign | None, exposure: Exposure) -> Withdrawn:
    return Withdrawn(
        **_named(exposure),
        before=before.deadline if before else None,
        **_source(exposure),
    )


def _served_id(exposure: Exposure) -> str | None:
    """Named only where one other model answers: of several nobody can say which did."""
    return exposure.served_ids[0] if len(exposure.served_ids) == 1 and redirection(exposure) else None


def _source(exposure: Exposure) -> dict[str, Any]:
    deprecation = exposure.deprecation
    named = deprecation.sources[0] if deprecation.sources else None
    return {"source": named, "second_hand": deprecation.second_hand}
