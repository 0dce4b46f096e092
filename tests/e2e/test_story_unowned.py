"""Nobody is known to own a service: lastcall asks in Slack, names who may know, keeps the answer, and asks no more."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from service.adapters.postgres.database import Database
from tests.processes import connected, lastcall
from tests.story import Story, Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
fallback_channel: "#ai-platform"
owners:
- services: [search-api]
  team: find
  people: [ann@acme.example]
- services: [mail]
  team: post
  people: [ada@acme.example]
"""
FALLBACK, ADA = "#ai-platform", "user:ada@acme.example"
ANSWER = (
    "Answer with lastcall reassign {0} --team TEAM --person EMAIL, POST /api/v1/owners/{0} or a rule in lastcall.yaml: "
    "the owner is told from then on."
)
QUESTION = (
    "Who owns search-old? Perhaps ada@acme.example (holds the key that it calls with) or find (owns 1 of 1 service "
    f"named search-*). {ANSWER.format('search-old')}"
)
HOSTILE = (
    f"Who owns <!channel>; reboot? Perhaps <!here|x> `y` (holds the key that it calls with). {ANSWER.format('SERVICE')}"
)

TOLD: Told = {
    # Asked at each step, and in each digest.
    "2025-05-12": {"search-old": {"announced": {FALLBACK}}},
    "2025-05-15": {"search-old": {"-60d": {FALLBACK}}},
    # Answered: the owner gets a first notice, and is the one who hears from then on.
    "2025-05-20": {"search-old": {"-60d": {ADA}}},
    # The team has named neither a channel nor a manager: the fallback channel stands in, and is not asked.
    "2025-06-16": {"search-old": {"-30d": {ADA, FALLBACK}}},
}


async def test_service_of_nobody_is_asked_for_until_somebody_answers_and_the_answer_becomes_a_rule(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 12)) as story:
        story.calls("search-api", "gpt-4.1")
        story.calls("search-old", key_owner="ada@acme.example")
        await story.fast_forward(until=date(2025, 5, 19))
        for asked in (*(one.text for one in story.messages), digest_of(story, date(2025, 5, 19))):
            assert QUESTION in asked, asked

        await story.answers("search-old", team="post", people=["ada@acme.example"], author="bea@acme.example")
        await story.fast_forward(until=date(2025, 5, 27))
        assert "Who owns" not in story.message(ADA, on=date(2025, 5, 20)).text
        assert "Who owns" not in digest_of(story, date(2025, 5, 26))

        offered = await lastcall("owners", "--as-yaml", env=connected_to(database_url), folder=tmp_path)
        assert offered.out.startswith("# bea@acme.example, 2025-05-20\n")
        assert yaml.safe_load(offered.out) == [
            {"services": ["search-old"], "team": "post", "people": ["ada@acme.example"]}
        ]
        # With the rule in the file nobody is told anew: it is what the company already goes by.
        story.owners_change(LASTCALL_YAML + offered.out)
        await story.fast_forward(until=date(2025, 6, 17))
        story.expect_told(TOLD)
        assert "Who owns" not in story.message(FALLBACK, on=date(2025, 6, 16)).text


async def test_names_of_services_and_of_holders_of_keys_ping_nobody_and_are_never_in_a_command(
    database: Database,
) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2025, 5, 12)) as story:
        story.calls("<!channel>; reboot", key_owner="<!here|x> `y`")
        await story.fast_forward(until=date(2025, 5, 12))
        asked = story.expect_message(FALLBACK, on=date(2025, 5, 12), containing=HOSTILE)
        assert asked.posts == 1
        await story.fast_forward(until=date(2025, 5, 14))
        posted = json.dumps([(one.text, one.blocks) for one in story.slack.posts], ensure_ascii=False)
        assert "<!" not in posted
        assert "lastcall reassign <" not in posted


def digest_of(story: Story, monday: date) -> str:
    (only,) = (one.text for one in story.digests if one.to == FALLBACK and one.at.date() == monday)
    return only


def connected_to(database_url: str) -> dict[str, str]:
    return connected("127.0.0.1:1", database_url, "lastcall", "dead-letters")
