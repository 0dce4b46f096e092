"""One source's word about the end of a model, and which of several words counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from service.core.catalog.file import Entry
from service.core.catalog.lifecycle import Shutdown, Standing
from service.core.catalog.statement import Statement

Origin = Literal["shipped", "source", "operator", "accepted"]
"""shipped: the catalog of the release. operator: a record of lastcall.yaml. accepted: a proposal that a person has
accepted."""
OVERLAP = timedelta(days=7)
"""Sources are read at different times of the day, and fail for a day: for this long, two of them are equally new."""
_RANK: dict[Standing, int] = {"provider": 2, "inferred": 1, "reported": 0}
_UNDATED = Shutdown(None, "unknown")


@dataclass(frozen=True, slots=True)
class Word:
    origin: Origin
    source: str
    """Name of the source; shipped, or lastcall.yaml; of an accepted proposal, the source that it came from."""
    standing: Standing
    shutdown: Shutdown | None
    """None: it gives no end."""
    announced: date | None
    replacements: tuple[str, ...]
    url: str
    since: date
    """Day on which it began to say so, as far as lastcall knows."""
    said_on: date
    """Newest day on which it was seen to say so."""
    released: date | None = None
    before: tuple[Shutdown, ...] = ()
    """Other ends that it gave before, oldest first."""
    left_on: date | None = None
    """Day on which the model was missing from the provider's list."""

    @property
    def rank(self) -> int:
        return 3 if self.origin in {"operator", "accepted"} else _RANK[self.standing]

    @property
    def names_end(self) -> bool:
        return self.shutdown is not None

    @property
    def day(self) -> date | None:
        return self.shutdown.on if self.shutdown is not None else None


def word_of_entry(entry: Entry, origin: Literal["shipped", "operator"]) -> Word:
    plan = Shutdown(entry.shutdown.day, entry.shutdown.precision)
    return Word(
        origin,
        "lastcall.yaml" if origin == "operator" else "shipped",
        entry.standing,
        plan if plan.on is not None or entry.announced is not None else None,
        entry.announced,
        tuple(each.id for each in entry.replacements),
        entry.sources[0].url,
        entry.last_verified,
        entry.last_verified,
        entry.released,
        tuple(Shutdown(plan.day, plan.precision) for plan in entry.superseded),
    )


def word_of_statement(statement: Statement, read_on: date) -> Word:
    """`read_on`: day of the last good reading of the source. A model that left a provider's list without an end is gone
    without a day: the list is a sign of that, not an announcement."""
    finding, shutdown, standing = statement.finding, statement.finding.shutdown, statement.standing
    announced = finding.announced
    if statement.left_on is not None:
        shutdown, standing, announced = _UNDATED, "inferred", statement.left_on
    return Word(
        "source",
        statement.source,
        standing,
        shutdown,
        announced if shutdown is not None else None,
        finding.replacements,
        statement.url,
        statement.since,
        max(statement.since, read_on),
        finding.released,
        statement.before,
        statement.left_on,
    )


def counting(words: Sequence[Word]) -> Word | None:
    """The word that counts, of those that give an end. None: no word gives one.

    The operator's word counts before the provider's, that before an inferred one, and that before a report. Of two of
    the same rank the newer counts; if both are as new, the earlier firm end: a warning that is too early does less
    harm than one that is too late.
    """
    ends = [word for word in words if word.names_end]
    if not ends:
        return None
    rank = max(word.rank for word in ends)
    candidates = [word for word in ends if word.rank == rank]
    newest = [word for word in candidates if not any(_is_newer(other, word) for other in candidates)]
    return min(newest or candidates, key=_firmest_first)


def _is_newer(one: Word, other: Word) -> bool:
    """Whether `one` began to say so after `other` was last seen to say something else."""
    grace = OVERLAP if other.origin == "source" else timedelta(0)
    return _differ(one.shutdown, other.shutdown) and one.since > other.said_on + grace


def _firmest_first(word: Word) -> tuple[date, date, bool, str]:
    """A day before its month; the shipped record before a source that says the same, because it says more."""
    end = word.shutdown or _UNDATED
    day = end.on.replace(day=28) if end.on is not None and end.precision == "month" else end.on
    return day if day and end.deadline else date.max, day or date.max, word.origin != "shipped", word.source


def contradict(one: Shutdown | None, other: Shutdown | None) -> bool:
    """Whether both cannot be right. An end without a day contradicts none, nor does a month one of its days. Two
    earliest days are two promises. Of an earliest day and a firm one, only equal days agree: some sources have one
    field for both."""
    return _differ(one, other) and any(end is not None and end.deadline is not None for end in (one, other))


def _differ(one: Shutdown | None, other: Shutdown | None) -> bool:
    if one is None or other is None or one.on is None or other.on is None or one.on == other.on:
        return False
    is_month = "month" in {one.precision, other.precision}
    return not is_month or (one.on.year, one.on.month) != (other.on.year, other.on.month)
