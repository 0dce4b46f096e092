"""Another model answers than the one that is asked for: who is answered by what, how much, since when, and why."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import starmap

from service.core import words
from service.core.escalation.cause import Redirected
from service.core.messages.blocks import MAX_HEADER, context, section, sections
from service.core.notification import News
from service.core.wording.blocks import Block, Header
from service.core.wording.names import caller, code, model_on, name, source
from service.core.wording.spans import Spans, link, say


def redirected_blocks(redirected: Sequence[tuple[News, Redirected]], today: date) -> Iterator[Block]:
    """One deprecation's callers that another model answers."""
    first = redirected[0][0]
    what = "is answered by another model"
    yield Header(f"🔀 {name(first.use.id, MAX_HEADER - len(what) - 4)} {what}")
    model = model_on(first.use.id, first.use.platform)
    yield section("Calls that ask for ", model, f" are answered by another model. {_why(first, today)}")
    callers = starmap(_caller, redirected)
    yield from sections(callers if len(redirected) == 1 else (say("• ", one) for one in callers))
    if first.end.source:
        yield from context([link(first.end.source, source(first.end.source, second_hand=first.end.second_hand))])


def _why(news: News, today: date) -> str:
    deadline = news.end.deadline
    ask = "Ask for the model that you want by its name."
    told = "reported" if news.end.second_hand else "announced"
    if deadline is not None and today >= deadline:
        how = "the provider redirects, or a gateway falls back"
        return f"The {told} day, {words.day(deadline)}, has come: {how}. {ask}"
    when = f"The {told} end is {words.day(deadline)}" if deadline else "The provider has set no day for its end"
    how = "a gateway falls back, or an alias has moved"
    return f"{when}, so this is hardly the provider's doing: {how}. {ask}"


def _caller(news: News, cause: Redirected) -> Spans:
    other = code(news.served_id) if news.served_id else "another model"
    of = "call that was" if cause.answered == 1 else "calls that were"
    much = f"{words.number(cause.redirected)} of the {words.number(cause.answered)} {of} answered"
    since = f", and half or more since {words.day(cause.since)}" if cause.since < cause.day else ""
    who = caller(news.use.service, news.use.environment)
    return say(who, ": ", other, f" answered {much} on {words.day(cause.day)}{since}.")
