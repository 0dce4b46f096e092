"""Who will be told what, when: `decide` asked at each moment at which the engine would ask it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from service.core.escalation.campaign import Campaign, Done
from service.core.escalation.case import Case
from service.core.escalation.decide import decide_case
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.ladder import climb, occurrence, waiting
from service.core.escalation.outlook import Outlook
from service.core.escalation.policy import Policy
from service.core.exposure import Exposure, ExposureKey
from service.core.ownership import Audience, Channels, Owner, destinations

Status = Literal["foreseen", "pending", "leased", "delivered", "failed", "unknown"]
"""foreseen: it comes if the use goes on as said. The others are of what was written down: what became of it."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """An exposure as it goes on, who answers for it, and what is done about it so far."""

    outlook: Outlook
    owner: Owner
    policy: Policy
    """In force: it counts if a campaign opens."""
    campaign: Campaign | None = None
    known_until: datetime | None = None
    """Up to when all calls are on record at the start; None: all are."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    telling: Telling
    exposure: Exposure
    """As of the decision."""


def foresee(prospect: Prospect, *, start: datetime, end: datetime) -> Iterator[Foreseen]:
    """What is decided from `start` up to, not including, `end`. Raises TypeError where deciding again does not end."""
    now: datetime | None = start
    campaign = prospect.campaign
    while now is not None and now < end:
        exposure = prospect.outlook.as_of(now)
        if exposure is None:
            now = prospect.outlook.next_call(now)
            continue
        case = Case(exposure, prospect.owner, now, prospect.known_until if now == start else None)
        decision = decide_case(campaign, case, prospect.policy)
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            for telling in decision.tellings:
                yield Foreseen(telling, exposure)
            decision = decide_case(campaign, case, prospect.policy)
        if not isinstance(decision, Wait):
            raise TypeError(f"deciding twice at {now} changed {exposure.key} twice: {decision.reason}")
        now = _next_look(decision, prospect.outlook, now)


def _next_look(wait: Wait, outlook: Outlook, now: datetime) -> datetime | None:
    """As the engine does: at the time that `decide` named, at a new call where it said so, and at one that is told that
    the model is gone, or that another answers; at a new date."""
    call = outlook.next_call(now, strange=not wait.wakes_on_call)
    return min((at for at in (wait.until, call, outlook.next_change(now)) if at is not None), default=None)


def as_if_adopted(campaign: Campaign, policy: Policy, case: Case) -> Campaign:
    """The campaign had it gone by `policy` so far: of the steps that are behind by it, nobody hears any more, but for
    the repeats that are still to come.

    What is due by the campaign's own policy too, and only waits for the next tick, stays due.
    """
    if policy == campaign.policy:
        return campaign
    names, ladder = {step.name for step in policy.steps}, climb(policy, case)
    repeated_on = {rung.name: occurrence(rung, case) for rung in ladder}
    kept = (one if one.step in names else replace(one, held=()) for one in campaign.done)
    done = tuple(replace(one, day=one.day or repeated_on.get(one.step)) for one in kept)
    adopted = replace(campaign, policy=policy, done=done)
    due = {one.rung.name for one in waiting(campaign, case, climb(campaign.policy, case))}
    behind = [one for one in waiting(adopted, case, ladder) if one.rung.name not in due]
    return adopted.with_done(*(Done(one.rung.name, case.now, one.day) for one in behind)) if behind else adopted


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """One destination hears one thing. Sorted as it is read: by time, then by whom it is about."""

    at: datetime
    """When it goes out, or was to go out."""
    service: str
    environment: str
    platform: str
    model: str
    id: str
    """The model as a request on that platform spells it."""
    step: str
    repeat_days: int | None = field(compare=False)
    """Of a step that is told again and again."""
    destination: str
    audience: Audience
    status: Status
    reason: str
    instead: str | None = field(default=None, compare=False)
    """Who hears of it because this destination cannot be told."""
    notification: str | None = field(default=None, compare=False)
    """Its id, where it was written down."""

    @property
    def key(self) -> ExposureKey:
        return ExposureKey(self.service, self.environment, self.platform, self.model)


def planned(prospect: Prospect, channels: Channels, *, start: datetime, end: datetime) -> Iterator[Planned]:
    """What `foresee` tells, by destination."""
    for one in foresee(prospect, start=start, end=end):
        telling, exposure = one.telling, one.exposure
        for to in destinations(prospect.owner, telling.audiences, channels, heard_by=telling.heard_by):
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
