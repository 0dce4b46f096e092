"""Log shippers' wrappers: Fluent Bit (`log`), Vector and Filebeat (`message`), with what they know of the pod."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from service.formats import times, values
from service.formats.reading import Hints
from service.formats.rejecting import READ_ERRORS

Fields = Mapping[str, msgspec.Raw]
_FLUENT_BIT = frozenset({"@timestamp", "kubernetes", "stream", "date", "time", "_p", "log_processed"})
_MESSAGE = frozenset({"source_type", "@timestamp", "@metadata", "agent", "timestamp", "kubernetes"})
_TIMES = ("@timestamp", "timestamp", "time", "date")
_LABELS = ("app", "app.kubernetes.io/name", "app_kubernetes_io/name", "k8s-app")
_CRI = re.compile(rb"\S{1,64} (?:stdout|stderr) [FP] ")
"""The prefix of a container runtime's log line."""


class _Kubernetes(msgspec.Struct, gc=False):
    labels: Any = None
    pod_labels: Any = None


class _Custom(msgspec.Struct, gc=False):
    service: Any = None


def line_of(fields: Fields) -> bytes | None:
    """What the application wrote; None when this is no shipper's wrapper."""
    if "log" in fields and not _FLUENT_BIT.isdisjoint(fields):
        line = _line(fields["log"])
        processed = fields.get("log_processed")
        return bytes(processed) if processed is not None and line[:1] not in (b"{", b"[") else line
    if "message" in fields and not _MESSAGE.isdisjoint(fields):
        return _line(fields["message"])
    return None


def hints_of(fields: Fields, hints: Hints) -> Hints:
    at = next((found for key in _TIMES if (found := times.or_none(_value(fields.get(key), object))) is not None), None)
    return Hints(hints.recorded_ms, at or hints.at, _caller(fields) or hints.caller)


def _line(raw: msgspec.Raw) -> bytes:
    text = _value(raw, str)
    return _CRI.sub(b"", text.strip().encode(), count=1) if isinstance(text, str) else bytes(raw)


def _caller(fields: Fields) -> str | None:
    custom = _value(fields.get("fields"), _Custom)
    if isinstance(custom, _Custom) and (named := values.text(custom.service)) is not None:
        return named
    pod = _value(fields.get("kubernetes"), _Kubernetes)
    if isinstance(pod, _Kubernetes):
        for labels in (pod.labels, pod.pod_labels):
            if isinstance(labels, dict) and (named := values.first_of(labels, _LABELS)) is not None:
                return named
    return None


def _value(raw: msgspec.Raw | None, type_: Any) -> Any:
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw, type=type_)
    except READ_ERRORS:
        return None
