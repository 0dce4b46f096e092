"""Every dialect that lastcall reads, in the order in which they are asked. A new one is a file and a line here."""

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
