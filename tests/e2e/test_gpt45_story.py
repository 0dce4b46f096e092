"""The GPT-4.5 Preview case, day by day: on each day the right people, and nobody else, are told, once.

Announced on Monday 2025-04-14, gone on Monday 2025-07-14. What is expected was worked out by hand from the default
policy.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from service.adapters.catalog.files import load_catalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.tables import notifications
from service.config.company import Company, load_company
from service.core.notification import Migrated, Notice
from service.core.usage import UsageEvent
from service.engine.escalate import escalate
from service.engine.reconcile import reconcile
from tests.calls import count_calls, make_event

BEGIN, END = date(2025, 3, 1), date(2025, 7, 20)
SHUTDOWN = date(2025, 7, 14)

COMPANY = """
organisation: Acme
fallback_channel: "#ai-platform"
owners:
  - {services: [checkout-*], team: payments, people: [ana@acme.example], channel: "#payments", timezone: Europe/Berlin}
  - services: [ticket-*]
    team: care
    people: [ben@acme.example]
    channel: "#care"
    timezone: Europe/Berlin
  - services: [month-end-*]
    team: finance
    people: [gus@acme.example]
    channel: "#finance"
    oncall: ["usergroup:finance-oncall"]
    manager: [mia@acme.example]
    director: [dora@acme.example]
    incident: "#inc-finance"
    timezone: America/New_York
  - services: [query-*]
    team: search
    people: [fay@acme.example]
    channel: "#search"
    manager: [mia@acme.example]
    director: [dora@acme.example]
    timezone: Asia/Kolkata
  - services: [onboarding-*]
    team: people
    people: [ivy@acme.example]
    channel: "#people"
    manager: [mia@acme.example]
"""

CALLS: dict[str, Callable[[date], bool]] = {
    # Migrates in time: its last call is on 1 May.
    "checkout-assistant": lambda day: day <= date(2025, 5, 1),
    # Moves on two days after the end, when it has been failing.
    "ticket-triage": lambda day: day <= date(2025, 7, 16),
    # Runs on the last day of each month, and nobody remembers it.
    "month-end-report": lambda day: (day + timedelta(days=1)).day == 1,
    # Migrates, is rolled back on 20 June, and migrates again after 8 July.
    "query-rewriter": lambda day: day <= date(2025, 5, 5) or date(2025, 6, 20) <= day <= date(2025, 7, 8),
    # Is seen for the first time ten days before the end, and stops four days later.
    "onboarding-guide": lambda day: date(2025, 7, 4) <= day <= date(2025, 7, 8),
    # Belongs to nobody, and is called to the last.
    "legacy-summarizer": lambda day: True,
}

GUS, FINANCE, FINANCE_ONCALL = "user:gus@acme.example", "#finance", "usergroup:finance-oncall"
FAY, SEARCH, IVY, PEOPLE = "user:fay@acme.example", "#search", "user:ivy@acme.example", "#people"
ANA, PAYMENTS, BEN, CARE = "user:ana@acme.example", "#payments", "user:ben@acme.example", "#care"
MIA, DORA, FALLBACK = "user:mia@acme.example", "user:dora@acme.example", "#ai-platform"

TOLD: dict[str, dict[str, dict[str, set[str]]]] = {
    "2025-04-14": {
        "checkout-assistant": {"announced": {ANA, PAYMENTS}},
        "ticket-triage": {"announced": {BEN, CARE}},
        "query-rewriter": {"announced": {FAY, SEARCH}},
        "legacy-summarizer": {"announced": {FALLBACK}},
        # One run on 31 March tells no rhythm: the monthly job counts as stopped until it runs again.
    },
    "2025-04-30": {"month-end-report": {"announced": {GUS, FINANCE}}},
    "2025-05-04": {"checkout-assistant": {"migrated": {ANA}}},
    "2025-05-08": {"query-rewriter": {"migrated": {FAY}}},
    "2025-05-15": {
        "ticket-triage": {"-60d": {BEN}},
        "month-end-report": {"-60d": {GUS}},
        "legacy-summarizer": {"-60d": {FALLBACK}},
    },
    # 14 June is a Saturday: it waits for Monday.
    "2025-06-16": {
        "ticket-triage": {"-30d": {BEN, CARE}},
        "month-end-report": {"-30d": {GUS, FINANCE}},
        "legacy-summarizer": {"-30d": {FALLBACK}},
    },
    # The relapse opens again at the level that it had left.
    "2025-06-20": {"query-rewriter": {"announced": {FAY, SEARCH}}},
    "2025-06-30": {
        # Care has no manager and no director: the fallback channel hears for them.
        "ticket-triage": {"-14d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-14d": {GUS, FINANCE, MIA}},
        "query-rewriter": {"-14d": {FAY, SEARCH, MIA}},
        "legacy-summarizer": {"-14d": {FALLBACK}},
    },
    # A late discovery: one message at the highest step. The manager is told a business day later, at the next step.
    "2025-07-04": {"onboarding-guide": {"-14d": {IVY, PEOPLE}}},
    "2025-07-07": {
        "ticket-triage": {"-7d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-7d": {GUS, FINANCE, MIA}},
        "query-rewriter": {"-7d": {FAY, SEARCH, MIA}},
        "onboarding-guide": {"-7d": {IVY, PEOPLE, MIA}},
        "legacy-summarizer": {"-7d": {FALLBACK}},
    },
    "2025-07-11": {
        "ticket-triage": {"-3d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-3d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA}},
        # Its silence from May to June counts as rhythm, so that it is not taken as migrated a second time at once.
        "query-rewriter": {"-3d": {FAY, SEARCH, MIA, DORA}},
        "onboarding-guide": {"migrated": {IVY}},
        "legacy-summarizer": {"-3d": {FALLBACK}},
    },
    # A Sunday: the last three days do not wait.
    "2025-07-13": {
        "ticket-triage": {"-1d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-1d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA}},
        "query-rewriter": {"-1d": {FAY, SEARCH, MIA, DORA}},
        "legacy-summarizer": {"-1d": {FALLBACK}},
    },
    # Where calls fail already, one message stands for the day and the failure.
    "2025-07-14": {
        "ticket-triage": {"+0d while failing": {BEN, CARE, FALLBACK}},
        "month-end-report": {"0d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA, "#inc-finance"}},
        "query-rewriter": {"0d": {FAY, SEARCH, MIA, DORA, FALLBACK}},
        "legacy-summarizer": {"+0d while failing": {FALLBACK}},
    },
    "2025-07-15": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-16": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-17": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-18": {"legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-19": {"ticket-triage": {"migrated": {BEN}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-20": {"legacy-summarizer": {"+1d": {FALLBACK}}},
}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    file = tmp_path / "lastcall.yaml"
    file.write_text(COMPANY)
    return load_company(file)


async def test_each_day_the_right_people_and_nobody_else_are_told_once(database: Database, company: Company) -> None:
    loaded = load_catalog()
    for day in _days():
        for hour in (0, 6, 14, 20):
            now = datetime.combine(day, time(hour), UTC)
            if hour == 14:
                await count_calls(database, loaded, _calls_of(day), now)
            await reconcile(database, loaded.catalog, loaded.resolver, now=now)
            await escalate(database, loaded.catalog, company, topics=(), now=now)

    told, notices = await _told(database)
    assert told == TOLD

    relapse = notices["query-rewriter", "2025-06-20"]
    assert relapse.reopened
    assert relapse.missed == ("-60d", "-30d")
    late = notices["onboarding-guide", "2025-07-04"]
    assert late.missed == ("announced", "-60d", "-30d")
    assert (late.next_step, late.next_at) == ("-7d", date(2025, 7, 7))
    weekly = notices["legacy-summarizer", "2025-06-16"]
    assert (weekly.calls_7d, weekly.errors_7d, weekly.tokens_7d) == (21, 0, 2100)
    assert weekly.team is None
    assert weekly.requested_ids == ("gpt-4.5-preview",)
    failing = notices["legacy-summarizer", "2025-07-15"]
    assert (failing.state, failing.errors_7d) == ("broken", 6)


def _days() -> Iterator[date]:
    return (BEGIN + timedelta(days=n) for n in range((END - BEGIN).days + 1))


def _calls_of(day: date) -> Iterator[UsageEvent]:
    """Three calls of each service that calls on that day. From the shutdown on, OpenAI says that the model is gone."""
    gone = {"status": 404, "error_code": "model_not_found", "end_of_life": True, "served_id": None}
    failed = {**gone, "input_tokens": None, "output_tokens": None}
    for service, calls in CALLS.items():
        if calls(day):
            for minute in range(3):
                at = datetime.combine(day, time(10, minute), UTC)
                yield make_event(at=at, service=service, **(failed if day >= SHUTDOWN else {}))


async def _told(
    database: Database,
) -> tuple[dict[str, dict[str, dict[str, set[str]]]], dict[tuple[str, str], Notice]]:
    """By day, service and step: who; and the last notice of each service and day. Nobody is told one thing twice."""
    told: dict[str, dict[str, dict[str, set[str]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    notices = {}
    async with database.connect() as connection:
        rows = await connection.execute(select(notifications).order_by(notifications.c.decided_at))
    for row in rows:
        day = row.decided_at.date().isoformat()
        facts: Notice | Migrated = msgspec.convert(row.facts, Notice | Migrated)
        who = told[day][facts.service][row.step]
        assert row.destination not in who
        who.add(row.destination)
        if isinstance(facts, Notice):
            notices[facts.service, day] = facts
    plain = {day: {service: dict(steps) for service, steps in services.items()} for day, services in told.items()}
    return plain, notices
