"""What is not a reminder: what has changed, a service that has migrated, and what the operator must know."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from service.core import words
from service.core.escalation.cause import DateMoved, Migrated, Withdrawn
from service.core.messages.blocks import MAX_HEADER, context, header, section, sections
from service.core.messages.message import Block
from service.core.messages.particulars import caller_name
from service.core.messages.text import code, link, origin, plain
from service.core.notification import News, Trouble, Undeliverable


def moved_blocks(moves: Sequence[tuple[News, DateMoved]]) -> Iterator[Block]:
    """One deprecation's moves; as a rule all are the same one."""
    by_move: dict[tuple[DateMoved, str | None], list[News]] = defaultdict(list)
    for news, move in moves:
        by_move[move, news.end.source].append(news)
    for (move, _), same in by_move.items():
        what = moved_words(move)
        yield header(f"📅 {plain(same[0].use.id, MAX_HEADER - len(what) - 3)} {what}")
        yield section(_moved(same[0], move))
        yield from sections(_callers("It is called by", same))
        yield from _source(same[0])


def _source(news: News) -> Iterator[Block]:
    if source := news.end.source:
        yield from context([link(source, origin(source, second_hand=news.end.second_hand))])


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


def _moved(news: News, move: DateMoved) -> str:
    model = f"{code(news.use.id)} on {plain(words.platform_name(news.use.platform))}"
    subject = (
        f"The reported date of {model} moved" if news.end.second_hand else f"The provider moved the date of {model}"
    )
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


def withdrawn_blocks(withdrawn: Sequence[tuple[News, Withdrawn]]) -> Iterator[Block]:
    """One deprecation that is none any more."""
    first, cause = withdrawn[0]
    stays = "stays after all"
    yield header(f"↩️ {plain(first.use.id, MAX_HEADER - len(stays) - 4)} {stays}")
    subject = f"{code(first.use.id)} on {plain(words.platform_name(first.use.platform))}"
    no_longer = f" {words.day(cause.before)} no longer holds." if cause.before else ""
    follow = "Its reminders end, and begin again if the provider sets another end."
    back = (
        f"The end of {subject} is not reported any more."
        if first.end.second_hand
        else (f"The provider has taken the end of {subject} back.")
    )
    yield section(f"{back}{no_longer} {follow}")
    yield from sections(_callers("It is called by", [news for news, _ in withdrawn]))
    yield from _source(first)


def migrated_blocks(migrated: Sequence[tuple[News, Migrated]]) -> Iterator[Block]:
    """One deprecation's closed exposures."""
    first = migrated[0][0]
    names = {news.use.service for news, _ in migrated}
    who = plain(first.use.service, 50) if len(names) == 1 else f"{words.number(len(names))} services"
    verb = "no longer calls" if len(names) == 1 else "no longer call"
    yield header(f"✅ {who} {verb} {plain(first.use.id, MAX_HEADER - len(verb) - 60)}")
    date_said = "The reported date" if first.end.second_hand else "The provider's date"
    end = f" {date_said} is {words.day(first.end.shutdown_on)}." if first.end.shutdown_on else ""
    on = plain(words.platform_name(first.use.platform))
    yield from sections(
        [
            f"{code(first.use.id)} on {on}.{end} Its reminders end, and begin again if calls come back.",
            *(f"• {_stopped(*one)}" for one in migrated),
        ]
    )


def _stopped(news: News, cause: Migrated) -> str:
    quiet = words.plural(cause.quiet_days, "day")
    name = caller_name(news.use.service, news.use.environment)
    return f"{name}: last call {words.moment(cause.last_at)}, none for {quiet} since"


def _callers(lead: str, facts: Sequence[News]) -> Iterator[str]:
    names = list(dict.fromkeys(caller_name(fact.use.service, fact.use.environment) for fact in facts))
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
