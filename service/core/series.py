"""A series: calls with the same words in the log."""

from typing import NamedTuple

from service.core.usage import FieldKind

UNKNOWN_SERVICE = "(unknown)"
"""Service of calls whose log names no caller. The fallback channel is notified."""
_MAX_NAME_BYTES = 512
"""Bound for a service and for an environment: together with platform and model they are an index key, which is limited
to about 2,700 bytes. Only names of 128 characters or more can exceed it."""


class SeriesKey(NamedTuple):
    """Identifies a series. `None`: the log has no value.

    It keeps the log's own text, so a corrected alias or a new announcement applies to past calls by resolving the
    series again, without a replay.
    """

    service: str
    environment: str
    reporter: str
    provider: str | None
    host: str | None
    requested_id: str | None
    requested_field: FieldKind
    served_id: str | None


def bounded(name: str) -> str:
    """The name, truncated to fit into an index."""
    return name if len(name) <= _MAX_NAME_BYTES // 4 else name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
