"""All facts for one destination at one tick -> one message."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from service.core import words
from service.core.messages.blocks import paginate, section, sections
from service.core.messages.digest import digest_blocks, digest_sentence
from service.core.messages.group import Group, first_successor, grouped, named_services, services
from service.core.messages.late import late_together
from service.core.messages.message import Message
from service.core.messages.news import NEWS, trouble_blocks, undeliverable_blocks
from service.core.messages.notice import notice_blocks
from service.core.notification import Digest, Facts, News, Notice, Trouble, Undeliverable
from service.core.wording.blocks import Block, Divider
from service.core.wording.names import model_on, name
from service.core.wording.spans import Spans, bold, say

T = TypeVar("T")


def render(facts: Sequence[Facts], *, page: str | None, now: datetime) -> Message:
    """One message for all facts of one destination at one tick, of any kind.

    `facts` is not empty; oldest first. Problems of lastcall or of the destination come first, then deprecations, most
    urgent first, then digests.
    """
    lost = _only(Undeliverable, facts)
    troubles = list(dict.fromkeys(_only(Trouble, facts)))
    digests = _only(Digest, facts)
    groups = grouped((fact for fact in facts if isinstance(fact, Notice | News)), now.date())
    parts: list[list[Block]] = [list(trouble_blocks(trouble)) for trouble in troubles]
    together = late_together([notice for group in groups for notice in group.notices]) if len(groups) > 1 else None
    if len(groups) > 1:
        parts.append(list(_overview(groups, together)))
    parts += [list(_group_blocks(group, page, late_said=together is not None)) for group in groups]
    parts += [list(digest_blocks(digest, page)) for digest in digests]
    first, *replies = paginate([*undeliverable_blocks(lost), *_divided(parts)])
    return Message(_sentence(lost, troubles, groups, digests), first, tuple(replies))


def _only(kind: type[T], facts: Sequence[Facts]) -> list[T]:
    return [fact for fact in facts if isinstance(fact, kind)]


def _divided(parts: Sequence[Sequence[Block]]) -> Iterator[Block]:
    for index, part in enumerate(parts):
        if index:
            yield Divider()
        yield from part


def _group_blocks(group: Group, page: str | None, *, late_said: bool) -> Iterator[Block]:
    if group.notices:
        yield from notice_blocks(group, page, late_said=late_said)
    for kind, news in group.news_by_kind.items():
        yield from NEWS[kind].blocks(news, group.today)


def _overview(groups: Sequence[Group], late: str | None) -> Iterator[Block]:
    """A line per deprecation, if there are several. `late`: common reason why all are late."""
    yield from sections([(bold(_overview_title(groups)),), *map(_overview_line, groups)])
    if late:
        yield section(bold("Late:"), f" {late}")


def _overview_title(groups: Sequence[Group]) -> str:
    going = sum(bool(group.notices) for group in groups)
    if not going:
        return f"News of {words.plural(len(groups), 'model')}"
    verb = "is" if going == 1 else "are"
    news = f", and there is news of {words.number(len(groups) - going)} more" if going < len(groups) else ""
    return f"{words.plural(going, 'model')} {verb} going away{news}"


def _overview_line(group: Group) -> Spans:
    model = model_on(group.id, group.platform, group.dates_of)
    if group.notices:
        when = group.timing
        return say(f"{when.mark} ", model, f": {when.brief} · {words.plural(services(group.notices), 'service')}")
    kind, news = next(iter(group.news_by_kind.items()))
    return say(f"{NEWS[kind].mark} ", model, f": {NEWS[kind].overview(news)}")


def _sentence(
    lost: Sequence[Undeliverable], troubles: Sequence[Trouble], groups: Sequence[Group], digests: Sequence[Digest]
) -> str:
    """Fallback text, as a phone's notification shows it."""
    if troubles:
        return f"lastcall needs you: {name(troubles[0].condition.detail, 1000)}"
    if len(groups) == 1:
        return _group_sentence(groups[0])
    if groups:
        return _groups_sentence(groups)
    if digests:
        return digest_sentence(digests[0])
    return f"Slack does not take messages for {name(words.address(lost[0].destination))}: {name(lost[0].error)}."


def _group_sentence(group: Group) -> str:
    if group.notices:
        return _notices_sentence(group)
    kind, news = next(iter(group.news_by_kind.items()))
    return NEWS[kind].sentence(_named(group), news)


def _groups_sentence(groups: Sequence[Group]) -> str:
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


def _notices_sentence(group: Group) -> str:
    worst = group.notices[0]
    calls = sum(notice.traffic.calls_7d for notice in group.notices)
    failed = sum(notice.traffic.errors_7d for notice in group.notices)
    much = f": {words.plural(calls, 'call')} in the last 7 days" if calls else ""
    if worst.traffic.state == "broken" and failed:
        much = f": {words.number(failed)} of {words.plural(calls, 'call')} in the last 7 days failed"
    first = first_successor(worst)
    is_advice = worst.moving is None or any(one.by_provider for one in worst.moving.successors)
    to = f" Move to {name(first)}." if first and is_advice else ""
    who = f"{named_services(group.notices)} still {_call(group.notices)}"
    return f"{who} {_named(group)}, which {group.timing.which}{much}.{to}"


def _call(notices: Sequence[Notice]) -> str:
    return "calls" if services(notices) == 1 else "call"


def _named(group: Group) -> str:
    return f"{name(group.id)} ({name(words.place(group.platform, group.dates_of))})"
