"""Clauses about steps that were not sent in time, with the reason, and about the next step."""

from collections.abc import Sequence
from datetime import date, timedelta

from service.core import words
from service.core.escalation.delay import AnnouncedLater, ReportedUntil, SetLater, in_words
from service.core.notification import Notice
from service.core.wording.names import name


def late(notice: Notice) -> str | None:
    """`90 or 60 days before the shutdown, because ...`; None: nothing was missed."""
    if not notice.missed.steps:
        return None
    return f"{name(words.steps(notice.missed.steps, notice.cause.step.end), 500)}, because {_reason(notice)}"


def late_together(notices: Sequence[Notice]) -> str | None:
    """One sentence for all notices, if each is late because lastcall did not know of it before; else None."""
    since = {
        None
        if notice.missed.moved_on or notice.missed.reported_until or _announced_after(notice)
        else _learned_on(notice)
        for notice in notices
        if notice.missed.steps
    }
    if len(since) != 1 or (day := since.pop()) is None:
        return None
    return f"lastcall has known of these calls only since {words.day(day)}; what was due before was not told."


def _learned_on(notice: Notice) -> date | None:
    """When lastcall learned of the use, if that was after the steps' day."""
    due, since = notice.missed.last_due, notice.missed.known_since
    return since if due and since and since > due else None


def _reason(notice: Notice) -> str:
    """The latest event is the reason: the date was set, the end was confirmed, the announcement, the first call, or
    lastcall learned of it; otherwise lastcall is at fault."""
    if notice.missed.moved_on:
        return in_words(SetLater(notice.missed.moved_on, notice.cause.step.before_freeze))
    if notice.missed.reported_until:
        return in_words(ReportedUntil(notice.missed.reported_until))
    due, first_call = notice.missed.last_due, notice.traffic.first_at.date()
    if notice.end.announced and _announced_after(notice):
        return in_words(AnnouncedLater(notice.end.announced, notice.end.is_reported))
    if due and first_call > due:
        return f"the first call was seen only on {words.day(first_call)}"
    if since := _learned_on(notice):
        return f"lastcall has known of it only since {words.day(since)}"
    return "lastcall did not send it in time"


def _announced_after(notice: Notice) -> bool:
    if notice.end.announced is None or notice.missed.last_due is None:
        return False
    day_before = notice.traffic.first_at.date() - timedelta(days=1)
    return notice.end.announced > max(notice.missed.last_due, day_before)


def upcoming(notice: Notice) -> str | None:
    """`the owner is notified next on Mon 30 Jun 2025, 14 days before the shutdown`; None: no step is left.

    For a step that repeats: `... on Tue 15 Jul 2025, and then each day while it is still called`.
    """
    if (following := notice.following) is None:
        return None
    who = words.audiences(following.audiences) if following.audiences else "the owner"
    verb = "are notified" if len(following.audiences) > 1 else "is notified"
    on = f"on {words.day(following.on)}, " if following.on else ""
    if following.repeat_days:
        return f"{who} {verb} next {on}and then {words.repeat(following.repeat_days)}"
    return f"{who} {verb} next {on}{name(words.step(following.step, notice.cause.step.end))}"
