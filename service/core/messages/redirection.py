"""Another model answers than the one that is asked for: who is answered by what, how much, since when, and why."""

from collections.abc import Iterator, Sequence
from datetime import date

from service.core import words
from service.core.catalog.lifecycle import Shutdown
from service.core.messages.blocks import MAX_HEADER, context, header, section, sections
from service.core.messages.message import Block
from service.core.messages.particulars import caller_name
from service.core.messages.text import code, link, origin, plain
from service.core.notification import Redirected


def redirected_blocks(redirected: Sequence[Redirected], today: date) -> Iterator[Block]:
    """One deprecation's callers that another model answers."""
    first = redirected[0]
    what = "is answered by another model"
    yield header(f"🔀 {plain(first.id, MAX_HEADER - len(what) - 4)} {what}")
    subject = f"{code(first.id)} on {plain(words.platform_name(first.platform))}"
    yield section(f"Calls that ask for {subject} are answered by another model. {_why(first, today)}")
    yield from sections(
        map(_caller, redirected) if len(redirected) == 1 else (f"• {_caller(one)}" for one in redirected)
    )
    if first.source:
        yield from context([link(first.source, origin(first.source, second_hand=first.second_hand))])


def _why(one: Redirected, today: date) -> str:
    deadline = Shutdown(one.shutdown_on, one.precision).deadline
    ask = "Ask for the model that you want by its name."
    told = "reported" if one.second_hand else "announced"
    if deadline is not None and today >= deadline:
        how = "the provider redirects, or a gateway falls back"
        return f"The {told} day, {words.day(deadline)}, has come: {how}. {ask}"
    when = f"The {told} end is {words.day(deadline)}" if deadline else "The provider has set no day for its end"
    how = "a gateway falls back, or an alias has moved"
    return f"{when}, so this is hardly the provider's doing: {how}. {ask}"


def _caller(one: Redirected) -> str:
    who = code(one.served_id) if one.served_id else "another model"
    of = "call that was" if one.answered == 1 else "calls that were"
    much = f"{words.number(one.redirected)} of the {words.number(one.answered)} {of} answered on {words.day(one.day)}"
    since = f", and half or more since {words.day(one.since)}" if one.since < one.day else ""
    return f"{caller_name(one.service, one.environment)}: {who} answered {much}{since}."
