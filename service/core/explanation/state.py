"""Why an exposure has its state: the last day with calls, and the quiet period with its derivation."""

from collections.abc import Iterator

from service.core import words
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.hold import ActInForce
from service.core.escalation.holding import shown_state, waiver_in_force
from service.core.explanation.answer import samples
from service.core.exposure import LONGEST_QUIET, SHORTEST_QUIET, Exposure, State, quiet_at
from service.core.wording.state import badge


def why_state(case: Case, campaign: Campaign | None) -> Iterator[str]:
    exposure, state = case.exposure, shown_state(campaign, case)
    last = exposure.days[-1]
    yield f"{badge(state, exposure.deprecation.standing)[0].capitalize()}: {_because(state, case, campaign)}."
    much = words.plural(last.calls, "call") + words.and_failed(last.errors)
    yield (
        f"The last day with calls is {words.day(last.day)}, with {much}; the last call was on"
        f" {words.moment(exposure.last_at)}, the first on {words.moment(exposure.first_at)}."
    )
    yield _quiet_period(case)
    if case.seems_quiet and case.known_until:
        yield f"Records are read up to {words.moment(case.known_until)}: the silence since then may be missing records."
    yield from samples(exposure.requested_ids, exposure.request_ids)


def _because(state: State, case: Case, campaign: Campaign | None) -> str:
    last = case.exposure.days[-1]
    match state:
        case "active":
            return "it calls, within its own quiet period"
        case "quiet":
            return "no call for longer than its own quiet period, so it counts as migrated until it calls again"
        case "overdue":
            reported = "reported " if case.exposure.deprecation.is_reported else ""
            return f"the day of the {reported}shutdown is past, and calls are still answered"
        case "broken":
            gone = f"{_share(last.end_of_life, last.calls)} got the answer that the model is gone"
            failed = f"the day of the shutdown is past, and {_share(last.errors, last.calls)} failed"
            return gone if last.end_of_life else failed
        case "redirected":
            since = case.exposure.use.redirected_since
            return "another model answers half or more of its calls" + (f" since {words.day(since)}" if since else "")
        case "waived":
            waiver = waiver_in_force(campaign, case)
            return ActInForce.of(waiver).in_words() if waiver else "somebody has accepted the risk"


def _share(some: int, calls: int) -> str:
    """Share of the calls of the last day with calls."""
    if some < calls:
        return f"{words.number(some)} of its {words.plural(calls, 'call')} on the last day with calls"
    return "its only call on the last day with calls" if calls == 1 else "all calls on the last day with calls"


def _quiet_period(case: Case) -> str:
    period = case.exposure.quiet_period
    learned = f"twice the longest gap of {words.plural(period.days // 2, 'day')} between its days of use"
    if period == SHORTEST_QUIET:
        learned = f"the shortest that there is, as {_no_longer_gap(case.exposure)}"
    elif period == LONGEST_QUIET:
        learned = "the longest that there is, as its days of use are far apart"
    ends = words.moment(quiet_at(case.exposure))
    return f"Its quiet period is {words.plural(period.days, 'day')}, {learned}: without a call it is quiet from {ends}."


def _no_longer_gap(exposure: Exposure) -> str:
    """Calls seen for less time than a month-end job needs to repeat show no rhythm."""
    if exposure.use.longest_gap == 0:
        return "one day of use shows no rhythm yet"
    span, close = exposure.days[-1].day - exposure.first_at.date(), "its days of use are close together"
    if span >= LONGEST_QUIET:
        return close
    return f"{close}, and {words.plural(span.days + 1, 'day')} on record show no longer rhythm yet"
