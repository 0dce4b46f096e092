"""Acts in words. The act in force, and a broken promise, are worded in `core.escalation.hold`."""

from collections.abc import Mapping
from datetime import date

from service.core import words
from service.core.escalation.hold import broken_promise

_DID = {
    "acknowledge": "acknowledged it",
    "snooze": "snoozed it",
    "commit": "promised a day",
    "waive": "waived it",
    "reassign": "handed it over",
    "reopen": "reopened it",
    "check": "ticked its checklist",
}


def did(kind: str, details: Mapping[str, object]) -> str:
    """`ticked prompts`, `snoozed it until Fri 4 Jul 2025`, `waived it until Fri 4 Jul 2025: why`. Without `details`:
    `snoozed it`."""
    if kind == "check" and details:
        return f"{'ticked' if details.get('done') else 'took back the tick of'} {details.get('item')}"
    said = "promised to be done" if "on" in details else _DID.get(kind, kind)
    for name, preposition in (("until", "until"), ("on", "by"), ("team", "to")):
        if name in details:
            said += f" {preposition} {_day_or_text(str(details[name]))}"
    return f"{said}: {details['reason']}" if details.get("reason") else said


def _day_or_text(text: str) -> str:
    try:
        return words.day(date.fromisoformat(text))
    except ValueError:
        return text


def asked(promise_broken_on: date | None, act_in_force: str | None) -> str:
    """Broken promise and act in force; empty: none."""
    return "; ".join(filter(None, (broken_promise(promise_broken_on) if promise_broken_on else None, act_in_force)))
