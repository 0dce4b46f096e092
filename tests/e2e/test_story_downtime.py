"""No scheduler runs for ten days. Once one is up again, each destination hears in one message where things stand.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date

from service.adapters.postgres.database import Database
from tests.story import HALF_A_DAY, Told, open_story

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
ANN, TEAM, ONCALL = "user:ann@acme.example", "#team-search", "usergroup:search-oncall"
MIA, DORA = "user:mia@acme.example", "user:dora@acme.example"
UP_AGAIN = date(2025, 7, 8)

TOLD: Told = {
    "2025-06-16": {
        "search-api": {"-30d": {ANN, TEAM}},
        "search-old": {"-30d": {ANN, TEAM}},
    },
    # -14d and -7d have passed meanwhile. The calls of search-api do not fall: whom the next step would tell hears.
    "2025-07-08": {
        "search-api": {"-7d": {ANN, TEAM, ONCALL, MIA, DORA}},
        "search-old": {"migrated": {ANN}},
        "search-web": {"-7d": {ANN, TEAM}},
    },
    # Ann has known of search-web for a business day.
    "2025-07-09": {"search-web": {"-7d": {MIA}}},
}


async def test_ten_days_without_a_scheduler_come_to_one_message_a_destination(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 6, 16)) as story:
        story.calls("search-api")
        # Migrates while nobody looks, and begins while nobody looks.
        story.calls("search-old", until=date(2025, 6, 29))
        story.calls("search-web", since=date(2025, 7, 1))
        await story.fast_forward(until=date(2025, 6, 27))
        await story.scheduler_is_down(until=date(2025, 7, 7))
        await story.fast_forward(until=date(2025, 7, 9), every=HALF_A_DAY)
        story.expect_told(TOLD)

        # `message` is of the only one there on that day.
        merged = story.message(ANN, on=UP_AGAIN).text
        assert "shuts down in 6 days" in merged
        assert "you were not told 14 days before the shutdown" in merged
        assert "search-old" in merged
        assert "search-web" in merged
        assert "search-web" not in story.message(MIA, on=UP_AGAIN).text
