"""Calls -> hourly totals. Merging is associative and commutative: order and split of the records do not matter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, final

import msgspec

from service.core.cleaning import Cleaned, cleaned, may_be_remembered
from service.core.series import SeriesKey
from service.core.usage import Call, EndHeader, EndNotice, Who
from service.core.values import MAX_COUNT, MAX_MS, count, milliseconds, text

MAX_SAMPLES = 3
"""Request ids kept as evidence of a series."""
MAX_KEY_OWNERS = 5
"""Key owners kept per service: those with the most recent calls."""
MAX_CELLS = 8192
"""Size of a cache from words to cells. A full cache is cleared."""
MAX_READERS = 16
"""Readers that may remember cells."""
EARLIEST, END = datetime(2015, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_FIRST_MOMENT, _LAST_MOMENT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


EndNotices = dict[EndHeader, tuple[datetime, EndNotice]]
"""By header: the time of the last call that has it, and what it says."""


class OutOfRangeError(Exception):
    """The time of a call is outside the years in which calls are counted."""


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """What a call adds to the totals. Tokens are from 0 to `MAX_COUNT`, latency from 0 to `MAX_MS`."""

    at: datetime
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    latency_ms: float | None
    request_id: Any
    """Not clean."""


@dataclass(slots=True)
class Totals:
    """Totals of one series in one hour. Sums cover the calls that report a value: `*_known` of them, all but
    `*_unknown`."""

    first_at: datetime
    last_at: datetime
    calls: int = 0
    errors: int = 0
    end_of_life: int = 0
    """Errors that report that the model is gone."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    tokens_unknown: int = 0
    latency_ms: float = 0.0
    latency_unknown: int = 0

    @property
    def tokens_known(self) -> int:
        return self.calls - self.tokens_unknown

    @property
    def latency_known(self) -> int:
        return self.calls - self.latency_unknown

    def merge(self, other: "Totals") -> None:
        self.first_at = min(self.first_at, other.first_at)
        self.last_at = max(self.last_at, other.last_at)
        self.calls += other.calls
        self.errors += other.errors
        self.end_of_life += other.end_of_life
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.tokens_unknown += other.tokens_unknown
        self.latency_ms += other.latency_ms
        self.latency_unknown += other.latency_unknown


@final
class Cell:
    """Target of calls with the same words in one rollup, and the hour of the last call."""

    __slots__ = (
        *("end", "end_notice", "end_of_life", "failed", "is_plain", "key_owner", "series", "start", "totals"),
        "wants_samples",
    )

    def __init__(self, who: Cleaned) -> None:
        self.series = who.series
        self.failed = who.failed
        self.end_of_life = who.end_of_life
        self.end_notice = who.end_notice
        self.key_owner = who.key_owner if who.service is not None else None
        self.wants_samples = True
        self.is_plain = False
        """Only time and numbers of a call matter."""
        self.start, self.end = _LAST_MOMENT, _FIRST_MOMENT
        self.totals = Totals(_LAST_MOMENT, _FIRST_MOMENT)
        """Totals of the hour from `start` to `end`: at first of none, so that any call switches the hour."""


@dataclass(slots=True)
class Rollup:
    """Totals by (series, hour); sample request ids and notices of an end of each series; key owners of each service."""

    totals: dict[tuple[SeriesKey, int], Totals] = field(default_factory=dict)
    """The hour is in whole hours since 1970-01-01 UTC."""
    samples: dict[SeriesKey, list[str]] = field(default_factory=dict)
    key_owners: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """Service -> key owner -> last call with the key."""
    end_notices: dict[SeriesKey, EndNotices] = field(default_factory=dict)
    _cells: dict[Who, Cell] = field(default_factory=dict, init=False, repr=False, compare=False)
    _remembered: dict[object, tuple[object, dict[Any, Cell]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Reader -> the shape that it reads, and its cells."""

    def add(self, call: Call) -> None:
        """Add a call to the totals of its series and hour. Calls with the same words have them cleaned once."""
        taken, given, cached, latency = call.input_tokens, call.output_tokens, call.cached_tokens, call.latency_ms
        clean: Call | Numbers = call
        if not (  # in place, as most are clean already
            (taken is None or (type(taken) is int and 0 <= taken <= MAX_COUNT))
            and (given is None or (type(given) is int and 0 <= given <= MAX_COUNT))
            and (cached is None or (type(cached) is int and 0 <= cached <= MAX_COUNT))
            and (latency is None or (type(latency) is float and 0 <= latency <= MAX_MS))
        ):
            clean = Numbers(call.at, count(taken), count(given), count(cached), milliseconds(latency), call.request_id)
        cell = self._cells.get(call.who)
        self.count(cell if cell is not None else self._new_cell(call.who), clean)

    def cell(self, who: Who) -> Cell:
        """The target of calls with these words."""
        cell = self._cells.get(who)
        return cell if cell is not None else self._new_cell(who)

    def remembered(self, reader: object, shape: object) -> dict[Any, Cell]:
        """The cells that `reader` remembers by keys of its own. They are of one shape: another one starts anew."""
        found = self._remembered.get(reader)
        if found is None or found[0] is not shape:
            if found is None and len(self._remembered) >= MAX_READERS:
                self._remembered.clear()
            found = self._remembered[reader] = (shape, {})
        return found[1]

    def remember(self, cells: dict[Any, Cell], key: Any, who: Who) -> Cell:
        """Add the target of calls with these words to `remembered` cells. At most `MAX_CELLS` of all readers are
        kept."""
        if self.number_remembered() >= MAX_CELLS:
            for _, others in self._remembered.values():
                others.clear()
        cells[key] = cell = self.cell(who)
        return cell

    def number_remembered(self) -> int:
        return sum(len(cells) for _, cells in self._remembered.values())

    def count(self, cell: Cell, call: Call | Numbers) -> None:
        """Hot path: runs for every call. `cell` is of this rollup, and the numbers are clean. Raises OutOfRangeError,
        and counts nothing then."""
        at, totals = call.at, cell.totals
        if at > totals.last_at:
            if at < cell.end:
                totals.last_at = at
            else:
                totals = self._switch_hour(cell, at)
        elif at < totals.first_at:
            if at >= cell.start:
                totals.first_at = at
            else:
                totals = self._switch_hour(cell, at)
        totals.calls += 1
        latency = call.latency_ms
        if latency is not None:
            totals.latency_ms += latency
        else:
            totals.latency_unknown += 1
        taken, given = call.input_tokens, call.output_tokens
        if taken is None and given is None:
            totals.tokens_unknown += 1
        else:
            totals.input_tokens += taken or 0
            totals.output_tokens += given or 0
            if call.cached_tokens is not None:
                totals.cached_tokens += call.cached_tokens
        if not cell.is_plain:
            self._add_words(cell, totals, call)

    def _add_words(self, cell: Cell, totals: Totals, call: Call | Numbers) -> None:
        if cell.failed:
            totals.errors += 1
            totals.end_of_life += cell.end_of_life
        if cell.wants_samples and (request_id := text(call.request_id)) is not None:
            self._add_sample(cell, request_id)
        if cell.key_owner is not None:
            self._add_key_owner(cell.series.service, cell.key_owner, call.at)
        if cell.end_notice is not None:
            self._add_end_notice(cell.series, cell.end_notice, call.at)

    def _new_cell(self, who: Who) -> Cell:
        meaning = cleaned(who)
        cell = Cell(meaning)
        if len(self._cells) >= MAX_CELLS:
            self._cells.clear()
        if may_be_remembered(who):
            self._cells[who] = cell
        return cell

    def _add_sample(self, cell: Cell, request_id: str) -> None:
        """Drops the id if the series has enough: calls with other words may be of the same series."""
        samples = self.samples.setdefault(cell.series, [])
        if len(samples) < MAX_SAMPLES:
            samples.append(request_id)
        cell.wants_samples = len(samples) < MAX_SAMPLES
        cell.is_plain = not (cell.wants_samples or cell.failed or cell.key_owner is not None or cell.end_notice)

    def _switch_hour(self, cell: Cell, at: datetime) -> Totals:
        """Switch the cell to the hour of `at`."""
        if not EARLIEST <= at < END:
            raise OutOfRangeError
        at = at.astimezone(UTC)
        cell.start = at.replace(minute=0, second=0, microsecond=0)
        cell.end = cell.start + _HOUR
        hour = int(at.timestamp()) // 3600
        totals = self.totals.get((cell.series, hour))
        if totals is None:
            totals = self.totals[cell.series, hour] = Totals(at, at)
        totals.first_at, totals.last_at = min(totals.first_at, at), max(totals.last_at, at)
        cell.totals = totals
        return totals

    def merge(self, other: "Rollup") -> None:
        for key, totals in other.totals.items():
            mine = self.totals.get(key)
            if mine is None:
                mine = self.totals[key] = Totals(totals.first_at, totals.last_at)
            mine.merge(totals)
        for series, ids in other.samples.items():
            mine_ids = self.samples.setdefault(series, [])
            mine_ids.extend(ids[: MAX_SAMPLES - len(mine_ids)])
        for service, holders in other.key_owners.items():
            for holder, last_at in holders.items():
                self._add_key_owner(service, holder, last_at)
        for series, notices in other.end_notices.items():
            for last_at, notice in notices.values():
                self._add_end_notice(series, notice, last_at)

    def _add_key_owner(self, service: str, holder: str, at: datetime) -> None:
        holders = self.key_owners.get(service)
        if holders is None:
            holders = self.key_owners[service] = {}
        last_at = holders.get(holder)
        if last_at is None or at > last_at:
            holders[holder] = at
            if len(holders) > MAX_KEY_OWNERS:
                del holders[min(holders, key=lambda one: (holders[one], one))]

    def _add_end_notice(self, series: SeriesKey, notice: EndNotice, at: datetime) -> None:
        """Of two calls at one moment the later day counts, so that the order of calls does not matter."""
        notices = self.end_notices.setdefault(series, {})
        known = notices.get(notice.header)
        if known is None or (known[0], _days(known[1])) < (at, _days(notice)):
            notices[notice.header] = (at, notice)

    def halves(self) -> Iterator["Rollup"]:
        """Two rollups that merge into this one. It must have at least two totals."""
        rows = list(self.totals.items())
        for some in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
            keys = {key for (key, _), _ in some}
            services = {key.service for key in keys}
            yield Rollup(
                dict(some),
                {key: ids for key, ids in self.samples.items() if key in keys},
                {service: holders for service, holders in self.key_owners.items() if service in services},
                {key: notices for key, notices in self.end_notices.items() if key in keys},
            )

    def __len__(self) -> int:
        return len(self.totals)


def _days(notice: EndNotice) -> tuple[date, date]:
    return notice.ends_on or date.min, notice.deprecated_on or date.min
