"""Rules for catalog files beyond the schema, so that contributions can be accepted without expert knowledge."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from service.core.catalog.file import Entry, Plan, PlatformFile
from service.core.catalog.lifecycle import Precision, Shutdown

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Breach:
    """A problem at `path` from the file's root: ("models", 3, "shutdown")."""

    path: tuple[str | int, ...]
    what: str
    remedy: str
    severity: Severity = "error"


def broken_rules(file: PlatformFile, *, today: date) -> Iterator[Breach]:
    """All problems of a file that matches the schema, in the order of its records."""
    records = {name: entry for entry in reversed(file.models) for name in entry.names}
    yield from _order_and_names(file)
    for number, entry in enumerate(file.models):
        for rule in _RULES:
            for problem in rule(entry, file, records, today):
                yield Breach(("models", number, *problem.path), problem.what, problem.remedy, problem.severity)


def _order_and_names(file: PlatformFile) -> Iterator[Breach]:
    owners: dict[str, str] = {}
    for number, entry in enumerate(file.models):
        path = ("models", number)
        if number and entry.id < file.models[number - 1].id:
            yield Breach(path, f"{entry.id} comes after {file.models[number - 1].id}", "sort the records by id")
        if list(entry.aliases) != sorted(entry.aliases):
            yield Breach((*path, "aliases"), "aliases are not sorted", "sort them")
        for name in dict.fromkeys(entry.names):
            if (owner := owners.setdefault(name, entry.id)) != entry.id or entry.names.count(name) > 1:
                yield Breach(path, f"{name} already belongs to {owner}", "keep it in one record of the platform")


Records = Mapping[str, Entry]


def _dates(entry: Entry, _file: PlatformFile, _records: Records, _today: date) -> Iterator[Breach]:
    named = [("released", entry.released), ("announced", entry.announced), ("shutdown", entry.shutdown.day)]
    days = [(field, day) for field, day in named if day is not None]
    for (before, early), (after, late) in pairwise(days):
        if early > late:
            yield Breach((after,), f"{before} {early} is later than {after} {late}", "check the days in the source")
    yield from _plan(entry.shutdown, ("shutdown",))
    for number, plan in enumerate(entry.superseded):
        yield from _plan(plan, ("superseded", number))
    if entry.superseded and _said(entry.superseded[-1]) == _said(entry.shutdown):
        yield Breach(("superseded",), "the newest earlier plan equals the current plan", "remove it here")


def _said(plan: Plan) -> tuple[date | None, Precision]:
    return plan.day, plan.precision


def _plan(plan: Plan, path: tuple[str | int, ...]) -> Iterator[Breach]:
    if (plan.day is None) != (plan.precision == "unknown"):
        yield Breach(path, f"precision {plan.precision} with day {plan.day}", "unknown has no day, all others have one")
    if plan.precision == "month" and plan.day is not None and plan.day.day != 1:
        yield Breach(path, f"the precision is month, but the day is {plan.day}", "write the first of the month")


def _replacements(entry: Entry, _file: PlatformFile, records: Records, today: date) -> Iterator[Breach]:
    for number, replacement in enumerate(entry.replacements):
        path = ("replacements", number)
        known = replacement.id in records
        if replacement.id in entry.names:
            yield Breach(path, f"{entry.id} is replaced by itself", "write the model to move to, or remove it")
        elif not known and not replacement.external:
            yield Breach(path, f"there is no record {replacement.id}", "add one, or mark it `external: true`")
        elif known and replacement.external:
            yield Breach(path, f"{replacement.id} is marked external but has a record", "remove `external`")
        elif known and not entry.of_provider and _goes_sooner(records[replacement.id], entry):
            what = f"{replacement.id} ends on {records[replacement.id].shutdown.day}, no later than {entry.id}"
            yield Breach(path, what, "remove it: only the provider may name a model that goes as soon")
    if (end := _dead_end(entry, records, today)) is not None:
        yield Breach(
            ("replacements",),
            f"following the replacements of {entry.id} ends at {end}, which is shut down",
            "check whether the provider names a newer one",
            "warning",
        )


def _dead_end(entry: Entry, records: Records, today: date) -> str | None:
    """The id at which the chain of first replacements ends, if no model in service follows."""
    seen = {entry.id}
    while entry.replacements:
        following = records.get(entry.replacements[0].id)
        if following is None or following is entry or not _shut_down(following, today):
            return None
        if following.id in seen:
            return following.id
        seen.add(following.id)
        entry = following
    return entry.id if len(seen) > 1 else None


def _goes_sooner(replacement: Entry, entry: Entry) -> bool:
    """Whether it was gone when the record was verified, or goes no later than the model that it replaces."""
    end, last = _deadline(entry), _deadline(replacement)
    return last is not None and (last <= entry.last_verified or (end is not None and last <= end))


def _deadline(entry: Entry) -> date | None:
    return Shutdown(entry.shutdown.day, entry.shutdown.precision).deadline


def _shut_down(entry: Entry, today: date) -> bool:
    return entry.shutdown.day is not None and entry.shutdown.precision == "exact" and entry.shutdown.day <= today


def _redirect(entry: Entry, file: PlatformFile, _records: Records, _today: date) -> Iterator[Breach]:
    after = entry.after_shutdown or file.default_after_shutdown
    if entry.redirect_to is not None and after != "redirect":
        yield Breach(("redirect_to",), f"redirect_to is set, but calls get {after}", "set `after_shutdown: redirect`")
    if entry.redirect_to in entry.names:
        yield Breach(("redirect_to",), f"{entry.id} redirects to itself", "write the model that answers")


def _sources(entry: Entry, _file: PlatformFile, _records: Records, today: date) -> Iterator[Breach]:
    newest = max(source.accessed for source in entry.sources)
    if newest > entry.last_verified:
        yield Breach(("last_verified",), f"a source was read later, on {newest}", "write the day of the newest reading")
    if entry.last_verified > today:
        yield Breach(("last_verified",), f"{entry.last_verified} is in the future", "write the day of the last reading")


def _standing(entry: Entry, _file: PlatformFile, _records: Records, _today: date) -> Iterator[Breach]:
    newest = max((source.accessed for source in entry.of_provider), default=None)
    if newest is not None and entry.announced is not None and entry.announced > newest:
        if entry.standing == "provider":
            what = f"announced on {entry.announced}, after the provider's page was read on {newest}"
            yield Breach(("shutdown",), what, "read the page again, or write `standing: reported`")
    elif entry.shutdown.standing == "provider" and newest is None:
        yield Breach(("shutdown",), "standing provider, without a source of the provider", "remove `standing`")


_RULES: tuple[Callable[[Entry, PlatformFile, Records, date], Iterator[Breach]], ...] = (
    _dates,
    _replacements,
    _redirect,
    _sources,
    _standing,
)
