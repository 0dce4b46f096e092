"""Shows plans, and the comparison of two plans, as tables and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from service.core import words
from service.core.calendar import utc_midnight
from service.core.escalation.plan import Planned
from service.core.wording.delivery import LABELS, kind
from service.engine.plan import Review
from service.entrypoints.cli.output import console
from service.entrypoints.cli.tables import Column, show_table

_COLUMNS = (Column("when (UTC)"), Column("notified"), Column("about", wraps=True), Column("step", wraps=True))
SHOWN_OF_ID = 8
_STYLES = {"added": "green", "moved": "yellow", "dropped": "red"}


@dataclass(frozen=True, slots=True)
class PlanSpan:
    """`last` is included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return utc_midnight(self.first)

    @property
    def end(self) -> datetime:
        return utc_midnight(self.last + timedelta(days=1))

    def __str__(self) -> str:
        return f"from {words.day(self.first)} to {words.day(self.last)}"


def show_plan(planned: Sequence[Planned], span: PlanSpan) -> None:
    if not planned:
        console.print(f"There are no notifications {span}.")
        return
    rows = [(*_cells(one, times), _status(one)) for one, times in _folded(planned)]
    show_table((*_COLUMNS, Column("", wraps=True)), rows)


@dataclass(frozen=True, slots=True)
class Change:
    kind: Literal["added", "moved", "dropped"]
    message: Planned
    """The message in the new plan; for a dropped one, in the old plan."""
    was: datetime | None
    """Previous time of a moved message."""
    takes_effect: bool
    """False: the campaign is open and keeps its policy, so the change is hypothetical."""


def _changes(review: Review) -> list[Change]:
    diff = review.diff
    found = [
        *(Change("added", one, None, one.key not in review.frozen) for one in diff.added),
        *(Change("moved", one.after, one.before.at, one.after.key not in review.frozen) for one in diff.moved),
        *(Change("dropped", one, None, one.key not in review.frozen) for one in diff.dropped),
    ]
    return sorted(found, key=lambda change: (change.message, change.kind))


def reviewed(review: Review, span: PlanSpan) -> dict[str, Any]:
    """One JSON value; changes in order of time."""
    changes = [
        {"change": one.kind, "takes_effect": one.takes_effect, "was": one.was} | asdict(one.message)
        for one in _changes(review)
    ]
    return {"from": span.first, "to": span.last, "unchanged": len(review.diff.unchanged), "changes": changes}


def show_review(review: Review, span: PlanSpan) -> None:
    diff, changes = review.diff, _changes(review)
    counted = [f"{sum(one.kind == kind for one in changes):,} {kind}" for kind in _STYLES]
    console.print(f"Messages {span}: {', '.join(counted)}, {len(diff.unchanged):,} unchanged.", soft_wrap=True)
    _show_changes([one for one in changes if one.takes_effect], "What changes")
    frozen = [one for one in changes if not one.takes_effect]
    _show_changes(frozen, "What would change if open campaigns did not keep the policy that they were opened with")


def _show_changes(changes: Sequence[Change], title: str) -> None:
    if not changes:
        return
    by_message = {one.message: one for one in changes}
    folded = [one for kind in _STYLES for one in _folded(each.message for each in changes if each.kind == kind)]
    rows = [_changed_cells(by_message[message], times) for message, times in sorted(folded)]
    console.print()
    show_table((Column("change"), *_COLUMNS), rows, title=title, styles=[_STYLES[row[0]] for row in rows])


def _changed_cells(change: Change, times: int) -> tuple[str, ...]:
    """A repeating message may change on some days only, so it has the number of times instead of "every day"."""
    when, who, about, step = _cells(change.message, 1)
    often = f"{step}, {times} times" if times > 1 else step
    return change.kind, f"{when}, was {_when(change.was)}" if change.was else when, who, about, often


def _folded(messages: Iterable[Planned]) -> list[tuple[Planned, int]]:
    """Repeating messages once, at their first time, with their number in the span."""
    folded: dict[object, tuple[Planned, int]] = {}
    for one in messages:
        key = replace(one, at=datetime.min.replace(tzinfo=UTC), reason="") if one.repeat_days else one
        first, times = folded.get(key, (one, 0))
        folded[key] = (first, times + 1)
    return list(folded.values())


def _cells(one: Planned, times: int) -> tuple[str, str, str, str]:
    where = f" ({one.environment})" if one.environment else ""
    about = f"{one.service}{where}: {one.id} at {words.platform_name(one.platform)}"
    return _when(one.at), f"{words.address(one.destination)} ({one.audience})", about, _step(one, times)


def _when(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"


def _step(one: Planned, times: int) -> str:
    if one.repeat_days is None:
        return kind(one.step)
    again = words.every(one.repeat_days)
    if times == 1:
        return f"{one.step}, {again}"
    if one.status == "foreseen":
        return f"{one.step}, and {again} from then on while calls continue"
    return f"{one.step}, {again}, {times} times"


def _status(one: Planned) -> str:
    """For a stored notification, with the beginning of its id for `lastcall explain`."""
    instead = f", {words.address(one.instead)} is notified instead" if one.instead else ""
    id_ = f" {one.notification[:SHOWN_OF_ID]}" if one.notification else ""
    return f"{LABELS[one.status]}{instead}{id_}"
