"""Log shippers' objects: Fluent Bit (`log`), Vector and Filebeat (`message`), with what they know of the pod.

https://docs.fluentbit.io/manual/pipeline/outputs/kafka
https://vector.dev/docs/reference/configuration/sinks/kafka/
https://www.elastic.co/guide/en/beats/filebeat/current/kafka-output.html
"""

import re
from typing import Any

import msgspec

from service.core.usage import Scalar
from service.core.values import first_of
from service.formats import times
from service.formats.contract import Context, Envelope, Inner, mark

_LABELS = ("app", "app.kubernetes.io/name", "app_kubernetes_io/name", "k8s-app")
_CRI = re.compile(r"\S{1,64} (?:stdout|stderr) [FP] ")
"""The prefix of a container runtime's log line."""
_NULL = msgspec.Raw(b"null")
_LINE = msgspec.json.Decoder(str)


class _Kubernetes(msgspec.Struct, gc=False):
    labels: dict[str, Any] | None = None
    pod_labels: dict[str, Any] | None = None
    namespace_name: Scalar = None
    pod_namespace: Scalar = None
    namespace: Scalar = None


class _Custom(msgspec.Struct, gc=False):
    service: Scalar = None


class _Shipped(msgspec.Struct, gc=False):
    shipped_at: Scalar = msgspec.field(name="@timestamp", default=None)
    timestamp: Scalar = None
    time: Scalar = None
    date: Scalar = None
    fields: _Custom | None = None
    kubernetes: _Kubernetes | None = None


class _Log(_Shipped, gc=False):
    log: msgspec.Raw = _NULL
    log_processed: msgspec.Raw = _NULL


class _Message(_Shipped, gc=False):
    message: msgspec.Raw = _NULL


def _open_log(shipped: _Log, context: Context) -> Inner:
    """`log_processed` is what Fluent Bit's own parser made of a line that is no JSON."""
    line = _line(shipped.log)
    processed = bytes(shipped.log_processed)
    body = processed if processed != b"null" and line[:1] not in ("{", "[", b"{", b"[") else line
    return Inner(body, _within(shipped, context))


def _open_message(shipped: _Message, context: Context) -> Inner:
    return Inner(_line(shipped.message), _within(shipped, context))


def _line(raw: msgspec.Raw) -> str | bytes:
    """What the application wrote: text, or an object that the shipper has parsed."""
    content = bytes(raw)
    if content[:1] != b'"':
        return content
    line = _LINE.decode(content)
    return line if line[:1] == "{" else _CRI.sub("", line.strip(), count=1)


def _within(shipped: _Shipped, context: Context) -> Context:
    at = None
    for word in (shipped.shipped_at, shipped.timestamp, shipped.time, shipped.date):
        if word is not None and (at := times.or_none(word)) is not None:
            break
    pod = shipped.kubernetes
    return Context(
        context.record,
        at or context.at,
        _caller(shipped) or context.caller,
        context.environment,
        _namespace(pod) if pod is not None else context.namespace,
        context.account,
        context.region,
    )


def _caller(shipped: _Shipped) -> str | None:
    named = shipped.fields.service if shipped.fields is not None else None
    if isinstance(named, str) and named:
        return named
    pod = shipped.kubernetes
    for labels in (pod.labels, pod.pod_labels) if pod is not None else ():
        if labels is not None and (named := first_of(labels, _LABELS)) is not None:
            return named
    return None


def _namespace(pod: _Kubernetes) -> str | None:
    return next((x for x in (pod.namespace_name, pod.pod_namespace, pod.namespace) if isinstance(x, str)), None)


FLUENT_BIT = Envelope(
    "fluent_bit",
    "Fluent Bit: a line in `log`",
    tuple(mark("log", key) for key in ("@timestamp", "kubernetes", "stream", "date", "time", "_p", "log_processed")),
    _open_log,
    _Log,
)
VECTOR = Envelope(
    "vector",
    "Vector: a line in `message`, beside `source_type`",
    (mark("message", "source_type"),),
    _open_message,
    _Message,
)
FILEBEAT = Envelope(
    "filebeat",
    "Filebeat, Elastic Agent and others: a line in `message`, beside a time or the pod",
    tuple(mark("message", key) for key in ("@timestamp", "@metadata", "agent", "timestamp", "kubernetes")),
    _open_message,
    _Message,
)
