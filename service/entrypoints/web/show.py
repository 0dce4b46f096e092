"""Small charts, and the urgency of a date, for the pages."""

from collections.abc import Sequence
from typing import Literal

from markupsafe import Markup

from service.adapters.queries.exposures import DayCalls
from service.adapters.queries.lifecycle import Lifecycle
from service.core import words

Urgency = Literal["past", "near", "soon", "later", "open"]

BAR, GAP, HEIGHT = 4, 1, 28


def urgency(lifecycle: Lifecycle) -> Urgency:
    left = lifecycle.days_to_change
    if left is None:
        return "open"
    return "past" if left < 0 else "near" if left <= 7 else "soon" if left <= 30 else "later"


def sparkline(days: Sequence[DayCalls]) -> Markup:
    """Calls by day as bars with the failed part marked. The highest day sets the scale."""
    peak = max((each.calls for each in days), default=0)
    width = len(days) * (BAR + GAP) - GAP
    bars = "".join(_bar(index, each, peak) for index, each in enumerate(days) if each.calls)
    calls = words.plural(sum(each.calls for each in days), "call")
    label = f"{calls} in {words.plural(len(days), 'day')}, {peak:,} on the busiest"
    return Markup(  # noqa: S704  numbers only, and escaping takes most of the time of a page
        f'<svg class="spark" role="img" aria-label="{label}" viewBox="0 0 {width} {HEIGHT}" width="{width}" '
        f'height="{HEIGHT}"><title>{label}</title><path class="base" d="M0 {HEIGHT - 0.5}H{width}"/>{bars}</svg>'
    )


def _bar(index: int, each: DayCalls, peak: int) -> str:
    height = max(2, round(each.calls / peak * (HEIGHT - 2)))
    failed = min(height, round(each.errors / each.calls * height)) if each.errors else 0
    x = index * (BAR + GAP)
    bar = f'<rect x="{x}" y="{HEIGHT - height}" width="{BAR}" height="{height}"/>'
    if not failed:
        return bar
    return f'{bar}<rect class="failed" x="{x}" y="{HEIGHT - failed}" width="{BAR}" height="{failed}"/>'
