"""A series: one stream of calls, told apart by the log's own words."""

from typing import NamedTuple

from service.core.usage import FieldKind

UNKNOWN_SERVICE = "(unknown)"
"""The service of a call whose log names no caller. Shown as such, and owned by the fallback."""
_MAX_NAME_BYTES = 512
"""Of a service and of an environment: with a platform and a model they are a key, and an index has room for some
2,700 bytes of one. Only names of 128 characters or more can be longer."""


class SeriesKey(NamedTuple):
    """What tells one stream of calls from another. `None` is "the log does not say".

    It keeps the log's own text, so that a corrected alias or a new announcement takes effect on history by resolving
    the series again, with no replay.
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
    """A name of a service or an environment that fits into an index."""
    return name if len(name) <= _MAX_NAME_BYTES // 4 else name.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
