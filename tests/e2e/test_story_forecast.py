"""The calls of one service fall fast enough, those of another too slowly. The manager is spared the one, and hears of
the other before the policy would tell her.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date, timedelta

import pytest

from service.adapters.postgres.database import Database
from tests.story import Story, Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - services: [search-*]
    team: search
    people: [ann@acme.example]
    channel: "#team-search"
    manager: [mia@acme.example]
    director: [dora@acme.example]
    timezone: Europe/Berlin
  - services: [ticket-*]
    team: care
    people: [ben@acme.example]
    channel: "#team-care"
    manager: [max@acme.example]
    director: [dora@acme.example]
    timezone: Europe/Berlin
"""
ANN, SEARCH, MIA = "user:ann@acme.example", "#team-search", "user:mia@acme.example"
BEN, CARE, MAX, DORA = "user:ben@acme.example", "#team-care", "user:max@acme.example", "user:dora@acme.example"

TOLD: Told = {
    # In the middle of the ladder, by its -60d, the two are alike.
    "2025-05-19": {"search-api": {"-60d": {ANN}}, "ticket-api": {"-60d": {BEN}}},
    # Whether the fast one ends in time cannot be said yet. The slow one does not: whom the next step would tell hears.
    "2025-06-16": {"search-api": {"-30d": {ANN, SEARCH}}, "ticket-api": {"-30d": {BEN, CARE, MAX}}},
    # The manager of the fast one belongs to this step.
    "2025-06-30": {"search-api": {"-14d": {ANN, SEARCH}}, "ticket-api": {"-14d": {BEN, CARE, MAX}}},
    # The fast one was called last on Friday. Neither the director nor who is on call, for whom the manager stands in,
    # belongs to the slow one's step.
    "2025-07-07": {"search-api": {"migrated": {ANN}}, "ticket-api": {"-7d": {BEN, CARE, MAX, DORA}}},
}


async def test_calls_that_fall_in_time_spare_the_manager_and_those_that_do_not_are_told_early(
    database: Database,
) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 19)) as story:
        _jobs_move(story, "search-api", one_each=1)
        _jobs_move(story, "ticket-api", one_each=4)
        await story.fast_forward(until=date(2025, 7, 7))
        story.expect_told(TOLD)

        spared = story.message(SEARCH, on=date(2025, 6, 30)).text
        assert "Spared: the manager, because at this pace the calls end in time" in spared
        assert "days before the end" in spared
        early = story.message(MAX, on=date(2025, 6, 16)).text
        assert "Notified early: the manager, because at this pace the calls do not reach zero before the end" in early


def _jobs_move(story: Story, service: str, *, one_each: int) -> None:
    """Forty jobs of one call a day; every so many days one of them moves to another model. At one each day the last
    of them calls on 4 July."""
    for number in range(1, 41):
        story.calls(service, per_day=1, until=date(2025, 5, 25) + number * timedelta(days=one_each))
