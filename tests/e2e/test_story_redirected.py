"""Another model answers than the one that is asked for: a gateway falls back before the day, the provider redirects
after it. The owner hears once, either way.

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


async def test_gateway_that_falls_back_before_the_day_is_told_once_and_the_steps_go_on(database: Database) -> None:
    told: Told = {
        "2025-06-02": {"search-api": {"-60d": {ANN}}},
        "2025-06-04": {"search-api": {"redirected": {ANN}}},
        # It still asks for the model, as much as ever: the manager, whom the next step would tell, hears early.
        "2025-06-16": {"search-api": {"-30d": {ANN, TEAM, MIA}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 6, 2)) as story:
        story.calls("search-api", until=date(2025, 6, 3))
        story.calls("search-api", since=date(2025, 6, 4), answered_by="gpt-4.1")
        await story.fast_forward(until=date(2025, 6, 17), every=HALF_A_DAY)
        story.expect_told(told)

        news = story.message(ANN, on=date(2025, 6, 4)).text
        assert "gpt-4.1 answered" in news
        assert "The announced end is Mon 14 Jul 2025, so this is hardly the provider's doing" in news
        assert "Answered by: gpt-4.1" in story.message(TEAM, on=date(2025, 6, 16)).text


async def test_provider_that_redirects_after_the_day_is_told_once_and_nobody_is_reminded(database: Database) -> None:
    told: Told = {
        "2025-07-11": {"search-api": {"-3d": {ANN, TEAM, ONCALL, MIA, DORA}}},
        "2025-07-13": {"search-api": {"-1d": {ANN, TEAM, ONCALL, MIA, DORA}}},
        "2025-07-14": {"search-api": {"0d": {ANN, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
        # Nothing fails, and the model is not called any more: there is nobody to hurry.
        "2025-07-15": {"search-api": {"redirected": {ANN}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 7, 11)) as story:
        story.calls("search-api", until=date(2025, 7, 14))
        story.calls("search-api", since=date(2025, 7, 15), answered_by="gpt-4.1")
        await story.fast_forward(until=date(2025, 7, 18))
        story.expect_told(told)

        news = story.message(ANN, on=date(2025, 7, 15)).text
        assert "The announced day, Mon 14 Jul 2025, has come" in news
