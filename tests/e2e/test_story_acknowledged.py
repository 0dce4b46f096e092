"""The day is past, and calls fail. The owner is on it: the daily reminders stop for five business days, and no longer.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date

from service.adapters.postgres.database import Database
from service.core.escalation.act import Acknowledge
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
    incident: "#inc-search"
    timezone: Europe/Berlin
"""
ANN, TEAM, ONCALL = "user:ann@acme.example", "#team-search", "usergroup:search-oncall"
MIA, DORA, INCIDENT = "user:mia@acme.example", "user:dora@acme.example", "#inc-search"

TOLD: Told = {
    "2025-07-07": {"search-api": {"-7d": {ANN, TEAM}}},
    # It was found on that very day, so the manager waited until the owner had had a business day.
    "2025-07-08": {"search-api": {"-7d": {MIA}}},
    "2025-07-11": {"search-api": {"-3d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-13": {"search-api": {"-1d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-14": {"search-api": {"+0d while failing": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
    "2025-07-15": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    # Acknowledged on Tuesday the 15th: 16, 17, 18, 21 and 22 July, and from that morning on again.
    "2025-07-22": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    "2025-07-23": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    # The last call was on the 23rd; good news wait for Monday.
    "2025-07-24": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    "2025-07-28": {"search-api": {"migrated": {ANN}}},
}


async def test_acknowledgement_stops_the_daily_reminders_for_five_business_days(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 7, 7)) as story:
        story.calls("search-api", fails_from=date(2025, 7, 14), until=date(2025, 7, 23))
        await story.fast_forward(until=date(2025, 7, 14))
        await story.fast_forward(days=0.5)
        await story.asks(Acknowledge("ann@acme.example"), "search-api")
        await story.fast_forward(until=date(2025, 7, 28), every=HALF_A_DAY)
        story.expect_told(TOLD)

        monday = [message.text for message in story.digests if message.at.date() == date(2025, 7, 21)]
        assert len(monday) == 2
        assert all("acknowledged by ann@acme.example on Tue 15 Jul 2025" in text for text in monday)
