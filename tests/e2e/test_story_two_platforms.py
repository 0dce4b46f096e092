"""One service calls o3 at OpenAI, where it ends on 2026-12-11, and on Azure, where it ends on 2026-11-19.

Two platforms, two ladders: what ends first is told first, and the day on the one says nothing about the other. What is
expected was worked out by hand from the default policy. Azure's day is only reported, so nobody above the owner hears
of it before calls fail.
"""

from datetime import date

import pytest

from service.adapters.postgres.database import Database
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
organisation: Acme
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

TOLD: Told = {
    "2026-09-14": {"azure-openai": {"announced": {ANN, TEAM}}, "openai-api": {"announced": {ANN, TEAM}}},
    # 20 September is a Sunday: it waits for Monday.
    "2026-09-21": {"azure-openai": {"-60d": {ANN}}},
    "2026-10-12": {"openai-api": {"-60d": {ANN}}},
    "2026-10-20": {"azure-openai": {"-30d": {ANN, TEAM}}},
    "2026-11-05": {"azure-openai": {"-14d": {ANN, TEAM}}},
    # The calls do not fall: from 30 days before the end on, those hear as well whom the next step would tell.
    "2026-11-11": {"openai-api": {"-30d": {ANN, TEAM, MIA}}},
    "2026-11-12": {"azure-openai": {"-7d": {ANN, TEAM}}},
    "2026-11-16": {"azure-openai": {"-3d": {ANN, TEAM}}},
    "2026-11-18": {"azure-openai": {"-1d": {ANN, TEAM}}},
    "2026-11-19": {"azure-openai": {"+0d while failing": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
    # It is called, and fails, until the 20th: after that day's calls the last daily reminder.
    "2026-11-20": {"azure-openai": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    "2026-11-21": {"azure-openai": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    "2026-11-23": {"azure-openai": {"migrated": {ANN}}},
    "2026-11-27": {"openai-api": {"-14d": {ANN, TEAM, MIA}}},
    "2026-12-04": {"openai-api": {"-7d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    # The last call at OpenAI was on Friday.
    "2026-12-07": {"openai-api": {"migrated": {ANN}}},
}


async def test_each_platforms_own_day_counts(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2026, 9, 14)) as story:
        story.calls("search-api", "o3", provider="azure", until=date(2026, 11, 20), fails_from=date(2026, 11, 19))
        story.calls("search-api", "o3", provider="openai", until=date(2026, 12, 4))
        await story.fast_forward(until=date(2026, 12, 12))
        story.expect_told(TOLD, by="platform")

        first = story.message(TEAM, on=date(2026, 9, 14)).text
        assert "2 models are going away" in first
        assert "Thu 19 Nov 2026" in first
        assert "Fri 11 Dec 2026" in first
        azure = story.message(TEAM, on=date(2026, 10, 20)).text
        assert "is reported to shut down in 30 days" in azure
        assert "11 Dec" not in azure
