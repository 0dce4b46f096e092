"""Answers to queries, in the words of `core.wording`."""

from datetime import date, datetime
from typing import cast

from service.adapters.queries.acts import ChecklistAnswer, LoggedActAnswer
from service.adapters.queries.exposures import ExposureAnswer
from service.adapters.queries.lifecycle import Lifecycle
from service.adapters.queries.notifications import NotificationAnswer, Told
from service.core import words
from service.core.escalation.plan import Status
from service.core.wording import act as acts
from service.core.wording import delivery, end
from service.core.wording import state as states

PLACE_THEM = "Their end cannot be known: each platform has its own. Let the log name the provider, or the host called."
"""Remedy for known models on an unknown platform."""


def is_silent(exposure: ExposureAnswer) -> bool:
    """True: no call in a week, but within its quiet period."""
    return exposure.state == "active" and exposure.calls_7d == 0


def told(told: Told, now: datetime) -> str:
    at = told.not_before if told.state in {"pending", "unknown"} else told.at
    return delivery.became(cast("Status", told.state), at, now, short=True)


def became(one: NotificationAnswer, now: datetime) -> str:
    at = one.settled_at or one.not_before
    return delivery.became(cast("Status", one.state), at, now, outcome=one.outcome, attempts=one.attempts, short=True)


def badge(exposure: ExposureAnswer) -> tuple[str, str]:
    return states.badge(exposure.state, exposure.standing, silent=is_silent(exposure))


def state(exposure: ExposureAnswer) -> str:
    """`still calling; snoozed by ada@example.com until Fri 4 Jul 2025`"""
    alone, said = states.state(exposure.state, exposure.standing, silent=is_silent(exposure)), asked(exposure)
    return said if said.startswith(alone) else "; ".join(filter(None, (alone, said)))


def asked(exposure: ExposureAnswer) -> str:
    campaign = exposure.campaign
    return acts.asked(campaign.promise_broken_on, campaign.act_in_force) if campaign else ""


def act(act: LoggedActAnswer) -> str:
    return acts.did(act.kind, act.details)


def step(name: str, repeat_days: int | None) -> str:
    """A step of the policy in a word: `-30d`, `each day`."""
    return words.every(repeat_days) if repeat_days else name


def step_in_words(name: str, repeat_days: int | None, frozen_from: date | None) -> str:
    """`30 days before the shutdown`; before the change freeze, where it is counted from one."""
    return words.step_in_words(name, repeat_days, words.FREEZE if frozen_from else words.SHUTDOWN)


def progress(checklist: ChecklistAnswer) -> str:
    """How much of a migration is ticked: `2 of 5`."""
    return f"{checklist.done} of {checklist.total}"


def when(lifecycle: Lifecycle) -> str:
    return end.day_of_end(lifecycle.shutdown_on, lifecycle.precision, lifecycle.standing)


def days_left(lifecycle: Lifecycle) -> str:
    return end.days_left(lifecycle.days_left)


def freeze(lifecycle: Lifecycle) -> str:
    return end.freeze(lifecycle.change_by, lifecycle.days_to_change, lifecycle.shutdown_on)
