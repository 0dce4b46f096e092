"""The word that counts about a model -> its entry in the catalog in force."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from service.core.catalog.file import CurrentPlan, Entry, Plan, ReplacementEntry, SourceEntry, SourceKind
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.word import Word

MOST_PLANS = 20
"""Of the earlier ends of a model."""
_IN_SERVICE = CurrentPlan(precision="unknown")


def entry_of_word(name: str, base: Entry | None, counts: Word, words: Sequence[Word], *, page: str | None) -> Entry:
    """`base` with the end of `counts`; `base` itself if its own word counts.

    `words`: all of them, for newer replacements. `page`: the platform's page, for a source without an address that
    people can open."""
    newest = _advice(counts, words)
    if base is not None and counts.origin == "shipped":
        return base if newest is None else replace(base, replacements=_replacements(newest))
    plan = counts.shutdown or Shutdown(None, "unknown")
    kind: SourceKind = "tracker" if counts.standing == "reported" else "provider"
    url = counts.url if counts.url.startswith("https://") else page or f"https://{counts.source}.invalid/"
    source = SourceEntry(url, counts.since, "operator" if counts.origin == "accepted" else kind)
    others = tuple(one for one in base.sources if one.url != url) if base is not None else ()
    released = base.released if base is not None and base.released else counts.released
    announced = counts.announced or (base.announced if base is not None else None)
    if plan.on is not None:
        announced = announced if announced is not None and announced <= plan.on else None
        released = released if released is not None and released <= (announced or plan.on) else None
    return Entry(
        id=name,
        aliases=base.aliases if base is not None and base.id == name else (),
        maker_id=base.maker_id if base is not None else None,
        released=released,
        announced=announced,
        shutdown=CurrentPlan(plan.on, plan.precision, None if counts.origin == "accepted" else counts.standing),
        superseded=_superseded(base, counts),
        replacements=_replacements(newest or counts) or (base.replacements if base is not None else ()),
        after_shutdown=base.after_shutdown if base is not None else None,
        redirect_to=base.redirect_to if base is not None else None,
        sources=(source, *others),
        last_verified=max(counts.since, *(one.accessed for one in (source, *others))),
        closed=base.closed if base is not None else None,
        notes=base.notes if base is not None else None,
    )


def overridden(base: Entry | None, record: Entry) -> Entry:
    """The company's own record, under all names of the shipped one, with the facts of that which it leaves out. The
    shipped plan becomes an earlier one. `base` may be the record that has the name as an alias."""
    sources = tuple(replace(one, kind="operator") for one in record.sources)
    if base is None:
        return replace(record, sources=sources)
    day = record.shutdown.day
    known = base.announced if day is not None and base.announced is not None and base.announced <= day else None
    own = replace(
        record,
        sources=sources,
        maker_id=record.maker_id or base.maker_id,
        announced=record.announced or known,
        replacements=record.replacements or base.replacements,
        closed=base.closed if record.closed is None else record.closed,
    )
    if record.after_shutdown is None:
        own = replace(own, after_shutdown=base.after_shutdown, redirect_to=base.redirect_to)
    if base.id != record.id:
        return own
    names = {*base.names, *record.aliases} - {record.id}
    earlier = record.superseded or _earlier(base, Shutdown(day, record.shutdown.precision))
    return replace(own, aliases=tuple(sorted(names)), superseded=earlier)


def in_service(base: Entry) -> Entry:
    """`base` after its reported end was refuted."""
    return replace(base, announced=None, shutdown=_IN_SERVICE)


def joined(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sorted by id, with `external` right for each replacement. Left out are replacements by the model itself, and by
    one that goes as soon, unless the provider names it."""
    every = sorted(entries, key=lambda entry: entry.id)
    records = {name: entry for entry in reversed(every) for name in entry.names}
    return tuple(
        replace(
            entry,
            replacements=tuple(
                replace(one, external=one.id not in records)
                for one in entry.replacements
                if one.id not in entry.names and (entry.of_provider or not _goes_as_soon(records.get(one.id), entry))
            ),
        )
        for entry in every
    )


def _goes_as_soon(replacement: Entry | None, entry: Entry) -> bool:
    end = Shutdown(entry.shutdown.day, entry.shutdown.precision).deadline
    last = Shutdown(replacement.shutdown.day, replacement.shutdown.precision).deadline if replacement else None
    return end is not None and last is not None and last <= end


def _advice(counts: Word, words: Sequence[Word]) -> Word | None:
    """The newest word with a replacement among those that are as sure and say the same end. None: `counts` has it."""
    same = [
        word
        for word in words
        if word.rank == counts.rank and word.day == counts.day and word.replacements and word.since > counts.said_on
    ]
    newest = max(same, key=lambda word: (word.since, word.source), default=None)
    return None if newest is None or newest.replacements == counts.replacements else newest


def _replacements(word: Word) -> tuple[ReplacementEntry, ...]:
    return tuple(ReplacementEntry(one, word.since) for one in word.replacements)


def _superseded(base: Entry | None, counts: Word) -> tuple[Plan, ...]:
    """Plans of the provider, oldest first, without the one in force. What was only reported was no plan."""
    plan = counts.shutdown or Shutdown(None, "unknown")
    shipped = _earlier(base, plan) if base is not None else ()
    of_source = tuple(Plan(end.on, end.precision) for end in counts.before if counts.standing == "provider")
    every = [one for one in (*shipped, *of_source) if (one.day, one.precision) != (plan.on, plan.precision)]
    return tuple(dict.fromkeys(every))[-MOST_PLANS:]


def _earlier(base: Entry, plan: Shutdown) -> tuple[Plan, ...]:
    shipped = Plan(base.shutdown.day, base.shutdown.precision)
    is_plan = base.standing == "provider" and shipped.day is not None
    return (*base.superseded, shipped) if is_plan and shipped.day != plan.on else base.superseded
