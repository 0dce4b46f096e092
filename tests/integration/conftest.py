"""A Slack for the tests that send to it, and a consumer's settings."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from service.adapters.slack.transport import SlackTransport, open_slack
from service.config.settings import Settings
from tests.broker_topics import make_topic
from tests.slack_server import Channel, SlackServer


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    names = ("search", "billing", "fallback", "operator")
    channels = [Channel(f"C{i:08}", name) for i, name in enumerate(names, 1)]
    users = {"ada@example.com": "U00000001", "bob@example.com": "U00000002"}
    groups = {"search-oncall": ["U00000001", "U00000002"]}
    async with SlackServer(channels, users, groups, posts_a_second=None) as server:
        yield server


@pytest.fixture
async def transport(slack: SlackServer) -> AsyncIterator[SlackTransport]:
    async with open_slack(SecretStr(slack.token), api_url=slack.url, timeout_seconds=3, pace_seconds=0) as opened:
        yield opened


@pytest.fixture
async def settings(kafka: str, database_url: str) -> Settings:
    """Of a consumer with a topic and a dead-letter topic of its own."""
    topic = await make_topic(kafka, partitions=2)
    return Settings(
        database_url=SecretStr(database_url),
        kafka_bootstrap_servers=kafka,
        kafka_topics=topic,
        kafka_group=topic,
        kafka_dead_letter_topic=await make_topic(kafka),
        flush_seconds=0.1,
    )
