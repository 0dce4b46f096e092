"""Messages other than reminders: changes, migrations, and problems for the operator."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import starmap

from service.core import words
from service.core.escalation.cause import DateMoved, Migrated, Redirected, Withdrawn
from service.core.messages.blocks import MAX_HEADER, context, header, section, sections
from service.core.notification import News, Trouble, Undeliverable
from service.core.wording.blocks import Block, Header
from service.core.wording.end import day_of_end, moved
from service.core.wording.names import caller, code, link, model_on, name, source
from service.core.wording.spans import Spans, bold, say
from service.core.wording.to_text import plain


def moved_blocks(moves: Sequence[tuple[News, DateMoved]]) -> Iterator[Block]:
    """Moved dates of one deprecation; usually all are the same move."""
    by_move: dict[tuple[DateMoved, str | None], list[News]] = defaultdict(list)
    for news, move in moves:
        by_move[move, news.end.source].append(news)
    for (move, _), same in by_move.items():
        use, change = same[0].use, moved(move.before, move.after)
        yield header("📅", use.id, f": shutdown {plain(change)}")
        kind = "reported" if same[0].end.second_hand else "announced"
        follow = " Reminders follow the new day." if move.after else ""
        yield section(f"The {kind} shutdown of ", model_on(use.id, use.platform), " ", change, f".{follow}")
        yield from sections(_callers("It is called by", same))
        yield from _source(same[0])


def _source(news: News) -> Iterator[Block]:
    if address := news.end.source:
        yield from context([link(address, source(address, second_hand=news.end.second_hand))])


def withdrawn_blocks(withdrawn: Sequence[tuple[News, Withdrawn]]) -> Iterator[Block]:
    """A withdrawn deprecation."""
    first, cause = withdrawn[0]
    yield header("↩️", first.use.id, " stays after all")
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


def redirected_blocks(redirected: Sequence[tuple[News, Redirected]], today: date) -> Iterator[Block]:
    """Callers of one deprecation whose calls another model answers."""
    first = redirected[0][0]
    yield header("🔀", first.use.id, " is answered by another model")
    model = model_on(first.use.id, first.use.platform)
    yield section("Calls that ask for ", model, f" are answered by another model. {_why(first, today)}")
    callers = starmap(_caller, redirected)
    yield from sections(callers if len(redirected) == 1 else (say("• ", one) for one in callers))
    yield from _source(first)


def _why(news: News, today: date) -> str:
    deadline, day = news.end.deadline, day_of_end(news.end.shutdown_on, news.end.precision)
    ask = "Ask for the model that you want by its name."
    told = "reported" if news.end.second_hand else "announced"
    if deadline is not None and today >= deadline:
        how = "the provider redirects, or a gateway falls back"
        return f"The {told} day, {day}, has come: {how}. {ask}"
    when = f"The {told} end is {day}" if deadline else "The provider has set no day for its end"
    how = "a gateway falls back, or an alias has moved"
    return f"{when}, so this is hardly the provider's doing: {how}. {ask}"


def _caller(news: News, cause: Redirected) -> Spans:
    other = code(news.served_id) if news.served_id else "another model"
    of = "call that was" if cause.answered == 1 else "calls that were"
    much = f"{words.number(cause.redirected)} of the {words.number(cause.answered)} {of} answered"
    since = f", and half or more since {words.day(cause.since)}" if cause.since < cause.day else ""
    who = caller(news.use.service, news.use.environment)
    return say(who, ": ", other, f" answered {much} on {words.day(cause.day)}{since}.")


def migrated_blocks(migrated: Sequence[tuple[News, Migrated]]) -> Iterator[Block]:
    """Migrated callers of one deprecation."""
    first = migrated[0][0]
    names = {news.use.service for news, _ in migrated}
    who = name(first.use.service, 50) if len(names) == 1 else f"{words.number(len(names))} services"
    verb = "no longer calls" if len(names) == 1 else "no longer call"
    yield Header(f"✅ {who} {verb} {name(first.use.id, MAX_HEADER - len(verb) - 60)}")
    kind = "Reported" if first.end.second_hand else "Announced"
    end = f" {kind} shutdown: {day_of_end(first.end.shutdown_on, first.end.precision)}."
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
    """For the operator."""
    condition = trouble.condition.replace("_", " ")
    yield Header(f"⚠️ lastcall needs you: {name(condition, 100)}")
    yield section(bold("What:"), " ", code(trouble.subject), f": {name(trouble.detail, 1000)}")
    yield section(bold("What to do:"), f" {name(trouble.remedy, 1000)}")


def undeliverable_blocks(lost: Sequence[Undeliverable]) -> Iterator[Block]:
    """Explains to the replacement why it gets the messages of another destination."""
    meant = "What was meant for it is in this message. Mend it in Slack or in "
    for one in dict.fromkeys(lost):
        failed = bold(code(words.address(one.destination)), " cannot be reached:")
        yield section("📭 ", failed, f" {name(one.error)}. {meant}", code("lastcall.yaml"), ".")
