"""A risk is accepted past the shutdown: nobody hears until the waiver ends, whatever the calls do; then all goes on.

GPT-4.5 Preview, gone on Monday 2025-07-14. What is expected was worked out by hand from the default policy.
"""

from datetime import date

from service.adapters.postgres.database import Database
from service.core.escalation.act import Waive
from tests.story import HALF_A_DAY, Story, Told, open_story

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
MIA, INCIDENT = "user:mia@acme.example", "#inc-search"
BEGINS, SHUTDOWN, WAIVED_UNTIL = date(2025, 6, 30), date(2025, 7, 14), date(2025, 8, 4)
WAIVE = Waive("ann@acme.example", WAIVED_UNTIL, "it is switched off in August")
WAIVED = "waived by ann@acme.example until Mon 4 Aug 2025: it is switched off in August"


async def test_nobody_hears_of_calls_that_fail_until_the_waiver_ends(database: Database) -> None:
    told: Told = {
        "2025-06-30": {"search-api": {"-14d": {ANN, TEAM}}},
        # The daily reminder, and with it whom failing calls alone concern.
        "2025-08-04": {"search-api": {"+0d while failing": {ANN, TEAM, ONCALL, MIA, INCIDENT}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=BEGINS) as story:
        story.calls("search-api", fails_from=SHUTDOWN)
        await _waived_at_noon(story)
        await story.fast_forward(until=WAIVED_UNTIL, every=HALF_A_DAY)
        story.expect_told(told)

        # What somebody asked to wait was not missed.
        assert "Late" not in story.message(ANN, on=WAIVED_UNTIL).text
        # The risk has come true, and is still accepted.
        for text in _digests(story, date(2025, 7, 21)):
            assert "calls fail" in text
            assert WAIVED in text


async def test_relapse_after_a_waived_campaign_has_closed_is_told_once_the_waiver_is_over(database: Database) -> None:
    told: Told = {
        "2025-06-30": {"search-api": {"-14d": {ANN, TEAM}}},
        # The last call was on 25 July: good news wait for the end of the waiver as well.
        "2025-08-04": {"search-api": {"migrated": {ANN}}},
        "2025-08-06": {"search-api": {"+1d": {ANN, TEAM, ONCALL, MIA}}},
    }
    async with open_story(database, LASTCALL_YAML, begins=BEGINS) as story:
        story.calls("search-api", until=date(2025, 7, 25))
        story.calls("search-api", since=date(2025, 8, 6))
        await _waived_at_noon(story)
        # A week after the day, when calls are answered still.
        await story.fast_forward(until=date(2025, 7, 21), every=HALF_A_DAY)
        assert await story.state("search-api") == "waived"
        await story.fast_forward(until=date(2025, 8, 6), every=HALF_A_DAY)
        story.expect_told(told)

        for text in _digests(story, date(2025, 7, 21)):
            assert WAIVED in text
        back = story.message(ANN, on=date(2025, 8, 6)).text
        assert "had stopped calling it on Fri 25 Jul 2025, and calls it again, since Wed 6 Aug 2025" in back


async def _waived_at_noon(story: Story) -> None:
    """On the day on which it begins."""
    await story.fast_forward(days=0.5)
    await story.asks(WAIVE, "search-api")


def _digests(story: Story, on: date) -> list[str]:
    """The organisation's and the team's."""
    texts = [message.text for message in story.digests if message.at.date() == on]
    assert len(texts) == 2
    return texts
