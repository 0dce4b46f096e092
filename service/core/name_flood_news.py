"""Condition of a name flood: its source, extent and remedy."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core import words
from service.core.name_flood import TOO_MANY, TOO_MANY_SERVICES, Placed
from service.core.series import SeriesKey

OVER_AFTER = timedelta(hours=1)
"""A flood is over if no call was folded for this time."""
EXAMPLES = 3
_EXAMPLE_LENGTH = 60
_WORDS = {
    "requested_id": "model",
    "served_id": "answering model",
    "host": "host",
    "provider": "provider",
    "environment": "environment",
    "reporter": "reporter",
    "service": "service",
}
ALL_SERVICES = "all services"


@dataclass(frozen=True, slots=True)
class Flood:
    """Names dropped in one batch of calls."""

    subject: str
    """The service with the names, or `ALL_SERVICES`."""
    word: str
    """The name with the most different values."""
    different: int
    """Number of different values in one batch, the source of `examples`."""
    names: int
    calls: int
    examples: tuple[str, ...]

    @property
    def detail(self) -> str:
        named = ", ".join(self.examples)
        where = "new services" if self.subject == ALL_SERVICES else "new names of this service"
        return (
            f"{words.plural(self.calls, 'call')} by {self.names:,} {where} beyond the bounds"
            f" are counted without the names; most differ in the {self.word}, such as {named}"
        )

    @property
    def remedy(self) -> str:
        counted = (
            f'They are under the service "{TOO_MANY_SERVICES}"'
            if self.subject == ALL_SERVICES
            else f'Unknown names among them are under "{TOO_MANY}"'
        )
        return (
            f"Make the producer write a fixed {self.word} instead of a new one for each call. {counted}, with"
            " their platform and model; real names get a series of their own once there is room, a few per hour"
        )


def floods(placed: Mapping[SeriesKey, Placed], calls: Mapping[SeriesKey, int]) -> list[Flood]:
    """Floods of the folded keys, by subject."""
    by_subject: dict[str, list[SeriesKey]] = defaultdict(list)
    for key, (target, _) in placed.items():
        if target != key:
            by_subject[key.service if target.service == key.service else ALL_SERVICES].append(key)
    return [_flood(subject, keys, calls) for subject, keys in sorted(by_subject.items())]


def _flood(subject: str, keys: Collection[SeriesKey], calls: Mapping[SeriesKey, int]) -> Flood:
    values = {name: {str(value) for key in keys if (value := getattr(key, name))} for name in _WORDS}
    word = max(_WORDS, key=lambda name: len(values[name]))
    examples = tuple(value[:_EXAMPLE_LENGTH] for value in sorted(values[word])[:EXAMPLES])
    return Flood(subject, _WORDS[word], len(values[word]), len(keys), sum(calls[key] for key in keys), examples)


@dataclass(frozen=True, slots=True)
class OngoingFlood:
    """Sum of a subject's floods since the first. A name in several batches counts in each."""

    flood: Flood
    first_at: datetime
    last_at: datetime

    def is_over(self, now: datetime) -> bool:
        return self.last_at < now - OVER_AFTER


MOST_TOLD = 10


def ongoing(found: Sequence[OngoingFlood], *, now: datetime) -> list[OngoingFlood]:
    """The floods to report: the largest ones that continue, bounded in number."""
    going_on = [one for one in found if not one.is_over(now)]
    return sorted(going_on, key=lambda one: (-one.flood.calls, one.flood.subject))[:MOST_TOLD]
