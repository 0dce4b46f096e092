"""The plan: calls `decide` at each time at which the engine would."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.outlook import Outlook
from service.core.escalation.policy import Policy
from service.core.escalation.schedule import occurrence, schedule, steps_to_send
from service.core.exposure import Exposure, ExposureKey
from service.core.ownership import Audience, Channels, Owner, destinations

Status = Literal["foreseen", "pending", "leased", "delivered", "failed", "unknown"]
"""foreseen: comes if the use continues as projected. All others: the outcome of a stored notification."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """A projected exposure, its owner, and its campaign so far."""

    outlook: Outlook
    owner: Owner
    policy: Policy
    """The current policy, used if a campaign opens."""
    campaign: Campaign | None = None
    known_until: datetime | None = None
    """Time up to which all calls are recorded at the start. None: all are."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    telling: Telling
    exposure: Exposure
    """As of the decision."""


def foresee(prospect: Prospect, *, start: datetime, end: datetime) -> Iterator[Foreseen]:
    """Decisions from `start` to before `end`. Raises TypeError if a repeated decision at one time is not Wait."""
    now: datetime | None = start
    campaign = prospect.campaign
    while now is not None and now < end:
        exposure = prospect.outlook.as_of(now)
        if exposure is None:
            now = prospect.outlook.next_call(now)
            continue
        case = Case(exposure, prospect.owner, now, prospect.known_until if now == start else None)
        decision = decide(campaign, case, prospect.policy)
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            for telling in decision.tellings:
                yield Foreseen(telling, exposure)
            decision = decide(campaign, case, prospect.policy)
        if not isinstance(decision, Wait):
            raise TypeError(f"deciding twice at {now} changed {exposure.key} twice: {decision.reason}")
        now = _next_look(decision, prospect.outlook, now)


def _next_look(wait: Wait, outlook: Outlook, now: datetime) -> datetime | None:
    """Like the engine: the time that `decide` gave, a new call if it may make something due, an abnormal call, or a new
    date of the provider."""
    call = outlook.next_call(now, only_abnormal=not wait.wakes_on_call)
    return min((at for at in (wait.until, call, outlook.next_change(now)) if at is not None), default=None)


def as_if_adopted(campaign: Campaign, policy: Policy, case: Case) -> Campaign:
    """The campaign as if it had always used `policy`: past steps are marked done, repeats still to come stay.

    A step that is also due by the campaign's own policy, and waits for the next tick, stays due.
    """
    if policy == campaign.policy:
        return campaign
    names = {step.name for step in policy.steps}
    repeated_on = {scheduled.name: occurrence(scheduled, case) for scheduled in schedule(policy, case)}
    kept = (one if one.step in names else replace(one, held=()) for one in campaign.done)
    done = tuple(replace(one, day=one.day or repeated_on.get(one.step)) for one in kept)
    adopted = replace(campaign, policy=policy, done=done)
    due = {one.scheduled.name for one in steps_to_send(campaign, case)}
    past = [one for one in steps_to_send(adopted, case) if one.scheduled.name not in due]
    return adopted.with_done(*(Done(one.scheduled.name, case.now, one.day) for one in past)) if past else adopted


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One notification for one destination, planned or sent. Sorted by time, then by exposure."""

    at: datetime
    """Planned or actual time of sending."""
    service: str
    environment: str
    """Empty: the log has no environment."""
    platform: str
    model: str
    """Canonical id of the model."""
    id: str
    """The model as a request on that platform spells it."""
    step: str
    repeat_days: int | None = field(compare=False)
    """Days between repeats of the step while calls continue. Null: the step does not repeat."""
    destination: str
    audience: Audience
    status: Status
    """foreseen: to be sent if the calls continue as they are. All others: states of a stored notification."""
    reason: str
    """Why this destination, and why at this time."""
    instead: str | None = field(default=None, compare=False)
    """Destination notified instead, because this one failed."""
    notification: str | None = field(default=None, compare=False)
    """Id of the stored notification. Null: foreseen."""

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)


def planned(prospect: Prospect, channels: Channels, *, start: datetime, end: datetime) -> Iterator[Planned]:
    """The notifications of `foresee`, by destination."""
    for one in foresee(prospect, start=start, end=end):
        telling, exposure = one.telling, one.exposure
        for to in destinations(prospect.owner, telling.audiences, channels, already_notified=telling.already_notified):
            yield Planned(
                telling.not_before,
                *exposure.key,
                exposure.deprecation.id,
                telling.step,
                telling.at_step.repeat_days if telling.at_step else None,
                to.address,
                to.audience,
                "foreseen",
                telling.reason,
            )
