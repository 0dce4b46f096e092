"""Builds the facts of a notification from a telling and its exposure, as of the decision."""

from collections.abc import Sequence

from service.core.candidates import Candidate
from service.core.checklist import Checklist
from service.core.comparison import Moving
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case, ScheduledStep
from service.core.escalation.cause import NewsCause, StepCause
from service.core.escalation.decision import Telling
from service.core.escalation.delay import delays, is_word_new, planned_day
from service.core.escalation.holding import act_in_force
from service.core.escalation.schedule import schedule, upcoming
from service.core.exposure import Exposure, last_week, redirection
from service.core.notification import EndFacts, Following, Missed, News, Notice, Owned, Recipients, Traffic, UseFacts
from service.core.ownership import Audience, Owner, recipients


def facts_of(
    telling: Telling,
    before: Campaign | None,
    campaign: Campaign,
    case: Case,
    *,
    checklist: Checklist,
    candidates: Sequence[Candidate] = (),
    moving: Moving | None = None,
) -> Notice | News:
    """`before` and `campaign`: before and after the decision. `candidates`: possible owners of the service. `moving`:
    what to move to, for a notice."""
    cause, exposure = telling.cause, case.exposure
    owner = Owned(team=case.owner.team, rule=case.owner.rule, candidates=tuple(candidates))
    if isinstance(cause, NewsCause):
        return News(cause=cause, use=_use(exposure), end=_end(exposure), owner=owner, served_id=_served_id(exposure))
    still_open = checklist.pressing(exposure.deadline, case.now.date())
    return _notice(telling, cause, before, campaign, case, owner=owner, checklist_open=still_open, moving=moving)


def _notice(
    telling: Telling,
    cause: StepCause,
    before: Campaign | None,
    campaign: Campaign,
    case: Case,
    *,
    owner: Owned,
    checklist_open: tuple[str, ...],
    moving: Moving | None,
) -> Notice:
    exposure = case.exposure
    ladder = {scheduled.name: scheduled for scheduled in schedule(campaign.policy, case)}
    scheduled = ladder.get(telling.step)
    first = telling.to_new_owner
    end = case.effective_deadline
    is_ahead = end is not None and case.today < end
    return Notice(
        cause=cause,
        also=(first,) if first and first != cause else (),
        use=_use(exposure),
        end=_end(exposure),
        traffic=_traffic(case),
        owner=owner,
        freeze=case.freeze,
        missed=_missed(telling, before, campaign, ladder, case),
        recipients=Recipients(
            held=telling.held,
            spared=telling.spared,
            early=telling.early,
            substitutes=_substitutes(telling.audiences, case.owner),
        ),
        following=_following(campaign, case),
        promise_broken_on=campaign.promise_broken_on,
        act_in_force=act_in_force(campaign, case),
        forecast=case.forecast if is_ahead else None,
        moving=moving,
        checklist_open=checklist_open,
        planned_on=planned_day(campaign, scheduled, case) if scheduled else None,
        delays=tuple(delays(telling, before, campaign, scheduled, case)),
    )


def _use(exposure: Exposure) -> UseFacts:
    key = exposure.key
    return UseFacts(
        service=key.service,
        environment=key.environment,
        platform=key.platform,
        model=key.model,
        id=exposure.deprecation.id,
    )


def _end(exposure: Exposure) -> EndFacts:
    deprecation = exposure.deprecation
    return EndFacts(
        announced=deprecation.announced,
        shutdown_on=deprecation.shutdown.on,
        precision=deprecation.shutdown.precision,
        after_shutdown=deprecation.after_shutdown,
        replacements=tuple(replacement.id for replacement in deprecation.replacements),
        source=deprecation.sources[0] if deprecation.sources else None,
        standing=deprecation.standing,
        dates_of=deprecation.dates_of,
    )


def _traffic(case: Case) -> Traffic:
    exposure = case.exposure
    week = last_week(exposure.days, case.now.date())
    says_tokens = any(day.tokens_known for day in week)
    return Traffic(
        state=case.state,
        first_at=exposure.first_at,
        last_at=exposure.last_at,
        calls_7d=sum(day.calls for day in week),
        errors_7d=sum(day.errors for day in week),
        tokens_7d=sum(day.input_tokens + day.output_tokens for day in week) if says_tokens else None,
        calls_total=exposure.use.calls,
        requested_ids=exposure.requested_ids,
        request_ids=exposure.request_ids,
        served_id=_served_id(exposure),
    )


def _missed(
    telling: Telling, before: Campaign | None, campaign: Campaign, ladder: dict[str, ScheduledStep], case: Case
) -> Missed:
    """A step on a day off is sent on the next working day; if a higher step is due then, it does not count as
    missed."""
    morning = case.morning(case.today)
    missed = [ladder[name] for name in telling.missed if case.send_time(ladder[name].nominal) < morning]
    is_moved = before is not None and before.is_open and campaign.is_moved_from(before)
    return Missed(
        steps=tuple(one.name for one in missed),
        last_due=max((case.day_of(one.nominal) for one in missed), default=None),
        moved_on=case.today if is_moved else None,
        reported_until=case.today if before and is_word_new(before, case) else None,
        known_since=campaign.opened_at.date(),
    )


def _following(campaign: Campaign, case: Case) -> Following | None:
    ahead = upcoming(campaign, case)
    if ahead is None:
        return None
    step = ahead.step
    return Following(step=step.name, repeat_days=step.repeat, on=ahead.on, audiences=recipients(case.owner, step.tell))


def _substitutes(audiences: Sequence[Audience], owner: Owner) -> tuple[tuple[Audience, Audience], ...]:
    hearing = ((audience, recipients(owner, [audience])[0]) for audience in audiences)
    return tuple((audience, hearer) for audience, hearer in hearing if hearer != audience)


def _served_id(exposure: Exposure) -> str | None:
    """The served id, if exactly one other model answers."""
    return exposure.served_ids[0] if len(exposure.served_ids) == 1 and redirection(exposure) else None
