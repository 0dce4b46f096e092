"""A job that runs on the last day of each month, and that nobody remembers: it is not taken as migrated on the 20th."""

from datetime import date, timedelta

import pytest

from service.adapters.postgres.database import Database
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: [month-end-*]
    team: finance
    people: [gus@acme.example]
    channel: "#finance"
    oncall: ["usergroup:finance-oncall"]
    manager: [mia@acme.example]
    director: [dora@acme.example]
    incident: "#inc-finance"
    timezone: America/New_York
"""
GUS, TEAM, ONCALL = "user:gus@acme.example", "#finance", "usergroup:finance-oncall"
MIA, DORA, INCIDENT = "user:mia@acme.example", "user:dora@acme.example", "#inc-finance"

TOLD: Told = {
    "2025-04-14": {"month-end-report": {"announced": {GUS, TEAM}}},
    "2025-05-15": {"month-end-report": {"-60d": {GUS}}},
    # 14 June is a Saturday. Each run is as large as the one before: those hear as well whom the next step would tell.
    "2025-06-16": {"month-end-report": {"-30d": {GUS, TEAM, MIA}}},
    "2025-06-30": {"month-end-report": {"-14d": {GUS, TEAM, MIA}}},
    "2025-07-07": {"month-end-report": {"-7d": {GUS, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-11": {"month-end-report": {"-3d": {GUS, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-13": {"month-end-report": {"-1d": {GUS, TEAM, ONCALL, MIA, DORA}}},
    "2025-07-14": {"month-end-report": {"0d": {GUS, TEAM, ONCALL, MIA, DORA, INCIDENT}}},
    # It ran last before the end: nothing says that it fails until it does.
    "2025-07-31": {"month-end-report": {"+0d while failing": {GUS, TEAM, ONCALL, MIA, INCIDENT}}},
    "2025-08-01": {"month-end-report": {"+1d": {GUS, TEAM, ONCALL, MIA}}},
    # 35 days after its last call.
    "2025-09-04": {"month-end-report": {"migrated": {GUS}}},
}


def is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


async def test_month_end_job_is_told_at_every_step_and_not_taken_as_migrated(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 2, 28)) as story:
        story.calls("month-end-report", on=is_last_of_month, until=date(2025, 7, 31), fails_from=date(2025, 7, 14))
        await story.fast_forward(until=date(2025, 9, 5))
        story.expect_told(TOLD)

        now_and_then = story.message(TEAM, on=date(2025, 6, 16)).text
        assert "calls it now and then, and not in the last 7 days" in now_and_then
        assert "Sat 31 May 2025" in now_and_then
