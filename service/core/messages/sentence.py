"""The fallback text of a message: one good sentence, plain."""

from collections.abc import Sequence

from service.core import words
from service.core.messages.group import Group, services, timing
from service.core.messages.news import moved_words
from service.core.messages.text import plain
from service.core.notification import Notice


def group_sentence(group: Group) -> str:
    if group.notices:
        return _notices(group)
    if group.moves:
        return f"{plain(group.model)} on {_platform(group)} {moved_words(group.moves[0])}."
    callers = _services([one.service for one in group.migrated])
    no_longer = "no longer calls" if services(group.migrated) == 1 else "no longer call"
    return f"{callers} {no_longer} {plain(group.model)} on {_platform(group)}."


def groups_sentence(groups: Sequence[Group]) -> str:
    """For several deprecations: how many, and the most urgent."""
    going = [group for group in groups if group.notices]
    if not going:
        return f"News of {words.plural(len(groups), 'model')} that you call or called."
    notices = [notice for group in going for notice in group.notices]
    call = "calls" if services(notices) == 1 else "call"
    who = f"{_services([n.service for n in notices])} still {call}"
    if len(going) == 1:
        return f"{who} {_going(going[0].notices[0])}; and news of {words.plural(len(groups) - 1, 'other model')}."
    return f"{who} {words.plural(len(going), 'model')} that are going away; first {_going(going[0].notices[0])}."


def _notices(group: Group) -> str:
    worst = group.notices[0]
    callers = _services([notice.service for notice in group.notices])
    call = "calls" if services(group.notices) == 1 else "call"
    volume = sum(notice.calls_7d for notice in group.notices)
    much = f", {words.plural(volume, 'call')} in the last 7 days" if volume else ""
    to = f" Move to {plain(worst.replacements[0])}." if worst.replacements else ""
    return f"{callers} still {call} {_going(worst)}{much}.{to}"


def _going(notice: Notice) -> str:
    when = timing(notice)
    on = f" ({words.day(notice.shutdown_on)})" if notice.shutdown_on and when.phase in {"ahead", "today"} else ""
    return f"{plain(notice.model)} on {plain(words.platform_name(notice.platform))}, which {when.headline}{on}"


def _services(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return plain(distinct[0]) if len(distinct) == 1 else words.plural(len(distinct), "service")


def _platform(group: Group) -> str:
    return plain(words.platform_name(group.platform))
