"""What is written and not sent yet, and then somebody acts: it waits no longer than it must, and goes out only while it
is so.

GPT-4.5 Preview, announced on 2025-04-14 and gone on Monday 2025-07-14.
"""

from datetime import date, timedelta

import pytest

from service.adapters.postgres.database import Database
from service.core.escalation.act import Act, Commit, Reopen, Waive
from tests.story import Story, Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: [search-api]
    team: search
    people: [ann@acme.example]
    channel: "#team-search"
    manager: [mia@acme.example]
    timezone: UTC
  - services: [discovery-*]
    team: discovery
    people: [ben@acme.example]
    channel: "#team-discovery"
    manager: [mia@acme.example]
    timezone: UTC
"""
ANN, TEAM, BEN = "user:ann@acme.example", "#team-search", "user:ben@acme.example"
MIA = "user:mia@acme.example"
HOUR = timedelta(hours=1)


async def _handed_over_on_friday_evening(story: Story, then: Act) -> None:
    """A tick writes Ben's first notice for Monday, and the former owner acts before it goes out."""
    story.calls("search-api")
    await story.fast_forward(until=date(2025, 5, 1), every=12 * HOUR)
    await story.fast_forward(days=20 / 24, every=4 * HOUR)
    await story.answers("search-api", team="discovery", people=["ben@acme.example"], author="ann@acme.example")
    await story.fast_forward(days=2 / 24, every=HOUR)
    await story.asks(then, "search-api")


async def test_new_owner_hears_on_monday_of_the_waiver_that_the_former_one_asked_for(database: Database) -> None:
    told: Told = {
        "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
        "2025-05-05": {"search-api": {"announced": {BEN}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 4, 1)) as story:
        waive = Waive("ann@acme.example", date(2025, 8, 4), "it is switched off in August")
        await _handed_over_on_friday_evening(story, waive)
        await story.fast_forward(until=date(2025, 6, 20), every=6 * HOUR)
        story.expect_told(told)


async def test_written_notice_waits_no_longer_than_the_promise_is_believed(database: Database) -> None:
    """A relapse on a Saturday, written for Monday, and on Sunday a promise for 20 June. The calls go on: after half of
    the time, on Saturday 7 June, nothing speaks for it any more."""
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 4, 1)) as story:
        story.calls("search-api", until=date(2025, 5, 5))
        story.calls("search-api", since=date(2025, 5, 24))
        await story.fast_forward(until=date(2025, 5, 24), every=12 * HOUR)
        await story.fast_forward(days=1, every=6 * HOUR)
        await story.asks(Commit("ann@acme.example", date(2025, 6, 20)), "search-api")
        await story.fast_forward(until=date(2025, 6, 10), every=6 * HOUR)
        story.expect_told(
            {
                "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
                "2025-05-08": {"search-api": {"migrated": {ANN}}},
                "2025-06-09": {"search-api": {"announced": {ANN, TEAM}}},
            }
        )


async def test_end_of_calls_is_not_told_once_they_are_back(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 4, 1)) as story:
        story.calls("search-api", until=date(2025, 5, 11))
        story.calls("search-api", since=date(2025, 5, 20))
        await story.fast_forward(until=date(2025, 5, 11), every=12 * HOUR)
        await story.asks(Waive("ann@acme.example", date(2025, 6, 4), "a long holiday"), "search-api")
        await story.fast_forward(until=date(2025, 5, 21), every=6 * HOUR)
        await story.asks(Reopen("ann@acme.example"), "search-api")
        await story.fast_forward(until=date(2025, 6, 5), every=6 * HOUR)
        story.expect_told(
            {
                "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
                "2025-05-22": {"search-api": {"-60d": {ANN}}},
            }
        )
