"""The provider moves the day. The owner hears once, with both days; no past step is told again, and those
that stand in the future again are armed again.
"""

from datetime import date

import pytest

from service.adapters.postgres.database import Database
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: [search-*]
    team: search
    people: [ann@acme.example]
    channel: "#team-search"
    oncall: ["usergroup:search-oncall"]
    manager: [mia@acme.example]
    director: [dora@acme.example]
    incident: "#inc-search"
    timezone: Europe/Berlin
"""
ANN, TEAM, ONCALL = "user:ann@acme.example", "#team-search", "usergroup:search-oncall"
MIA, DORA, INCIDENT = "user:mia@acme.example", "user:dora@acme.example", "#inc-search"
O3 = ("azure-openai", "o3")
GPT45 = ("openai-api", "gpt-4.5-preview")


async def test_day_moved_later_tells_the_owner_once_and_arms_the_steps_again(database: Database) -> None:
    """Azure's o3 was to end on 2026-10-16, and then on 2026-11-19."""
    told: Told = {
        # Azure announced nothing on record: that counts from the first call, 39 days before the end, where the ladder
        # stands at -60d already.
        "2026-09-07": {"search-api": {"-60d": {ANN}}},
        "2026-09-16": {"search-api": {"-30d": {ANN, TEAM}}},
        "2026-10-02": {"search-api": {"-14d": {ANN, TEAM, MIA}}},
        # Ten days before the old end, the day moves 34 days on.
        "2026-10-06": {"search-api": {"date_moved": {ANN}}},
        # The calls do not fall: from 30 days before the end on, those hear as well whom the next step would tell.
        "2026-10-20": {"search-api": {"-30d": {ANN, TEAM, MIA}}},
        "2026-11-05": {"search-api": {"-14d": {ANN, TEAM, MIA}}},
        "2026-11-09": {"search-api": {"migrated": {ANN}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2026, 9, 7)) as story:
        story.calls("search-api", "o3", provider="azure", until=date(2026, 11, 6))
        story.moves_date(*O3, to=date(2026, 10, 16))
        await story.fast_forward(until=date(2026, 10, 5))
        story.moves_date(*O3, to=date(2026, 11, 19))
        await story.fast_forward(until=date(2026, 11, 12))
        story.expect_told(told)

        news = story.message(ANN, on=date(2026, 10, 6)).text
        assert "Fri 16 Oct 2026" in news
        assert "Thu 19 Nov 2026" in news


async def test_day_moved_earlier_makes_one_message_of_all_that_is_due_by_then(database: Database) -> None:
    """GPT-4.5 Preview, if on 30 May the end had moved from 14 July to 12 June."""
    told: Told = {
        "2025-05-12": {"search-api": {"announced": {ANN, TEAM}}},
        "2025-05-15": {"search-api": {"-60d": {ANN}}},
        # A Friday. By the new plan the 14 days of the manager began yesterday: she hears together with the owner, who
        # has known of it since the 12th.
        "2025-05-30": {"search-api": {"date_moved": {ANN}, "-14d": {ANN, TEAM, MIA}}},
        # The calls do not fall: whom the next step would tell hears as well.
        "2025-06-05": {"search-api": {"-7d": {ANN, TEAM, ONCALL, MIA, DORA}}},
        "2025-06-09": {"search-api": {"-3d": {ANN, TEAM, ONCALL, MIA, DORA}}},
        "2025-06-11": {"search-api": {"-1d": {ANN, TEAM, ONCALL, MIA, DORA}}},
        # It was called yesterday, and may be called again.
        "2025-06-12": {"search-api": {"0d": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
        # Quiet on a Saturday; good news wait for Monday.
        "2025-06-16": {"search-api": {"migrated": {ANN}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 12)) as story:
        story.calls("search-api", until=date(2025, 6, 11))
        await story.fast_forward(until=date(2025, 5, 29))
        story.moves_date(*GPT45, to=date(2025, 6, 12))
        await story.fast_forward(until=date(2025, 6, 16))
        story.expect_told(told)

        news = story.message(ANN, on=date(2025, 5, 30)).text
        assert "Mon 14 Jul 2025" in news
        assert "Thu 12 Jun 2025" in news
        assert "shuts down in 13 days" in news
