"""Parts of a message that are no reminder: news of a use, one wording per cause, and what the operator must know."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar, cast

from service.core import words
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, NewsCause, Redirected, Withdrawn
from service.core.messages.blocks import MAX_HEADER, context, header, section, sections
from service.core.messages.group import named_services, services
from service.core.notification import News, Trouble, Undeliverable
from service.core.wording.blocks import Block, Header
from service.core.wording.end import confirmed, day_of_end, moved
from service.core.wording.names import caller, code, link, model_on, name, source
from service.core.wording.spans import Spans, bold, say
from service.core.wording.to_text import plain

C = TypeVar("C", bound=NewsCause)


@dataclass(frozen=True, slots=True)
class NewsWording:
    """What a message says about the news of one cause, all of one deprecation."""

    mark: str
    overview: Callable[[Sequence[News]], str]
    """What follows the model in a list of several deprecations."""
    sentence: Callable[[str, Sequence[News]], str]
    """The push text. The first argument is the model's name."""
    blocks: Callable[[Sequence[News], date], Iterator[Block]]
    """The date is today, UTC."""


def _caused(news: Sequence[News], kind: type[C]) -> list[tuple[News, C]]:
    return [(one, cast(C, one.cause)) for one in news]


def _moved_blocks(moves: Sequence[News], _today: date) -> Iterator[Block]:
    """Usually all moves are the same one."""
    by_move: dict[tuple[DateMoved, str | None], list[News]] = defaultdict(list)
    for news, move in _caused(moves, DateMoved):
        by_move[move, news.end.source].append(news)
    for (move, _), same in by_move.items():
        use, change = same[0].use, moved(move.before, move.after)
        yield header("📅", use.id, f": shutdown {plain(change)}")
        kind = "reported" if same[0].end.is_reported else "announced"
        follow = " Reminders follow the new day." if move.after else ""
        model = model_on(use.id, use.platform, same[0].end.dates_of)
        yield section(f"The {kind} shutdown of ", model, " ", change, f".{follow}")
        yield from _callers(same)


def _confirmed_blocks(confirmations: Sequence[News], _today: date) -> Iterator[Block]:
    """Usually all are the same one."""
    by_days: dict[Confirmed, list[News]] = defaultdict(list)
    for news, cause in _caused(confirmations, Confirmed):
        by_days[cause].append(news)
    for cause, same in by_days.items():
        use = same[0].use
        yield header("📅", use.id, ": the provider confirms its end")
        said = confirmed(say(model_on(use.id, use.platform)), cause.before, cause.after)
        yield section(said, " From now on all steps of the policy apply.")
        yield from _callers(same)


def _source(news: News) -> Iterator[Block]:
    if address := news.end.source:
        yield from context([link(address, source(address, news.end.standing))])


def _withdrawn_blocks(withdrawn: Sequence[News], _today: date) -> Iterator[Block]:
    first, cause = _caused(withdrawn, Withdrawn)[0]
    yield header("↩️", first.use.id, " stays after all")
    model = model_on(first.use.id, first.use.platform, first.end.dates_of)
    no_longer = f" {words.day(cause.before)} no longer holds." if cause.before else ""
    follow = "Its reminders end, and begin again if the provider sets another end."
    back = (
        say("The end of ", model, " is not reported any more.")
        if first.end.is_reported
        else say("The provider has taken the end of ", model, " back.")
    )
    yield section(back, f"{no_longer} {follow}")
    yield from _callers(withdrawn)


def _redirected_blocks(redirected: Sequence[News], today: date) -> Iterator[Block]:
    first = redirected[0]
    yield header("🔀", first.use.id, " is answered by another model")
    model = model_on(first.use.id, first.use.platform, first.end.dates_of)
    yield section("Calls that ask for ", model, f" are answered by another model. {_why(first, today)}")
    callers = [_caller(*one) for one in _caused(redirected, Redirected)]
    yield from sections(callers if len(redirected) == 1 else (say("• ", one) for one in callers))
    yield from _source(first)


def _why(news: News, today: date) -> str:
    deadline, day = news.end.deadline, day_of_end(news.end.shutdown_on, news.end.precision)
    ask = "Ask for the model that you want by its name."
    told = "reported" if news.end.is_reported else "announced"
    if deadline is not None and today >= deadline:
        how = "the provider redirects, or a gateway falls back"
        return f"The {told} day, {day}, has come: {how}. {ask}"
    no_day = "No day is reported for its end" if news.end.is_reported else "The provider has set no day for its end"
    when = f"The {told} end is {day}" if deadline else no_day
    how = "a gateway falls back, or an alias has moved"
    return f"{when}, so this is hardly the provider's doing: {how}. {ask}"


def _caller(news: News, cause: Redirected) -> Spans:
    other = code(news.served_id) if news.served_id else "another model"
    of = "call that was" if cause.answered == 1 else "calls that were"
    much = f"{words.number(cause.redirected)} of the {words.number(cause.answered)} {of} answered"
    since = f", and half or more since {words.day(cause.since)}" if cause.since < cause.day else ""
    who = caller(news.use.service, news.use.environment)
    return say(who, ": ", other, f" answered {much} on {words.day(cause.day)}{since}.")


def _migrated_blocks(migrated: Sequence[News], _today: date) -> Iterator[Block]:
    first = migrated[0]
    names = {news.use.service for news in migrated}
    who = name(first.use.service, 50) if len(names) == 1 else f"{words.number(len(names))} services"
    verb = "no longer calls" if len(names) == 1 else "no longer call"
    yield Header(f"✅ {who} {verb} {name(first.use.id, MAX_HEADER - len(verb) - 60)}")
    kind = "Reported" if first.end.is_reported else "Announced"
    end = f" {kind} shutdown: {day_of_end(first.end.shutdown_on, first.end.precision)}."
    model = model_on(first.use.id, first.use.platform, first.end.dates_of)
    yield from sections(
        [
            say(model, f".{end} Its reminders end, and begin again if calls come back."),
            *(say("• ", _stopped(*one)) for one in _caused(migrated, Migrated)),
        ]
    )


def _stopped(news: News, cause: Migrated) -> Spans:
    quiet = words.plural(cause.quiet_days, "day")
    who = caller(news.use.service, news.use.environment)
    return say(who, f": last call {words.moment(cause.last_at)}, none for {quiet} since")


def _redirected_sentence(model: str, redirected: Sequence[News]) -> str:
    served_id = redirected[0].served_id
    who = name(served_id) if served_id else "another model"
    return f"Calls of {named_services(redirected)} to {model} are answered by {who}."


def _moved_sentence(model: str, moves: Sequence[News]) -> str:
    _, first = _caused(moves, DateMoved)[0]
    return f"The shutdown of {model} {plain(moved(first.before, first.after))}."


def _confirmed_sentence(model: str, confirmations: Sequence[News]) -> str:
    _, first = _caused(confirmations, Confirmed)[0]
    return plain(confirmed(say(model), first.before, first.after))


def _withdrawn_sentence(model: str, withdrawn: Sequence[News]) -> str:
    is_reported = withdrawn[0].end.is_reported
    why = "its end is not reported any more" if is_reported else "the provider has taken its end back"
    return f"{model} stays after all: {why}."


def _migrated_sentence(model: str, migrated: Sequence[News]) -> str:
    no_longer = "no longer calls" if services(migrated) == 1 else "no longer call"
    return f"{named_services(migrated)} {no_longer} {model}."


NEWS: Mapping[type[NewsCause], NewsWording] = {
    Redirected: NewsWording(
        "🔀",
        lambda news: f"another model answers · {words.plural(services(news), 'service')}",
        _redirected_sentence,
        _redirected_blocks,
    ),
    Confirmed: NewsWording("📅", lambda _: "its end is confirmed", _confirmed_sentence, _confirmed_blocks),
    DateMoved: NewsWording("📅", lambda _: "its date moved", _moved_sentence, _moved_blocks),
    Withdrawn: NewsWording("↩️", lambda _: "stays after all", _withdrawn_sentence, _withdrawn_blocks),
    Migrated: NewsWording(
        "✅", lambda news: f"{words.plural(services(news), 'service')} migrated", _migrated_sentence, _migrated_blocks
    ),
}


def _callers(facts: Sequence[News]) -> Iterator[Block]:
    """The callers, and the source of the news."""
    callers = list(dict.fromkeys(caller(fact.use.service, fact.use.environment) for fact in facts))
    if len(callers) == 1:
        yield section("It is called by ", callers[0], ".")
    else:
        yield from sections([say("It is called by:"), *(say("• ", one) for one in callers)])
    yield from _source(facts[0])


def trouble_blocks(trouble: Trouble) -> Iterator[Block]:
    """For the operator."""
    condition = trouble.condition
    yield Header(f"⚠️ lastcall needs you: {name(condition.kind.replace('_', ' '), 100)}")
    yield section(bold("What:"), " ", code(condition.subject), f": {name(condition.detail, 1000)}")
    yield section(bold("What to do:"), f" {name(condition.remedy, 1000)}")


def undeliverable_blocks(lost: Sequence[Undeliverable]) -> Iterator[Block]:
    """Explains to the replacement why it gets the messages of another destination."""
    meant = "What was meant for it is in this message. Correct it in Slack or in "
    for one in dict.fromkeys(lost):
        failed = bold(code(words.address(one.destination)), " cannot be reached:")
        yield section("📭 ", failed, f" {name(one.error)}. {meant}", code("lastcall.yaml"), ".")
