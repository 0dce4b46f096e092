"""What to move to from a model that is going away: the provider's replacement, or another living model of the platform.

Whether a model fits a use is known from the price list only: it has a price for the same kinds of tokens, and its
context holds the mean call. A model of which this is not known is offered only if the provider names it. Ids tell the
purposes that the price list does not.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from service.core.catalog.lifecycle import Catalog, Deprecation, Precision, Shutdown, Standing
from service.core.prices import Cost, NoPrice, Rates, TokenMix, cost

SHORT = timedelta(days=365)
"""A successor that ends within this time is short-lived."""
MOST = 5
RatesOf = Callable[[str], Rates | NoPrice]
"""Canonical model on the platform -> its prices."""
_PREVIEW = re.compile(r"(?:^|[-_.:/@ ])(?:preview|exp|experimental|beta)(?:$|[-_.:/@ ])", re.IGNORECASE)
_PURPOSE = re.compile(
    r"(?:^|[-_.:/@ ])(tts|transcribe|moderation|guard|safeguard|robotics)(?:$|[-_.:/@ ])", re.IGNORECASE
)
"""Of models whose tokens have the price of text, and that do not write text for a reader."""


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """A model to move to. None is past its end."""

    id: str
    """As requests on the platform spell it."""
    model: str | None
    """Canonical. None: the provider names it, and identity does not know it."""
    by_provider: bool
    """The provider names it as the replacement, or as the replacement of one that is gone as well."""
    ends_on: date | None = None
    precision: Precision = "unknown"
    standing: Standing = "provider"
    is_deprecated: bool = False
    is_preview: bool = False
    """Its name says so. Previews are short-lived."""
    context: int | None = None
    """Maximum number of input tokens of a call. None: not known."""
    usd_per_month: float | None = None
    """Cost of the use's own tokens. None: not known."""

    @property
    def deadline(self) -> date | None:
        return Shutdown(self.ends_on, self.precision).deadline

    def is_short_lived(self, today: date) -> bool:
        """It is announced to end, within a year if there is a day, or a preview."""
        end = self.deadline
        return self.is_preview or (end <= today + SHORT if end else self.is_deprecated)


def is_gone(record: Deprecation | None, today: date) -> bool:
    """Its day is reached, by whatever source. A model that is not on record counts as living."""
    deadline = record.shutdown.deadline if record else None
    return deadline is not None and deadline <= today


class Options(NamedTuple):
    """The living models of a platform, before it is known which of them fit a use."""

    named: tuple[Successor, ...]
    """The provider's replacements, in its order."""
    others: tuple[Successor, ...]


def options(old: Deprecation, catalog: Catalog, answered: Iterable[str], *, today: date) -> Options:
    """The same for all uses of `old`. `answered`: canonical models of the platform that lately answered somebody in
    the company."""
    named = tuple(replacements_of(old, catalog, today))
    known = {old.model, *(one.model for one in named)}
    return Options(named, tuple(one for one in _living(old, catalog, answered, today) if one.model not in known))


def successors(
    old: Deprecation, found: Options, rates_of: RatesOf, mix: TokenMix, *, today: date
) -> tuple[Successor, ...]:
    """The provider's replacements in its order; then living models that fit: first those without a day within a year,
    then by that day, latest first, previews last; and by cost on `mix`. At most `MOST`.
    """
    now = rates_of(old.model)
    fitting = [one for one in found.others if one.model is not None and _fits(rates_of(one.model), now, mix)]
    others = sorted((_priced(one, rates_of, mix) for one in fitting), key=lambda one: _order(one, today))
    return (*(_priced(one, rates_of, mix) for one in found.named), *others)[:MOST]


def _order(one: Successor, today: date) -> tuple[int, int, float, str]:
    """An earliest day counts as a day here: until then the provider promises to keep the model, and no longer."""
    is_near = one.is_short_lived(today) or (one.ends_on is not None and one.ends_on <= today + SHORT)
    rank = 2 if one.is_preview else int(is_near)
    end = (one.ends_on or date.max).toordinal() if is_near else 0
    return (rank, -end, float("inf") if one.usd_per_month is None else one.usd_per_month, one.id)


def replacements_of(old: Deprecation, catalog: Catalog, today: date) -> Iterator[Successor]:
    """The living replacements that the provider names, recommended ones first. One that is gone is replaced by its own
    replacements."""
    seen: set[str] = {old.model}
    waiting = sorted(old.replacements, key=lambda one: not one.recommended)
    while waiting:
        replacement = waiting.pop(0)
        name = replacement.model or replacement.id
        if name in seen:
            continue
        seen.add(name)
        record = catalog.get(old.platform, replacement.model)
        if is_gone(record, today):
            waiting = [*(record.replacements if record else ()), *waiting]
        else:
            yield _successor(replacement.id, replacement.model, record, today, by_provider=True)


def _living(old: Deprecation, catalog: Catalog, answered: Iterable[str], today: date) -> Iterator[Successor]:
    """Living models of the platform for the purpose of `old` that do not end before it. One that is announced to end
    without a day may be gone already."""
    deadline = old.shutdown.deadline
    for record in catalog:
        is_out = record.released is None or record.released <= today
        if record.platform == old.platform and is_out and not is_gone(record, today):
            end = record.shutdown.deadline
            is_going = record.known_on(today) and record.shutdown.on is None
            is_longer = end is None or deadline is None or end > deadline
            if is_longer and not is_going and _purpose(record.id) == _purpose(old.id):
                yield _successor(record.id, record.model, record, today, by_provider=False)
    for model in answered:
        if catalog.get(old.platform, model) is None and _purpose(model) == _purpose(old.id):
            yield _successor(model, model, None, today, by_provider=False)


def _successor(id_: str, model: str | None, record: Deprecation | None, today: date, *, by_provider: bool) -> Successor:
    """An end that is announced after `today` is left out."""
    is_dated = record is not None and (not record.is_deprecated or record.known_on(today))
    end = record.shutdown if record is not None and is_dated else Shutdown(None, "unknown")
    return Successor(
        id=id_,
        model=model,
        by_provider=by_provider,
        ends_on=end.on,
        precision=end.precision,
        standing=record.standing if record else "provider",
        is_deprecated=record is not None and record.known_on(today),
        is_preview=_is_preview(id_),
    )


def _is_preview(id_: str) -> bool:
    return _PREVIEW.search(id_) is not None


def _purpose(id_: str) -> str | None:
    found = _PURPOSE.search(id_)
    return found[1].lower() if found else None


def _fits(rates: Rates | NoPrice, old: Rates | NoPrice, mix: TokenMix) -> bool:
    """Without a price of `old`, its tokens in the log tell what it reads and writes."""
    if isinstance(rates, NoPrice) or (isinstance(old, NoPrice) and old.reason == "not_by_token"):
        return False
    by_mix = {"input", "output"} if mix.output_tokens else {"input"} if mix.calls else set[str]()
    kinds = old.kinds if isinstance(old, Rates) else by_mix
    return rates.kinds == kinds and (rates.context is None or rates.context >= mix.per_call)


def _priced(one: Successor, rates_of: RatesOf, mix: TokenMix) -> Successor:
    rates = rates_of(one.model) if one.model is not None else NoPrice("not_listed")
    if isinstance(rates, NoPrice):
        return one
    costs = cost(rates, mix)
    usd = costs.per_month().total if isinstance(costs, Cost) else None
    return msgspec.structs.replace(one, context=rates.context, usd_per_month=usd)
