"""The half year ahead as one line: on which days models go that services still call, and how many callers each has.

If a change freeze starts earlier, its first day counts: no change is possible after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from math import sqrt

from markupsafe import Markup, escape

from service.adapters.queries.overview import AHEAD_DAYS, AheadAnswer
from service.core import words
from service.entrypoints import phrases
from service.entrypoints.web.show import urgency

WIDTH, HEIGHT, EDGE, LINE = 1132, 70, 16, 32
LARGEST = 15


def horizon(ahead: Sequence[AheadAnswer], today: date) -> Markup:
    """Empty if no model goes within the span. `ahead` is sorted by the day by which callers must change."""
    if not ahead:
        return Markup("")
    dots = "".join(_dot(list(same)) for _, same in groupby(ahead, key=_left))
    label = escape(f"Shutdowns of models that are still called: {words.listed(_days(ahead))}")
    return Markup(  # noqa: S704  all words are escaped
        f'<svg class="horizon" role="img" aria-label="{label}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path class="base" d="M0 {LINE}H{WIDTH}"/>{"".join(_months(today))}{dots}</svg>'
    )


def _left(one: AheadAnswer) -> int:
    """Days from today to its place on the line. A freeze that has begun is placed on today."""
    return max(0, one.days_to_change or 0)


def _days(ahead: Iterable[AheadAnswer]) -> list[str]:
    return list(dict.fromkeys(words.day(each.shutdown_on) for each in ahead if each.shutdown_on))


def _dot(same_day: list[AheadAnswer]) -> str:
    """SVG. Its area grows with the number of callers."""
    one, callers = same_day[0], sum(each.callers for each in same_day)
    radius = min(LARGEST, 3 + 2 * sqrt(callers))
    x, left = _x(_left(one)), words.from_now(_left(one))
    said = escape(f"{left}, {words.listed(map(_name, same_day))}: {words.plural(callers, 'caller')}")
    return f'<circle class="{urgency(one)}" cx="{x}" cy="{LINE}" r="{radius:.1f}"><title>{said}</title></circle>'


def _name(one: AheadAnswer) -> str:
    """With the shutdown, if the dot is at the change freeze before it."""
    return f"{one.id} ({phrases.freeze(one)}; it goes {phrases.days_left(one)})" if phrases.freeze(one) else one.id


def _months(today: date) -> Iterator[str]:
    yield f'<text x="0" y="{HEIGHT - 4}">today</text>'
    for ago in range(1, AHEAD_DAYS):
        day = today + timedelta(days=ago)
        if day.day == 1:
            x = _x(ago)
            yield f'<path class="tick" d="M{x} {LINE - 4}v8"/>'
            if ago > 12:  # else it would stand on "today"
                yield f'<text x="{x}" y="{HEIGHT - 4}">{day:%b}</text>'


def _x(days: int) -> int:
    return EDGE + round((WIDTH - 2 * EDGE) * days / AHEAD_DAYS)
