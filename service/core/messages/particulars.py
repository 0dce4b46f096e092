"""What holds of one caller alone: how it calls, whose it is, what was promised, and when its calls will end."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.core import words
from service.core.checklist import ITEM_IDS
from service.core.escalation.cause import Relapse
from service.core.messages.text import code, plain
from service.core.notification import Notice


class Particular(NamedTuple):
    """A clause with its label: `*Promise:* ...` beside one caller, `◦ promise: ...` below one of several."""

    label: str
    clause: str

    @property
    def line(self) -> str:
        return f"*{self.label}:* {self.clause}" + ("" if self.clause.endswith((".", "…")) else ".")

    @property
    def bullet(self) -> str:
        return f"      ◦ {self.label.lower()}: {self.clause}"


def caller_name(service: str, environment: str) -> str:
    """``checkout-api` (production)``"""
    return code(service) + (f" ({plain(environment, 100)})" if environment else "")


def how_it_calls(notice: Notice) -> str:
    """Before the numbers: whether it still calls, or calls again."""
    team = f" of team {plain(notice.owner.team, 100)}" if notice.owner.team else ""
    name = caller_name(notice.use.service, notice.use.environment) + team
    if relapse := notice.relapse:
        stopped = f" on {words.day(relapse.silent_since)}" if relapse.silent_since else ""
        return f"{name} had stopped calling it{stopped}, and *calls it again*{_back(relapse)}:"
    if notice.traffic.calls_7d == 0:
        return f"{name} calls it now and then, and not in the last 7 days:"
    return f"{name} still calls it:"


def again(notice: Notice) -> str:
    """At the end of a line about one of several."""
    if (relapse := notice.relapse) is None:
        return ""
    stopped = f" on {words.day(relapse.silent_since)}" if relapse.silent_since else ""
    return f" · *calls again*{_back(relapse)}, had stopped{stopped}"


def outcome(notice: Notice) -> str:
    """What becomes of its calls, at the end of a line about one of several that fare differently."""
    return {"broken": " · *calls fail*", "redirected": " · *another model answers*"}.get(notice.traffic.state, "")


def _back(relapse: Relapse) -> str:
    """`, since Mon 7 Jul 2025, with 240 calls so far`"""
    if relapse.back_since is None:
        return ""
    much = "" if relapse.calls is None else f", with {words.plural(relapse.calls, 'call')} so far"
    return f", since {words.day(relapse.back_since)}{much}"


def standing(notice: Notice) -> Iterator[Particular]:
    """Whose it is, what answers it, and what people have said of it."""
    if first := notice.new_owner:
        former = first.former.in_words()
        yield Particular("Yours now", f"its former owner was {plain(former)}" if former else "nobody owned it before")
    if notice.traffic.state == "redirected":
        who = code(notice.traffic.served_id) if notice.traffic.served_id else "another model"
        yield Particular("Answered by", f"{who}, through a gateway's fallback, an alias that moved, or the provider")
    if freeze := notice.freeze:
        name = f" ({plain(freeze.name, 100)})" if freeze.name else ""
        yield Particular("Change freeze", f"from {words.day(freeze.begin)}{name} up to the shutdown")
    if on := notice.promise_broken_on:
        yield Particular("Promise", f"the team had promised to be done by {words.day(on)}, and calls go on")
    if notice.standing:
        yield Particular("In force", plain(notice.standing.in_words()))


def checklist(notice: Notice) -> Iterator[Particular]:
    """What is still open of its migration."""
    if is_begun(notice):
        yield Particular("Checklist", still_open(notice.checklist_open))
    elif _known(notice.checklist_open):
        yield Particular("Checklist", f"nothing is ticked yet of {words.listed(ITEM_IDS)}")


def is_begun(notice: Notice) -> bool:
    """Whether something is ticked, and something is not. A list that nobody has touched says nothing of its own."""
    return 0 < len(_known(notice.checklist_open)) < len(ITEM_IDS)


def still_open(items: Sequence[str]) -> str:
    """`still open are cost and users`; empty where this release knows none of the items."""
    known = _known(items)
    return f"still open {'is' if len(known) == 1 else 'are'} {words.listed(known)}" if known else ""


def _known(items: Sequence[str]) -> list[str]:
    return [item for item in ITEM_IDS if item in items]


def prospects(notice: Notice) -> Iterator[Particular]:
    """When the calls end at this pace, and who hears otherwise than planned because of it."""
    if forecast := notice.forecast_in_words:
        yield Particular("Forecast", plain(forecast))
    if notice.hearers.spared:
        yield Particular(
            "Spared", f"{words.audiences(notice.hearers.spared)}, because at this pace the calls end in time"
        )
    if notice.hearers.early:
        why = "because at this pace the calls do not reach zero before the end"
        yield Particular("Told early", f"{words.audiences(notice.hearers.early)}, {why}")
