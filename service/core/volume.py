"""How many calls were made, where several reporters may have written down the same ones.

An SDK's own spans, an instrumentation and a gateway often describe one call each. Nothing in their records says so, so
what they count is never added up: the volume of one use in one hour is the largest reporter's. A *use* is whatever
their counts are compared by: for an exposure (service, environment, platform, model). This needs no memory of single
calls, so it is the same under redelivery and over any spread of the records.

`adapters.postgres.volumes` is the same rule in SQL.
"""

from collections import Counter
from collections.abc import Hashable

from service.core.identify import identify
from service.core.identity import Identified, Resolver
from service.core.rollup import Rollup
from service.core.series import SeriesKey

REMEMBERED = 200_000
"""Uses and hours that a volume keeps apart."""


class Volume:
    """Calls by use, hour and reporter as they come in.

    Memory is bounded: beyond `REMEMBERED` uses and hours the earlier hours are closed, and what a reporter says of
    them later is added. The totals of records that come in the order of time stay exact.
    """

    def __init__(self) -> None:
        self._open: dict[tuple[Hashable, int], Counter[str]] = {}
        self._closed = 0

    def add(self, use: Hashable, hour: int, reporter: str, calls: int = 1) -> None:
        """`hour` is in whole hours since 1970-01-01 UTC."""
        reported = self._open.get((use, hour))
        if reported is None:
            if len(self._open) >= REMEMBERED:
                self._close(before=max(hour for _, hour in self._open))
            reported = self._open[use, hour] = Counter()
        reported[reporter] += calls

    def add_rollup(self, rollup: Rollup, resolver: Resolver) -> None:
        for (key, hour), totals in rollup.totals.items():
            self.add(use_of(key, identify(resolver, key)), hour, key.reporter, totals.calls)

    @property
    def calls(self) -> int:
        return self._closed + sum(map(largest, self._open.values()))

    def _close(self, before: int) -> None:
        """All hours, where all are of one."""
        closed = [of for of in self._open if of[1] < before] or list(self._open)
        self._closed += sum(largest(self._open.pop(of)) for of in closed)


def largest(reported: Counter[str]) -> int:
    """The volume of one use in one hour."""
    return max(reported.values(), default=0)


def use_of(key: SeriesKey, models: Identified) -> Hashable:
    """What a call counts as once: the model that was asked for, or answered, or else the id as the log spells it."""
    model = models.requested_model or models.served_model or key.requested_id or key.served_id
    return key.service, key.environment, models.platform, model


def calls_of(rollup: Rollup, resolver: Resolver) -> int:
    """The volume of all uses in a rollup."""
    volume = Volume()
    volume.add_rollup(rollup, resolver)
    return volume.calls
