"""What the clients of Kafka may say while no broker answers."""

import logging
from collections.abc import Iterator

import pytest

from service.config.settings import Settings
from service.entrypoints.logs import configure_logging

NOON = 1_750_000_000.0


@pytest.fixture
def handler() -> Iterator[logging.Handler]:
    """The one that lastcall sets up."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(Settings())
    (configured,) = root.handlers
    yield configured
    root.handlers = handlers
    root.setLevel(level)


def passes(handler: logging.Handler, logger: str, words: str, *about: object, seconds: float) -> bool:
    record = logging.LogRecord(logger, logging.ERROR, "client.py", 1, words, about, None)
    record.created = NOON + seconds
    return bool(handler.filter(record))


def test_kafka_client_is_heard_once_in_ten_minutes_whatever_the_node(handler: logging.Handler) -> None:
    heard = [
        (tenth, logger)
        for tenth in range(6_001)
        for logger, words in (("aiokafka", "Unable connect to node with id %s"), ("aiokafka.cluster", "No topic %s"))
        if passes(handler, logger, words, tenth % 3, seconds=tenth / 10)
    ]

    assert heard == [(0, "aiokafka"), (0, "aiokafka.cluster"), (6_000, "aiokafka"), (6_000, "aiokafka.cluster")]


def test_all_others_are_heard_each_time(handler: logging.Handler) -> None:
    words = "Exception in ASGI application"

    assert all(passes(handler, "uvicorn.error", words, seconds=second) for second in range(3))
