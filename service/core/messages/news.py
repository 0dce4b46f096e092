"""What is not a reminder: what has changed, a service that has migrated, and what the operator must know."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from service.core import words
from service.core.messages.blocks import MAX_HEADER, context, header, section, sections
from service.core.messages.message import Block
from service.core.messages.particulars import caller_name
from service.core.messages.text import code, link, origin, plain
from service.core.notification import DateMoved, Migrated, Trouble, Undeliverable, Withdrawn


def moved_blocks(moves: Sequence[DateMoved]) -> Iterator[Block]:
    """One deprecation's moves; as a rule all are the same one."""
    by_move: dict[tuple[date | None, date | None, str | None], list[DateMoved]] = defaultdict(list)
    for move in moves:
        by_move[move.before, move.after, move.source].append(move)
    for same in by_move.values():
        yield header(_moved_headline(same[0]))
        yield section(_moved(same[0]))
        yield from sections(_callers("It is called by", same))
        if source := same[0].source:
            yield from context([link(source, origin(source, second_hand=same[0].second_hand))])


def _moved_headline(move: DateMoved) -> str:
    what = moved_words(move)
    return f"📅 {plain(move.id, MAX_HEADER - len(what) - 3)} {what}"


def moved_words(move: DateMoved) -> str:
    """What follows the model's name."""
    match move.before, move.after:
        case date() as before, date() as after:
            return f"has a new date, {_apart(before, after)}: {words.day(after)}"
        case None, date() as after:
            return f"now has a date, {words.day(after)}"
        case _:
            return "has no date any more"


def _apart(before: date, after: date) -> str:
    days = (after - before).days
    return f"{words.plural(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"


def _moved(move: DateMoved) -> str:
    on = plain(words.platform_name(move.platform))
    model = f"{code(move.id)} on {on}"
    subject = f"The reported date of {model} moved" if move.second_hand else f"The provider moved the date of {model}"
    follow = "Reminders follow the new date."
    match move.before, move.after:
        case date() as before, date() as after:
            return f"{subject} from {words.day(before)} to *{words.day(after)}*, {_apart(before, after)}. {follow}"
        case date() as before, None:
            return f"{subject}: {words.day(before)} no longer holds, and no other date is given."
        case None, date() as after:
            return f"{subject}: it had no date, and now it is *{words.day(after)}*. {follow}"
        case _:
            return f"{subject}: no date is given."


def withdrawn_blocks(withdrawn: Sequence[Withdrawn]) -> Iterator[Block]:
    """One deprecation that is none any more."""
    first = withdrawn[0]
    stays = "stays after all"
    yield header(f"↩️ {plain(first.id, MAX_HEADER - len(stays) - 4)} {stays}")
    subject = f"{code(first.id)} on {plain(words.platform_name(first.platform))}"
    no_longer = f" {words.day(first.before)} no longer holds." if first.before else ""
    follow = "Its reminders end, and begin again if the provider sets another end."
    back = (
        f"The end of {subject} is not reported any more."
        if first.second_hand
        else (f"The provider has taken the end of {subject} back.")
    )
    yield section(f"{back}{no_longer} {follow}")
    yield from sections(_callers("It is called by", withdrawn))
    if first.source:
        yield from context([link(first.source, origin(first.source, second_hand=first.second_hand))])


def migrated_blocks(migrated: Sequence[Migrated]) -> Iterator[Block]:
    """One deprecation's closed exposures."""
    first = migrated[0]
    names = {one.service for one in migrated}
    who = plain(first.service, 50) if len(names) == 1 else f"{words.number(len(names))} services"
    verb = "no longer calls" if len(names) == 1 else "no longer call"
    yield header(f"✅ {who} {verb} {plain(first.id, MAX_HEADER - len(verb) - 60)}")
    date_said = "The reported date" if first.second_hand else "The provider's date"
    end = f" {date_said} is {words.day(first.shutdown_on)}." if first.shutdown_on else ""
    on = plain(words.platform_name(first.platform))
    yield from sections(
        [
            f"{code(first.id)} on {on}.{end} Its reminders end, and begin again if calls come back.",
            *(f"• {_stopped(one)}" for one in migrated),
        ]
    )


def _stopped(one: Migrated) -> str:
    quiet = words.plural(one.quiet_days, "day")
    return f"{caller_name(one.service, one.environment)}: last call {words.moment(one.last_at)}, none for {quiet} since"


def _callers(lead: str, facts: Sequence[DateMoved | Withdrawn]) -> Iterator[str]:
    names = list(dict.fromkeys(caller_name(fact.service, fact.environment) for fact in facts))
    if len(names) == 1:
        yield f"{lead} {names[0]}."
        return
    yield f"{lead}:"
    yield from (f"• {name}" for name in names)


def trouble_blocks(trouble: Trouble) -> Iterator[Block]:
    """For whoever runs lastcall."""
    condition = trouble.condition.replace("_", " ")
    yield header(f"⚠️ lastcall needs you: {plain(condition, 100)}")
    yield section(f"*What:* {code(trouble.subject)}: {plain(trouble.detail, 1000)}")
    yield section(f"*What to do:* {plain(trouble.remedy, 1000)}")


def undeliverable_blocks(lost: Sequence[Undeliverable]) -> Iterator[Block]:
    """Why the reader gets what was meant for another."""
    yield from sections(
        f"📭 *{code(words.address(one.destination))} cannot be reached:* {plain(one.error)}. "
        "What was meant for it is in this message. Mend it in Slack or in `lastcall.yaml`."
        for one in dict.fromkeys(lost)
    )
