"""What is not a reminder: what has changed, a service that has migrated, and what the operator must know."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from service.core import words
from service.core.escalation.cause import DateMoved, Migrated, Withdrawn
from service.core.messages.blocks import MAX_HEADER, context, section, sections
from service.core.notification import News, Trouble, Undeliverable
from service.core.wording.blocks import Block, Header
from service.core.wording.names import caller, code, model_on, name, source
from service.core.wording.spans import Spans, bold, link, say


def moved_blocks(moves: Sequence[tuple[News, DateMoved]]) -> Iterator[Block]:
    """One deprecation's moves; as a rule all are the same one."""
    by_move: dict[tuple[DateMoved, str | None], list[News]] = defaultdict(list)
    for news, move in moves:
        by_move[move, news.end.source].append(news)
    for (move, _), same in by_move.items():
        what = moved_words(move)
        yield Header(f"📅 {name(same[0].use.id, MAX_HEADER - len(what) - 3)} {what}")
        yield section(_moved(same[0], move))
        yield from sections(_callers("It is called by", same))
        yield from _source(same[0])


def _source(news: News) -> Iterator[Block]:
    if address := news.end.source:
        yield from context([link(address, source(address, second_hand=news.end.second_hand))])


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


def _moved(news: News, move: DateMoved) -> Spans:
    who = "The reported date of " if news.end.second_hand else "The provider moved the date of "
    subject = say(who, model_on(news.use.id, news.use.platform), " moved" if news.end.second_hand else "")
    follow = "Reminders follow the new date."
    match move.before, move.after:
        case date() as before, date() as after:
            now = bold(words.day(after))
            return say(subject, f" from {words.day(before)} to ", now, f", {_apart(before, after)}. {follow}")
        case date() as before, None:
            return say(subject, f": {words.day(before)} no longer holds, and no other date is given.")
        case None, date() as after:
            return say(subject, ": it had no date, and now it is ", bold(words.day(after)), f". {follow}")
        case _:
            return say(subject, ": no date is given.")


def withdrawn_blocks(withdrawn: Sequence[tuple[News, Withdrawn]]) -> Iterator[Block]:
    """One deprecation that is none any more."""
    first, cause = withdrawn[0]
    stays = "stays after all"
    yield Header(f"↩️ {name(first.use.id, MAX_HEADER - len(stays) - 4)} {stays}")
    model = model_on(first.use.id, first.use.platform)
    no_longer = f" {words.day(cause.before)} no longer holds." if cause.before else ""
    follow = "Its reminders end, and begin again if the provider sets another end."
    back = (
        say("The end of ", model, " is not reported any more.")
        if first.end.second_hand
        else say("The provider has taken the end of ", model, " back.")
    )
    yield section(back, f"{no_longer} {follow}")
    yield from sections(_callers("It is called by", [news for news, _ in withdrawn]))
    yield from _source(first)


def migrated_blocks(migrated: Sequence[tuple[News, Migrated]]) -> Iterator[Block]:
    """One deprecation's closed exposures."""
    first = migrated[0][0]
    names = {news.use.service for news, _ in migrated}
    who = name(first.use.service, 50) if len(names) == 1 else f"{words.number(len(names))} services"
    verb = "no longer calls" if len(names) == 1 else "no longer call"
    yield Header(f"✅ {who} {verb} {name(first.use.id, MAX_HEADER - len(verb) - 60)}")
    date_said = "The reported date" if first.end.second_hand else "The provider's date"
    end = f" {date_said} is {words.day(first.end.shutdown_on)}." if first.end.shutdown_on else ""
    model = model_on(first.use.id, first.use.platform)
    yield from sections(
        [
            say(model, f".{end} Its reminders end, and begin again if calls come back."),
            *(say("• ", _stopped(*one)) for one in migrated),
        ]
    )


def _stopped(news: News, cause: Migrated) -> Spans:
    quiet = words.plural(cause.quiet_days, "day")
    who = caller(news.use.service, news.use.environment)
    return say(who, f": last call {words.moment(cause.last_at)}, none for {quiet} since")


def _callers(lead: str, facts: Sequence[News]) -> Iterator[Spans]:
    callers = list(dict.fromkeys(caller(fact.use.service, fact.use.environment) for fact in facts))
    if len(callers) == 1:
        yield say(f"{lead} ", callers[0], ".")
        return
    yield say(f"{lead}:")
    yield from (say("• ", one) for one in callers)


def trouble_blocks(trouble: Trouble) -> Iterator[Block]:
    """For whoever runs lastcall."""
    condition = trouble.condition.replace("_", " ")
    yield Header(f"⚠️ lastcall needs you: {name(condition, 100)}")
    yield section(bold("What:"), " ", code(trouble.subject), f": {name(trouble.detail, 1000)}")
    yield section(bold("What to do:"), f" {name(trouble.remedy, 1000)}")


def undeliverable_blocks(lost: Sequence[Undeliverable]) -> Iterator[Block]:
    """Why the reader gets what was meant for another."""
    meant = "What was meant for it is in this message. Mend it in Slack or in "
    for one in dict.fromkeys(lost):
        failed = bold(code(words.address(one.destination)), " cannot be reached:")
        yield section("📭 ", failed, f" {name(one.error)}. {meant}", code("lastcall.yaml"), ".")
