"""Days, spans, numbers and small charts, as the pages show them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from markupsafe import Markup

from service.adapters.queries import DayCalls, Lifecycle

Urgency = Literal["past", "near", "soon", "later", "open"]

BAR, GAP, HEIGHT = 4, 1, 28
STATES = {
    "active": "still calling",
    "quiet": "migrated",
    "overdue": "past its day, answered",
    "broken": "calls fail",
}


def day(value: date | None) -> str:
    """14 Jul 2025"""
    return f"{value.day} {value:%b %Y}" if value else ""


def days_left(lifecycle: Lifecycle) -> str:
    """in 12 days / tomorrow / today / 3 days ago; for a promise that is no deadline, what it is."""
    left = lifecycle.days_left
    if left is None:
        return "no firm date"
    if left in _NAMED:
        return _NAMED[left]
    return f"in {left:,} days" if left > 0 else f"{-left:,} days ago"


_NAMED = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def when(lifecycle: Lifecycle) -> str:
    """The day with its precision: "14 Jul 2025", "about 14 Jul 2025", "Jul 2025", "not before 14 Jul 2025"."""
    on = lifecycle.shutdown_on
    if on is None:
        return "date unknown"
    match lifecycle.precision:
        case "exact":
            return day(on)
        case "tentative":
            return f"about {day(on)}"
        case "month":
            return f"{on:%b %Y}"
        case "no_sooner_than":
            return f"not before {day(on)}"
        case "unknown":
            return f"{day(on)}, unconfirmed"


def urgency(lifecycle: Lifecycle) -> Urgency:
    left = lifecycle.days_left
    if left is None:
        return "open"
    return "past" if left < 0 else "near" if left <= 7 else "soon" if left <= 30 else "later"


def ago(value: datetime, now: datetime) -> str:
    """just now / 5 min ago / 3 h ago / 2 days ago / 14 Jul 2025"""
    seconds = (now - value).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h ago"
    days = int(seconds // 86_400)
    if days > 60:
        return day(value.date())
    return "yesterday" if days == 1 else f"{days} days ago"


def short(number: int) -> str:
    """950 / 1.2k / 34k / 5.6M"""
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            scaled = number / size
            return f"{scaled:.1f}{letter}" if scaled < 10 else f"{scaled:.0f}{letter}"
    return str(number)


def sparkline(days: Sequence[DayCalls]) -> Markup:
    """Calls by day as bars, the failed part of each marked. The scale is the chart's own: its highest day fills it."""
    peak = max((each.calls for each in days), default=0)
    width = len(days) * (BAR + GAP) - GAP
    bars = Markup("").join(_bar(index, each, peak) for index, each in enumerate(days) if each.calls)
    label = f"{sum(each.calls for each in days):,} calls in {len(days)} days, {peak:,} on the busiest"
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<title>{}</title><path class="base" d="M0 {}H{}"/>{}</svg>'
    ).format(label, width, HEIGHT, width, HEIGHT, label, HEIGHT - 0.5, width, bars)


def _bar(index: int, each: DayCalls, peak: int) -> Markup:
    height = max(2, round(each.calls / peak * (HEIGHT - 2)))
    failed = min(height, round(each.errors / each.calls * height)) if each.errors else 0
    x = index * (BAR + GAP)
    bar = Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(x, HEIGHT - height, BAR, height)
    if not failed:
        return bar
    return bar + Markup('<rect class="failed" x="{}" y="{}" width="{}" height="{}"/>').format(
        x, HEIGHT - failed, BAR, failed
    )
