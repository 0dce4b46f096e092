"""For one day, twelve days before the end, calls are told that the model is gone. Then they are answered again, until
the end really comes.

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
    incident: "#inc-search"
    timezone: Europe/Berlin
"""
ANN, TEAM, ONCALL = "user:ann@acme.example", "#team-search", "usergroup:search-oncall"
MIA, DORA, INCIDENT = "user:mia@acme.example", "user:dora@acme.example", "#inc-search"
BROWNOUT, SHUTDOWN = date(2025, 7, 2), date(2025, 7, 14)

TOLD: Told = {
    "2025-06-30": {"search-api": {"-14d": {ANN, TEAM}}},
    "2025-07-01": {"search-api": {"-14d": {MIA}}},
    # The manager and the director belong to the day of the shutdown, and not to failing calls.
    "2025-07-02": {"search-api": {"+0d while failing": {ANN, TEAM, ONCALL, INCIDENT}}},
    "2025-07-07": {"search-api": {"-7d": {ANN, TEAM, MIA}}},
    "2025-07-11": {"search-api": {"-3d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-13": {"search-api": {"-1d": {ANN, TEAM, ONCALL, MIA, DORA}}},
    # That calls fail was told once before, but not of this day.
    "2025-07-14": {"search-api": {"+0d while failing": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
    "2025-07-15": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
}


async def test_brownout_is_told_at_once_and_the_end_as_if_there_had_been_none(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 6, 30)) as story:
        story.calls("search-api", until=date(2025, 7, 1))
        story.calls("search-api", since=BROWNOUT, until=BROWNOUT, fails_from=BROWNOUT)
        story.calls("search-api", since=date(2025, 7, 3), fails_from=SHUTDOWN)
        await story.fast_forward(until=date(2025, 7, 15), every=HALF_A_DAY)
        story.expect_told(TOLD)

        early = story.message(INCIDENT, on=BROWNOUT).text
        assert "fails already, 12 days before the announced end" in early
        assert "It can be a brownout, after which calls are answered again" in early
        recovered = story.message(TEAM, on=date(2025, 7, 7)).text
        assert "shuts down in 7 days" in recovered
        assert "fails already" not in recovered
        assert "is shut down, and calls fail" in story.message(INCIDENT, on=SHUTDOWN).text
