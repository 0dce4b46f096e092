"""Notices of one deprecation -> blocks: the end, the replacement, callers and their calls, next steps."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from service.core import words
from service.core.comparison import MonthlyCost
from service.core.messages.blocks import context, header, section, sections
from service.core.messages.group import Group, first_successor, services
from service.core.messages.late import late, late_together, upcoming
from service.core.messages.orphans import who_owns
from service.core.messages.particulars import act_in_force, again, checklist, how_it_calls, is_begun, prospects
from service.core.notification import Notice, Traffic
from service.core.wording import moving
from service.core.wording.blocks import Block, Fields
from service.core.wording.end import Timing
from service.core.wording.names import and_team, as_typed, caller, code, link, model_on, source, through
from service.core.wording.spans import Span, Spans, bold, listed, say
from service.core.wording.state import fate


def notice_blocks(group: Group, page: str | None, *, late_said: bool) -> Iterator[Block]:
    """`group.notices` is not empty and begins with the worst, whose dates the heading gives. `late_said`: another part
    of the message explains why all of it is late."""
    worst = group.notices[0]
    yield header(group.timing.mark, worst.use.id, f" {group.timing.headline}")
    yield section(_what_and_when(worst, group.timing), *(part for line in _where_to(group) for part in ("\n", line)))
    if len(group.notices) == 1:
        yield section(how_it_calls(worst))
        yield Fields(_numbers(worst))
        yield from sections(particular.line for particular in (*act_in_force(worst), *checklist(worst)))
    else:
        yield from sections(_list(group.notices, late_said or late_together(group.notices) is not None))
    orphans = {one.use.service: one.owner.candidates for one in group.notices if one.owner.team is None}
    yield from sections(who_owns(orphans))
    if reason := None if late_said else _late(group.notices):
        yield section(bold("Late:"), f" {reason}")
    alone = prospects(worst) if len(group.notices) == 1 else ()
    yield from sections([*(particular.line for particular in alone), _outlook(group.notices, group.timing)])
    yield from context([*_evidence(group.notices, page), _answers(group.notices)])


def _what_and_when(notice: Notice, when: Timing) -> Spans:
    use, end = notice.use, notice.end
    said = when.sentences(model_on(use.id, use.platform, end.dates_of))
    if end.is_reported:
        said = say(said, " ", bold(f"{source(end.source, end.standing)}."))
    return say(said, f" {through(use.platform, end.dates_of)}") if end.dates_of else said


def _where_to(group: Group) -> Iterator[Spans]:
    """What to move to; the cost of all callers; the latency of a single one."""
    worst = group.notices[0]
    yield say(bold("Move to:"), " ", _successors(worst, group.today))
    first = first_successor(worst)
    if first is None or worst.moving is None:
        return
    if costs := _together(group.notices, first):
        whose = "its" if len(group.notices) == 1 else "their"
        yield moving.cost(first, costs, whose=whose)
    if len(group.notices) == 1 and worst.moving.latency:
        yield moving.latency(first, worst.moving.latency)


def _successors(notice: Notice, today: date) -> Spans:
    named = notice.end.replacements
    nobody = "no successor is reported" if notice.end.is_reported else "the provider names no successor"
    if notice.moving is not None:
        return moving.successors(notice.moving.successors, today, nobody=nobody, all_gone=bool(named))
    return listed([code(one) for one in named[:5]], "or") if named else say(f"{nobody}.")


def _together(notices: Sequence[Notice], new: str) -> MonthlyCost | None:
    """The sum of all callers. None: the cost of one is not known, or it would move to another model."""
    found = [one.moving.cost for one in notices if one.moving and one.moving.cost and first_successor(one) == new]
    if len(found) < len(notices):
        return None
    olds = [one.old for one in found if one.old is not None]
    old = sum(olds) if len(olds) == len(found) else None
    share = min((one.share_with_tokens for one in found if one.share_with_tokens), default=0.0)
    return MonthlyCost(old=old, new=sum(one.new for one in found), share_with_tokens=share)


def _numbers(notice: Notice) -> tuple[tuple[str, str], ...]:
    traffic = notice.traffic
    return (
        ("Calls, last 7 days", words.number(traffic.calls_7d) + words.and_failed(traffic.errors_7d)),
        ("Tokens, last 7 days", _tokens(traffic)),
        ("Last call", words.moment(traffic.last_at)),
        (f"Calls since {words.day(traffic.first_at.date())}", words.number(traffic.calls_total)),
    )


def _tokens(traffic: Traffic) -> str:
    if traffic.tokens_7d:
        return words.short_number(traffic.tokens_7d)
    if traffic.errors_7d and traffic.errors_7d >= traffic.calls_7d:
        return "none, as every call failed"
    return "not in the logs" if traffic.tokens_7d is None and traffic.calls_7d else "none"


def _list(notices: Sequence[Notice], late_said: bool) -> Iterator[Spans]:
    """One line per notice, followed by details that are not common to all."""
    callers = services(notices)
    still = f"{words.plural(callers, 'service')} still {'calls' if callers == 1 else 'call'} it."
    yield say(bold(still), " In the last 7 days:")
    with_team = len({notice.owner.team for notice in notices}) > 1
    fare_alike = len({notice.traffic.state for notice in notices}) == 1
    late_differs, upcoming_differs = not late_said and _differ(late, notices), _differ(upcoming, notices)
    for notice in notices:
        who = say(caller(notice.use.service, notice.use.environment), and_team(notice.owner.team) if with_team else "")
        lines = [say("• ", who, f": {_volume(notice.traffic)}", () if fare_alike else _fate(notice), again(notice))]
        begun = checklist(notice) if is_begun(notice) else ()
        lines += [particular.bullet for particular in (*act_in_force(notice), *begun, *prospects(notice))]
        if late_differs and (steps := late(notice)):
            lines.append(say(f"      ◦ late: you were not told {steps}"))
        if upcoming_differs:
            lines.append(say(f"      ◦ {upcoming(notice) or 'no further reminder is planned'}"))
        first, *more = lines
        yield say(first, *(part for line in more for part in ("\n", line)))


def _fate(notice: Notice) -> Spans:
    said = fate(notice.traffic.state)
    return say(" · ", bold(said)) if said else ()


def _late(notices: Sequence[Notice]) -> str | None:
    """Reason for lateness, if it is the same for all."""
    if _differ(late, notices):
        return late_together(notices)
    return f"you were not told {steps}." if (steps := late(notices[0])) else None


def _outlook(notices: Sequence[Notice], when: Timing) -> Spans:
    """Next step, if it is the same for all."""
    if _differ(upcoming, notices):
        return say("Reminders end by themselves once the calls stop.")
    if who := upcoming(notices[0]):
        return say(bold("If nothing changes,"), f" {who}. Reminders end by themselves once the calls stop.")
    until = " until the provider sets a day" if when.phase in {"not_before", "undated"} else ""
    return say(bold("No further reminder"), f" is planned{until}.")


def _differ(clause: Callable[[Notice], str | None], notices: Sequence[Notice]) -> bool:
    return len({clause(notice) for notice in notices}) > 1


def _volume(traffic: Traffic) -> str:
    calls = words.plural(traffic.calls_7d, "call") if traffic.calls_7d else "no call"
    tokens = f", {words.short_number(traffic.tokens_7d)} tokens" if traffic.tokens_7d else ""
    return f"{calls}{words.and_failed(traffic.errors_7d)}{tokens}, last on {words.day(traffic.last_at.date())}"


def _evidence(notices: Sequence[Notice], page: str | None) -> Iterator[Span | Spans]:
    first = notices[0]
    end = first.end
    announced = f"Announced {words.day(end.announced)}" if end.announced and not end.is_reported else None
    if end.source:
        yield link(end.source, announced or source(end.source, end.standing))
    elif announced:
        yield announced
    spelled = list(dict.fromkeys(i for notice in notices for i in notice.traffic.requested_ids if i != first.use.id))
    if spelled:
        yield say("Called as ", _some(spelled))
    if len(notices) == 1 and first.traffic.request_ids:
        yield say("Requests: ", _some(first.traffic.request_ids))
    if page:
        yield link(page, "Open lastcall")


def _answers(notices: Sequence[Notice]) -> Spans:
    """Commands for the owner, ready to type."""
    named = {notice.use.service for notice in notices}
    service = as_typed(named.pop()) if len(named) == 1 else "SERVICE"
    commit, snooze, waive, explain = map(code, ("commit", "snooze", "waive", "explain"))
    ack = code(f"lastcall ack {service}")
    return say("Answer: ", ack, ", or ", commit, ", ", snooze, ", ", waive, ", ", explain)


def _some(ids: Sequence[str]) -> Spans:
    shown = [code(one, 120) for one in ids[:3]]
    more = len(ids) - len(shown)
    return listed([*shown, f"{more} more"] if more else shown)
