"""Which JSON dialect a record is, by its shape. OTLP protobuf tells its own signal (`otlp_protobuf.detect`)."""

from collections.abc import Mapping
from typing import Any

from service.core.usage import Format
from service.formats import lastcall


def detect(fields: Mapping[str, Any]) -> Format | None:
    """The dialect of a JSON object. None: none that lastcall reads."""
    if "resourceSpans" in fields:
        return "otlp_traces"
    if "resourceLogs" in fields:
        return "otlp_logs"
    if "call_type" in fields and "model" in fields:
        return "litellm"
    if "latencies" in fields and "started_at" in fields:
        return "kong"  # before lastcall's own shape: Kong's log takes custom fields of any name
    if lastcall.is_shape(fields.keys()):
        return "lastcall"
    return "kong" if "ai" in fields else None
