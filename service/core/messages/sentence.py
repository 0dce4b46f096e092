"""Fallback text of a message: one sentence, plain text."""

from collections.abc import Sequence

from service.core import words
from service.core.messages.group import Group, named_services, services
from service.core.messages.news import NEWS
from service.core.notification import Notice
from service.core.wording.names import name


def group_sentence(group: Group) -> str:
    if group.notices:
        return _notices(group)
    kind, news = next(iter(group.news_by_kind.items()))
    return NEWS[kind].sentence(_named(group), news)


def groups_sentence(groups: Sequence[Group]) -> str:
    """For several deprecations: their number, and the most urgent one."""
    going = [group for group in groups if group.notices]
    if not going:
        return f"News of {words.plural(len(groups), 'model')} that you call or called."
    notices = [notice for group in going for notice in group.notices]
    who = f"{named_services(notices)} still {_call(notices)}"
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
    who = f"{named_services(group.notices)} still {_call(group.notices)}"
    return f"{who} {_named(group)}, which {group.timing.which}{much}.{to}"


def _call(notices: Sequence[Notice]) -> str:
    return "calls" if services(notices) == 1 else "call"


def _named(group: Group) -> str:
    return f"{name(group.id)} ({name(words.platform_name(group.platform))})"
