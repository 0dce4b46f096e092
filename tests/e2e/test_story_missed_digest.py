"""The Monday of a digest goes by without a scheduler: it comes late once, or not at all where the next one is near."""

from datetime import date

from service.adapters.postgres.database import Database
from tests.story import HALF_A_DAY, open_story

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
  - {services: [search-*], team: search, people: [ann@acme.example], channel: "#team-search", timezone: Europe/Berlin}
"""
ANN = "user:ann@acme.example"


async def test_missed_digest_comes_late_once_or_not_at_all(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 16)) as story:
        story.calls("search-api")
        await story.fast_forward(until=date(2025, 5, 24), every=HALF_A_DAY)
        story.expect_message(ANN, on=date(2025, 5, 16), containing="shuts down in 59 days")
        # Over Monday 26 May; the next one is due on Monday 2 June at 9:00 UTC.
        await story.scheduler_is_down(until=date(2025, 5, 27))
        await story.fast_forward(until=date(2025, 5, 31))
        # Over that Monday too, until Sunday 8 June, when the one of Monday the 9th is 33 hours away.
        await story.scheduler_is_down(until=date(2025, 6, 7))
        await story.fast_forward(until=date(2025, 6, 10), every=HALF_A_DAY)

        came = [(digest.to, digest.at.date(), digest.text[: len("Week 20")]) for digest in story.digests]
        assert sorted(came) == [
            ("#ai-platform", date(2025, 5, 19), "Week 20"),
            ("#ai-platform", date(2025, 5, 28), "Week 21"),
            ("#ai-platform", date(2025, 6, 9), "Week 23"),
            ("#team-search", date(2025, 5, 19), "Week 20"),
            ("#team-search", date(2025, 5, 28), "Week 21"),
            ("#team-search", date(2025, 6, 9), "Week 23"),
        ]
