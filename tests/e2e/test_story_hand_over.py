"""The owner leaves, twice: who takes over gets a first notice, and those above wait until the new owner had a day."""

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
    timezone: Europe/Berlin
"""
ANN, BOB, EVE = "user:ann@acme.example", "user:bob@acme.example", "user:eve@acme.example"
TEAM, ONCALL = "#team-search", "usergroup:search-oncall"
MIA, DORA = "user:mia@acme.example", "user:dora@acme.example"

TOLD: Told = {
    "2025-05-12": {"search-api": {"announced": {ANN, TEAM}}},
    "2025-05-15": {"search-api": {"-60d": {ANN}}},
    # The calls do not fall: from 30 days before the end on, those hear as well whom the next step would tell.
    "2025-06-16": {"search-api": {"-30d": {ANN, TEAM, MIA}}},
    # Between two steps, where the ladder stands.
    "2025-06-18": {"search-api": {"-30d": {BOB}}},
    # Eve takes over in the night before a step: both are one message, and the manager waits for a business day.
    "2025-06-30": {"search-api": {"-30d": {EVE}, "-14d": {EVE, TEAM}}},
    "2025-07-01": {"search-api": {"-14d": {MIA}}},
    "2025-07-07": {"search-api": {"-7d": {EVE, TEAM, ONCALL, MIA, DORA}}},
}


async def test_each_new_owner_gets_a_first_notice_and_the_former_one_hears_no_more(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 12)) as story:
        story.calls("search-api", per_day=3)
        await story.fast_forward(until=date(2025, 6, 17))
        story.owners_change(LASTCALL_YAML.replace("ann@", "bob@"))
        await story.fast_forward(until=date(2025, 6, 29))
        story.owners_change(LASTCALL_YAML.replace("ann@", "eve@"))
        await story.fast_forward(until=date(2025, 7, 8))
        story.expect_told(TOLD)

        first = story.message(BOB, on=date(2025, 6, 18)).text
        assert "shuts down in 26 days" in first
        assert "its former owner was ann@acme.example" in first
        both = story.message(EVE, on=date(2025, 6, 30)).text
        assert both.count("its former owner was bob@acme.example") == 1
        assert "shuts down in 14 days" in both
        assert "Late" not in both
