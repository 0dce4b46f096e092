"""The next half year as a line: shutdown dates of models that services still call, with the number of services.

If a change freeze starts earlier, its first day counts: no change is possible after it.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from math import sqrt

from markupsafe import Markup

from service.adapters.queries.answers import Lifecycle
from service.core import words
from service.entrypoints import phrases
from service.entrypoints.web.overview import Group
from service.entrypoints.web.show import urgency

DAYS = 183
WIDTH, HEIGHT, EDGE, LINE = 1132, 70, 16, 32
LARGEST = 15


def horizon(groups: Iterable[Group], today: date) -> Markup:
    """Empty if the span has no firm date. `groups` are in the order of their deadlines."""
    ahead = [each for each in groups if _is_ahead(each.lifecycle) and _left(each) <= DAYS]
    if not ahead:
        return Markup("")
    dots = Markup("").join(_dot(list(same)) for _, same in groupby(ahead, key=_left))
    label = f"Shutdowns of models that are still called: {words.listed(_days(ahead))}"
    return Markup(
        '<svg class="horizon" role="img" aria-label="{}" viewBox="0 0 {} {}">'
        '<path class="base" d="M0 {}H{}"/>{}{}</svg>'
    ).format(label, WIDTH, HEIGHT, LINE, WIDTH, Markup("").join(_months(today)), dots)


def _is_ahead(lifecycle: Lifecycle) -> bool:
    return lifecycle.days_left is not None and lifecycle.days_left >= 0


def _left(group: Group) -> int:
    """Position on the line in days; a freeze that has begun is at today."""
    return max(0, group.lifecycle.days_to_change or 0)


def _days(ahead: Iterable[Group]) -> list[str]:
    return list(dict.fromkeys(words.day(each.lifecycle.shutdown_on) for each in ahead if each.lifecycle.shutdown_on))


def _dot(same_day: list[Group]) -> Markup:
    """The area is proportional to the number of services."""
    one, left = same_day[0].lifecycle, _left(same_day[0])
    services = {exposure.service for each in same_day for exposure in each.exposures}
    radius = min(LARGEST, 3 + 2 * sqrt(len(services)))
    said = f"{words.listed(map(_name, same_day))}: {words.plural(len(services), 'service')}"
    return Markup('<circle class="{}" cx="{}" cy="{}" r="{:.1f}"><title>{}, {}</title></circle>').format(
        urgency(one), _x(left), LINE, radius, words.from_now(left), said
    )


def _name(group: Group) -> str:
    """With the shutdown date if the dot is at the start of a freeze."""
    one = group.lifecycle
    return f"{one.id} ({phrases.freeze(one)}; it goes {phrases.days_left(one)})" if phrases.freeze(one) else one.id


def _months(today: date) -> Iterator[Markup]:
    yield Markup('<text x="0" y="{}">today</text>').format(HEIGHT - 4)
    for ago in range(1, DAYS):
        day = today + timedelta(days=ago)
        if day.day == 1:
            x = _x(ago)
            yield Markup('<path class="tick" d="M{} {}v8"/>').format(x, LINE - 4)
            if ago > 12:  # else it would stand on "today"
                yield Markup('<text x="{}" y="{}">{:%b}</text>').format(x, HEIGHT - 4, day)


def _x(days: int) -> int:
    return EDGE + round((WIDTH - 2 * EDGE) * days / DAYS)
