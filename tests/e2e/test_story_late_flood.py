"""A thousand services are discovered five days before the end: one message a destination, nothing cut, nothing lost."""

import re
from collections import Counter
from datetime import date

from service.adapters.postgres.database import Database
from tests.story import SentMessage, open_story

TEAMS = range(8)
OWNED, UNOWNED = 120, 40
"""Services of each team, and of nobody: a thousand."""
FALLBACK, MIA = "#ai-platform", "user:mia@acme.example"
FOUND, DAY_AFTER = date(2025, 7, 9), date(2025, 7, 10)

LASTCALL_YAML = 'fallback_channel: "#ai-platform"\nowners:\n' + "".join(
    f"  - {{services: [team-{team}-*], team: team-{team}, people: [owner-{team}@acme.example],"
    f' channel: "#team-{team}", manager: [mia@acme.example]}}\n'
    for team in TEAMS
)


def services_of(team: int | str) -> list[str]:
    return [f"team-{team}-service-{number:03}" for number in range(UNOWNED if team == "none" else OWNED)]


def named_in(message: SentMessage) -> list[str]:
    """Every service that a message lists."""
    return sorted(re.findall(r"team-\w+-service-\d{3}", message.text))


async def test_thousand_services_found_five_days_before_the_end_are_one_message_a_destination(
    database: Database,
) -> None:
    services = [name for team in (*TEAMS, "none") for name in services_of(team)]
    assert len(services) == 1000
    async with open_story(database, LASTCALL_YAML, begins=FOUND) as story:
        for service in services:
            story.calls(service, per_day=1)
        await story.fast_forward(until=FOUND)
        for team in TEAMS:
            for to in (f"user:owner-{team}@acme.example", f"#team-{team}"):
                message = story.expect_message(to, on=FOUND, containing=("in 5 days", "120 services still call it"))
                assert named_in(message) == services_of(team)
                assert {news.step for news in message.news} == {"-7d"}
                assert message.posts > 1
        orphans = story.expect_message(FALLBACK, on=FOUND, containing="Who owns these 40 services?")
        assert Counter(named_in(orphans)) == dict.fromkeys(services_of("none"), 2), "in the list, and as orphans"
        # The manager hears once the owners have had a business day.
        story.expect_nothing_else()

        await story.fast_forward(until=DAY_AFTER)
        above = story.expect_message(MIA, on=DAY_AFTER, containing="960 services still call it")
        assert named_in(above) == sorted(name for team in TEAMS for name in services_of(team))
