"""When the steps of a policy fall due for one exposure, and which of them wait to be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from service.core.calendar import Calendar, utc_midnight
from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import LAST_DAYS, Case, go_out_at
from service.core.escalation.holding import acknowledged_until, breaks_at, resumes_at
from service.core.escalation.policy import Policy, Step
from service.core.exposure import State, quiet_at

_NOT_KNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step with its time for one exposure."""

    step: Step
    nominal: datetime
    """By the policy alone: 9:00 in the owner's zone of the step's day; its first moment, UTC, for failing calls."""
    due: datetime
    """Not before the end was public, not before the first call, and in working hours until the last days."""

    @property
    def name(self) -> str:
        return self.step.name


def climb(policy: Policy, case: Case) -> tuple[Rung, ...]:
    """The steps that have a day, lowest first: the announcement, however late, and then by their days. Without a firm
    deadline only the announcement has one."""
    announced = case.exposure.deprecation.announced
    ladder = _by_dates(policy, case.owner.calendar, announced, case.deadline)
    if announced is None or case.state == "broken":
        ladder = _lowest_first(_by_calls(rung, case) for rung in ladder)
    if all(rung.nominal >= case.earliest for rung in ladder):
        return ladder
    return tuple(rung if rung.nominal >= case.earliest else _no_sooner(rung, case) for rung in ladder)


@lru_cache(maxsize=4096)
def _by_dates(policy: Policy, calendar: Calendar, announced: date | None, deadline: date | None) -> tuple[Rung, ...]:
    """As if all had called since before the announcement. Remembered, as thousands of exposures share their dates."""
    found = []
    for step in policy.steps:
        day = step.at.day(calendar, announced=announced, deadline=deadline)
        if day is not None:
            nominal = utc_midnight(day) if step.at.while_failing else calendar.work_start(day)
            due = nominal if step.at.while_failing else go_out_at(nominal, calendar, deadline)
            found.append(Rung(step, nominal, due))
        elif step.at.anchor == "announced":
            found.append(Rung(step, _NOT_KNOWN, _NOT_KNOWN))
    return _lowest_first(found)


def _lowest_first(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    return tuple(sorted(rungs, key=lambda rung: (rung.step.at.anchor != "announced", rung.nominal)))


def _by_calls(rung: Rung, case: Case) -> Rung:
    """An announcement that nobody dated comes with the first call. Where calls fail for good before the shutdown, the
    step for failing calls comes with the last day of use."""
    at, exposure = rung.step.at, case.exposure
    if rung.nominal == _NOT_KNOWN:
        return Rung(rung.step, exposure.first_at, case.earliest_out)
    if at.while_failing and at.days == 0 and case.state == "broken":
        failing_from = min(rung.nominal, utc_midnight(exposure.days[-1].day))
        return Rung(rung.step, failing_from, failing_from)
    return rung


def _no_sooner(rung: Rung, case: Case) -> Rung:
    return Rung(rung.step, rung.nominal, case.earliest if rung.step.at.while_failing else case.earliest_out)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step to be told now: for the first time, or one more time on `day`."""

    rung: Rung
    day: date | None
    why: Literal["due", "repeats", "fails_again"] = "due"


def waiting(campaign: Campaign | None, case: Case, ladder: Sequence[Rung]) -> list[Waiting]:
    """The steps that are due and not yet told, lowest first."""
    state = case.state
    behind = {done.step: done for done in campaign.done} if campaign else {}
    found = []
    for rung in ladder:
        if rung.due > case.now or not _applies(rung.step, state):
            continue
        done = behind.get(rung.name)
        if done is None:
            found.append(Waiting(rung, occurrence(rung, case)))
        elif day := _fails_anew(done, rung, case):
            found.append(Waiting(rung, day, "fails_again"))
        elif campaign and (day := _again(campaign, done, rung, case)):
            found.append(Waiting(rung, day, "repeats"))
    return found


def _fails_anew(done: Done, rung: Rung, case: Case) -> date | None:
    """The day of a failure that is another one than that which was told: the shutdown, after one before it; or a
    failure that began after the other had ended, as a later day of use was answered."""
    if not rung.step.at.while_failing:
        return None
    if _was_early(done, case) and (day := occurrence(rung, case) or case.deadline) != done.day:
        return day
    run = case.exposure.use.failing
    is_another = run is not None and run.answered_on is not None and run.answered_on > done.at.date()
    return (occurrence(rung, case) or run.since) if run and is_another else None


def _was_early(done: Done, case: Case) -> bool:
    """Told of calls that failed for a while before the shutdown, and now it is the shutdown's day or later."""
    return case.deadline is not None and done.at < utc_midnight(case.deadline) <= case.now


def _applies(step: Step, state: State) -> bool:
    if step.at.while_failing:
        return state == "broken"
    return not step.at.needs_calls or state in {"overdue", "broken"}


def occurrence(rung: Rung, case: Case) -> date | None:
    """The latest day of a repeating step that has begun, its first day when none has. None: it does not repeat."""
    every = rung.step.repeat
    if every is None:
        return None
    first = case.day_of(rung.nominal)
    begun = case.today if case.now >= case.morning(case.today) else case.today - timedelta(days=1)
    return first + timedelta(days=max(0, (begun - first).days // every) * every)


def _again(campaign: Campaign, done: Done, rung: Rung, case: Case) -> date | None:
    """The day of the repeat that is due: the campaign still stands at this step, and calls were made since."""
    day = occurrence(rung, case)
    if day is None or done.day is None or not _stands_at(campaign, rung.step):
        return None
    if (day - done.day).days < (rung.step.repeat or 1):  # a date that moves takes the days of its repeats along
        return None
    if acknowledged_until(campaign, case, rung.name):
        return None
    told_on, today = (case.morning(one).date() for one in (done.day, day))  # use is kept by UTC days
    called_on = next((use.day for use in reversed(case.exposure.days) if use.day < today), date.min)
    return day if called_on >= told_on and case.go_out_at(case.morning(day)) <= case.now else None


def _stands_at(campaign: Campaign, step: Step) -> bool:
    """Whether no later step of the same kind is behind the campaign."""
    kind = {one.name for one in campaign.policy.steps if one.at.while_failing == step.at.while_failing}
    return next((done.step for done in reversed(campaign.done) if done.step in kind), None) == step.name


def _following(campaign: Campaign, rung: Rung, case: Case) -> datetime | None:
    """When a repeating step comes round again: on a day that has begun and waits for people to work, or for an
    acknowledgement to expire; or on the next."""
    every, done = rung.step.repeat, campaign.done_with(rung.name)
    if every is None or done is None or done.day is None or not _stands_at(campaign, rung.step):
        return None
    quiet_until = acknowledged_until(campaign, case, rung.name)
    day = occurrence(rung, replace(case, now=quiet_until) if quiet_until else case) or done.day
    while True:
        comes = max(filter(None, (quiet_until, case.go_out_at(case.morning(day)))))
        if comes > case.now and (day - done.day).days >= every:
            return comes
        day += timedelta(days=every)


def held_back(campaign: Campaign, case: Case) -> Done | None:
    """The step of which somebody has yet to hear, unless it speaks of calls that fail, and they do not any more."""
    held = campaign.holds_back
    return held if held and _applies(campaign.policy.step(held.step), case.state) else None


def held_back_until(campaign: Campaign, case: Case) -> datetime | None:
    """When those who are held back hear: the owner had a business day by then, or the last days have begun."""
    if held_back(campaign, case) is None or campaign.owner_told_at is None:
        return None
    had_a_day = case.business_day_after(campaign.owner_told_at)
    freeze = case.frozen_from if case.frozen_from and case.frozen_from >= case.today else None
    ends = filter(None, (case.deadline, freeze))
    last_days = (case.morning(end - timedelta(days=LAST_DAYS)) for end in ends)
    return max(campaign.owner_told_at, min([had_a_day, *last_days]))


def wakes(campaign: Campaign | None, case: Case, ladder: Sequence[Rung]) -> datetime | None:
    """The next moment at which the passing of time alone can make something due. None: it never will."""
    moments: list[datetime | None] = [quiet_at(case.exposure), *(rung.due for rung in ladder)]
    if case.deadline is not None:
        moments.append(utc_midnight(case.deadline))
    if campaign is not None:
        moments += [_following(campaign, rung, case) for rung in ladder if rung.step.repeat]
        moments += [held_back_until(campaign, case), breaks_at(campaign, case)]
        moments += [acknowledged_until(campaign, case, rung.name) for rung in ladder]
    return min((moment for moment in moments if moment and moment > case.now), default=None)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What the policy does next if nothing changes."""

    step: Step
    at: datetime
    on: date
    """Of `at`, in the owner's zone."""


def upcoming(campaign: Campaign, case: Case) -> Upcoming | None:
    """The next step that the calendar alone brings: of those that fall due before a hold ends the highest, when it
    ends. None: the policy has no more, or there is no firm deadline."""
    resumes = resumes_at(campaign, case)
    behind = {done.step for done in campaign.done}
    found: list[tuple[datetime, Step]] = []
    for rung in climb(campaign.policy, case):
        due = _following(campaign, rung, case) if rung.name in behind else rung.due
        if due is None or rung.step.at.while_failing or (rung.step.at.needs_calls and case.state == "redirected"):
            continue
        if resumes and due <= resumes and (due > case.now or _applies(rung.step, case.state)):
            found = [(case.go_out_at(resumes), rung.step)]
        elif due > case.now:
            found.append((due, rung.step))
    if not found:
        return None
    at, step = min(found, key=lambda one: one[0])
    return Upcoming(step, at, case.day_of(at))


def standing_at(campaign: Campaign, case: Case, ladder: Sequence[Rung]) -> Rung | None:
    """Where the ladder stands now: the highest step that is behind by the calendar, else the one told last, where that
    does not speak of calls that are answered again."""
    if behind := [rung for rung in ladder if rung.due <= case.now and not rung.step.at.needs_calls]:
        return behind[-1]
    level = campaign.level.step if campaign.level else None
    return next((rung for rung in ladder if rung.name == level and _applies(rung.step, case.state)), None)


def left_at(campaign: Campaign, case: Case, ladder: Sequence[Rung]) -> Rung | None:
    """The step that was told last. Where that speaks of failing calls, and they are answered now: where the ladder
    stands. None: nobody was told."""
    if (level := campaign.level) is None:
        return None
    told_last = next((rung for rung in ladder if rung.name == level.step), None)
    candidates = (told_last, standing_at(campaign, case, ladder))
    return next((rung for rung in candidates if rung and _applies(rung.step, case.state)), None)


def next_above(rung: Rung, ladder: Sequence[Rung]) -> Step | None:
    """The step that follows by the calendar, as far as it speaks of the time before the shutdown."""
    later = (one.step for one in ladder if one.nominal > rung.nominal and not one.step.at.needs_calls)
    return next(later, None)
