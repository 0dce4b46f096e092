"""What holds of one caller alone: how it calls, whose it is, what was promised, and when its calls will end."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.core import words
from service.core.checklist import ITEM_IDS
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
    team = f" of team {plain(notice.team, 100)}" if notice.team else ""
    name = caller_name(notice.service, notice.environment) + team
    if notice.reopened:
        stopped = f" on {words.day(notice.silent_since)}" if notice.silent_since else ""
        return f"{name} had stopped calling it{stopped}, and *calls it again*{_back(notice)}:"
    if notice.calls_7d == 0:
        return f"{name} calls it now and then, and not in the last 7 days:"
    return f"{name} still calls it:"


def again(notice: Notice) -> str:
    """At the end of a line about one of several."""
    if not notice.reopened:
        return ""
    stopped = f" on {words.day(notice.silent_since)}" if notice.silent_since else ""
    return f" · *calls again*{_back(notice)}, had stopped{stopped}"


def outcome(notice: Notice) -> str:
    """What becomes of its calls, at the end of a line about one of several that fare differently."""
    return {"broken": " · *calls fail*", "redirected": " · *another model answers*"}.get(notice.state, "")


def _back(notice: Notice) -> str:
    """`, since Mon 7 Jul 2025, with 240 calls so far`"""
    if notice.back_since is None:
        return ""
    much = "" if notice.calls_since_back is None else f", with {words.plural(notice.calls_since_back, 'call')} so far"
    return f", since {words.day(notice.back_since)}{much}"


def standing(notice: Notice) -> Iterator[Particular]:
    """Whose it is, what answers it, and what people have said of it."""
    if notice.handed_over_from:
        nobody = notice.handed_over_from == "nobody"
        former = "nobody owned it before" if nobody else f"its former owner was {plain(notice.handed_over_from)}"
        yield Particular("Yours now", former)
    if notice.state == "redirected":
        who = code(notice.served_id) if notice.served_id else "another model"
        yield Particular("Answered by", f"{who}, through a gateway's fallback, an alias that moved, or the provider")
    if notice.frozen_from:
        name = f" ({plain(notice.freeze, 100)})" if notice.freeze else ""
        yield Particular("Change freeze", f"from {words.day(notice.frozen_from)}{name} up to the shutdown")
    if notice.promised_on:
        yield Particular(
            "Promise", f"the team had promised to be done by {words.day(notice.promised_on)}, and calls go on"
        )
    if notice.standing:
        yield Particular("In force", plain(notice.standing))


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
    if notice.forecast:
        yield Particular("Forecast", plain(notice.forecast))
    if notice.spared:
        yield Particular("Spared", f"{words.audiences(notice.spared)}, because at this pace the calls end in time")
    if notice.early:
        why = "because at this pace the calls do not reach zero before the end"
        yield Particular("Told early", f"{words.audiences(notice.early)}, {why}")
