"""A team promises a day, and does not keep it. GPT-4.5 Preview, gone on 2025-07-14.

A promise holds the steps as long as the calls fall as it says; once its day is past with calls after it, the ladder
goes on where it stands by then, and the digest says so.
"""

from datetime import date

import pytest

from service.adapters.postgres.database import Database
from service.core.escalation.act import Commit
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

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
ANN, TEAM, MIA = "user:ann@acme.example", "#team-search", "user:mia@acme.example"
BEGINS, PROMISED_AT, PROMISED = date(2025, 4, 14), date(2025, 5, 13), date(2025, 6, 6)


async def test_promise_that_the_calls_bear_out_holds_steps_until_its_day_and_no_longer(database: Database) -> None:
    told: Told = {
        "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
        # 60 days before the end is 15 May: it is held. On Saturday the 7th the old version is rolled out again, and on
        # Monday the promise is found broken.
        "2025-06-09": {"search-api": {"-60d": {ANN}}},
        # It is called as much as ever: the manager, whom the next step would tell, hears early.
        "2025-06-16": {"search-api": {"-30d": {ANN, TEAM, MIA}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=BEGINS) as story:
        story.calls("search-api", per_day=40, until=date(2025, 5, 18))
        story.calls("search-api", per_day=20, since=date(2025, 5, 19), until=date(2025, 5, 25))
        story.calls("search-api", per_day=8, since=date(2025, 5, 26), until=date(2025, 6, 1))
        story.calls("search-api", per_day=2, since=date(2025, 6, 2), until=date(2025, 6, 6))
        story.calls("search-api", per_day=40, since=date(2025, 6, 7))
        await story.fast_forward(until=PROMISED_AT)
        await story.asks(Commit("ann@acme.example", PROMISED), "search-api")
        await story.fast_forward(until=date(2025, 6, 16))
        story.expect_told(told)
        broken = story.message(ANN, on=date(2025, 6, 9)).text
        assert "promised to be done by Fri 6 Jun 2025, and was not" in broken

        digest = story.digests[-1]
        assert (digest.to, digest.at.date()) == ("#ai-platform", date(2025, 6, 16))
        assert "promised to be done by Fri 6 Jun 2025, and was not" in digest.text


async def test_promise_that_the_calls_belie_holds_nothing_after_its_first_half(database: Database) -> None:
    told: Told = {
        "2025-04-14": {"search-api": {"announced": {ANN, TEAM}}},
        # Held on 15 May. Half of the promise's time is over on Sunday 25 May, and the calls have not fallen.
        "2025-05-26": {"search-api": {"-60d": {ANN}}},
        # Its day is past, and it is said that it was not kept, where the ladder stands.
        "2025-06-09": {"search-api": {"-60d": {ANN}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=BEGINS) as story:
        story.calls("search-api", per_day=40)
        await story.fast_forward(until=PROMISED_AT)
        await story.asks(Commit("ann@acme.example", PROMISED), "search-api")
        await story.fast_forward(until=date(2025, 6, 15))
        story.expect_told(told)
        belied = story.message(ANN, on=date(2025, 5, 26)).text
        assert "promised to be done by Fri 6 Jun 2025, but at this pace the calls go on" in belied
        assert "promised to be done by Fri 6 Jun 2025" in story.message(ANN, on=date(2025, 6, 9)).text
