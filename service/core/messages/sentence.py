"""Fallback text of a message: one sentence, plain text."""

from collections.abc import Sequence

from service.core import words
from service.core.messages.group import Group, services
from service.core.notification import Notice
from service.core.wording.end import moved
from service.core.wording.names import name
from service.core.wording.to_text import plain


def group_sentence(group: Group) -> str:
    if group.notices:
        return _notices(group)
    if group.redirected:
        first = group.redirected[0][0]
        who = name(first.served_id) if first.served_id else "another model"
        callers = _services([news.use.service for news, _ in group.redirected])
        return f"Calls of {callers} to {_named(group)} are answered by {who}."
    if group.moves:
        move = group.moves[0][1]
        return f"The shutdown of {_named(group)} {plain(moved(move.before, move.after))}."
    if group.withdrawn:
        is_reported = group.withdrawn[0][0].end.second_hand
        why = "its end is not reported any more" if is_reported else "the provider has taken its end back"
        return f"{_named(group)} stays after all: {why}."
    names = [news.use.service for news, _ in group.migrated]
    no_longer = "no longer calls" if len(set(names)) == 1 else "no longer call"
    return f"{_services(names)} {no_longer} {_named(group)}."


def groups_sentence(groups: Sequence[Group]) -> str:
    """For several deprecations: their number, and the most urgent one."""
    going = [group for group in groups if group.notices]
    if not going:
        return f"News of {words.plural(len(groups), 'model')} that you call or called."
    notices = [notice for group in going for notice in group.notices]
    who = f"{_services([n.use.service for n in notices])} still {_call(notices)}"
    first = f"{_named(going[0])} {going[0].timing.which}"
    if len(going) == 1:
        return f"{who} {_named(going[0])}, which {going[0].timing.which}."
    return f"{who} {words.plural(len(going), 'model')} that are going away. The first: {first}."


def _notices(group: Group) -> str:
    worst = group.notices[0]
    calls = sum(notice.traffic.calls_7d for notice in group.notices)
    failed = sum(notice.traffic.errors_7d for notice in group.notices)
    much = f": {words.plural(calls, 'call')} in the last 7 days" if calls else ""
    if worst.traffic.state == "broken" and failed:
        much = f": {words.number(failed)} of {words.plural(calls, 'call')} in the last 7 days failed"
    to = f" Move to {name(worst.end.replacements[0])}." if worst.end.replacements else ""
    who = f"{_services([notice.use.service for notice in group.notices])} still {_call(group.notices)}"
    return f"{who} {_named(group)}, which {group.timing.which}{much}.{to}"


def _call(notices: Sequence[Notice]) -> str:
    return "calls" if services(notices) == 1 else "call"


def _named(group: Group) -> str:
    return f"{name(group.id)} ({name(words.platform_name(group.platform))})"


def _services(names: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return name(distinct[0]) if len(distinct) == 1 else words.plural(len(distinct), "service")
