"""Claude Opus 4.5 on three platforms, November 2026: until the 23rd each had an earliest day, the 24th. Then Anthropic
announced the end for 2027-01-22, for its own API and Foundry; of Vertex it was reported.

Who is told what was worked out by hand: nobody before the announcement, each caller once of it, and nobody that it is
retired.
"""

from dataclasses import replace
from datetime import date

import pytest

from service.adapters.postgres.database import Database
from service.core.catalog.lifecycle import Shutdown
from tests.story import Told, open_story

pytestmark = pytest.mark.slow

LASTCALL_YAML = """
organisation: Acme
fallback_channel: "#ai-platform"
owners:
  - services: [chat]
    team: chat
    people: [ann@acme.example]
    manager: [mia@acme.example]
  - services: [reports]
    team: reports
    people: [ben@acme.example]
    manager: [mia@acme.example]
  - services: [search]
    team: search
    people: [cy@acme.example]
    manager: [mia@acme.example]
"""
ANN, BEN, CY = "user:ann@acme.example", "user:ben@acme.example", "user:cy@acme.example"
PLATFORMS = ("anthropic-api", "vertex-ai", "azure-foundry")
ID = "claude-opus-4-5"

TOLD: Told = {
    # The day of the announcement is 60 days before the end: one message for both.
    "2026-11-23": {
        "anthropic-api": {"-60d": {ANN}},
        "vertex-ai": {"-60d": {BEN}},
        "azure-foundry": {"-60d": {CY}},
    },
}


async def test_each_caller_of_opus_hears_once_of_its_announcement(database: Database) -> None:
    async with open_story(database, LASTCALL_YAML, begins=date(2026, 11, 2)) as story:
        announced = [story.record(platform, ID) for platform in PLATFORMS]
        earliest = Shutdown(date(2026, 11, 24), "no_sooner_than")
        story.learns(
            *(replace(one, announced=None, shutdown=earliest, replacements=(), superseded=()) for one in announced)
        )
        for service, provider in (("chat", "anthropic"), ("reports", "vertex_ai"), ("search", "azure_ai")):
            story.calls(service, ID, provider=provider)
        await story.fast_forward(until=date(2026, 11, 22))
        story.expect_nothing_else()

        story.learns(*announced)
        await story.fast_forward(until=date(2026, 12, 1))
        story.expect_told(TOLD, by="platform")

        told = [message.text for message in (*story.messages, *story.digests)]
        assert not [text for text in told if "retired" in text or "is shut down" in text]
        chat, reports = (story.message(to, on=date(2026, 11, 23)).text for to in (ANN, BEN))
        assert "Fri 22 Jan 2027" in chat
        assert "is reported to shut down" in reports
        assert "samarthputhraya/Modelpin on GitHub" in reports
