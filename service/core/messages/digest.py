"""A digest -> blocks: shutdowns and their callers, moved dates, services without an owner, unreadable records."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from service.core import words
from service.core.checklist import ITEM_IDS
from service.core.digest import ORGANISATION
from service.core.escalation.hold import broken_promise
from service.core.messages.blocks import context, section, sections
from service.core.messages.orphans import who_owns
from service.core.messages.particulars import still_open
from service.core.notification import Digest, DigestLine, Unlisted, Unread
from service.core.week import Week
from service.core.wording.blocks import Block, Divider, Header
from service.core.wording.end import Timing
from service.core.wording.names import and_team, caller, code, link, model_on, name
from service.core.wording.spans import Span, Spans, bold, listed, say
from service.core.wording.state import fate

_REASONS = {
    "empty": "empty",
    "too_large": "too large",
    "bad_compression": "broken compression",
    "bad_encoding": "not UTF-8",
    "bad_json": "broken JSON",
    "bad_protobuf": "broken protobuf",
    "too_deep": "nested too deep",
    "unknown_format": "no format that lastcall reads",
    "bad_field": "a field missing or of the wrong type",
    "bad_time": "no usable time",
}


def digest_blocks(digest: Digest, page: str | None) -> Iterator[Block]:
    week = Week.parse(digest.week)
    yield Header(_headline(digest, week))
    whom = "the whole organisation" if digest.audience == ORGANISATION else name(digest.audience)
    yield from context([f"{words.day(week.monday)} to {words.day(week.sunday)}", whom])
    if summary := _summary(digest):
        yield section(summary)
    with_team = digest.audience == ORGANISATION
    unlisted = {(one.platform, one.model): one for one in digest.unlisted}
    for timing, lines in _by_deprecation(digest.lines, week):
        rest = unlisted.get(_deprecation(lines[0]))
        yield from sections(_part(timing, lines, rest, week, with_team=with_team))
    for part in (_ending(digest.lines), _migrated(digest), _unowned(digest), _unread(digest)):
        if said := list(sections(part)):
            yield Divider()
            yield from said
    if page:
        yield from context([link(page, "Open lastcall")])


def digest_sentence(digest: Digest) -> str:
    """Fallback text of a digest."""
    return f"{_headline(digest, Week.parse(digest.week))}. {_summary(digest)}".rstrip()


def _headline(digest: Digest, week: Week) -> str:
    if not digest.lines:
        return f"Week {week.number}: no service is known to call a model that is going away"
    totals = digest.totals
    who = f"{words.plural(totals.services, 'service')} still {'calls' if totals.services == 1 else 'call'}"
    what = f"{words.number(totals.models)} models that are" if totals.models > 1 else "a model that is"
    return f"Week {week.number}: {who} {what} going away"


def _summary(digest: Digest) -> str:
    totals = digest.totals
    parts = []
    if totals.calls or totals.calls_before:
        much = words.plural(totals.calls, "call") if totals.calls else "No call"
        parts.append(f"{much} in the week, {_change(totals.calls, totals.calls_before)}.")
    counts = [
        (totals.migrated, "has migrated", "have migrated"),
        (totals.new, "is new", "are new"),
        (totals.broken_promises, "has broken its promise", "have broken their promise"),
        (totals.unowned, "has no owner", "have no owner"),
    ]
    said = [f"{words.number(n)} {one if n == 1 else many}" for n, one, many in counts if n]
    if said:
        parts.append(f"Of the services, {words.listed(said)}.")
    return " ".join(parts)


def _calls(calls: int, before: int) -> str:
    if calls == before == 0:
        return "no call for two weeks"
    return f"{words.plural(calls, 'call') if calls else 'no call'}, {_change(calls, before)}"


def _change(calls: int, before: int) -> str:
    """Change since the week before."""
    if calls == before:
        return "as many as the week before"
    if before == 0:
        return "none the week before"
    if calls == 0:
        return f"down from {words.number(before)}"
    percent = round(abs(calls - before) * 100 / before)
    if calls > 10 * before:
        return f"up from {words.number(before)}"
    return f"{'up' if calls > before else 'down'} {max(percent, 1)}% from {words.number(before)}"


def _by_deprecation(lines: Iterable[DigestLine], week: Week) -> Iterator[tuple[Timing, list[DigestLine]]]:
    """Most urgent first; within each, the largest caller first. Days count from the Monday after the week."""

    def timing(line: DigestLine) -> Timing:
        days = (line.shutdown_on - week.end.date()).days if line.shutdown_on else None
        return Timing(line.shutdown_on, line.precision, days, line.state, standing=line.standing)

    groups: list[tuple[Timing, list[DigestLine]]] = []
    for _, same in groupby(sorted(lines, key=_deprecation), key=_deprecation):
        ranked = sorted(same, key=lambda line: (-line.calls, line.service, line.environment))
        groups.append((min(map(timing, ranked), key=lambda t: t.rank), ranked))
    yield from sorted(groups, key=lambda group: (group[0].rank, _deprecation(group[1][0])))


def _deprecation(line: DigestLine) -> tuple[str, str]:
    return (line.platform, line.model)


def _part(
    timing: Timing, lines: Sequence[DigestLine], rest: Unlisted | None, week: Week, *, with_team: bool
) -> Iterator[Spans]:
    first = lines[0]
    to = say(". Move to ", code(first.replacement)) if first.replacement else ""
    place = name(words.place(first.platform, first.dates_of))
    where = f" ({place})" if first.dates_of else f" on {place}"
    yield say(f"{timing.mark} ", bold(code(first.id)), f"{where}: {timing.brief}", to)
    for line in lines:
        team = and_team(line.team) if with_team else ""
        yield say("• ", caller(line.service, line.environment), f"{team}: ", _volume(line, week))
    if rest:
        yield say(f"• and {words.number(rest.uses)} more: {_calls(rest.calls, rest.calls_before)}")


def _volume(line: DigestLine, week: Week) -> Spans:
    new = say(bold("new"), f", {words.plural(line.calls, 'call')}")
    much = new if line.new else _calls(line.calls, line.calls_before)
    rarely = ", but it calls rarely" if line.calls == line.calls_before == 0 else ""
    becomes = say(", ", bold(said)) if (said := fate(line.state)) else ""
    untold = "" if line.told else f", nobody was told by {words.day(week.sunday)}"
    return say(much, rarely, becomes, untold, _asked(line), _progress(line))


def _asked(line: DigestLine) -> Spans:
    """Broken promise, and act in force."""
    broken = say(", ", bold(broken_promise(line.promised_on))) if line.promised_on else ""
    asked = f", {name(line.act_in_force.in_words())}" if line.act_in_force else ""
    return say(broken, asked or (", waived" if line.state == "waived" else ""))


def _progress(line: DigestLine) -> str:
    """Progress of the checklist, if it is begun or the shutdown is near; names open items if another is ticked."""
    if not line.ticked and not line.checklist_open:
        return ""
    named = still_open(line.checklist_open) if line.ticked else ""
    return f", checklist {line.ticked or 0} of {len(ITEM_IDS)}" + (f", {named}" if named else "")


def _ending(lines: Iterable[DigestLine]) -> Iterator[Spans]:
    ending = [(line.waiver_ends_on, line) for line in lines if line.waiver_ends_on]
    if ending:
        yield say("⏳ ", bold("Waivers that end this week."), " Escalation goes on afterwards.")
    for until, line in sorted(ending, key=lambda one: (one[0], one[1].service, one[1].environment)):
        yield say("• ", caller(line.service, line.environment), ", ", code(line.id), f": until {words.day(until)}")


def _migrated(digest: Digest) -> Iterator[Spans]:
    if digest.migrated:
        yield say("✅ ", bold("Migrated"))
    for line in digest.migrated:
        model = model_on(line.id, line.platform, line.dates_of)
        yield say("• ", caller(line.service, line.environment), " no longer calls ", model)
    yield from _and_more(digest.totals.migrated_uses - len(digest.migrated))


def _unowned(digest: Digest) -> Iterator[Spans]:
    yield from who_owns({service: digest.candidates.get(service, ()) for service in digest.unowned})
    yield from _and_more(digest.totals.unowned - len(digest.unowned))


def _and_more(count: int) -> Iterator[Spans]:
    if count > 0:
        yield say(f"• and {words.number(count)} more")


def _unread(digest: Digest) -> Iterator[Spans]:
    if digest.unread:
        yield say(bold("What lastcall could not read."), " It is in none of the numbers above.")
    yield from map(_unread_line, digest.unread)
    if digest.unread_more:
        yield say(f"• {words.plural(digest.unread_more, 'more unknown id')}, each with fewer calls")


def _unread_line(unread: Unread) -> Spans:
    shown: list[Span] = [code(one) for one in unread.where[:5]]
    more = [f"{len(unread.where) - 5} more"] if len(unread.where) > 5 else []
    where = listed([*shown, *more] or ["nobody"])
    match unread.kind:
        case "rejection":
            reason = _REASONS.get(unread.what) or name(unread.what, 100)
            return say(f"• {words.plural(unread.count, 'record')} in topic ", where, f": {reason}")
        case "stale_source":
            days = words.plural(unread.count, "day")
            return say("• ", code(unread.what), f", a source of the catalog: nothing for {days}")
        case "unresolved":
            calls = words.plural(unread.count, "call")
            return say(f"• {calls} to ", code(unread.what), ", an id that lastcall does not know, by ", where)
