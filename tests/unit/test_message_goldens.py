"""Whole messages as a person reads them, kept beside the tests: a change of wording shows as a difference of a text.

To write them anew after a change that is meant: `LASTCALL_WRITE_GOLDENS=1 pytest tests/unit/test_message_goldens.py`.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec
import pytest

from service.core.candidates import Candidate, HoldsKey
from service.core.escalation.cause import DateMoved, Migrated, Redirected, Withdrawn
from service.core.escalation.hold import ActInForce
from service.core.messages.render import render
from service.core.notification import Facts, Undeliverable, Unread
from service.core.wording.to_text import to_text
from tests.builders import make_digest, make_digest_line, make_forecast, make_news, make_notice

GOLDEN = Path(__file__).parent / "golden"
JULY_14 = datetime(2025, 7, 14, tzinfo=UTC)
SOURCE = "https://provider.example/deprecations"

single = make_notice(
    source=SOURCE,
    requested_ids=("gpt-4.5-preview-2025-02-27",),
    calls_7d=12_400,
    tokens_7d=1_234_567,
    last_at=datetime(2025, 6, 17, 8, 12, tzinfo=UTC),
    steps=("announced", "-60d"),
    last_due=date(2025, 5, 15),
    first_at=datetime(2025, 6, 16, 8, tzinfo=UTC),
    next_step="-14d",
    next_on=date(2025, 6, 30),
    next_audiences=("owner", "team", "manager"),
    request_ids=("req_7f3a", "req_81bb"),
)
REDIRECTED = Redirected(day=date(2025, 6, 17), answered=1200, redirected=1180, since=date(2025, 6, 16))
redirected = make_news(REDIRECTED, served_id="gpt-4.1-2025-04-14", source=SOURCE)
MESSAGES: dict[str, tuple[date, Sequence[Facts]]] = {
    "notice": (date(2025, 6, 17), [single]),
    "day_of_several": (
        date(2025, 7, 14),
        [
            make_notice(
                source=SOURCE,
                next_step="+1d",
                next_repeat_days=1,
                next_on=date(2025, 7, 15),
                next_audiences=("owner",),
            ),
            make_notice(service="mail", team=None, source=SOURCE, calls_7d=3, tokens_7d=None),
            make_notice(service="cart", model="o3", shutdown_on=date(2026, 12, 11), replacements=()),
            make_notice(service="cart", model="gpt-4o", precision="no_sooner_than", tokens_7d=None),
            make_news(Migrated(at=JULY_14, last_at=datetime(2025, 7, 1, 9, tzinfo=UTC), quiet_days=9), service="chat"),
            make_news(
                DateMoved(before=date(2026, 1, 5), after=date(2025, 11, 1)),
                service="legal",
                environment="",
                platform="aws-bedrock",
                model="claude-3-opus-20240229",
                id="anthropic.claude-3-opus-20240229-v1:0",
                source=SOURCE,
            ),
        ],
    ),
    "broken_and_rerouted": (
        date(2025, 7, 15),
        [
            Undeliverable(destination="#old-search", error="the channel is archived"),
            make_notice(state="broken", calls_7d=402, errors_7d=380, tokens_7d=0, relapse=True),
        ],
    ),
    "early_death": (
        date(2025, 7, 2),
        [
            make_notice(
                state="broken",
                calls_7d=402,
                errors_7d=60,
                forecast=make_forecast(None),
                early=("manager", "director"),
                next_step="-7d",
                next_on=date(2025, 7, 7),
                next_audiences=("owner", "team"),
            )
        ],
    ),
    "relapse_with_a_broken_promise": (
        date(2025, 7, 9),
        [
            make_notice(
                relapse=True,
                silent_since=date(2025, 6, 20),
                back_since=date(2025, 7, 7),
                calls=240,
                promise_broken_on=date(2025, 7, 1),
                former="team growth",
            )
        ],
    ),
    "several_with_particulars": (
        date(2025, 6, 17),
        [
            make_notice(
                act_in_force=ActInForce(what="acknowledged", by="ada", on=date(2025, 6, 16), until=date(2025, 6, 23)),
                forecast=make_forecast(date(2025, 7, 9)),
                spared=("manager",),
            ),
            make_notice(service="mail", state="redirected", served_id="gpt-4.1-2025-04-14"),
            make_notice(service="cart", state="broken", errors_7d=700, promise_broken_on=date(2025, 6, 13)),
            make_notice(
                service="rank",
                relapse=True,
                silent_since=date(2025, 5, 2),
                back_since=date(2025, 6, 16),
                calls=1,
            ),
        ],
    ),
    "redirected_before_the_day": (date(2025, 6, 18), [redirected]),
    "redirected_after_the_day": (
        date(2025, 7, 15),
        [
            redirected,
            make_news(msgspec.structs.replace(REDIRECTED, since=REDIRECTED.day), service="mail", source=SOURCE),
            make_notice(state="redirected", service="cart", served_id="gpt-4.1-2025-04-14", next_step=None),
        ],
    ),
    "withdrawn": (
        date(2025, 7, 1),
        [
            make_news(Withdrawn(at=JULY_14, before=date(2025, 7, 14)), service=service, source=SOURCE)
            for service in ("search-api", "mail")
        ],
    ),
    "digest_of_the_organisation": (
        date(2025, 7, 7),
        [
            make_digest(
                audience="(organisation)",
                lines=(
                    make_digest_line(calls=12_400, calls_before=16_100),
                    make_digest_line(service="rank", team="search", calls=3100, calls_before=0, new=True, told=False),
                    make_digest_line(service="ghost", team=None, calls=220, calls_before=210),
                    make_digest_line(service="report", team="finance", calls=0, calls_before=0),
                    make_digest_line(service="tag", team="finance", calls=70, calls_before=70, state="redirected"),
                    make_digest_line(service="sum", team="finance", calls=50, calls_before=90, state="waived"),
                ),
                migrated=(make_digest_line(service="chat", team="web", calls=0, calls_before=500),),
                unowned=("ghost",),
                candidates={"ghost": (Candidate("ada@example.com", HoldsKey()),)},
                unread=(
                    Unread(kind="rejection", what="bad_json", count=1204, where=("llm-logs",)),
                    Unread(kind="unresolved", what="team-gpt4", count=310, where=("cart", "mail")),
                ),
            )
        ],
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message_reads_as_agreed(name: str) -> None:
    today, facts = MESSAGES[name]
    now = datetime.combine(today, time(12), UTC)
    message = render(facts, page="https://lastcall.example", now=now)
    read = "\n\n".join([message.text, *map(to_text, (message.blocks, *message.replies))]) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("LASTCALL_WRITE_GOLDENS"):
        golden.write_text(read, encoding="utf-8")
    assert read == golden.read_text(encoding="utf-8")
