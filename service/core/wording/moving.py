"""What to move to in words: successors, cost and latency now and after, and what is not known of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from service.core import words
from service.core.catalog.lifecycle import Precision, Standing
from service.core.checklist import ItemId
from service.core.comparison import (
    NEARLY_ALL,
    Comparison,
    Gap,
    MeanLatency,
    MonthlyCost,
    Moving,
    Offer,
    relative_change,
)
from service.core.prices import WINDOW_DAYS, NoPrice, Reason
from service.core.successors import Successor
from service.core.wording.end import day_of_end
from service.core.wording.names import code
from service.core.wording.spans import Spans, listed, say
from service.core.wording.to_text import plain

_NAME = 120
"""Maximum length of an id: a message names several in one section."""
_TIME = f"the last {WINDOW_DAYS} days"
_NO_PRICE: dict[Reason, str] = {
    "no_tokens": f"no call of {_TIME} has token counts",
    "no_list": "the price list has no prices of this platform",
    "not_listed": "the price list has no entry of it",
    "another_model": "the price list has only another model of that name",
    "not_by_token": "it is not billed by token",
    "by_hour": "its price depends on the hour of the day",
    "no_output_price": "the calls have output tokens, and it has no price for them",
}


def successor(one: Successor, today: date) -> Spans:
    """`gpt-4.1`, with its own end if that is near: `gpt-4.1 (its own end: Thu 14 Jan 2027)`"""
    if not one.is_short_lived(today):
        return say(code(one.id, _NAME))
    notes = ["a preview, short-lived"] if one.is_preview else []
    if one.deadline or one.is_deprecated:
        notes.append(own_end(one.ends_on, one.precision, one.standing))
    return say(code(one.id, _NAME), f" ({'; '.join(notes)})")


def own_end(on: date | None, precision: Precision, standing: Standing) -> str:
    """Of a model to move to."""
    return f"its own end: {day_of_end(on, precision, standing)}"


def successors(some: Sequence[Successor], today: date, *, nobody: str, all_gone: bool) -> Spans:
    """After "Move to:". Other models are named if none of the provider's stays. `nobody`: who would name a successor;
    `all_gone`: the provider's replacements are past their end."""
    named = [one for one in some if one.by_provider][:3]
    others = [one for one in some if not one.by_provider][:2]
    if named and not all(one.is_short_lived(today) for one in named):
        return say(_any_of(named, today))
    if named:
        also = say(". On the same platform: ", _any_of(others, today)) if others else ()
        return say(_any_of(named, today), also)
    why = "the replacement that the provider names is past its own end" if all_gone else nobody
    return say(why, say("; on the same platform: ", _any_of(others, today)) if others else "", ".")


def _any_of(some: Iterable[Successor], today: date) -> Spans:
    return listed((successor(one, today) for one in some), "or")


def cost(new: str, costs: MonthlyCost, *, whose: str = "its") -> Spans:
    """A sentence. `new`: id of the successor."""
    known = f"On {whose} own tokens of {_TIME} "
    after = f" costs about {words.dollars(costs.new)} a month"
    is_part = 0 < costs.share_with_tokens < NEARLY_ALL
    partly = f" Only {costs.share_with_tokens:.0%} of the answered calls report tokens." if is_part else ""
    if costs.old is None:
        return say(known, code(new, _NAME), f"{after}; the present cost is not known.{partly}")
    change = relative_change(costs.old, costs.new)
    percent = f" ({words.change(change)})" if change is not None else ""
    return say(known, code(new, _NAME), f"{after} in place of {words.dollars(costs.old)}{percent}.{partly}")


def latency(new: str, found: MeanLatency) -> Spans:
    """A sentence. `new`: id of the successor."""
    others = f"{words.plural(found.new_calls, 'call')} of {words.plural(found.new_services, 'service')} to "
    took = f" took {words.duration(found.new_ms)}"
    return say(f"Its calls took {words.duration(found.old_ms)} on average; {others}", code(new, _NAME), f"{took}.")


def on_checklist(found: Moving | None) -> dict[ItemId, str]:
    """What is known of items of the checklist, a sentence each."""
    first = found.successors[0].id if found and found.successors else None
    if found is None or first is None:
        return {}
    known: dict[ItemId, str] = {}
    if found.cost:
        known["cost"] = plain(cost(first, found.cost))
    if found.latency:
        known["latency"] = plain(latency(first, found.latency))
    return known


def no_cost(id_: str, reason: Reason) -> str:
    """A sentence."""
    return f"The cost of {id_} is not known: {_NO_PRICE[reason]}."


def some_tokens(share: float) -> str:
    """A sentence. `share`: of the answered calls, those that report tokens."""
    return f"Only {share:.0%} of the answered calls report tokens; the cost is of these."


def gaps_of_offer(found: Offer) -> Iterator[str]:
    """What is not known, a sentence each."""
    if found.measured.lacks_tokens:
        yield some_tokens(found.measured.share_with_tokens)
    if isinstance(found.cost, NoPrice):
        yield no_cost(found.record.id, found.cost.reason)


def gaps(comparison: Comparison) -> Iterator[str]:
    """What is not known, a sentence each."""
    old, new = comparison.old, comparison.new
    why = dict(zip(("old_price", "new_price"), comparison.price_reasons, strict=True))
    said: dict[Gap, str] = {
        "some_tokens": some_tokens(old.measured.share_with_tokens),
        "old_latency": f"The latency of {old.id} is not known: no call of {_TIME} reports it.",
        "new_latency": f"The latency of {new.id} is not known: nobody called it in {_TIME}, or no call reports it.",
        "other_tokens": "Audio, images and video have other prices; all tokens are counted at the price of text.",
    }
    for gap in comparison.gaps:
        if reason := why.get(gap):
            yield no_cost((old if gap == "old_price" else new).id, reason)
        else:
            yield said[gap]
