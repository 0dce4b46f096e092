"""When the steps of a policy are due for one exposure, and which due steps are not sent yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from service.core.calendar import Calendar, utc_midnight
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import LAST_DAYS, Case, ScheduledStep, send_time
from service.core.escalation.holding import acknowledged_until, breaks_at, resumes_at
from service.core.escalation.policy import Policy, Step
from service.core.exposure import State, quiet_at
from service.core.ownership import ABOVE_OWNER

_NOT_KNOWN = datetime.min.replace(tzinfo=UTC)


def schedule(policy: Policy, case: Case) -> tuple[ScheduledStep, ...]:
    """Steps with a due date, earliest first; `announced` always first. Without a firm deadline only `announced` has a
    date. For an end that is only reported: without repeats, audiences above the owner, and the steps of `left_out`. The
    case remembers it."""
    if policy not in case.schedules:
        case.schedules[policy] = _schedule(policy, case, is_gentle=case.is_only_reported)
    return case.schedules[policy]


def left_out(policy: Policy, case: Case) -> tuple[ScheduledStep, ...]:
    """Steps with a day that are not sent while the end is only reported: all their audiences are above the owner."""
    if not case.is_only_reported:
        return ()
    sent = {scheduled.name for scheduled in schedule(policy, case)}
    return tuple(one for one in _schedule(policy, case, is_gentle=False) if one.name not in sent)


def _schedule(policy: Policy, case: Case, *, is_gentle: bool) -> tuple[ScheduledStep, ...]:
    announced = case.exposure.deprecation.announced
    ladder = _by_dates(policy, case.owner.calendar, announced, case.deadline, is_gentle)
    if announced is None or case.state == "broken":
        ladder = lowest_first(_by_calls(scheduled, case) for scheduled in ladder)
    return tuple(_not_before_start(scheduled, case) for scheduled in ladder)


@lru_cache(maxsize=4096)
def _by_dates(
    policy: Policy, calendar: Calendar, announced: date | None, deadline: date | None, is_gentle: bool
) -> tuple[ScheduledStep, ...]:
    """The schedule of a caller from before the announcement. Cached: thousands of exposures share their dates."""
    found = []
    for step in _gentle(policy.steps) if is_gentle else policy.steps:
        day = step.at.day(calendar, announced=announced, deadline=deadline)
        if day is not None:
            nominal = utc_midnight(day) if step.at.while_failing else calendar.work_start(day)
            urgent = None if is_gentle else deadline
            due = nominal if step.at.while_failing else send_time(nominal, calendar, urgent)
            found.append(ScheduledStep(step, nominal, due))
        elif step.at.anchor == "announced":
            found.append(ScheduledStep(step, _NOT_KNOWN, _NOT_KNOWN))
    return lowest_first(found)


def _gentle(steps: Iterable[Step]) -> Iterator[Step]:
    """For an end that is only reported: nobody above the owner, and no repeats. Steps for failing calls stay."""
    for step in steps:
        below = tuple(audience for audience in step.tell if audience not in ABOVE_OWNER)
        if step.at.while_failing:
            yield step
        elif below:
            yield replace(step, tell=below, repeat=None)


def lowest_first(scheduled_steps: Iterable[ScheduledStep]) -> tuple[ScheduledStep, ...]:
    return tuple(
        sorted(scheduled_steps, key=lambda scheduled: (scheduled.step.at.anchor != "announced", scheduled.nominal))
    )


def _by_calls(scheduled: ScheduledStep, case: Case) -> ScheduledStep:
    """Without a date, `announced` is due at the first call. If the model dies before the shutdown, the step for failing
    calls is due on the last day of use."""
    at, exposure = scheduled.step.at, case.exposure
    if scheduled.nominal == _NOT_KNOWN:
        return ScheduledStep(scheduled.step, exposure.first_at, case.earliest_send)
    if at.while_failing and at.days == 0 and case.state == "broken":
        failing_from = min(scheduled.nominal, utc_midnight(exposure.days[-1].day))
        return ScheduledStep(scheduled.step, failing_from, failing_from)
    return scheduled


def _not_before_start(scheduled: ScheduledStep, case: Case) -> ScheduledStep:
    if scheduled.nominal >= case.earliest:
        return scheduled
    due = case.earliest if scheduled.step.at.while_failing else case.earliest_send
    return replace(scheduled, due=due)


@dataclass(frozen=True, slots=True)
class StepToSend:
    """A step to send now: for the first time, or again on `day`."""

    scheduled: ScheduledStep
    day: date | None
    why: Literal["due", "repeats", "fails_again"] = "due"


def steps_to_send(campaign: Campaign, case: Case) -> list[StepToSend]:
    """Due steps that are not sent yet, earliest first."""
    past = {done.step: done for done in campaign.done}
    found = []
    for scheduled in schedule(campaign.policy, case):
        if scheduled.due > case.now or not _applies(scheduled.step, case.state):
            continue
        done = past.get(scheduled.name)
        if done is None:
            found.append(StepToSend(scheduled, occurrence(scheduled, case)))
        elif day := _new_failure_day(done, scheduled, case):
            found.append(StepToSend(scheduled, day, "fails_again"))
        elif day := _repeat_day(campaign, done, scheduled, case):
            found.append(StepToSend(scheduled, day, "repeats"))
    return found


def _new_failure_day(done: Done, scheduled: ScheduledStep, case: Case) -> date | None:
    """Start day of a failure episode not notified yet. A new episode begins at the shutdown, or after at least one day
    of answered calls."""
    if not scheduled.step.at.while_failing:
        return None
    if _was_early(done, case) and (day := occurrence(scheduled, case) or case.deadline) != done.day:
        return day
    run = case.exposure.use.failing
    is_another = run is not None and run.answered_on is not None and run.answered_on > done.at.date()
    return (occurrence(scheduled, case) or run.since) if run and is_another else None


def _was_early(done: Done, case: Case) -> bool:
    """Whether the step was sent for a failure before the shutdown, and the shutdown has come since."""
    return case.shutdown_at is not None and done.at < case.shutdown_at <= case.now


def _applies(step: Step, state: State) -> bool:
    if step.at.while_failing:
        return state == "broken"
    return not step.at.needs_calls or state in {"overdue", "broken"}


def occurrence(scheduled: ScheduledStep, case: Case) -> date | None:
    """Current day of a repeating step, at least its first day. None: the step does not repeat."""
    every = scheduled.step.repeat
    if every is None:
        return None
    first = case.day_of(scheduled.nominal)
    begun = case.today if case.now >= case.morning(case.today) else case.today - timedelta(days=1)
    return first + timedelta(days=max(0, (begun - first).days // every) * every)


def _repeat_day(campaign: Campaign, done: Done, scheduled: ScheduledStep, case: Case) -> date | None:
    """The day of a due repeat: the step is still the current one, and there were calls since it was sent."""
    day, last = occurrence(scheduled, case), _last_day(done, case)
    if day is None or not _is_current(campaign, scheduled.step):
        return None
    if (day - last).days < (scheduled.step.repeat or 1):  # a moved date also moves the days of repeats
        return None
    if acknowledged_until(campaign, case, scheduled.name):
        return None
    told_on, today = (case.morning(one).date() for one in (last, day))  # use is stored by UTC day
    called_on = next((use.day for use in reversed(case.exposure.days) if use.day < today), date.min)
    return day if called_on >= told_on and case.send_time(case.morning(day)) <= case.now else None


def _last_day(done: Done, case: Case) -> date:
    """The day from which the next repeat counts. A step that was sent without repeats, because the end was only
    reported, has none but that of its sending."""
    return done.day or case.day_of(done.at)


def _is_current(campaign: Campaign, step: Step) -> bool:
    """Whether no later step of the same kind is past."""
    kind = {one.name for one in campaign.policy.steps if one.at.while_failing == step.at.while_failing}
    return next((done.step for done in reversed(campaign.done) if done.step in kind), None) == step.name


def _next_repeat(campaign: Campaign, scheduled: ScheduledStep, case: Case) -> datetime | None:
    """Time of the next repeat: later today, if it waits for working hours or for the end of an acknowledgement, or on
    its next day."""
    every, done = scheduled.step.repeat, campaign.done_with(scheduled.name)
    if every is None or done is None or not _is_current(campaign, scheduled.step):
        return None
    quiet_until, last = acknowledged_until(campaign, case, scheduled.name), _last_day(done, case)
    day = occurrence(scheduled, replace(case, now=quiet_until) if quiet_until else case) or last
    while True:
        comes = max(filter(None, (quiet_until, case.send_time(case.morning(day)))))
        if comes > case.now and (day - last).days >= every:
            return comes
        day += timedelta(days=every)


def held_back(campaign: Campaign, case: Case) -> Done | None:
    """The step with held audiences, unless it is for failing calls and they no longer fail."""
    held = campaign.holds_back
    return held if held and _applies(campaign.policy.step(held.step), case.state) else None


def held_back_until(campaign: Campaign, case: Case) -> datetime | None:
    """When held audiences are notified: after the owner's business day, or when the last days begin. None: there are
    none, or they wait for the provider's word or for failing calls."""
    if held_back(campaign, case) is None or campaign.owner_told_at is None or case.is_only_reported:
        return None
    had_a_day = case.business_day_after(campaign.owner_told_at)
    freeze = case.frozen_from if case.frozen_from and case.frozen_from >= case.today else None
    ends = filter(None, (case.deadline, freeze))
    last_days = (case.morning(end - timedelta(days=LAST_DAYS)) for end in ends)
    return max(campaign.owner_told_at, min([had_a_day, *last_days]))


def next_due(campaign: Campaign, case: Case) -> datetime | None:
    """The next time at which time alone can make something due. None: never."""
    moments = [quiet_at(case.exposure), case.shutdown_at, held_back_until(campaign, case), breaks_at(campaign, case)]
    for scheduled in schedule(campaign.policy, case):
        acknowledged = acknowledged_until(campaign, case, scheduled.name)
        moments += [scheduled.due, _next_repeat(campaign, scheduled, case), acknowledged]
    return min((moment for moment in moments if moment and moment > case.now), default=None)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next step if nothing changes."""

    step: Step
    at: datetime
    on: date
    """Day of `at`, in the owner's zone."""


def upcoming(campaign: Campaign, case: Case) -> Upcoming | None:
    """The next step by the calendar alone. During a hold: the highest step due by its end, at its end. None: the policy
    has no further step, or there is no firm deadline."""
    resumes = resumes_at(campaign, case)
    past = {done.step for done in campaign.done}
    found: list[tuple[datetime, Step]] = []
    for scheduled in schedule(campaign.policy, case):
        due = _next_repeat(campaign, scheduled, case) if scheduled.name in past else scheduled.due
        if (
            due is None
            or scheduled.step.at.while_failing
            or (scheduled.step.at.needs_calls and case.state == "redirected")
        ):
            continue
        if resumes and due <= resumes and (due > case.now or _applies(scheduled.step, case.state)):
            found = [(case.send_time(resumes), scheduled.step)]
        elif due > case.now:
            found.append((due, scheduled.step))
    if not found:
        return None
    at, step = min(found, key=lambda one: one[0])
    return Upcoming(step, at, case.day_of(at))


def current_step(campaign: Campaign, case: Case) -> ScheduledStep | None:
    """The highest step whose day is past. Without one: the last step sent, unless it was sent for failing calls that
    are answered again."""
    ladder = schedule(campaign.policy, case)
    past = [scheduled for scheduled in ladder if scheduled.due <= case.now and not scheduled.step.at.needs_calls]
    return past[-1] if past else _last_sent_step(campaign, case)


def _last_sent_step(campaign: Campaign, case: Case) -> ScheduledStep | None:
    """None: no step was sent, it has no day now, or it was for failing calls that are answered again."""
    level = campaign.level.step if campaign.level else None
    sent = (one for one in schedule(campaign.policy, case) if one.name == level and _applies(one.step, case.state))
    return next(sent, None)


def step_to_resume(campaign: Campaign, case: Case) -> ScheduledStep | None:
    """The last step sent; the current one if that was for failing calls that are answered again. None: no step was
    sent."""
    if campaign.level is None:
        return None
    current = current_step(campaign, case)
    return _last_sent_step(campaign, case) or (current if current and _applies(current.step, case.state) else None)


def next_above(scheduled: ScheduledStep, policy: Policy, case: Case) -> Step | None:
    """The next step by the calendar, unless it depends on calls after the shutdown."""
    later = (one.step for one in schedule(policy, case) if one.nominal > scheduled.nominal)
    return next((step for step in later if not step.at.needs_calls), None)
