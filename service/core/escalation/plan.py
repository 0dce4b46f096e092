"""Who will be told what, when, if the use goes on as it is: `decide` asked at every moment that it names itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from msgspec import structs

from service.core.escalation.campaign import Campaign
from service.core.escalation.decide import decide
from service.core.escalation.decision import Telling, Wait
from service.core.escalation.policy import Policy
from service.core.exposure import DayOfUse, Exposure
from service.core.ownership import Owner


@dataclass(frozen=True, slots=True)
class Foreseen:
    at: datetime
    """When it goes out."""
    telling: Telling
    repeat_days: int | None
    """Of its step."""


def foresee(
    campaign: Campaign | None,
    exposure: Exposure,
    owner: Owner,
    policy: Policy,
    *,
    start: datetime,
    end: datetime,
    known_until: datetime | None = None,
) -> Iterator[Foreseen]:
    """From `start` up to, not including, `end`. `exposure` is a picture as of `start`, and `known_until` the instant
    up to which all calls are in it; None: up to `start`."""
    now = start
    while now < end:
        decision = decide(
            campaign,
            _going_on(exposure, start, now),
            owner,
            policy,
            now,
            known_until=known_until if now == start else None,
        )
        if not isinstance(decision, Wait):
            campaign = decision.campaign
            for telling in decision.tellings:
                yield Foreseen(telling.not_before, telling, _repeat_of(campaign, telling))
        elif decision.until is None:
            return
        else:
            now = decision.until


def _repeat_of(campaign: Campaign, telling: Telling) -> int | None:
    return next((step.repeat for step in campaign.policy.steps if step.name == telling.step), None)


def _going_on(exposure: Exposure, start: datetime, now: datetime) -> Exposure:
    """The exposure as of `now` when each day since `start` is like the last one that was seen.

    From the shutdown on the calls fail, unless the catalog says that the provider goes on answering.
    """
    if now == start:
        return exposure
    last = exposure.days[-1]
    days = tuple(_like(last, exposure, last.day + timedelta(days=n + 1)) for n in range((now.date() - last.day).days))
    return replace(exposure, last_at=max(exposure.last_at, now), days=exposure.days + days)


def _like(last: DayOfUse, exposure: Exposure, day: date) -> DayOfUse:
    over = exposure.deadline is not None and day >= exposure.deadline
    if over and exposure.deprecation.after_shutdown == "error":
        return structs.replace(last, day=day, errors=last.calls, end_of_life=last.calls)
    return structs.replace(last, day=day)
