"""The number of calls, if several reporters may describe the same calls.

An SDK's own spans, an instrumentation and a gateway often describe the same call, but their records do not show it. So
their counts are never added up: the volume of one use in one hour is the largest reporter's. A *use* is the key by
which counts are compared: for an exposure (service, environment, platform, model). The rule needs no data about single
calls, so redelivery and the distribution of records do not matter.

`adapters.postgres.volumes` has the same rule in SQL.
"""

from collections import Counter
from collections.abc import Hashable

from service.core.identity import Identified, Resolver
from service.core.rollup import Rollup
from service.core.series import SeriesKey

REMEMBERED = 200_000
"""Maximum number of (use, hour) pairs in memory."""


class Volume:
    """Calls by use, hour and reporter.

    Memory is bounded: beyond `REMEMBERED` pairs, earlier hours are closed, and later counts of them are added. For
    records in order of time, the totals are exact.
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
            self.add(use_of(key, resolver.identify_words(key)), hour, key.reporter, totals.calls)

    @property
    def calls(self) -> int:
        return self._closed + sum(map(largest, self._open.values()))

    def _close(self, before: int) -> None:
        """Closes hours before `before`; all hours if there are none."""
        closed = [of for of in self._open if of[1] < before] or list(self._open)
        self._closed += sum(largest(self._open.pop(of)) for of in closed)


def largest(reported: Counter[str]) -> int:
    """The volume of one use in one hour."""
    return max(reported.values(), default=0)


def use_of(key: SeriesKey, models: Identified) -> Hashable:
    """Key of the use of a call: its requested model, else its served model, else the id as in the log."""
    model = models.requested_model or models.served_model or key.requested_id or key.served_id
    return key.service, key.environment, models.platform, model


def calls_of(rollup: Rollup, resolver: Resolver) -> int:
    """The volume of all uses in a rollup."""
    volume = Volume()
    volume.add_rollup(rollup, resolver)
    return volume.calls
