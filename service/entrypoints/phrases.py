"""How page and command say when a model goes, how a service stands to it, and how long ago something was."""

from datetime import date, datetime

from service.adapters.queries.answers import ActAnswer, ChecklistAnswer, ExposureAnswer, Lifecycle, Told
from service.core import words
from service.core.catalog.lifecycle import Precision

STATES = {
    "active": "still calling",
    "quiet": "migrated",
    "overdue": "past its day, answered",
    "broken": "calls fail",
    "redirected": "answered by another model",
    "waived": "waived",
}

ACTS = {
    "acknowledge": "is on it",
    "snooze": "asked for quiet",
    "commit": "promised the last call",
    "waive": "accepted the risk",
    "reassign": "handed it over",
    "reopen": "reopened it",
}

PLACE_THEM = "Their end cannot be told: each platform has its own. Let the log name the provider, or the host called."
"""What to do about known models on an unknown platform."""


def is_silent(exposure: ExposureAnswer) -> bool:
    """Whether it has not called for a week, though such a silence is within its habits."""
    return exposure.state == "active" and exposure.calls_7d == 0


def is_told(exposure: ExposureAnswer) -> bool:
    """Whether a message about it was delivered; one that still waits has told nobody."""
    return exposure.told is not None and exposure.told.state == "delivered"


def told(told: Told, now: datetime) -> str:
    """What became of a message: `2 days ago` once delivered, else `pending, goes out Mon 23 Nov 08:00 UTC`."""
    match told.state:
        case "delivered":
            return ago(told.at, now)
        case "pending" if told.not_before > now:
            return f"pending, goes out {words.soon(told.not_before)}"
        case "pending":
            return "pending, goes out with the next tick"
        case "leased":
            return "being sent"
        case "unknown":
            return f"sent {ago(told.at, now)}, arrival not confirmed"
        case _:
            return f"{told.state} {ago(told.at, now)}"


def state(exposure: ExposureAnswer) -> str:
    """`still calling; snoozed by ada@example.com until Fri 4 Jul 2025`"""
    alone = "silent, not yet taken as migrated" if is_silent(exposure) else STATES[exposure.state]
    said = asked(exposure)
    if not said:
        return alone
    return said if said.startswith(alone) else f"{alone}; {said}"


def asked(exposure: ExposureAnswer) -> str:
    """What people have said of it, as far as it counts; empty: nothing."""
    campaign = exposure.campaign
    if campaign is None:
        return ""
    broken = campaign.promise_broken_on
    said = (f"the promise to be done by {words.day(broken)} was not kept" if broken else None, campaign.standing)
    return "; ".join(filter(None, said))


def step(name: str, repeat_days: int | None) -> str:
    """A step of the policy in a word: `-30d`, `each day`."""
    return words.every(repeat_days) if repeat_days else name


def step_in_words(name: str, repeat_days: int | None, frozen_from: date | None) -> str:
    """`30 days before the shutdown`; before the change freeze, where it is counted from one."""
    return words.step_in_words(name, repeat_days, words.FREEZE if frozen_from else words.SHUTDOWN)


def progress(checklist: ChecklistAnswer) -> str:
    """How much of a migration is ticked: `2 of 5`."""
    return f"{checklist.done} of {checklist.total}"


def act(act: ActAnswer) -> str:
    """What the author did: `ticked prompts`, `asked for quiet until Fri 4 Jul 2025`, `accepted the risk ...: why`."""
    details = act.details
    if act.kind == "check":
        return f"{'ticked' if details.get('done') else 'took back the tick of'} {details.get('item')}"
    said = ACTS.get(act.kind, act.kind)
    for name, preposition in (("until", "until"), ("on", "by"), ("team", "to")):
        if name in details:
            said += f" {preposition} {_day_or_text(str(details[name]))}"
    return f"{said}: {details['reason']}" if details.get("reason") else said


def _day_or_text(text: str) -> str:
    try:
        return words.day(date.fromisoformat(text))
    except ValueError:
        return text


def when(lifecycle: Lifecycle) -> str:
    """The day with its precision: `Mon 14 Jul 2025`, `about Mon 14 Jul 2025`, `July 2025`, `not before ...`; and
    `..., not confirmed` where the provider itself does not say so."""
    on = lifecycle.shutdown_on
    if on is None:
        return "no day set"
    said = _day_with_precision(on, lifecycle.precision)
    return f"{said}, not confirmed" if lifecycle.second_hand else said


def _day_with_precision(on: date, precision: Precision) -> str:
    match precision:
        case "exact":
            return words.day(on)
        case "tentative":
            return f"about {words.day(on)}"
        case "month":
            return words.month(on)
        case "no_sooner_than":
            return f"not before {words.day(on)}"
        case "unknown":
            return f"{words.day(on)}, unconfirmed"


def days_left(lifecycle: Lifecycle) -> str:
    """`in 12 days`, `today`, `3 days ago`; `no firm date` for a promise that is no deadline."""
    return "no firm date" if lifecycle.days_left is None else words.from_now(lifecycle.days_left)


def freeze(lifecycle: Lifecycle) -> str:
    """`changes freeze on Fri 18 Dec 2026, in 26 days`; empty: no change freeze comes before the shutdown."""
    on, left = lifecycle.change_by, lifecycle.days_to_change
    if on is None or left is None or on == lifecycle.shutdown_on:
        return ""
    return (
        f"changes freeze on {words.day(on)}, {words.from_now(left)}"
        if left > 0
        else f"changes frozen since {words.day(on)}"
    )


def ago(at: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`; the day itself after two months."""
    seconds = int((now - at).total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 86_400:
        return f"{seconds // 3600} h ago"
    days = seconds // 86_400
    return words.from_now(-days) if days <= 60 else words.day(at.date())
