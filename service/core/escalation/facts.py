"""A telling and its exposure -> the facts of the notification, frozen as of the decision."""

from datetime import timedelta

from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decision import Telling
from service.core.escalation.ladder import upcoming
from service.core.exposure import Exposure, quiet_period
from service.core.notification import DateMoved, Migrated, Notice
from service.core.ownership import hearers


def facts_of(
    telling: Telling, before: Campaign | None, campaign: Campaign, case: Case
) -> Notice | Migrated | DateMoved:
    """`before` and `campaign`: without and with the decision that tells it."""
    match telling.news:
        case "notice":
            return _notice(telling, campaign, case)
        case "migrated":
            return _migrated(case.exposure)
        case "date_moved" | "withdrawn":
            return _date_moved(before, case.exposure)


def _notice(telling: Telling, campaign: Campaign, case: Case) -> Notice:
    exposure, today = case.exposure, case.now.date()
    deprecation = exposure.deprecation
    week = [day for day in exposure.days if day.day > today - timedelta(days=7)]
    says_tokens = any(day.tokens_known for day in week)
    following = upcoming(campaign, case)
    return Notice(
        service=exposure.service,
        environment=exposure.environment,
        team=case.owner.team,
        platform=deprecation.platform,
        model=deprecation.model,
        id=deprecation.id,
        requested_ids=exposure.requested_ids,
        announced=deprecation.announced,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        after_shutdown=deprecation.after_shutdown,
        replacements=tuple(replacement.id for replacement in deprecation.replacements),
        source=_source(exposure),
        state=case.state,
        first_at=exposure.first_at,
        last_at=exposure.last_at,
        calls_7d=sum(day.calls for day in week),
        errors_7d=sum(day.errors for day in week),
        tokens_7d=sum(day.input_tokens + day.output_tokens for day in week) if says_tokens else None,
        calls_total=sum(day.calls for day in exposure.days),
        step=telling.step,
        repeat_days=campaign.policy.step(telling.step).repeat,
        known_since=campaign.opened_at.date(),
        missed=telling.missed,
        next_step=following.step.name if following else None,
        next_repeat_days=following.step.repeat if following else None,
        next_at=following.on if following else None,
        next_audiences=hearers(case.owner, following.step.tell) if following else (),
        reopened=telling.reopened,
        request_ids=exposure.request_ids,
    )


def _migrated(exposure: Exposure) -> Migrated:
    return Migrated(
        service=exposure.service,
        environment=exposure.environment,
        platform=exposure.deprecation.platform,
        model=exposure.deprecation.model,
        id=exposure.deprecation.id,
        last_at=exposure.last_at,
        quiet_days=quiet_period(exposure.days).days,
        shutdown_on=exposure.deprecation.shutdown.on,
    )


def _date_moved(before: Campaign | None, exposure: Exposure) -> DateMoved:
    return DateMoved(
        service=exposure.service,
        environment=exposure.environment,
        platform=exposure.deprecation.platform,
        model=exposure.deprecation.model,
        id=exposure.deprecation.id,
        before=before.deadline if before else None,
        after=exposure.deadline,
        source=_source(exposure),
    )


def _source(exposure: Exposure) -> str | None:
    return exposure.deprecation.sources[0] if exposure.deprecation.sources else None
