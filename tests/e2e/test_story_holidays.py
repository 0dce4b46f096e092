"""The end is on a Friday, and the Thursday before it is a holiday: GPT-4.5 Preview, if it had ended on 2025-05-30.

Ascension Day, 29 May, leaves Wednesday as the last day of work. What is expected was worked out by hand from the policy
below and the holidays of Germany.
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
    timezone: Europe/Berlin
    country: DE
policies:
  - name: by business days
    steps:
      - {at: announced, tell: [owner, team]}
      - {at: -29d, tell: [owner]}
      - {at: -10bd, tell: [owner, team]}
      - {at: -3bd, tell: [owner, team, manager]}
      - {at: -1bd, tell: [owner, team, manager, oncall]}
      - {at: -1d, tell: [owner, team]}
      - {at: 0d, tell: [owner, team, manager, oncall]}
"""
ANN, TEAM, ONCALL, MIA = "user:ann@acme.example", "#team-search", "usergroup:search-oncall", "user:mia@acme.example"

TOLD: Told = {
    "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
    # 29 days before is the first of May: it waits for Friday. The calls do not fall, so from here on those hear as well
    # whom the next step would tell.
    "2025-05-02": {"search-api": {"-29d": {ANN, TEAM}}},
    # 15, 16, 19 to 23, 26 to 28 May.
    "2025-05-15": {"search-api": {"-10bd": {ANN, TEAM, MIA}}},
    "2025-05-26": {"search-api": {"-3bd": {ANN, TEAM, MIA, ONCALL}}},
    # The last day of work is Wednesday.
    "2025-05-28": {"search-api": {"-1bd": {ANN, TEAM, MIA, ONCALL}}},
    # The last three days do not wait for the end of a holiday.
    "2025-05-29": {"search-api": {"-1d": {ANN, TEAM}}},
    "2025-05-30": {"search-api": {"0d": {ANN, TEAM, MIA, ONCALL}}},
    # Quiet on Sunday, and told on Monday.
    "2025-06-02": {"search-api": {"migrated": {ANN}}},
}


async def test_holiday_before_a_friday_moves_the_business_days_and_not_the_last_days(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 4, 14)) as story:
        story.moves_date("openai-api", "gpt-4.5-preview", to=date(2025, 5, 30))
        story.calls("search-api", until=date(2025, 5, 29))
        await story.fast_forward(until=date(2025, 6, 2))
        story.expect_told(TOLD)

        last_day_of_work = story.message(ANN, on=date(2025, 5, 28)).text
        assert "shuts down in 2 days" in last_day_of_work
        assert "Fri 30 May 2025" in last_day_of_work
