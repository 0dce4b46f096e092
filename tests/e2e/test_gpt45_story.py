"""The GPT-4.5 Preview case, day by day: on each day the right people, and nobody else, are told, once.

Announced on Monday 2025-04-14, gone on Monday 2025-07-14. What is expected was worked out by hand from the default
policy.
"""

from datetime import date, timedelta

import pytest

from service.adapters.postgres.database import Database
from tests.story import Story, Told, open_story

pytestmark = pytest.mark.slow

BEGIN, SHUTDOWN, END = date(2025, 3, 1), date(2025, 7, 14), date(2025, 7, 20)

LASTCALL_YAML = """
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

GUS, FINANCE, FINANCE_ONCALL = "user:gus@acme.example", "#finance", "usergroup:finance-oncall"
FAY, SEARCH, IVY, PEOPLE = "user:fay@acme.example", "#search", "user:ivy@acme.example", "#people"
ANA, PAYMENTS, BEN, CARE = "user:ana@acme.example", "#payments", "user:ben@acme.example", "#care"
MIA, DORA, FALLBACK = "user:mia@acme.example", "user:dora@acme.example", "#ai-platform"

TOLD: Told = {
    "2025-04-14": {
        "checkout-assistant": {"announced": {ANA, PAYMENTS}},
        "ticket-triage": {"announced": {BEN, CARE}},
        "query-rewriter": {"announced": {FAY, SEARCH}},
        "legacy-summarizer": {"announced": {FALLBACK}},
        # One run on 31 March tells no rhythm: the monthly job counts as stopped until it runs again.
    },
    "2025-04-30": {"month-end-report": {"announced": {GUS, FINANCE}}},
    # Quiet since Sunday, which is no day for good news either.
    "2025-05-05": {"checkout-assistant": {"migrated": {ANA}}},
    "2025-05-08": {"query-rewriter": {"migrated": {FAY}}},
    "2025-05-15": {
        "ticket-triage": {"-60d": {BEN}},
        "month-end-report": {"-60d": {GUS}},
        "legacy-summarizer": {"-60d": {FALLBACK}},
    },
    # 14 June is a Saturday: it waits for Monday. The calls do not fall, so those hear as well whom the next step would
    # tell. Care has no manager and no director: the fallback channel hears for them.
    "2025-06-16": {
        "ticket-triage": {"-30d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-30d": {GUS, FINANCE, MIA}},
        "legacy-summarizer": {"-30d": {FALLBACK}},
    },
    # The relapse opens again at the level that it had left.
    "2025-06-20": {"query-rewriter": {"announced": {FAY, SEARCH}}},
    "2025-06-30": {
        "ticket-triage": {"-14d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-14d": {GUS, FINANCE, MIA}},
        "query-rewriter": {"-14d": {FAY, SEARCH, MIA}},
        "legacy-summarizer": {"-14d": {FALLBACK}},
    },
    # A late discovery: one message at the highest step. The manager is told a business day later, at the next step.
    "2025-07-04": {"onboarding-guide": {"-14d": {IVY, PEOPLE}}},
    "2025-07-07": {
        "ticket-triage": {"-7d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-7d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA}},
        "query-rewriter": {"-7d": {FAY, SEARCH, MIA, DORA}},
        # Ivy has not had the time to begin: no director hears early of what she could not do.
        "onboarding-guide": {"-7d": {IVY, PEOPLE, MIA}},
        "legacy-summarizer": {"-7d": {FALLBACK}},
    },
    "2025-07-11": {
        "ticket-triage": {"-3d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-3d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA}},
        "query-rewriter": {"-3d": {FAY, SEARCH, MIA, DORA}},
        "onboarding-guide": {"migrated": {IVY}},
        "legacy-summarizer": {"-3d": {FALLBACK}},
    },
    # A Sunday: the last three days do not wait.
    "2025-07-13": {
        "ticket-triage": {"-1d": {BEN, CARE, FALLBACK}},
        "month-end-report": {"-1d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA}},
        # It was away for six weeks once, so a few days of silence prove nothing.
        "query-rewriter": {"-1d": {FAY, SEARCH, MIA, DORA}},
        "legacy-summarizer": {"-1d": {FALLBACK}},
    },
    # Where calls fail already, one message stands for the day and the failure.
    "2025-07-14": {
        "ticket-triage": {"+0d while failing": {BEN, CARE, FALLBACK}},
        "query-rewriter": {"0d": {FAY, SEARCH, MIA, DORA, FALLBACK}},
        "month-end-report": {"0d": {GUS, FINANCE, FINANCE_ONCALL, MIA, DORA, "#inc-finance"}},
        "legacy-summarizer": {"+0d while failing": {FALLBACK}},
    },
    "2025-07-15": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-16": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-17": {"ticket-triage": {"+1d": {BEN, CARE, FALLBACK}}, "legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-18": {"legacy-summarizer": {"+1d": {FALLBACK}}},
    # Ticket-triage is quiet by then; good news wait for Monday.
    "2025-07-19": {"legacy-summarizer": {"+1d": {FALLBACK}}},
    "2025-07-20": {"legacy-summarizer": {"+1d": {FALLBACK}}},
}


async def test_each_day_the_right_people_and_nobody_else_are_told_once(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=BEGIN) as story:
        _six_services_call(story)
        await story.fast_forward(until=END)
        story.expect_told(TOLD)

        relapse = story.message(SEARCH, on=date(2025, 6, 20)).text
        assert "had stopped calling it on Mon 5 May 2025, and calls it again, since Fri 20 Jun 2025" in relapse
        assert "with 3 calls so far" in relapse
        assert "you were not told" not in relapse, "60 and 30 days before, it had stopped calling"
        late = story.message(PEOPLE, on=date(2025, 7, 4)).text
        assert "shuts down in 10 days" in late
        assert "you were not told at the announcement" in late
        weekly = story.message(FALLBACK, on=date(2025, 6, 16)).text
        assert "legacy-summarizer (production), no owner: 21 calls, 2,100 tokens, last on Mon 16 Jun 2025" in weekly
        failing = story.message(FALLBACK, on=date(2025, 7, 15)).text
        assert "21 calls, 6 failed" in failing


def _six_services_call(story: Story) -> None:
    """Three calls a day. From the shutdown on, OpenAI says that the model is gone."""
    # Migrates in time.
    story.calls("checkout-assistant", until=date(2025, 5, 1))
    # Moves on two days after the end, when it has been failing.
    story.calls("ticket-triage", until=date(2025, 7, 16), fails_from=SHUTDOWN)
    # Runs on the last day of each month, and nobody remembers it.
    story.calls("month-end-report", on=lambda day: (day + timedelta(days=1)).day == 1)
    # Migrates, is rolled back on 20 June, and migrates again after 8 July.
    story.calls("query-rewriter", until=date(2025, 5, 5))
    story.calls("query-rewriter", since=date(2025, 6, 20), until=date(2025, 7, 8))
    # Is seen for the first time ten days before the end, and stops four days later.
    story.calls("onboarding-guide", since=date(2025, 7, 4), until=date(2025, 7, 8))
    # Belongs to nobody, and is called to the last.
    story.calls("legacy-summarizer", fails_from=SHUTDOWN)
