"""Dialects in the order in which they are tried. To add one, add a file and a line here."""

from service.formats.contract import AnyDialect
from service.formats.dialects import bedrock, kong, lastcall, litellm, otlp

DIALECTS: tuple[AnyDialect, ...] = (
    otlp.TRACES,
    otlp.LOGS,
    litellm.DIALECT,
    kong.DIALECT,
    bedrock.DIALECT,
    lastcall.DIALECT,
)
NAMES = tuple(dialect.name for dialect in DIALECTS)
