"""What the operator hears of a flood of names: who brings them, how many, and what to do."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core import words
from service.core.name_flood import TOO_MANY, TOO_MANY_SERVICES, Placed
from service.core.series import SeriesKey

OVER_AFTER = timedelta(hours=1)
"""A flood is over when so long nothing was folded."""
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
    """Names that a batch of calls gave up."""

    subject: str
    """The service that brings them, or `ALL_SERVICES`."""
    word: str
    """The one with the most different values."""
    different: int
    """How many of them one batch had, which `examples` are from."""
    names: int
    calls: int
    examples: tuple[str, ...]


def floods(placed: Mapping[SeriesKey, Placed], calls: Mapping[SeriesKey, int]) -> list[Flood]:
    """Of the keys that were folded, by who brings them."""
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
    """What a subject's floods come to since the first of them. A name that comes in several batches counts in each."""

    flood: Flood
    first_at: datetime
    last_at: datetime

    def is_over(self, now: datetime) -> bool:
        return self.last_at < now - OVER_AFTER

    @property
    def detail(self) -> str:
        named = ", ".join(self.flood.examples)
        where = "new services" if self.flood.subject == ALL_SERVICES else "new names of this service"
        return (
            f"{words.plural(self.flood.calls, 'call')} by {self.flood.names:,} {where} beyond the bounds"
            f" are counted without the names; most differ in the {self.flood.word}, such as {named}"
        )

    @property
    def remedy(self) -> str:
        counted = (
            f'They stand under the service "{TOO_MANY_SERVICES}"'
            if self.flood.subject == ALL_SERVICES
            else f'What lastcall does not know of them stands under "{TOO_MANY}"'
        )
        return (
            f"Let the producer write a fixed {self.flood.word} instead of a fresh one for each call. {counted}, with"
            " their platform and model; names that are real get their own once there is room, a few each hour"
        )


MOST_TOLD = 10


def ongoing(found: Sequence[OngoingFlood], *, now: datetime) -> list[OngoingFlood]:
    """Those that the operator is told of: the largest that go on, so that floods do not flood in their turn."""
    going_on = [one for one in found if not one.is_over(now)]
    return sorted(going_on, key=lambda one: (-one.flood.calls, one.flood.subject))[:MOST_TOLD]
