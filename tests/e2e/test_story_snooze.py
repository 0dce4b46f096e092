"""An owner asks for quiet until a day that is safe. Nobody hears meanwhile; what came up is one message when it ends.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date

from service.adapters.postgres.database import Database
from service.core.escalation.act import Snooze
from tests.story import HALF_A_DAY, Told, open_story

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: [search-*]
    team: search
    people: [ann@acme.example]
    channel: "#team-search"
    manager: [mia@acme.example]
    timezone: Europe/Berlin
"""
ANN, BOB = "user:ann@acme.example", "user:bob@acme.example"
TEAM, MIA = "#team-search", "user:mia@acme.example"


async def test_who_is_held_back_when_the_snooze_begins_hears_when_it_ends(database: Database) -> None:
    told: Told = {
        # Found eleven days before the end. The manager would hear on Friday.
        "2025-07-03": {"search-api": {"-14d": {ANN, TEAM}}},
        # Monday is the day of the next step, and no day after it is safe.
        "2025-07-07": {"search-api": {"-7d": {ANN, TEAM, MIA}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 7, 3)) as story:
        story.calls("search-api")
        await story.fast_forward(days=0.5)
        await story.asks(Snooze("ann@acme.example", until=date(2025, 7, 7)), "search-api")
        await story.fast_forward(until=date(2025, 7, 8))
        story.expect_told(told)
        assert "Late" not in story.message(ANN, on=date(2025, 7, 7)).text


async def test_who_takes_over_during_a_snooze_hears_when_it_ends(database: Database) -> None:
    told: Told = {
        "2025-05-16": {"search-api": {"-60d": {ANN}}},
        # Bob owns it since 20 May. The snooze is the team's, and goes on.
        "2025-06-06": {"search-api": {"-60d": {BOB}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 16)) as story:
        story.calls("search-api")
        await story.fast_forward(days=0.5)
        await story.asks(Snooze("ann@acme.example", until=date(2025, 6, 6)), "search-api")
        await story.fast_forward(until=date(2025, 5, 19))
        story.owners_change(LASTCALL_YAML.replace("ann@", "bob@"))
        await story.fast_forward(until=date(2025, 6, 8), every=HALF_A_DAY)
        story.expect_told(told)
        assert "its former owner was ann@acme.example" in story.message(BOB, on=date(2025, 6, 6)).text
