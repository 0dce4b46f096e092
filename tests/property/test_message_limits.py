"""Whatever is to be said and however things are named: every limit of Slack holds, and nothing is cut in silence."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.candidates import ActedOnIt, Candidate, HoldsKey, OwnsNeighbours, SameName
from service.core.comparison import MeanLatency, MonthlyCost, Moving
from service.core.condition import SlackDestination, Unreadable
from service.core.escalation.cause import Confirmed, DateMoved, Migrated, Redirected, Withdrawn
from service.core.escalation.hold import ActInForce
from service.core.exposure import State
from service.core.messages.blocks import MAX_MESSAGE
from service.core.messages.message import Message
from service.core.messages.render import render
from service.core.notification import Digest, DigestLine, Facts, News, Notice, Trouble, Undeliverable, Unread
from service.core.successors import Successor
from service.core.wording import to_slack
from service.core.wording.blocks import read_blocks
from service.core.wording.names import code
from service.core.wording.to_text import to_text
from tests.builders import make_digest, make_digest_line, make_forecast, make_news, make_notice
from tests.slack_blocks import fault_of_blocks

NASTY = [
    "<!channel>", "<@U012345>", "@here", "`", "```", "a`b", "&" * 400, "*", "_x_ ~y~", "\n\n> quote", "", " ", "\u202e",
    "<https://evil.example|click>", "|", "💥" * 300, "x" * 300, "\ud800", "\x00", "• bullet",
]  # fmt: skip
NOW = datetime(2025, 6, 2, tzinfo=UTC)
LINK = re.compile(r"<https?://[^<>|\s]+\|[^<>]+>")

names = st.sampled_from(NASTY) | st.text(max_size=300)
maybe = st.none() | names
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.integers(0, 10**13)
several = st.lists(names, max_size=8).map(tuple)
evidence = st.one_of(
    st.builds(ActedOnIt, kind=names, on=days), st.builds(HoldsKey), st.builds(SameName),
    st.builds(OwnsNeighbours, services=counts, total=counts, beginning=names),
)  # fmt: skip
candidates = st.lists(st.builds(Candidate, who=names, evidence=evidence), max_size=8).map(tuple)
precisions = st.sampled_from(["exact", "month", "no_sooner_than", "unknown"])
states = st.sampled_from(get_args(State))
audiences = st.lists(st.sampled_from(["owner", "team", "director"]), max_size=3).map(tuple)
steps = st.sampled_from(["announced", "-60d", "-7bd", "0d", "+1d", "+0d while failing"]) | names
models = st.sampled_from(["gpt-4.5-preview", "o3"]) | names

standings = st.builds(
    ActInForce,
    what=st.sampled_from(get_args(get_type_hints(ActInForce)["what"])),
    by=names,
    on=days,
    until=days,
    reason=names,
)
forecasts = st.builds(make_forecast, st.none() | days)
amounts = st.floats(0, 1e12)
successors = st.builds(
    Successor, id=names, model=maybe, by_provider=st.booleans(), ends_on=st.none() | days, precision=precisions,
    is_deprecated=st.booleans(), is_preview=st.booleans(),
)  # fmt: skip
movings = st.builds(
    Moving,
    successors=st.lists(successors, max_size=5).map(tuple),
    cost=st.none() | st.builds(MonthlyCost, old=st.none() | amounts, new=amounts, share_with_tokens=st.floats(0, 1)),
    latency=st.none() | st.builds(MeanLatency, old_ms=amounts, new_ms=amounts, new_calls=counts, new_services=counts),
)
notices = st.builds(
    make_notice, service=names, environment=names, team=maybe, platform=st.just("openai-api") | names, model=models,
    id=models,
    requested_ids=several, announced=st.none() | days, shutdown_on=st.none() | days, precision=precisions,
    after_shutdown=st.just("redirect") | names, replacements=several,
    source=maybe | st.just("https://provider.example/?a=1&b=2"), state=states, first_at=instants, last_at=instants,
    calls_7d=counts, errors_7d=counts, tokens_7d=st.none() | counts, calls_total=counts, step=steps,
    steps=st.lists(steps, max_size=4).map(tuple), next_step=st.none() | steps,
    next_repeat_days=st.none() | st.integers(1, 999), next_on=st.none() | days,
    next_audiences=audiences, relapse=st.booleans(), request_ids=several, silent_since=st.none() | days,
    back_since=st.none() | days, calls=st.none() | counts, served_id=maybe, former=maybe,
    promise_broken_on=st.none() | days, act_in_force=st.none() | standings,
    forecast=st.none() | forecasts, spared=audiences, early=audiences, candidates=candidates,
    moving=st.none() | movings,
)  # fmt: skip
named: dict[str, Any] = {
    "service": names, "environment": names, "platform": names, "model": models, "id": models,
    "shutdown_on": st.none() | days, "precision": precisions, "source": maybe,
}  # fmt: skip
migrations = st.builds(make_news, st.builds(Migrated, at=instants, last_at=instants, quiet_days=counts), **named)
moves = st.builds(make_news, st.builds(DateMoved, before=st.none() | days, after=st.none() | days), **named)
confirmations = st.builds(make_news, st.builds(Confirmed, before=st.none() | days, after=st.none() | days), **named)
withdrawals = st.builds(make_news, st.builds(Withdrawn, at=instants, before=st.none() | days), **named)
redirections = st.builds(
    make_news, st.builds(Redirected, day=days, answered=counts, redirected=counts, since=days), served_id=maybe, **named
)
lines = st.builds(
    DigestLine, service=names, environment=names, team=maybe, platform=names, model=models, id=models,
    shutdown_on=st.none() | days, precision=precisions, replacement=maybe, state=states, calls=counts,
    calls_before=counts, told=st.booleans(), new=st.booleans(),
)  # fmt: skip
unread = st.builds(Unread, kind=st.sampled_from(["rejection", "unresolved"]), what=names, count=counts, where=several)
digests = st.builds(
    Digest, week=st.just("2025-W27"), audience=names | st.just("(organisation)"),
    lines=st.lists(lines, max_size=8).map(tuple), migrated=st.lists(lines, max_size=3).map(tuple), unowned=several,
    candidates=st.dictionaries(names, candidates, max_size=3),
    unread=st.lists(unread, max_size=5).map(tuple), unread_more=counts,
)  # fmt: skip
conditions = st.one_of(
    st.builds(Unreadable, stored_kind=names, subject=names),
    st.builds(SlackDestination, destination=names, error=names, instead=maybe, advice=maybe),
)
troubles = st.builds(Trouble, condition=conditions)
lost = st.builds(Undeliverable, destination=names, error=names)
anything = st.lists(
    st.one_of(notices, notices, migrations, moves, confirmations, withdrawals, redirections, digests, troubles, lost),
    min_size=1,
    max_size=6,
)


@given(anything, instants)
@settings(max_examples=60, deadline=None)
def test_any_facts_with_any_names_fit_into_slack(facts: list[Facts], now: datetime) -> None:
    check(render(facts, page="https://lastcall.example", now=now), facts)


@pytest.mark.parametrize("name", ["checkout-{:04}", "<!channel>`{:04}`" + "&" * 40, "💥" * 100 + "{:04}"])
def test_a_thousand_exposures_are_all_told(name: str) -> None:
    facts = [
        make_notice(
            service=name.format(n), first_at=datetime(2025, 3, 1 + n % 28, tzinfo=UTC), steps=("-60d",), team=None
        )
        for n in range(1000)
    ]
    message = render(facts, page=None, now=NOW)
    check(message, facts)
    assert "The list goes on in the thread." in to_text(message.blocks)


def test_a_thousand_models_are_all_told() -> None:
    facts = [make_notice(service=f"service-{n}", model=f"model-{n}") for n in range(1000)]
    check(render(facts, page=None, now=NOW), facts)


def test_a_hundred_callers_with_all_there_is_to_say_are_told_whole() -> None:
    long = "&" * 300
    facts = [
        make_notice(
            service=f"service-{n}" + long, environment=long, team=long, model=f"model-{n % 3}", state="redirected",
            served_id=long, former=long, promise_broken_on=date(2025, 5, 30),
            act_in_force=ActInForce(what="waived", by=long, until=date(2025, 7, 1), reason=long),
            forecast=make_forecast(date(2025, 8, 1)),
            spared=("manager", "director"), early=("incident", "oncall"), relapse=True, back_since=date(2025, 6, 1),
            silent_since=date(2025, 5, 1), calls=10**9, steps=(f"-{n % 9 + 20}d", "-9d"),
            next_step=f"-{n % 5 + 1}d", next_on=date(2025, 7, 1), next_audiences=("owner", "team", "director"),
        )
        for n in range(100)
    ]  # fmt: skip
    check(render(facts, page=None, now=NOW), facts)


def test_a_digest_of_a_thousand_lines_is_told_whole() -> None:
    digest = make_digest(
        lines=tuple(make_digest_line(service=f"service-{n}", model=f"model-{n % 7}") for n in range(1000)),
        unowned=tuple(f"orphan-{n}" for n in range(500)),
    )
    check(render([digest], page=None, now=NOW), [digest])


def test_short_message_has_no_thread() -> None:
    assert render([make_notice()], page=None, now=NOW).replies == ()


def check(message: Message, facts: Sequence[Facts]) -> None:
    parts = (message.blocks, *message.replies)
    assert tuple(map(read_blocks, msgspec.to_builtins(parts))) == parts
    pages = [[to_slack.block(one) for one in part] for part in parts]
    texts = [text for page in pages for text in texts_of(page)]
    for page in pages:
        assert page
        assert fault_of_blocks(page) is None
        assert len(msgspec.json.encode(page)) <= MAX_MESSAGE + 100
        assert page[-1]["type"] not in {"header", "divider"}
        assert page[0]["type"] != "divider"
    for text in [*texts, to_slack.escaped(message.text)]:
        assert units(text) <= 3000
        assert "<" not in LINK.sub("", text)
        assert all(line.count("`") % 2 == 0 for line in text.split("\n"))
    assert message.text.strip()
    assert "\n" not in message.text
    said = "\n".join(texts)
    for service in services_of(facts):
        assert to_slack.mrkdwn((code(service),)) in said


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def services_of(facts: Sequence[Facts]) -> Iterator[str]:
    for fact in facts:
        match fact:
            case News() if isinstance(fact.cause, Redirected) and _is_over(fact, facts):
                pass
            case Notice() | News():
                yield fact.use.service
            case Digest():
                yield from (line.service for line in (*fact.lines, *fact.migrated))
                yield from fact.unowned
            case Trouble() | Undeliverable():
                pass


def _is_over(redirected: News, facts: Sequence[Facts]) -> bool:
    """Whether a later fact says that the same exposure is."""
    later = facts[[fact is redirected for fact in facts].index(True) + 1 :]
    over = [one for one in later if isinstance(one, News) and isinstance(one.cause, Migrated | Withdrawn)]
    return redirected.use in [one.use for one in over]
