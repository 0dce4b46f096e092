"""Nothing may be changed from ten days before the shutdown on until after it: the steps are counted from there.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date

import pytest

from service.adapters.postgres.database import Database
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
freezes:
  - {from: 2025-07-04, to: 2025-07-18, name: half-year close}
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
    # 30 days before Friday 4 July was Wednesday 4 June; the calls are on record since the 6th.
    "2025-06-06": {"search-api": {"-30d": {ANN, TEAM}}},
    # Two weeks of calls that do not fall: whom the next step would tell hears as well, and that is the manager.
    "2025-06-20": {"search-api": {"-14d": {ANN, TEAM, MIA}}},
    "2025-06-27": {"search-api": {"-7d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-01": {"search-api": {"-3d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-03": {"search-api": {"-1d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    # In the freeze nobody can do anything before the day itself.
    "2025-07-14": {"search-api": {"+0d while failing": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
    "2025-07-15": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
}


async def test_freeze_pulls_the_steps_before_the_shutdown_forward_and_no_others(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 6, 6)) as story:
        story.calls("search-api", fails_from=date(2025, 7, 14))
        await story.fast_forward(until=date(2025, 7, 15))
        story.expect_told(TOLD)

        last_day_for_changes = story.message(ANN, on=date(2025, 7, 3)).text
        assert "shuts down in 11 days" in last_day_for_changes
        assert "from Fri 4 Jul 2025 (half-year close) up to the shutdown" in last_day_for_changes
