"""Details of one caller: how it calls, its owner, promises, and the forecast."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.core import words
from service.core.checklist import ITEM_IDS
from service.core.escalation.cause import Relapse
from service.core.escalation.hold import broken_promise
from service.core.notification import Notice
from service.core.wording.delivery import otherwise
from service.core.wording.names import caller, code, name
from service.core.wording.spans import Spans, bold, say


class Particular(NamedTuple):
    """A clause with a label: `Promise: ...` for a single caller, `◦ promise: ...` in a list of several."""

    label: str
    clause: Spans

    @property
    def line(self) -> Spans:
        last = self.clause[-1]
        ends = isinstance(last, str) and last.endswith((".", "…"))
        return say(bold(f"{self.label}:"), " ", self.clause, "" if ends else ".")

    @property
    def bullet(self) -> Spans:
        return say(f"      ◦ {self.label.lower()}: ", self.clause)


def how_it_calls(notice: Notice) -> Spans:
    """Introduces the numbers: it still calls, or calls again."""
    team = f" of team {name(notice.owner.team, 100)}" if notice.owner.team else ""
    who = say(caller(notice.use.service, notice.use.environment), team)
    if relapse := notice.relapse:
        return say(
            who, f" had stopped calling it{_stopped(relapse)}, and ", bold("calls it again"), f"{_back(relapse)}:"
        )
    if notice.traffic.calls_7d == 0:
        return say(who, " calls it now and then, and not in the last 7 days:")
    return say(who, " still calls it:")


def again(notice: Notice) -> Spans:
    """End of a list line: it calls again."""
    if (relapse := notice.relapse) is None:
        return ()
    return say(" · ", bold("calls again"), f"{_back(relapse)}, had stopped{_stopped(relapse)}")


def _stopped(relapse: Relapse) -> str:
    return f" on {words.day(relapse.silent_since)}" if relapse.silent_since else ""


def _back(relapse: Relapse) -> str:
    """`, since Mon 7 Jul 2025, with 240 calls so far`"""
    if relapse.back_since is None:
        return ""
    much = "" if relapse.calls is None else f", with {words.plural(relapse.calls, 'call')} so far"
    return f", since {words.day(relapse.back_since)}{much}"


def act_in_force(notice: Notice) -> Iterator[Particular]:
    """New owner, redirection, promise, act in force, change freeze."""
    if first := notice.new_owner:
        former = first.former.in_words()
        was = f"its former owner was {name(former)}" if former else "nobody owned it before"
        yield Particular("Yours now", say(was))
    if notice.traffic.state == "redirected":
        other = code(notice.traffic.served_id) if notice.traffic.served_id else "another model"
        why = ", through a gateway's fallback, an alias that moved, or the provider"
        yield Particular("Answered by", say(other, why))
    if freeze := notice.freeze:
        named = f" ({name(freeze.name, 100)})" if freeze.name else ""
        yield Particular("Change freeze", say(f"from {words.day(freeze.begin)}{named} up to the shutdown"))
    if on := notice.promise_broken_on:
        yield Particular("Promise", say(broken_promise(on)))
    if notice.act_in_force:
        yield Particular("In force", say(name(notice.act_in_force.in_words())))


def checklist(notice: Notice) -> Iterator[Particular]:
    """Open items of the checklist."""
    if is_begun(notice):
        yield Particular("Checklist", say(still_open(notice.checklist_open)))
    elif _known(notice.checklist_open):
        yield Particular("Checklist", say(f"nothing is ticked yet of {words.listed(ITEM_IDS)}"))


def is_begun(notice: Notice) -> bool:
    """True: some items are ticked, and some are not. An untouched list is not reported."""
    return 0 < len(_known(notice.checklist_open)) < len(ITEM_IDS)


def still_open(items: Sequence[str]) -> str:
    """`still open are cost and users`; empty: this release knows none of the items."""
    known = _known(items)
    return f"still open {'is' if len(known) == 1 else 'are'} {words.listed(known)}" if known else ""


def _known(items: Sequence[str]) -> list[str]:
    return [item for item in ITEM_IDS if item in items]


def prospects(notice: Notice) -> Iterator[Particular]:
    """Forecast, and audiences that it adds or removes."""
    if forecast := notice.forecast_in_words:
        yield Particular("Forecast", say(name(forecast)))
    yield from (Particular(label, say(clause)) for label, clause in otherwise(notice.recipients))
